package store_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// openPooled opens a store over a pooler.
func openPooled(t *testing.T, url, direct string) *stores.All {
	t.Helper()
	s, err := stores.Open(t.Context(), store.Options{URL: url, Direct: direct, Sealer: storetest.Sealer()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// TestWhereURLsLead opens a database over URLs that do not lead where they were said to.
func TestWhereURLsLead(t *testing.T) {
	t.Parallel()
	direct, other := storetest.PostgresURL(t), storetest.PostgresURL(t)
	pooled := pgtest.Pooled(t, direct)
	for name, test := range map[string]struct {
		url, direct string
		want        error
	}{
		"a pooler alone":          {pooled, "", store.ErrPooler},
		"a pooler twice":          {pooled, pooled, store.ErrDirectPooler},
		"another database":        {pooled, other, store.ErrTwoDatabases},
		"the server alone":        {direct, "", nil},
		"the server twice":        {direct, direct, nil},
		"a pooler and its server": {pooled, direct, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := stores.Open(t.Context(), store.Options{URL: test.url, Direct: test.direct, Sealer: storetest.Sealer()})
			require.ErrorIs(t, err, test.want)
			if err == nil {
				require.NoError(t, s.Close())
			}
		})
	}
}

// TestPoolerThatTakesSettings opens a database over a pooler alone that lets settings pass: who answers tells.
func TestPoolerThatTakesSettings(t *testing.T) {
	t.Parallel()
	url := pgtest.Pooled(t, storetest.PostgresURL(t)) + "&statement_timeout=&idle_in_transaction_session_timeout="
	_, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer()})
	require.ErrorIs(t, err, store.ErrPooler)
}

// TestSettingsOverPooler looks at what transactions have, and leave behind.
func TestSettingsOverPooler(t *testing.T) {
	t.Parallel()
	ctx, direct := t.Context(), storetest.PostgresURL(t)
	s := openPooled(t, pgtest.Pooled(t, direct)+"&lock_timeout=7s", direct)
	const read = `SELECT current_setting('statement_timeout') || ' ' ||
		current_setting('idle_in_transaction_session_timeout') || ' ' || current_setting('lock_timeout')`
	want := "30s 30s 7s"
	var got string
	writing, err := s.WriteDB.BeginTx(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, writing.QueryRowContext(ctx, read).Scan(&got))
	require.NoError(t, writing.Commit())
	require.Equal(t, want, got)
	scan := func(row store.Scanner) error { return row.Scan(&got) }
	got = ""
	require.NoError(t, s.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Query(ctx, store.NewQuery(store.Same(read), nil, scan))
	}))
	require.Equal(t, want, got, "transactions of the hot path")
	tx, err := s.ReadDB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, tx.QueryRowContext(ctx,
		read+` || ' ' || current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only')`,
	).Scan(&got))
	require.NoError(t, tx.Rollback())
	require.Equal(t, want+" repeatable read on", got)
	require.NoError(t, s.Peek(ctx, store.NewQuery(store.Same(read), nil, scan)))
	require.Equal(t, "0 0 0", got, "nothing is left in the sessions")
	var prepared, zone string
	require.NoError(t, s.Pool().QueryRow(
		ctx, "SELECT count(*)::text, current_setting('timezone') FROM pg_prepared_statements WHERE $1::text <> ''", "x",
	).Scan(&prepared, &zone))
	require.Equal(t, "0", prepared)
	require.Equal(t, "UTC", zone)
}

// rung hears of the events of one merchant.
type rung struct {
	merchantID      int64
	told, listening chan struct{} // capacity 1
}

// Ring implements store.Bell.
func (r rung) Ring(ids ...int64) {
	if slices.Contains(ids, r.merchantID) {
		mark(r.told)
	}
}

// RingAll implements store.Bell: nobody is named, but everybody woken who has just begun to listen.
func (r rung) RingAll() { mark(r.listening) }

