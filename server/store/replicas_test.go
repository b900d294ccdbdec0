package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/reading"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// openReading opens a store whose reads may go elsewhere.
func openReading(t *testing.T, url, read string) *stores.All {
	t.Helper()
	s, err := stores.Open(t.Context(), store.Options{URL: url, Read: read, Sealer: storetest.Sealer()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// followed is a shop on a server with a replica.
type followed struct {
	*storetest.World

	s                *stores.All
	primary, standby *pgtest.Server
	shop             account.Merchant
}

// newFollowed has a world whose commits wait until they are on disk, as an operator's do, and a replica that can be
// followed.
func newFollowed(t *testing.T) *followed {
	t.Helper()
	primary, standby := pgtest.NewReplicated(t, pgtest.Options{
		Settings: map[string]string{"synchronous_commit": "on", "full_page_writes": "on"},
	})
	f := &followed{primary: primary, standby: standby, s: openReading(t, primary.URL("hub"), standby.URL("hub"))}
	require.NoError(t, f.s.Migrations.Up(t.Context()))
	f.World = storetest.NewWorld(t, f.s, storetest.Committers)
	f.shop = f.Merchant("shop", 100_000)
	f.Stocked("CODE", 10, 5000)
	return f
}

func (f *followed) place(t *testing.T, reference string) *order.Order {
	t.Helper()
	placed, err := f.Orders.Create(t.Context(), storetest.Draft(f.shop, reference, "CODE", 1))
	require.NoError(t, err)
	return placed.Order
}

// eventuallyAt waits until a replica, or for a reason the primary, has answered the read.
func eventuallyAt(t *testing.T, s *stores.All, because string, read func(ctx context.Context)) {
	t.Helper()
	count := func() int64 {
		use := s.Replicas()
		if because == "" {
			return use.Served
		}
		reads, known := use.Passed[because]
		require.True(t, known, because)
		return reads
	}
	before := count()
	require.Eventually(t, func() bool {
		read(reading.Only(t.Context()))
		return count() > before
	}, time.Minute, 10*time.Millisecond, "%q: %+v", because, s.Replicas())
}

// TestReplicaAnswers has a replica answer all that it may, as the primary does.
func TestReplicaAnswers(t *testing.T) {
	t.Parallel()
	f := newFollowed(t)
	_, err := f.s.Endpoints.CreateEndpoint(t.Context(), webhook.Endpoint{
		MerchantID: f.shop.ID, Format: webhook.FormatStandard, URL: "https://a.example", Status: webhook.StatusActive,
		MaxRetries: webhook.ByFormat,
	}, "secret", 20)
	require.NoError(t, err)
	o := f.place(t, "one")
	f.place(t, "two")
	f.Tell(f.Fanout(nil))
	told, err := f.s.Deliveries.ListDeliveries(t.Context(), f.shop.ID, webhook.Filter{Limit: 10})
	require.NoError(t, err)
	require.NotEmpty(t, told)
	shop := order.ByMerchant(f.shop.ID)
	for name, read := range map[string]func(ctx context.Context) (any, error){
		"an order": func(ctx context.Context) (any, error) { return f.Orders.Get(ctx, shop, o.Number) },
		"by reference": func(ctx context.Context) (any, error) {
			return f.Orders.GetByReference(ctx, f.shop.ID,
				"two")
		},
		"by id": func(ctx context.Context) (any, error) { return f.Orders.GetByID(ctx, f.shop.ID, o.ID) },
		"by line": func(ctx context.Context) (any, error) {
			return f.Orders.GetByLine(ctx, f.shop.ID,
				o.Lines[0].ID)
		},
		"orders": func(ctx context.Context) (any, error) {
			return f.Orders.List(ctx, shop,
				order.Filter{Limit: 10})
		},
		"their number":  func(ctx context.Context) (any, error) { return f.Orders.Count(ctx, shop, order.Filter{}) },
		"its events":    func(ctx context.Context) (any, error) { return f.Orders.Events(ctx, shop, o.Number, 0, 10) },
		"no such order": func(ctx context.Context) (any, error) { return f.Orders.Get(ctx, shop, "ord_none") },
		"transfers": func(ctx context.Context) (any, error) {
			return f.Accounts.ListTransfers(ctx, f.shop.ID, account.TransferFilter{Limit: 10})
		},
		"the merchant's log": func(ctx context.Context) (any, error) {
			entries, _, err := f.Events.Read(ctx, event.Cursor{MerchantID: f.shop.ID, Sequence: 1}, 10)
			return entries, err
		},
		"deliveries": func(ctx context.Context) (any, error) {
			return f.s.Deliveries.ListDeliveries(ctx, f.shop.ID, webhook.Filter{Limit: 10, OrderNumber: o.Number})
		},
		"a delivery": func(ctx context.Context) (any, error) {
			return f.s.Deliveries.Delivery(ctx, f.shop.ID, told[0].ID)
		},
	} {
		before := *f.s.Replicas()
		want, wantErr := read(t.Context())
		require.Equal(t, before, *f.s.Replicas(), "%s: who does not only read is answered by the primary", name)
		eventuallyAt(t, f.s, "", func(ctx context.Context) {
			got, err := read(ctx)
			require.Equal(t, want, got, name)
			require.Equal(t, wantErr, err, name)
		})
	}
	storetest.RequireClean(t, f.s)
}

// recovering says who answers.
func recovering(ctx context.Context, r *store.Reads) (replica bool, err error) {
	err = r.Peek(ctx, store.NewQuery(
		store.Same(`SELECT pg_is_in_recovery()`), nil, func(row store.Scanner) error { return row.Scan(&replica) },
	))
	return replica, err
}

// TestReadYourOwn reads each order right after it was answered, over another store than it was placed over, while the
// replica is stopped and goes on again and again. It has to answer too, or nothing is shown.
func TestReadYourOwn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFollowed(t)
	other := openReading(t, f.primary.URL("hub"), f.standby.URL("hub"))
	admin := connect(t, f.standby)
	worlds := []*storetest.World{f.World, storetest.NewWorld(t, other, storetest.Committers)}
	shop := order.ByMerchant(f.shop.ID)
	const workers, pauses = 6, 4
	ended, stop := make(chan error, workers), make(chan struct{})
	for i := range workers {
		go func() {
			ended <- func() error {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return nil
					default:
					}
					reference := fmt.Sprintf("%d-%d", i, n)
					placed, err := worlds[i%2].Orders.Create(ctx, storetest.Draft(f.shop, reference, "CODE", 1))
					if err != nil {
						return err
					}
					found, err := worlds[(i+1)%2].Orders.GetByReference(reading.Only(ctx), f.shop.ID, reference)
					if err != nil {
						return fmt.Errorf("%s is not there: %w", reference, err)
					}
					if found.Number != placed.Order.Number || found.Status != placed.Order.Status {
						return fmt.Errorf("%s is %s, was %s", reference, found.Status, placed.Order.Status)
					}
					all, err := worlds[n%2].Orders.List(reading.Only(ctx), shop,
						order.Filter{Limit: 10, Reference: reference})
					if err != nil || len(all) != 1 {
						return fmt.Errorf("%s is not listed: %w", reference, err)
					}
				}
			}()
		}()
	}
	grows := func(count func() int64) {
		before := count()
		require.Eventually(t, func() bool {
			return count() > before+20 || len(ended) > 0
		}, time.Minute, 10*time.Millisecond, "%+v", f.s.Replicas())
		if len(ended) > 0 {
			require.NoError(t, <-ended)
		}
	}
	for range pauses {
		grows(func() int64 { return f.s.Replicas().Served + other.Replicas().Served })
		_, err := admin.Exec(ctx, "SELECT pg_wal_replay_pause()")
		require.NoError(t, err)
		grows(func() int64 { return f.s.Replicas().Passed["behind"] })
		_, err = admin.Exec(ctx, "SELECT pg_wal_replay_resume()")
		require.NoError(t, err)
	}
	close(stop)
	for range workers {
		require.NoError(t, <-ended)
	}
	storetest.RequireClean(t, f.s)
}

