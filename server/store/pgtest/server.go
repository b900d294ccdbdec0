// Package pgtest runs private PostgreSQL servers for tests, benchmarks and generators: a temporary data directory, a
// Unix socket, no network. Nothing survives the process that started one, not even when it panics or is killed.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled means that this machine has no PostgreSQL server programs.
var ErrNotInstalled = errors.New("no PostgreSQL server programs found: neither by pg_config nor in the usual places")

// port only names the socket: every server has a directory of its own.
const port = "5432"

// startTimeout bounds the wait for a server that was told to start, and for one that recovers from a crash.
const startTimeout = time.Minute

// watchdog is the server's parent. It waits on a pipe from the process that called Start. A line, or the end of that
// process however it comes, stops the server at once; the directory stays only when the line says so. QUIT is what
// stops the server, but a shell starts its background jobs deaf to it, and PostgreSQL hears it only once it has set its
// handlers: TERM ends it before that.
const watchdog = `dir=$1; shift
"$@" </dev/null >"$dir/log" 2>&1 &
server=$!
IFS= read -r order
kill -TERM "$server" 2>/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
[ "$order" = keep ] || rm -rf "$dir"`

// Options choose the kind of server.
type Options struct {
	// Durable keeps PostgreSQL's own durability settings, as benchmarks and crash tests need. Otherwise nothing is
	// flushed, which is several times faster and safe as long as the machine stays up.
	Durable bool
	// Settings are further settings of the server, such as "max_connections": "500".
	Settings map[string]string
}

// Server is one private PostgreSQL server. Its methods must not be called at once from several goroutines, except URL.
// It runs while the Server is reachable: the pipe that keeps it alive closes with it.
type Server struct {
	dir      string // holds data, socket and log
	postgres string // path of the server program
	args     []string
	owner    *syscall.Credential // nil when the server runs as this process's user

	guarded
}

// guarded is a program under its watchdog.
type guarded struct {
	watchdog *exec.Cmd // nil while the program is down
	pipe     io.WriteCloser
}

// Start creates a server and waits until it answers. Errors: ErrNotInstalled; otherwise with the end of the server's
// log.
func Start(ctx context.Context, opts Options) (*Server, error) {
	bin, err := Programs(ctx)
	if err != nil {
		return nil, err
	}
	owner, err := Owner()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent(opts), "pgtest-")
	if err != nil {
		return nil, fmt.Errorf("creating the server's directory: %w", err)
	}
	s := &Server{dir: dir, postgres: filepath.Join(bin, "postgres"), owner: owner}
	s.args = s.settings(opts)
	if err := s.initialise(ctx, filepath.Join(bin, "initdb")); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.run(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// URL is the address of a database on the server. It does not change with Restart.
func (s *Server) URL(database string) string { return address(database, port, s.dir) }

// address is that of a database behind sockets in directories.
func address(database, port string, dirs ...string) string {
	ports := slices.Repeat([]string{port}, len(dirs))
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database}
	u.RawQuery = url.Values{"host": {strings.Join(dirs, ",")}, "port": {strings.Join(ports, ",")}}.Encode()
	return u.String()
}

// Create makes a database, as a copy of the template database when that is not empty.
func (s *Server) Create(ctx context.Context, database, template string) error {
	statement := "CREATE DATABASE " + pgx.Identifier{database}.Sanitize()
	if template != "" {
		statement += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	return s.exec(ctx, statement)
}

// Drop removes a database and disconnects whoever uses it.
func (s *Server) Drop(ctx context.Context, database string) error {
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{database}.Sanitize()+" WITH (FORCE)")
}

// Stop ends the server and removes its data. It may be called again.
func (s *Server) Stop() error {
	err := s.end("remove")
	return errors.Join(err, os.RemoveAll(s.dir))
}

// Kill ends the server as a crash would: without a checkpoint, in the middle of whatever it does. The data stays for
// Restart; Stop removes it.
func (s *Server) Kill() error { return s.end("keep") }

// Restart starts a killed server again on its data and waits until it has recovered and answers.
func (s *Server) Restart(ctx context.Context) error {
	if s.watchdog != nil {
		return errors.New("the server is running")
	}
	return s.run(ctx)
}

