package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Patroni's times in seconds, as short as it does well with on a machine of its own: its rule is that the time to live
// is at least loop_wait and twice retry_timeout.
const (
	patroniLoopWait     = 1
	patroniRetryTimeout = 3
)

// node is a PostgreSQL server with its Patroni.
type node struct {
	c        *cluster
	name     string
	dir      string // Patroni works here, the server in data
	postgres string // address
	api      string // Patroni's address
	toEtcd   *relay
}

// newNode prepares a server that has no data yet.
func newNode(ctx context.Context, c *cluster, name string) (*node, error) {
	n := &node{c: c, name: name, dir: filepath.Join(c.dir, name)}
	if err := errors.Join(os.Mkdir(n.dir, 0o700), c.own(n.dir)); err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 2)
	if err != nil {
		return nil, err
	}
	n.postgres, n.api = loopback(ports[0]), loopback(ports[1])
	if n.toEtcd, err = newRelay(ctx, "tcp", c.etcd); err != nil {
		return nil, err
	}
	content, err := json.MarshalIndent(n.config(), "", "  ") // JSON is YAML
	if err == nil {
		err = os.WriteFile(n.configPath(), content, 0o600)
	}
	return n, errors.Join(err, c.own(n.configPath()))
}

func (n *node) data() string       { return filepath.Join(n.dir, "data") }
func (n *node) configPath() string { return filepath.Join(n.dir, "patroni.yml") }

// config is what Patroni is told. bootstrap is what the first of them writes into etcd for all.
func (n *node) config() map[string]any {
	type values = map[string]any
	retry := patroniRetryTimeout * n.c.opts.Patience
	login := values{"username": "postgres", "password": "unused"} // everybody is trusted
	return values{
		"scope": databaseName, "name": n.name,
		"restapi": values{"listen": n.api, "connect_address": n.api},
		// As proxies: otherwise Patroni asks etcd for its address and goes around the relay.
		"etcd3": values{"hosts": []string{n.toEtcd.address()}, "use_proxies": true},
		"bootstrap": values{
			"dcs": values{
				"ttl": patroniLoopWait + 2*retry + 1, "loop_wait": patroniLoopWait, "retry_timeout": retry,
				"primary_start_timeout":   0, // a server that crashed makes way for another
				"maximum_lag_on_failover": 64 << 20,
				"synchronous_mode":        !n.c.opts.Asynchronous, "synchronous_mode_strict": !n.c.opts.Asynchronous,
				"postgresql": values{
					"use_pg_rewind": true, "use_slots": true,
					"parameters": values{"max_connections": 150, "wal_keep_size": "512MB", "shared_buffers": "64MB"},
				},
			},
			"initdb": []any{values{"encoding": "UTF8"}, values{"locale": "C"}, values{"auth": "trust"}, "no-sync"},
		},
		"postgresql": values{
			"listen": n.postgres, "connect_address": n.postgres, "data_dir": n.data(), "bin_dir": n.c.bin,
			"pgpass":         filepath.Join(n.dir, "pgpass"),
			"authentication": values{"superuser": login, "replication": login, "rewind": login},
			"pg_hba":         []string{"host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"},
			"parameters":     values{"unix_socket_directories": ""},
			"basebackup":     values{"checkpoint": "fast"},
			"remove_data_directory_on_rewind_failure":     true,
			"remove_data_directory_on_diverged_timelines": true,
		},
		"watchdog": values{"mode": "off"},
	}
}

// start starts Patroni, which starts the server, or finds it running.
func (n *node) start(ctx context.Context) error {
	return n.c.run(ctx, n.dir, "patroni", n.configPath())
}

// killPatroni leaves the server to itself.
func (n *node) killPatroni(ctx context.Context) error {
	if err := signalAll(n.dir, false, syscall.SIGKILL); err != nil {
		return err
	}
	return awaitNone(ctx, n.dir, false)
}

// killPostgres leaves Patroni to find out.
func (n *node) killPostgres(context.Context) error {
	return signalAll(n.data(), false, syscall.SIGKILL)
}

// killBoth is what a machine that dies does to them.
func (n *node) killBoth(ctx context.Context) error {
	if err := signalAll(n.dir, true, syscall.SIGKILL); err != nil {
		return err
	}
	return awaitNone(ctx, n.dir, true)
}

// freeze stops them: their connections stay, and nobody answers.
func (n *node) freeze(context.Context) error { return signalAll(n.dir, true, syscall.SIGSTOP) }

// thaw lets the server go on as if nothing had happened, and Patroni begin anew, as a watchdog sees to: in the middle
// of its loop, Patroni 3.0.2 takes the lock in etcd for its own once more, from whoever has it now.
func (n *node) thaw(ctx context.Context) error {
	if err := n.killPatroni(ctx); err != nil {
		return err
	}
	if err := signalAll(n.dir, true, syscall.SIGCONT); err != nil {
		return err
	}
	return n.start(ctx)
}

// isolate cuts Patroni off from etcd: nothing answers, nothing is refused.
func (n *node) isolate(context.Context) error {
	n.toEtcd.hold()
	return nil
}

