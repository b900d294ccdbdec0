package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Standby starts another server that follows this one and can be read. Errors: as [Start].
func (s *Server) Standby(ctx context.Context) (*Server, error) {
	copier := filepath.Join(filepath.Dir(s.postgres), "pg_basebackup")
	if !isProgram(copier) {
		return nil, ErrNotInstalled
	}
	dir, err := os.MkdirTemp(filepath.Dir(s.dir), "pgtest-")
	if err != nil {
		return nil, fmt.Errorf("creating the standby's directory: %w", err)
	}
	standby := &Server{dir: dir, postgres: s.postgres, owner: s.owner}
	for _, arg := range s.args {
		standby.args = append(standby.args, strings.ReplaceAll(arg, s.dir, dir))
	}
	if err := standby.copyFrom(ctx, s, copier); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := standby.run(ctx); err != nil {
		return nil, errors.Join(err, standby.Stop())
	}
	return standby, nil
}

func (s *Server) copyFrom(ctx context.Context, primary *Server, copier string) error {
	if s.owner != nil {
		if err := os.Chown(s.dir, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
			return fmt.Errorf("giving the standby its directory: %w", err)
		}
	}
	cmd := exec.CommandContext(
		ctx, copier, "--pgdata", filepath.Join(s.dir, "data"), "--host", primary.dir, "--port", port,
		"--username", "postgres", "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync",
	)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	return nil
}

// Promote makes a standby a server of its own, which takes writes when this returns.
func (s *Server) Promote(ctx context.Context) error { return s.exec(ctx, "SELECT pg_promote(true)") }

// WritableURL is the address of a database on whichever of the servers takes writes.
func WritableURL(database string, servers ...*Server) string {
	var hosts, ports []string
	for _, s := range servers {
		hosts, ports = append(hosts, s.dir), append(ports, port)
	}
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database}
	u.RawQuery = url.Values{
		"host": {strings.Join(hosts, ",")}, "port": {strings.Join(ports, ",")}, "target_session_attrs": {"read-write"},
	}.Encode()
	return u.String()
}