// TestReplicaOfAPlainUser asks a replica over a user who may not see what it receives, and then may.
func TestReplicaOfAPlainUser(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFollowed(t)
	o := f.place(t, "one")
	admin := connect(t, f.primary)
	for _, statement := range []string{"CREATE ROLE plain LOGIN", "GRANT pg_read_all_data TO plain"} {
		_, err := admin.Exec(ctx, statement)
		require.NoError(t, err)
	}
	s := openReading(t, f.primary.URL("hub"), strings.Replace(f.standby.URL("hub"), "postgres@", "plain@", 1))
	get := func(ctx context.Context) {
		_, err := s.Orders.Order(ctx, order.ByMerchant(f.shop.ID), o.Number)
		require.NoError(t, err)
	}
	eventuallyAt(t, s, "forbidden", get)
	_, err := admin.Exec(ctx, "GRANT pg_read_all_stats TO plain")
	require.NoError(t, err)
	eventuallyAt(t, s, "", get)
}

// TestReplicaBehindPooler reads over poolers in transaction mode, both of the primary and of the replica.
func TestReplicaBehindPooler(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f := newFollowed(t)
	pooled := func(server *pgtest.Server) string {
		return pgtest.NewPooler(t, server).URL("hub")
	}
	s, err := stores.Open(ctx, store.Options{
		URL: pooled(f.primary), Direct: f.primary.URL("hub"), Read: pooled(f.standby) + "&statement_timeout=7s",
		Sealer: storetest.Sealer(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	const settings = `SELECT current_setting('statement_timeout') || ' ' || current_setting('transaction_isolation') ||
		' ' || current_setting('transaction_read_only') || ' ' || pg_is_in_recovery()`
	var said string
	before := s.Replicas().Served
	require.Eventually(t, func() bool {
		placed, failures := storetest.Together(20, func(i int) error {
			o := f.place(t, storetest.NewNumber())
			_, err := s.Orders.Order(reading.Only(ctx), order.ByMerchant(f.shop.ID), o.Number)
			return err
		})
		require.Equal(t, 20, placed, failures)
		err := s.Anywhere(reading.Only(ctx), func(ctx context.Context, r *store.Reads) error {
			return r.Peek(ctx, store.NewQuery(
				store.Same(settings), nil, func(row store.Scanner) error { return row.Scan(&said) },
			))
		})
		require.NoError(t, err)
		return said == "7s repeatable read on true" && s.Replicas().Served > before+20
	}, time.Minute, 10*time.Millisecond)
}

// TestReadsShareAQuestion has many reads wait at once: the primary is asked less often than there are reads.
func TestReadsShareAQuestion(t *testing.T) {
	t.Parallel()
	f := newFollowed(t)
	o := f.place(t, "one")
	require.Eventually(t, func() bool {
		before := f.s.Replicas()
		answered, failures := storetest.Together(200, func(int) error {
			_, err := f.Orders.Get(reading.Only(t.Context()), order.ByMerchant(f.shop.ID), o.Number)
			return err
		})
		require.Equal(t, 200, answered, failures)
		after := f.s.Replicas()
		return after.Served-before.Served > 2*(after.Asked-before.Asked)
	}, time.Minute, 10*time.Millisecond)
}

// TestTogetherAtAReplica reads twice what is changed in between.
func TestTogetherAtAReplica(t *testing.T) {
	t.Parallel()
	f := newFollowed(t)
	n := 0
	eventuallyAt(t, f.s, "", func(only context.Context) {
		requireTogether(only, t, f.s.DB, func() {
			n++
			f.place(t, fmt.Sprint(n))
		})
	})
}