func (n *node) rejoin(context.Context) error {
	n.toEtcd.release()
	return nil
}

func (n *node) close() { n.toEtcd.close() }

// state is what a server says of itself.
type state struct {
	timeline    int // 0 of a standby
	streaming   int // standbys that follow it
	synchronous int // of those: for which it waits
}

const selectState = `SELECT
	CASE WHEN pg_is_in_recovery() THEN 0
		ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
	(SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'),
	(SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync')`

// ask asks the server. One that does not answer soon is an error.
func (n *node) ask(ctx context.Context) (s state, err error) {
	const soon = time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	conn, err := pgx.Connect(ctx, "postgres://postgres@"+n.postgres+"/postgres?sslmode=disable")
	if err != nil {
		return s, err
	}
	err = conn.QueryRow(ctx, selectState).Scan(&s.timeline, &s.streaming, &s.synchronous)
	return s, errors.Join(err, conn.Close(ctx))
}

// primary is a server that takes writes.
type primary struct {
	*node
	timeline int
	seen     time.Time
}

// awaitPrimary returns when a server takes writes on a later timeline than that.
func (c *cluster) awaitPrimary(ctx context.Context, timeline int) (p primary, err error) {
	ctx, cancel := context.WithTimeout(ctx, clusterTimeout)
	defer cancel()
	promoted := make(chan primary, len(c.nodes)) // each is asked by itself: one may be frozen
	asking, stop := context.WithCancel(ctx)
	defer stop()
	for _, n := range c.nodes {
		go func() {
			for asking.Err() == nil {
				if s, err := n.ask(asking); err == nil && s.timeline > timeline {
					promoted <- primary{n, s.timeline, time.Now()}
					return
				}
				sleep(asking, 30*time.Millisecond)
			}
		}()
	}
	select {
	case p = <-promoted:
		return p, nil
	case <-ctx.Done():
		return p, fmt.Errorf("no primary beyond timeline %d: %w", timeline, ctx.Err())
	}
}

// awaitWhole returns when all servers follow one, and it waits for one of them where it should. On a machine that is
// busy beyond measure Patroni may leave a standby out for good; as an operator would, this starts it again then.
func (c *cluster) awaitWhole(ctx context.Context) (primary, error) {
	const patience = 40 * time.Second
	started := time.Now()
	restarted := started
	for ; time.Since(started) < clusterTimeout; sleep(ctx, 100*time.Millisecond) {
		if ctx.Err() != nil {
			return primary{}, ctx.Err()
		}
		p, whole := c.whole(ctx)
		if whole {
			return p, nil
		}
		if p.node != nil && time.Since(restarted) > patience {
			restarted = time.Now()
			if err := c.restartStandbys(ctx); err != nil {
				return primary{}, err
			}
		}
	}
	return primary{}, fmt.Errorf("the cluster is not whole after %s", clusterTimeout)
}

// whole asks each server, and the primary's Patroni. There is a primary without being whole when all follow it and
// Patroni does not know.
func (c *cluster) whole(ctx context.Context) (p primary, whole bool) {
	for _, n := range c.nodes {
		s, err := n.ask(ctx)
		switch {
		case err != nil || s.timeline > 0 && p.node != nil:
			return primary{}, false
		case s.timeline > 0:
			if s.streaming < len(c.nodes)-1 || !c.opts.Asynchronous && s.synchronous == 0 {
				return primary{}, false
			}
			p = primary{node: n, timeline: s.timeline, seen: time.Now()}
		}
	}
	return p, p.node != nil && p.mayLose(ctx)
}

// mayLose reports whether Patroni has a standby that may take over from the server.
func (n *node) mayLose(ctx context.Context) bool {
	const soon = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.api+"/cluster", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	var known struct {
		Members []struct{ Name, Role, State string }
	}
	if json.NewDecoder(response.Body).Decode(&known) != nil || len(known.Members) < len(n.c.nodes) {
		return false
	}
	leads, standby := false, n.c.opts.Asynchronous
	for _, m := range known.Members {
		leads = leads || m.Name == n.name && m.Role == "leader"
		standby = standby || m.Role == "sync_standby" && m.State == "running"
	}
	return leads && standby
}

// restartStandbys starts Patroni anew at all servers but those that take writes.
func (c *cluster) restartStandbys(ctx context.Context) error {
	for _, n := range c.nodes {
		if s, err := n.ask(ctx); err == nil && s.timeline > 0 {
			continue
		}
		if err := errors.Join(n.killPatroni(ctx), n.start(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// switchover asks Patroni to have a standby take over in good order.
func (n *node) switchover(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, clusterTimeout)
	defer cancel()
	cmd := exec.CommandContext(
		ctx, "patronictl", "-c", n.configPath(), "switchover", "--leader", n.name, "--force",
	)
	cmd.Dir = n.c.dir
	if out, err := cmd.Output(); err != nil {
		return fmt.Errorf("%v: %w: %s", cmd, err, out)
	}
	return nil
}
