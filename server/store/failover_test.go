package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// TestFailover kills the server under an open store: the next one of its URL takes over once it takes writes.
func TestFailover(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary, standby := pgtest.NewReplicated(t, pgtest.Options{})
	// The standby comes first: it is asked, and passed over while it only reads.
	s, _ := storetest.OpenWith(t, pgtest.WritableURL("hub", standby, primary), storetest.SealingKey)
	require.NoError(t, s.Migrations.Up(ctx))
	w := storetest.NewWorld(t, s, 1)
	shop := w.Merchant("shop", 100)
	w.Stocked("CODE", 10, 3)
	before, err := w.Orders.Create(ctx, storetest.Draft(shop, "before", "CODE", 1))
	require.NoError(t, err)
	follower, err := pgx.Connect(ctx, standby.URL("hub"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = follower.Close(ctx) })
	require.Eventually(t, func() bool {
		var there int
		return follower.QueryRow(ctx, "SELECT count(*) FROM orders").Scan(&there) == nil && there == 1
	}, time.Minute, 10*time.Millisecond)

	require.NoError(t, primary.Kill())
	require.ErrorIs(t, s.Writable(ctx), errs.ErrUnavailable, "one only reads and the other is gone")
	_, err = w.Orders.Create(ctx, storetest.Draft(shop, "after", "CODE", 1))
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.NoError(t, standby.Promote(ctx))
	require.Eventually(t, func() bool { return s.Writable(ctx) == nil }, time.Minute, 10*time.Millisecond)

	again, err := w.Orders.Create(ctx, storetest.Draft(shop, "before", "CODE", 1))
	require.NoError(t, err)
	require.Equal(t, before.Order.Number, again.Order.Number, "the one that was answered")
	after, err := w.Orders.Create(ctx, storetest.Draft(shop, "after", "CODE", 1))
	require.NoError(t, err)
	require.NotEqual(t, before.Order.Number, after.Order.Number)
}

// TestLostReservation fails over to a server that missed the end of the log: ids that were reserved there are given out
// once more, and nobody notices; and readers of the log of all merchants go on, unless they had read what was lost.
func TestLostReservation(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary, standby := pgtest.NewReplicated(t, pgtest.Options{})
	url := pgtest.WritableURL("hub", standby, primary)
	first, _ := storetest.OpenWith(t, url, storetest.SealingKey)
	require.NoError(t, first.Migrations.Up(ctx))
	began := storetest.NewWorld(t, first, 1)
	shop := began.Merchant("shop", 1000)
	began.Stocked("CODE", 10, 30)
	_, err := began.Orders.Create(ctx, storetest.Draft(shop, "kept", "CODE", 1))
	require.NoError(t, err)
	s, _ := storetest.OpenWith(t, url, storetest.SealingKey)
	w := storetest.NewWorld(t, s, 1)
	follower, err := pgx.Connect(ctx, standby.URL("hub"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = follower.Close(ctx) })
	follows := func(query string, want int) {
		t.Helper()
		require.Eventually(t, func() bool {
			var found int
			return follower.QueryRow(ctx, query).Scan(&found) == nil && found == want
		}, time.Minute, 10*time.Millisecond, query)
	}
	log := event.NewLog(s.Events, event.NewBell())
	kept := storetest.ReadEvents(t, log, event.Cursor{}, 100)
	require.NotEmpty(t, kept)
	follows("SELECT count(*) FROM orders", 1)
	follows("SELECT count(*) FROM event_logs", 1)
	for _, stop := range []string{"ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"} {
		_, err := follower.Exec(ctx, stop)
		require.NoError(t, err)
	}
	follows("SELECT count(*) FROM pg_stat_wal_receiver", 0)
	_, err = w.Orders.Create(ctx, storetest.Draft(shop, "lost", "CODE", 1))
	require.NoError(t, err, "with ids that only the primary knows to be reserved")
	seen := storetest.ReadEvents(t, log, event.Cursor{}, 100)
	require.Greater(t, len(seen), len(kept))

	require.NoError(t, primary.Kill())
	require.NoError(t, standby.Promote(ctx))
	require.Eventually(t, func() bool { return s.Writable(ctx) == nil }, time.Minute, 10*time.Millisecond)
	another, _ := storetest.OpenWith(t, url, storetest.SealingKey)
	other := storetest.NewWorld(t, another, 1)
	numbers := make(map[string]bool)
	for i := range 3 {
		for name, world := range map[string]*storetest.World{"other": other, "same": w} {
			placed, err := world.Orders.Create(ctx, storetest.Draft(shop, fmt.Sprint(name, i), "CODE", 2))
			require.NoError(t, err, name)
			numbers[placed.Order.Number] = true
		}
	}
	require.Len(t, numbers, 6)
	storetest.RequireClean(t, s)

	// Who read what was lost is told, in a process that saw the failover and in one that came later; who did not goes on.
	for _, now := range []*stores.All{s, another} {
		log := event.NewLog(now.Events, event.NewBell())
		_, _, err = log.Read(ctx, event.Cursor{Position: seen[len(seen)-1].Position}, 10)
		require.ErrorIs(t, err, event.ErrForeignPosition)
		whole := storetest.ReadEvents(t, log, event.Cursor{}, 100)
		for i, e := range kept {
			require.Equal(t, e.Event, whole[i].Event)
			rest := storetest.ReadEvents(t, log, event.Cursor{Position: e.Position}, 100)
			require.Equal(t, whole[i+1:], rest, "from each position on")
		}
	}
}
