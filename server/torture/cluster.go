package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"orderhub/server/store/pgtest"
)

// ErrNoCluster means that this machine has no Patroni or no etcd.
var ErrNoCluster = errors.New("a cluster needs the programs patroni, patronictl and etcd")

// clusterTimeout bounds what a cluster does by itself: to elect a primary, or to become whole again. A server that is
// copied anew takes longest.
const clusterTimeout = 3 * time.Minute

// clusterSize is how many servers a cluster has.
const clusterSize = 3

// clusterOptions choose the kind of cluster.
type clusterOptions struct {
	// Asynchronous commits without waiting for a standby.
	Asynchronous bool
	// Patience is that of Options, at least 1.
	Patience int
}

// cluster is PostgreSQL with streaming replication under Patroni and etcd: three servers on loopback, each with a
// Patroni of its own that reaches etcd through a relay of its own.
type cluster struct {
	dir   string // of everything; it belongs to owner
	kept  string // where dir goes when it is kept
	bin   string // PostgreSQL's programs
	owner *syscall.Credential
	opts  clusterOptions
	guard *guard
	etcd  string // its address
	nodes []*node
}

// openCluster starts a cluster with an empty database and returns when it is whole. Hubs that work in the world's
// folder end with it.
func openCluster(ctx context.Context, world string, opts clusterOptions) (_ *cluster, err error) {
	for _, program := range []string{"patroni", "patronictl", "etcd"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoCluster, err)
		}
	}
	c := &cluster{kept: filepath.Join(world, "cluster"), opts: opts}
	if world, err = filepath.EvalSymlinks(world); err != nil {
		return nil, err
	}
	if c.bin, err = pgtest.Programs(ctx); err != nil {
		return nil, err
	}
	if c.owner, err = pgtest.Owner(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp("", "cluster-"); err != nil {
		return nil, err
	}
	if c.dir, err = filepath.EvalSymlinks(c.dir); err == nil {
		err = c.own(c.dir)
	}
	if err == nil {
		c.guard, err = startGuard(ctx, c.dir, world)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close(true))
		}
	}()
	if err := c.startEtcd(ctx); err != nil {
		return nil, err
	}
	if err := c.startNodes(ctx); err != nil {
		return nil, err
	}
	return c, c.create(ctx)
}

// own gives a file of the cluster to whom its programs run as.
func (c *cluster) own(path string) error {
	if c.owner == nil {
		return nil
	}
	return os.Chown(path, int(c.owner.Uid), int(c.owner.Gid))
}

// run starts a program in a folder of its own, where its output goes to a file. When it ends nothing happens.
func (c *cluster) run(ctx context.Context, folder, program string, args ...string) error {
	path := filepath.Join(folder, program+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...) // the guard ends it
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", program, err)
	}
	go func() { _ = cmd.Wait() }()
	return nil
}

func (c *cluster) startEtcd(ctx context.Context) error {
	dir := filepath.Join(c.dir, "etcd")
	if err := errors.Join(os.Mkdir(dir, 0o700), c.own(dir)); err != nil {
		return err
	}
	ports, err := freePorts(ctx, 2)
	if err != nil {
		return err
	}
	c.etcd = loopback(ports[0])
	peers := "http://" + loopback(ports[1])
	return c.run(
		ctx, dir, "etcd", "--name", "etcd", "--data-dir", filepath.Join(dir, "data"),
		"--listen-client-urls", "http://"+c.etcd, "--advertise-client-urls", "http://"+c.etcd,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "etcd="+peers,
		"--logger", "zap", "--log-level", "warn",
	)
}

// startNodes starts the first server before the others: it is the one that makes the database.
func (c *cluster) startNodes(ctx context.Context) error {
	for i := range clusterSize {
		n, err := newNode(ctx, c, fmt.Sprintf("node%d", i+1))
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
		if err := n.start(ctx); err != nil {
			return err
		}
		if i == 0 {
			if _, err := c.awaitPrimary(ctx, 0); err != nil {
				return err
			}
		}
	}
	_, err := c.awaitWhole(ctx)
	return err
}

func (c *cluster) create(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.address("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName)
	return errors.Join(err, conn.Close(ctx))
}

func (c *cluster) url() string { return c.address(databaseName) }

// address is that of a database on whichever server takes writes.
func (c *cluster) address(database string) string {
	var hosts []string
	for _, n := range c.nodes {
		hosts = append(hosts, n.postgres)
	}
	return fmt.Sprintf("postgres://postgres@%s/%s?%s", strings.Join(hosts, ","), database, url.Values{
		"sslmode": {"disable"}, "target_session_attrs": {"read-write"},
	}.Encode())
}

func (c *cluster) kill(*rand.Rand) error                  { return errNotThis }
func (c *cluster) restart(context.Context) error          { return errNotThis }
func (c *cluster) cut(*rand.Rand)                         {}
func (c *cluster) fill(context.Context, *rand.Rand) error { return errNotThis }
func (c *cluster) empty(context.Context) error            { return errNotThis }

// close ends everything. What is kept moves to where the rest of a run is.
func (c *cluster) close(keep bool) error {
	for _, n := range c.nodes {
		n.close()
	}
	err := c.guard.end(keep)
	if keep {
		err = errors.Join(err, os.Rename(c.dir, c.kept))
	}
	return err
}

// loopback is the address of a port of this machine.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePorts are ports that nothing listens at. They are below those that Linux gives to connections: a server that is
// down must find its own again.
func freePorts(ctx context.Context, n int) ([]int, error) {
	const first, count, tries = 15_000, 15_000, 1000
	var found []int
	for range tries {
		port := first + rand.IntN(count)
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback(port))
		if err != nil {
			continue
		}
		defer listener.Close() // not before all are found: they differ
		if found = append(found, port); len(found) == n {
			return found, nil
		}
	}
	return nil, errors.New("no free ports")
}
