package store

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/store/pgtest"
)

// TestLimiter has statements take longer than they may outside of a transaction: that is no deadline of the caller's.
func TestLimiter(t *testing.T) {
	t.Parallel()
	const long = "SELECT pg_sleep(60)"
	ctx := t.Context()
	connect := func(after time.Duration) *pgx.Conn {
		config, err := pgx.ParseConfig(pgtest.New(t))
		require.NoError(t, err)
		config.Tracer = limiter{after}
		conn, err := pgx.ConnectConfig(ctx, config)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		return conn
	}
	for name, run := range map[string]func(conn *pgx.Conn) error{
		"statement": func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, long)
			return err
		},
		"batch": func(conn *pgx.Conn) error {
			batch := &pgx.Batch{}
			batch.Queue("SELECT 1")
			batch.Queue(long)
			return conn.SendBatch(ctx, batch).Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := Unavailable(run(connect(100 * time.Millisecond)))
			require.ErrorIs(t, err, errs.ErrUnavailable)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
		})
	}

	conn := connect(time.Second)
	tx, err := conn.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "SELECT pg_sleep(2)")
	require.NoError(t, err, "in a transaction the server has the limit")
	require.NoError(t, tx.Rollback(ctx))
	impatient, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = connect(time.Minute).Exec(impatient, long)
	require.ErrorIs(t, err, context.DeadlineExceeded, "the caller's deadline stays one")
}
