package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/order"
	"orderhub/server/reading"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// TestReplicaGoesAway kills the replica under reads, and starts it again.
func TestReplicaGoesAway(t *testing.T) {
	t.Parallel()
	f := newFollowed(t)
	o := f.place(t, "one")
	get := func(ctx context.Context) {
		found, err := f.Orders.Get(ctx, order.ByMerchant(f.shop.ID), o.Number)
		require.NoError(t, err)
		require.Equal(t, o.Number, found.Number)
	}
	eventuallyAt(t, f.s, "", get)
	ctx := t.Context()
	var answeredBy []bool // a replica, the primary: in their order
	require.Eventually(t, func() bool {
		answeredBy = nil
		err := f.s.Anywhere(reading.Only(ctx), func(ctx context.Context, r *store.Reads) error {
			replica, err := recovering(ctx, r)
			answeredBy = append(answeredBy, replica)
			if err != nil || !replica {
				return err
			}
			require.NoError(t, f.standby.Kill())
			_, err = recovering(ctx, r)
			require.Error(t, err)
			return err
		})
		require.NoError(t, err)
		return answeredBy[0] // a replica that is behind just then is passed over, and not yet killed
	}, time.Minute, 10*time.Millisecond)
	require.Equal(t, []bool{true, false}, answeredBy, "the second time at the primary")
	eventuallyAt(t, f.s, "unreachable", get)
	require.NoError(t, f.standby.Restart(ctx))
	eventuallyAt(t, f.s, "", get)
}

// TestReplicaCancelsARead has the primary remove for good what a read at the replica still sees: the replica may not
// wait for the read, and cancels it.
func TestReplicaCancelsARead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFollowed(t)
	admin, primary := connect(t, f.standby), connect(t, f.primary)
	for _, statement := range []string{"ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()"} {
		_, err := admin.Exec(ctx, statement)
		require.NoError(t, err)
	}
	_, err := primary.Exec(ctx, "CREATE TABLE removed AS SELECT generate_series(1, 1000) AS n")
	require.NoError(t, err)
	count := func(ctx context.Context, r *store.Reads) (n int, err error) {
		err = r.Peek(ctx, store.NewQuery(
			store.Same(`SELECT count(*) FROM removed`), nil, func(row store.Scanner) error { return row.Scan(&n) },
		))
		return n, err
	}
	var found int
	eventuallyAt(t, f.s, "cancelled", func(only context.Context) {
		err := f.s.Anywhere(only, func(ctx context.Context, r *store.Reads) error {
			replica, err := recovering(ctx, r)
			if err != nil {
				return err
			}
			if found, err = count(ctx, r); err != nil || !replica {
				return err
			}
			for _, statement := range []string{"DELETE FROM removed", "VACUUM removed"} {
				_, err := primary.Exec(ctx, statement)
				require.NoError(t, err)
			}
			for err == nil { // what is cancelled it hears of as soon as it asks
				found, err = count(ctx, r)
			}
			return err
		})
		require.NoError(t, err)
	})
	require.Zero(t, found, "as it is at the primary")
}

// TestReplicaThatIsAhead has the replica show what the primary does not yet: a commit that waits for another standby.
// Nobody may be told of it.
func TestReplicaThatIsAhead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFollowed(t)
	f.place(t, "before") // with ids for more, so that nothing else is committed below
	admin := connect(t, f.primary)
	commitsWait(t, f.primary, admin, "nobody")
	placed := make(chan error, 1)
	go func() {
		_, err := f.Orders.Create(ctx, storetest.Draft(f.shop, "waits", "CODE", 1))
		placed <- err
	}()
	follower := connect(t, f.standby)
	require.Eventually(t, func() bool {
		var there int
		read := follower.QueryRow(ctx, "SELECT count(*) FROM orders WHERE reference = 'waits'")
		return read.Scan(&there) == nil && there == 1
	}, time.Minute, 10*time.Millisecond)

	eventuallyAt(t, f.s, "ahead", func(ctx context.Context) {
		_, err := f.Orders.GetByReference(ctx, f.shop.ID, "waits")
		require.ErrorIs(t, err, order.ErrNotFound)
	})
	require.Empty(t, placed)
	for _, statement := range []string{"ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"} {
		_, err := admin.Exec(ctx, statement)
		require.NoError(t, err)
	}
	require.NoError(t, <-placed)
	eventuallyAt(t, f.s, "", func(ctx context.Context) {
		_, err := f.Orders.GetByReference(ctx, f.shop.ID, "waits")
		require.NoError(t, err)
	})
}