// parent is where the server's directory goes: the temporary directory, or memory for a server that may forget, where
// a database is created about ten times faster.
func parent(opts Options) string {
	const memory, enough = "/dev/shm", 2 << 30 // bytes; containers often have no more than 64 MiB there
	var stat syscall.Statfs_t
	if opts.Durable || syscall.Statfs(memory, &stat) != nil || stat.Bavail*uint64(stat.Bsize) < enough {
		return ""
	}
	return memory
}

// settings are the command line of the server.
func (s *Server) settings(opts Options) []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": s.dir,
		"port":                    port,
		"max_connections":         "200",
	}
	if !opts.Durable {
		settings["fsync"] = "off"
		settings["synchronous_commit"] = "off"
		settings["full_page_writes"] = "off"
		settings["max_wal_size"] = "128MB" // may be memory
	}
	for name, value := range opts.Settings {
		settings[name] = value
	}
	args := []string{"-D", filepath.Join(s.dir, "data")}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

// initialise fills the data directory.
func (s *Server) initialise(ctx context.Context, initdb string) error {
	if socket := filepath.Join(s.dir, ".s.PGSQL."+port); len(socket) > 100 {
		return fmt.Errorf("the temporary directory's name is too long for a Unix socket: %s", socket)
	}
	if err := give(s.owner, s.dir); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, initdb, "-D", filepath.Join(s.dir, "data"), "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-instructions",
		"--no-sync") // takes seconds, and a server that starts empty has nothing to lose
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// give gives a file to whom a server runs as.
func give(owner *syscall.Credential, path string) error {
	if owner == nil {
		return nil
	}
	if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("giving the server what is its: %w", err)
	}
	return nil
}

// run starts the server under its watchdog and waits until it answers.
func (s *Server) run(ctx context.Context) error {
	// A server that was killed left its last words, which await would take for those of the one that starts.
	if err := os.Remove(filepath.Join(s.dir, "log")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := s.start(ctx, s.dir, s.owner, append([]string{s.postgres}, s.args...)...); err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	if err := s.await(ctx); err != nil {
		return fmt.Errorf("waiting for the server: %w\n%s", err, s.logTail())
	}
	return nil
}

// start starts a program in a directory. It outlives ctx, which bounds only the wait for it.
func (g *guarded) start(ctx context.Context, dir string, owner *syscall.Credential, program ...string) error {
	cmd := exec.CommandContext(
		context.WithoutCancel(ctx), "/bin/sh", append([]string{"-c", watchdog, "sh", dir}, program...)...,
	)
	cmd.Dir = dir
	// A group of its own: an interrupt at the terminal must reach the watchdog only by the closing pipe.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner, Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	g.watchdog, g.pipe = cmd, pipe
	return nil
}

// await returns when the server answers.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := s.exec(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		// While it starts it refuses connections as "the database system is starting up"; other reasons are final.
		if log := s.logTail(); strings.Contains(log, "FATAL") && !strings.Contains(log, "the database system is") {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// end tells the watchdog to stop the program and waits until both are gone.
func (g *guarded) end(order string) error {
	if g.watchdog == nil {
		return nil
	}
	_, writeErr := io.WriteString(g.pipe, order+"\n")
	closeErr := g.pipe.Close()
	waitErr := g.watchdog.Wait()
	g.watchdog, g.pipe = nil, nil
	// The watchdog's status is that of its last command, which says nothing about the program.
	var exit *exec.ExitError
	if errors.As(waitErr, &exit) {
		waitErr = nil
	}
	return errors.Join(writeErr, closeErr, waitErr)
}

// exec runs one statement on a connection of its own.
func (s *Server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// logTail is the end of the server's log.
func (s *Server) logTail() string {
	const most = 2000 // bytes
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return ""
	}
	return string(log[max(0, len(log)-most):])
}

// Programs is the directory of initdb and postgres. Errors: ErrNotInstalled.
func Programs(ctx context.Context) (string, error) {
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if isProgram(filepath.Join(dir, "initdb")) && isProgram(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", ErrNotInstalled
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Owner is whom the server runs as: PostgreSQL refuses to run as root. Nil means this process's user.
func Owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and there is no user postgres or nobody for the server")
}
