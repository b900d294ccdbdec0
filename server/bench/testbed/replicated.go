package testbed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/clock"
	"orderhub/server/store/pgtest"
)

// Replicated is a server of PostgreSQL that another follows.
type Replicated struct {
	*Postgres
	standby *pgtest.Server
}

// OpenReplicated starts both, with full durability.
func OpenReplicated(ctx context.Context) (*Replicated, error) {
	primary, err := pgtest.Start(ctx, durable)
	if err != nil {
		return nil, err
	}
	standby, err := primary.Standby(ctx)
	if err != nil {
		return nil, errors.Join(err, primary.Stop())
	}
	return &Replicated{&Postgres{server: primary}, standby}, nil
}

// confirmTimeout bounds how long the primary takes to hear whom it is to wait for.
const confirmTimeout = 10 * time.Second

// WaitForStandby has commits wait until they are durable on the standby, too, or not.
func (r *Replicated) WaitForStandby(ctx context.Context, wait bool) error {
	names, state := "", "async"
	if wait {
		names, state = "*", "sync"
	}
	if err := r.Execute(
		ctx, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '"+names+"'", "SELECT pg_reload_conf()",
	); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	for {
		n, err := r.Number(
			ctx, "postgres",
			"SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '"+state+"'",
		)
		if err == nil && n == 1 {
			return nil
		}
		if stopped := clock.Sleep(ctx, 20*time.Millisecond); stopped != nil {
			return fmt.Errorf("the standby is not %s: %w", state, errors.Join(stopped, err))
		}
	}
}

func (r *Replicated) Close() error { return errors.Join(r.standby.Stop(), r.Postgres.Close()) }
