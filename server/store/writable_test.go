package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// A file that somebody else has locked cannot be written, which callers hear
// within their deadline or five seconds, and as much again on a busy machine.
func TestLockedSQLiteIsNotWritable(t *testing.T) {
	t.Parallel()
	ctx, open := t.Context(), storetest.SQLite(t)
	s := open()
	require.NoError(t, s.Writable(ctx))
	write := open().WriteDB
	lock, err := write.BeginTx(ctx, nil) // immediate: it has the file
	require.NoError(t, err)

	began := time.Now()
	require.ErrorIs(t, s.Writable(ctx), errs.ErrUnavailable)
	require.Less(t, time.Since(began), time.Minute)
	// Those behind the one who waits for the lock do not wait for one another: that
	// would take minutes.
	waiting := make(chan error, 100)
	began = time.Now()
	for range cap(waiting) {
		go func() { waiting <- s.Writable(context.WithoutCancel(ctx)) }()
	}
	for range cap(waiting) {
		require.ErrorIs(t, <-waiting, errs.ErrUnavailable)
	}
	require.Less(t, time.Since(began), time.Minute)

	require.NoError(t, lock.Rollback())
	require.NoError(t, s.Writable(ctx))
}

func TestReadOnlySQLiteIsNotWritable(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), storetest.SQLite(t)()
	write := s.WriteDB
	_, err := write.ExecContext(ctx, "PRAGMA query_only = 1")
	require.NoError(t, err)
	require.ErrorIs(t, s.Writable(ctx), errs.ErrUnavailable)
	_, err = write.ExecContext(ctx, "PRAGMA query_only = 0")
	require.NoError(t, err)
	require.NoError(t, s.Writable(ctx))
}

// A connection whose server has become read-only is used once more and never
// again.
func TestReadOnlyConnectionsAreThrownAway(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := stores.Open(ctx, store.Options{URL: storetest.PostgresURL(t), MaxConns: 1, Sealer: storetest.Sealer()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Writable(ctx))
	_, err = s.Pool().Exec(ctx, "SET default_transaction_read_only = on")
	require.NoError(t, err)
	require.ErrorIs(t, s.Writable(ctx), errs.ErrUnavailable)
	require.NoError(t, s.Writable(ctx), "over a new connection")
}