// TestReplicaOfAnother promotes what a replica follows. It goes on following, further than the primary has come: it is
// not believed, nor is the one that was promoted.
func TestReplicaOfAnother(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFollowed(t)
	second, err := f.standby.Standby(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, second.Stop()) })
	behindIt := openReading(t, f.primary.URL("hub"), second.URL("hub"))
	shop := order.ByMerchant(f.shop.ID)
	read := func(s *stores.All, reference string) func(ctx context.Context) {
		return func(ctx context.Context) {
			found, err := s.Orders.ListOrders(ctx, shop, order.Filter{Limit: 10, Reference: reference})
			require.NoError(t, err)
			require.Len(t, found, 1)
		}
	}
	f.place(t, "before")
	eventuallyAt(t, behindIt, "", read(behindIt, "before"))
	eventuallyAt(t, f.s, "", read(f.s, "before"))

	require.NoError(t, f.standby.Promote(ctx))
	_, err = connect(t, f.standby).Exec(ctx, "CREATE TABLE further AS SELECT generate_series(1, 10000) AS n")
	require.NoError(t, err)
	follower := connect(t, second)
	require.Eventually(t, func() bool {
		var there int
		return follower.QueryRow(ctx, "SELECT count(*) FROM further").Scan(&there) == nil
	}, time.Minute, 10*time.Millisecond)
	f.place(t, "after")
	served := behindIt.Replicas().Served + f.s.Replicas().Served
	eventuallyAt(t, behindIt, "detached", read(behindIt, "after"))
	eventuallyAt(t, f.s, "writable", read(f.s, "after"))
	require.Equal(t, served, behindIt.Replicas().Served+f.s.Replicas().Served, "neither has answered since")
}

// TestWhereReadsLead opens a database with replicas that are none, or not of it, or not there.
func TestWhereReadsLead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFollowed(t)
	require.NoError(t, f.primary.Create(ctx, "other", ""))
	require.Eventually(t, func() bool {
		conn, err := pgx.Connect(ctx, f.standby.URL("other"))
		if err == nil {
			err = conn.Close(ctx)
		}
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	for name, read := range map[string]string{
		"another cluster": storetest.PostgresURL(t), "another database": f.standby.URL("other"),
	} {
		_, err := stores.Open(ctx, store.Options{URL: f.primary.URL("hub"), Read: read, Sealer: storetest.Sealer()})
		require.ErrorIs(t, err, store.ErrReadElsewhere, name)
	}
	gone := strings.Replace(f.standby.URL("hub"), "5432", "5433", 1)
	get := func(s *stores.All) func(ctx context.Context) {
		return func(ctx context.Context) {
			_, err := s.Orders.Order(ctx, order.ByMerchant(f.shop.ID), "ord_none")
			require.ErrorIs(t, err, order.ErrNotFound)
		}
	}
	away := openReading(t, f.primary.URL("hub"), gone)
	eventuallyAt(t, away, "unreachable", get(away))
	itself := openReading(t, f.primary.URL("hub"), f.primary.URL("hub"))
	eventuallyAt(t, itself, "writable", get(itself))
	require.Zero(t, away.Replicas().Served+itself.Replicas().Served)

	several := openReading(t, f.primary.URL("hub"), pgtest.AnyURL("hub", f.primary, f.standby))
	eventuallyAt(t, several, "", get(several))
	require.Eventually(t, func() bool {
		get(several)(reading.Only(ctx))
		all := several.Replicas().Replicas
		return len(all) == 2 && !all[0].Used && all[1].Used
	}, time.Minute, 10*time.Millisecond)
	require.Contains(t, several.Pools(), "replica_2")
}