func mark(happened chan<- struct{}) {
	select {
	case happened <- struct{}{}:
	default:
	}
}

func await(t *testing.T, happened <-chan struct{}, otherwise string) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(time.Minute):
		t.Fatal(otherwise)
	}
}

// TestPlacingOverPooler places orders from two stores at once over few connections, with somebody listening.
func TestPlacingOverPooler(t *testing.T) {
	t.Parallel()
	ctx, direct := t.Context(), storetest.PostgresURL(t)
	pooled := pgtest.Pooled(t, direct)
	first, second := openPooled(t, pooled, direct), openPooled(t, pooled, direct)
	w := storetest.NewWorld(t, first, 4)
	shop := w.Merchant("shop", 1000)
	w.Stocked("CODE", 10, 60)
	other := storetest.NewWorld(t, second, 4)
	heard := rung{shop.ID, make(chan struct{}, 1), make(chan struct{}, 1)}
	t.Cleanup(openPooled(t, pooled, direct).Announce(heard))
	await(t, heard.listening, "nobody listens")
	placed := make(chan error)
	const orders = 40
	for i := range orders {
		world := []*storetest.World{w, other}[i%2]
		go func() {
			_, err := world.Orders.Create(ctx, storetest.Draft(shop, fmt.Sprint("order-", i), "CODE", 1))
			placed <- err
		}()
	}
	for range orders {
		require.NoError(t, <-placed)
	}
	await(t, heard.told, "nobody said that there are events")
	storetest.RequireClean(t, first)
}

// TestFailoverBehindPooler puts the pooler in front of a server that missed the end of the log, while clients stay
// connected to it: who had read what was lost is told.
func TestFailoverBehindPooler(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary, standby := pgtest.NewReplicated(t, pgtest.Options{})
	pooler := pgtest.NewPooler(t, primary)
	s := openPooled(t, pooler.URL("hub"), pgtest.WritableURL("hub", primary, standby))
	require.NoError(t, s.Migrations.Up(ctx))
	w := storetest.NewWorld(t, s, 1)
	shop := w.Merchant("shop", 1000)
	w.Stocked("CODE", 10, 30)
	place := func(reference string) error {
		_, err := w.Orders.Create(ctx, storetest.Draft(shop, reference, "CODE", 1))
		return err
	}
	require.NoError(t, place("kept"))
	log := event.NewLog(s.Events, event.NewBell())
	kept := storetest.ReadEvents(t, log, event.Cursor{}, 100)
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
	follows("SELECT count(*) FROM orders", 1)
	follows("SELECT count(*) FROM event_logs", 1)
	for _, stop := range []string{"ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"} {
		_, err := follower.Exec(ctx, stop)
		require.NoError(t, err)
	}
	follows("SELECT count(*) FROM pg_stat_wal_receiver", 0)
	require.NoError(t, place("lost"))
	seen := storetest.ReadEvents(t, log, event.Cursor{}, 100)
	require.Greater(t, len(seen), len(kept))

	require.NoError(t, primary.Kill())
	require.NoError(t, standby.Promote(ctx))
	require.NoError(t, pooler.Lead(ctx, standby))
	require.Eventually(t, func() bool { return s.Writable(ctx) == nil }, time.Minute, 10*time.Millisecond)
	_, _, err = log.Read(ctx, event.Cursor{Position: seen[len(seen)-1].Position}, 10)
	require.ErrorIs(t, err, event.ErrForeignPosition)
	require.NoError(t, place("after"))
	whole := storetest.ReadEvents(t, log, event.Cursor{}, 100)
	require.Greater(t, len(whole), len(kept))
	for i, e := range kept {
		require.Equal(t, e.Event, whole[i].Event)
		require.Equal(t, whole[i+1:], storetest.ReadEvents(t, log, event.Cursor{Position: e.Position}, 100))
	}
	storetest.RequireClean(t, s)
}
