package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/storetest"
)

// connect is a session of an administrator's.
func connect(t *testing.T, server *pgtest.Server) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("hub"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// commitsWait has every commit of the server wait for a standby of this name, which it does not have. One of its
// processes hears of that after the other: a commit is tried until it waits.
func commitsWait(t *testing.T, server *pgtest.Server, admin *pgx.Conn, name string) {
	t.Helper()
	for _, statement := range []string{
		"ALTER SYSTEM SET synchronous_standby_names = '" + name + "'", "SELECT pg_reload_conf()",
	} {
		_, err := admin.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return tryCommit(t, server, admin) }, time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool { return len(committing(t, admin)) == 0 }, time.Minute, 10*time.Millisecond)
}

// tryCommit commits nothing of importance, and reports whether that waits.
func tryCommit(t *testing.T, server *pgtest.Server, admin *pgx.Conn) (waits bool) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("hub"))
	require.NoError(t, err)
	ctx, giveUp := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		_, _ = conn.Exec(ctx, "SELECT pg_logical_emit_message(true, 'orderhub', '')") // it is given up where it waits
		close(done)
	}()
	for !waits {
		select {
		case <-done:
			giveUp()
			require.NoError(t, conn.Close(t.Context()))
			return false
		default:
			waits = len(committing(t, admin)) > 0
		}
	}
	giveUp()
	<-done
	return true
}

// committing are sessions whose commit waits for a standby.
func committing(t *testing.T, admin *pgx.Conn) (pids []int) {
	t.Helper()
	rows, err := admin.Query(t.Context(), "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
	require.NoError(t, err)
	pids, err = pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(t, err)
	return pids
}

// TestServerThatCommitsNoMore has another server take over while the one before goes on answering, takes connections
// and comes first in the URL: its standby has left it, so that no commit ends.
func TestServerThatCommitsNoMore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary, standby := pgtest.NewReplicated(t, pgtest.Confirming)
	s, _ := storetest.OpenWith(t, pgtest.WritableURL("hub", primary, standby), storetest.SealingKey)
	require.NoError(t, s.Migrations.Up(ctx))
	w := storetest.NewWorld(t, s, 1)
	shop := w.Merchant("shop", 100)
	w.Stocked("CODE", 10, 3)
	before, err := w.Orders.Create(ctx, storetest.Draft(shop, "before", "CODE", 1))
	require.NoError(t, err)
	follower := connect(t, standby)
	require.Eventually(t, func() bool {
		var there int
		return follower.QueryRow(ctx, "SELECT count(*) FROM orders").Scan(&there) == nil && there == 1
	}, time.Minute, 10*time.Millisecond)
	commitsWait(t, primary, connect(t, primary), "*")
	require.NoError(t, standby.Promote(ctx))

	var after order.Placement
	require.Eventually(t, func() bool {
		after, err = w.Orders.Create(ctx, storetest.Draft(shop, "after", "CODE", 1))
		return err == nil
	}, time.Minute, 10*time.Millisecond, "on the other server")
	again, err := w.Orders.Create(ctx, storetest.Draft(shop, "before", "CODE", 1))
	require.NoError(t, err)
	require.Equal(t, before.Order.Number, again.Order.Number)
	var there int
	count := "SELECT count(*) FROM orders WHERE number = $1"
	require.NoError(t, follower.QueryRow(ctx, count, after.Order.Number).Scan(&there))
	require.Equal(t, 1, there)
}

// TestRepeatWaitsForTheStandby repeats an order whose commit was interrupted while it waited for the standby: it can be
// read, and is lost if the server is. Nobody is answered with it before the standby has it: a repeat locks the wallet,
// so that its own commit waits too.
func TestRepeatWaitsForTheStandby(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary, standby := pgtest.NewReplicated(t, pgtest.Confirming)
	s, _ := storetest.OpenWith(t, primary.URL("hub"), storetest.SealingKey)
	require.NoError(t, s.Migrations.Up(ctx))
	w := storetest.NewWorld(t, s, 1)
	shop := w.Merchant("shop", 100)
	w.Stocked("CODE", 10, 3)
	admin := connect(t, primary)
	_, err := w.Orders.Create(ctx, storetest.Draft(shop, "first", "CODE", 1))
	require.NoError(t, err, "with ids for more, so that nothing else is committed below")
	require.NoError(t, standby.Kill())
	commitsWait(t, primary, admin, "*")

	answers := make(chan error, 1)
	place := func() {
		_, err := w.Orders.Create(ctx, storetest.Draft(shop, "once", "CODE", 1))
		answers <- err
	}
	waiting := func() bool { return len(committing(t, admin)) > 0 }
	go place()
	require.Eventually(t, waiting, time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		for _, pid := range committing(t, admin) {
			_, err := admin.Exec(ctx, "SELECT pg_terminate_backend($1)", pid)
			require.NoError(t, err)
		}
		var there int
		require.NoError(t, admin.QueryRow(ctx, "SELECT count(*) FROM orders").Scan(&there))
		return there == 2
	}, time.Minute, 10*time.Millisecond, "it can be read")
	require.ErrorIs(t, <-answers, errs.ErrUnavailable)

	go place()
	require.Eventually(t, waiting, time.Minute, 10*time.Millisecond)
	require.Empty(t, answers, "the standby does not have it yet")
	require.NoError(t, standby.Restart(ctx))
	require.NoError(t, <-answers)
}
