package torture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"orderhub/server/store/pgtest"
)

// database is what a hub keeps its orders in, as something that can break.
type database interface {
	// url is what the hub is given.
	url() string
	// kill ends it as a crash does; it stays down until restart.
	kill(random *rand.Rand) error
	restart(ctx context.Context) error
	// cut breaks connections to it.
	cut(random *rand.Rand)
	// fill lets it run out of space until empty.
	fill(ctx context.Context, random *rand.Rand) error
	empty(ctx context.Context) error
	// close removes it, or keeps its files.
	close(keep bool) error
}

func openDatabase(ctx context.Context, o *Options, dir string, small bool) (database, error) {
	switch o.Database {
	case "sqlite":
		return openFile(dir, small)
	case "postgres":
		return openServer(ctx)
	case "patroni":
		return openCluster(ctx, dir, clusterOptions{Patience: max(o.Patience, 1)})
	default:
		return nil, fmt.Errorf("no database %q: use sqlite, postgres or patroni", o.Database)
	}
}

// ErrNoMount means that this user cannot make a small file system.
var ErrNoMount = errors.New("a file system that can be full needs the right to mount one")

var errNotThis = errors.New("this database has no such fault")

// file is SQLite.
type file struct {
	path  string
	mount string // of the small file system it is on, or ""
}

// smallDisk is the size of the file system that gets full, in bytes.
const smallDisk = 128 << 20

func openFile(dir string, small bool) (*file, error) {
	f := &file{path: filepath.Join(dir, "hub.sqlite")}
	if !small {
		return f, nil
	}
	f.mount = filepath.Join(dir, "disk")
	if err := os.Mkdir(f.mount, 0o700); err != nil {
		return nil, err
	}
	if err := mountMemory(f.mount, smallDisk); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMount, err)
	}
	f.path = filepath.Join(f.mount, "hub.sqlite")
	return f, nil
}

func (f *file) url() string                   { return "sqlite:" + f.path }
func (f *file) kill(*rand.Rand) error         { return errNotThis }
func (f *file) restart(context.Context) error { return errNotThis }
func (f *file) cut(*rand.Rand)                {}
func (f *file) ballast() string               { return filepath.Join(f.mount, "ballast") }

// fill takes all space that is left.
func (f *file) fill(context.Context, *rand.Rand) error {
	if f.mount == "" {
		return errNotThis
	}
	out, err := os.Create(f.ballast())
	if err != nil {
		return err
	}
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := out.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return errors.Join(err, out.Close())
		}
	}
	return out.Close()
}

func (f *file) empty(context.Context) error { return os.Remove(f.ballast()) }

func (f *file) close(keep bool) (err error) {
	if f.mount == "" {
		return nil
	}
	if keep { // it is in memory
		_ = os.Remove(f.ballast())
		err = os.CopyFS(f.mount+"-kept", os.DirFS(f.mount))
	}
	return errors.Join(err, unmount(f.mount))
}

// server is a private PostgreSQL behind a relay.
type server struct {
	*pgtest.Server
	relay *relay
}

const databaseName = "orderhub"

func openServer(ctx context.Context) (*server, error) {
	s, err := pgtest.Start(ctx, pgtest.Options{Durable: true})
	if err != nil {
		return nil, err
	}
	if err := s.Create(ctx, databaseName, ""); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	dir, port, err := socketOf(s)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	r, err := newRelay(ctx, "unix", filepath.Join(dir, ".s.PGSQL."+port))
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return &server{Server: s, relay: r}, nil
}

// socketOf is the directory of the server's socket, which also has its data,
// and the port in the socket's name.
func socketOf(s *pgtest.Server) (dir, port string, err error) {
	u, err := url.Parse(s.URL(databaseName))
	if err != nil {
		return "", "", err
	}
	return u.Query().Get("host"), u.Query().Get("port"), nil
}

func (s *server) url() string {
	return "postgres://postgres@" + s.relay.address() + "/" + databaseName + "?sslmode=disable"
}

// kill is one of three, as likely: kill -9 of the postmaster, an immediate
// shutdown, which is a crash too, and a fast one, as an operator restarts.
func (s *server) kill(random *rand.Rand) error {
	switch random.IntN(3) {
	case 0:
		if _, err := s.signal(syscall.SIGKILL); err != nil {
			return err
		}
	case 1:
		lock, err := s.signal(syscall.SIGINT)
		if err != nil {
			return err
		}
		for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(lock); errors.Is(err, fs.ErrNotExist) {
				break
			}
		}
	}
	return s.Kill()
}

// signal sends a signal to the postmaster and returns the file it has while it
// lives.
func (s *server) signal(signal syscall.Signal) (lock string, err error) {
	dir, _, err := socketOf(s.Server)
	if err != nil {
		return "", err
	}
	lock = filepath.Join(dir, "data", "postmaster.pid")
	content, err := os.ReadFile(lock)
	if err != nil {
		return lock, err
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return lock, err
	}
	return lock, syscall.Kill(pid, signal)
}

// restart tries again while processes of the killed server linger: they hold
// its shared memory.
func (s *server) restart(ctx context.Context) error {
	const tries = 100
	for try := 1; ; try++ {
		err := s.Restart(ctx)
		if err == nil || try == tries || ctx.Err() != nil {
			return err
		}
		if err := s.Kill(); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *server) cut(random *rand.Rand) { s.relay.cut(random, 0.5) }

// fill makes the server answer as it does when a table cannot be extended: the
// disk of a real one would take its log down too, which is another fault.
func (s *server) fill(ctx context.Context, random *rand.Rand) error {
	tables := []string{"orders", "order_lines", "transfers", "events"}
	return s.execute(ctx, `
		CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file "base/1/1": No space left on device';
		END $$;
		CREATE TRIGGER disk_full BEFORE INSERT ON `+tables[random.IntN(len(tables))]+`
			FOR EACH STATEMENT EXECUTE FUNCTION disk_full()`)
}

func (s *server) empty(ctx context.Context) error {
	return s.execute(ctx, "DROP FUNCTION disk_full CASCADE")
}

func (s *server) execute(ctx context.Context, statements string) error {
	conn, err := pgx.Connect(ctx, s.URL(databaseName))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statements)
	return errors.Join(err, conn.Close(ctx))
}

func (s *server) close(keep bool) error {
	s.relay.close()
	if keep {
		return s.Kill()
	}
	return s.Stop()
}
