package deliveries_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/secret"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// Orders may name an address of their own; BursaGB's may leave it to the account.
func TestOwnAddresses(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		key := "the callback key"
		require.NoError(t, o.s.Accounts.SetCredentials(t.Context(), o.shop.ID, account.Credentials{CallbackKey: &key}))
		o.order("hub", func(d *order.Draft) { d.NotifyURL = "https://Orders.example:8443/1?x=y" }, "CODE", 1)
		o.order("bursagb", func(d *order.Draft) { d.Door, d.NotifyURL = bursagb.Name, "https://lines.example/2" },
			"CODE", 1)
		o.order("silent", func(d *order.Draft) { d.Door = bursagb.Name }, "CODE", 1)
		o.tell()
		require.Equal(t, []string{"m1 lines.example", "m1 orders.example:8443"}, o.lanes())
		due := o.claim("m1 orders.example:8443", 10)
		require.Equal(t, []string{"1 order.created", "2 order.completed"}, bodies(due))
		require.Equal(t, "https://Orders.example:8443/1?x=y", due[0].Endpoint.URL)
		require.Equal(t, key, due[0].Parcel.Key)
		require.Empty(t, due[0].Parcel.Secrets)
		due = o.claim("m1 lines.example", 10)
		require.Equal(t, []string{"4 completed 1"}, bodies(due))
		require.Equal(t, bursagb.Name, due[0].Endpoint.Format)
		o.settle(due[0], 200, 0)
		_, err := o.s.Deliveries.Redeliver(t.Context(), o.shop.ID, due[0].ID)
		require.NoError(t, err)

		settings := account.Settings{CallbackURL: "https://account.example/all"}
		_, err = o.Accounts.UpdateMerchant(t.Context(), o.shop.ID, account.MerchantChange{Settings: &settings})
		require.NoError(t, err)
		o.order("account", func(d *order.Draft) { d.Door = bursagb.Name }, "CODE", 1)
		o.tell()
		require.Equal(t, "https://account.example/all", o.claim("m1 account.example", 10)[0].Endpoint.URL)
	})
}

func TestReplays(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		for i := range 3 {
			o.order(fmt.Sprint(i), nil, "CODE", 1)
		}
		e := o.endpoint(webhook.FormatStandard)
		o.order("told", nil, "CODE", 1)
		o.tell()
		due := o.claim(webhook.EndpointLane(e.ID), 10)
		require.Len(t, due, 2)
		for _, d := range due {
			o.settle(d, 200, 0)
		}

		replays := webhook.NewReplays(o.s.Deliveries, o.s.Endpoints, time.Now)
		q := webhook.Query{MerchantID: o.shop.ID, EndpointID: e.ID, Types: []event.Type{event.OrderCompleted}}
		counted, err := replays.Start(t.Context(), q, 0, true)
		require.NoError(t, err)
		require.EqualValues(t, 4, counted)
		require.Empty(t, o.lanes(), "a dry run sends nothing")
		_, err = replays.Start(t.Context(), webhook.Query{MerchantID: o.shop.ID, EndpointID: 999}, 0, true)
		require.ErrorIs(t, err, webhook.ErrEndpointNotFound)

		began := time.Now()
		_, more, err := o.Fanout(nil).Step(t.Context(), webhook.Replay{Query: q, PerSecond: 2, StartsAt: began})
		require.NoError(t, err)
		require.False(t, more)
		listed, err := o.s.Deliveries.ListDeliveries(
			t.Context(), o.shop.ID, webhook.Filter{
				Statuses: []webhook.DeliveryStatus{webhook.DeliveryPending},
				Limit:    10,
			},
		)
		require.NoError(t, err)
		var gaps []time.Duration
		var sequences []int64
		var ids []string
		for _, d := range listed {
			gaps = append(gaps, d.NextAt.Sub(began).Round(time.Millisecond))
			sequences = append(sequences, d.Sequence)
			ids = append(ids, d.MessageID)
		}
		slices.Sort(gaps)
		slices.Sort(sequences)
		require.Equal(t, []time.Duration{0, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond}, gaps)
		require.Equal(t, []int64{2, 4, 6, 8}, sequences)
		require.Contains(t, ids, due[1].Parcel.MessageID, "what was told keeps its identifier")
		storetest.RequireClean(t, o.s)
	})
}

// What is told is the order as it stood, whenever it is put into words.
func TestAsItStood(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		o.endpoint(webhook.FormatStandard)
		o.Simulated("BAD", 5, sim.Script{FailCode: "X", FailMessage: "no"})
		o.Ticket("DAY", 2, 5, "2027-01-01")
		placed := o.order("1", func(d *order.Draft) { d.Lines[2].UseDate = "2027-01-01" }, "GOOD", 2, "BAD", 1, "DAY",
			2)
		o.Finish(placed)
		_, err := o.Orders.Cancel(
			t.Context(), order.ByOperator(), placed.Number,
			order.Cancellation{Lines: []order.CancelLine{{Position: 3}}},
		)
		require.NoError(t, err)
		told, err := o.s.Deliveries.TargetedEvents(t.Context(),
			[]webhook.Range{{MerchantID: o.shop.ID, First: 1, Last: 100}})
		require.NoError(t, err)
		orders, err := o.s.Orders.WithGoods(t.Context(), []int64{placed.ID})
		require.NoError(t, err)
		type snapshot struct {
			kind    event.Type
			status  order.Status
			changed int
			goods   int // of the line that was cancelled, delivered then
		}
		var got []snapshot
		for i := range told {
			then, changed, err := orders[placed.ID].At(&told[i].Event)
			require.NoError(t, err)
			s := snapshot{kind: told[i].Type, status: then.Status}
			for _, c := range changed {
				if c {
					s.changed++
				}
			}
			for _, g := range then.Lines[2].Goods {
				if g.Status == order.GoodsDelivered {
					s.goods++
				}
			}
			got = append(got, s)
		}
		require.Equal(t, snapshot{event.OrderCreated, order.StatusProcessing, 1, 2}, got[0])
		require.Equal(t, snapshot{event.OrderProcessing, order.StatusProcessing, 1, 2}, got[1])
		require.Equal(t, event.OrderFailed, got[len(got)-2].kind)
		require.Equal(t, 1, got[len(got)-2].changed)
		require.Equal(t, 2, got[len(got)-2].goods)
		require.Equal(t, snapshot{event.TicketsCancelled, order.StatusFailed, 1, 0}, got[len(got)-1])
		now := orders[placed.ID]
		require.Equal(t, order.StatusCancelled, now.Lines[2].Status, "the order itself is as it is")
	})
}

// What is told of an event is kept once, however many are told; a delivery of the
// version before has its own.
func TestSharedBodies(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		first, second := o.endpoint(webhook.FormatStandard), o.endpoint(webhook.FormatStandard)
		o.endpoint(gameso.Name, "order.completed", "order.failed")
		o.order("1", nil, "CODE", 1)
		o.tell()
		handle := o.s.WriteDB
		count := func(query string) (n int) {
			require.NoError(t, handle.QueryRowContext(t.Context(), query).Scan(&n))
			return n
		}
		require.Equal(t, 3, count(`SELECT count(*) FROM webhook_bodies`), "two events in one format, one in the other")
		require.Equal(t, 5, count(`SELECT count(*) FROM webhook_deliveries WHERE length(payload) = 0`))
		one, two := o.claim(webhook.EndpointLane(first.ID), 10), o.claim(webhook.EndpointLane(second.ID), 10)
		require.Len(t, one, 2)
		require.NotEmpty(t, one[0].Parcel.Body)
		require.Equal(t, bodies(one), bodies(two))

		own := storetest.Sealer().Seal([]byte("a body of its own"), secret.Place{
			Table: "webhook_deliveries", Column: "payload", Row: one[1].Parcel.MessageID, Purpose: "webhook payload",
		})
		_, err := handle.ExecContext(
			t.Context(),
			`UPDATE webhook_deliveries SET payload = $1, claimed_until = NULL, next_attempt_at = created_at
				WHERE id = $2`, own,
			one[1].ID,
		)
		require.NoError(t, err)
		require.Equal(t, []string{"a body of its own"}, bodies(o.claim(webhook.EndpointLane(first.ID), 10)))

		_, err = handle.ExecContext(t.Context(), `DELETE FROM webhook_bodies`)
		require.NoError(t, err)
		_, err = handle.ExecContext(
			t.Context(), `UPDATE webhook_deliveries SET claimed_until = NULL,
				next_attempt_at = created_at WHERE id = $1`,
			two[0].ID,
		)
		require.NoError(t, err)
		require.Empty(t, o.claim(webhook.EndpointLane(second.ID), 10))
		d, err := o.s.Deliveries.Delivery(t.Context(), o.shop.ID, two[0].ID)
		require.NoError(t, err)
		require.Equal(t, webhook.DeliveryFailed, d.Status, "what is lost is given up and keeps nothing else waiting")
	})
}

// Several changes in a day, and one sent again, silence no secret before its time.
func TestSecretsBefore(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		e := o.endpoint(webhook.FormatStandard)
		change := func(secret string) webhook.Endpoint {
			changed, err := o.s.Endpoints.UpdateEndpoint(
				t.Context(), o.shop.ID, e.ID, func(*webhook.Endpoint) (string, error) { return secret, nil },
			)
			require.NoError(t, err)
			return changed
		}
		signing := func(want ...string) {
			t.Helper()
			o.order(fmt.Sprint(len(want), want[0]), nil, "CODE", 1)
			o.tell()
			require.Equal(t, want, o.claim(webhook.EndpointLane(e.ID), 1)[0].Parcel.Secrets)
		}
		changed := change("second secret")
		require.Equal(t, changed, change("second secret"), "nothing changes, the time neither")
		signing("second secret", "first secret")
		change("third secret")
		signing("third secret", "second secret", "first secret")
		change("first secret")
		signing("first secret", "third secret", "second secret")
		for i := range 9 {
			change(fmt.Sprint("another secret ", i))
		}
		signing("another secret 8", "another secret 7", "another secret 6", "another secret 5", "another secret 4")

		// A process of the version before knows one column alone.
		handle := o.s.WriteDB
		sealed := storetest.Sealer().Seal([]byte("an older process's"), secret.Place{
			Table: "webhook_endpoints", Column: "previous_secret", Row: strconv.FormatInt(e.ID, 10),
			Purpose: "webhook secret",
		})
		_, err := handle.ExecContext(
			t.Context(), `UPDATE webhook_endpoints SET previous_secret = $1 WHERE id = $2`, sealed, e.ID,
		)
		require.NoError(t, err)
		signing(
			"another secret 8", "an older process's", "another secret 7", "another secret 6", "another secret 5",
			"another secret 4",
		)
		_, err = handle.ExecContext(
			t.Context(),
			`UPDATE webhook_endpoints SET previous_secrets = NULL, previous_secret_until = created_at WHERE id = $1`,
			e.ID,
		)
		require.NoError(t, err)
		signing("another secret 8")
	})
}

// A charge that takes the wallet below the merchant's threshold is told once.
func TestLowBalance(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		threshold := storetest.Baht(9_997)
		low := &threshold
		_, err := o.Accounts.UpdateMerchant(t.Context(), o.shop.ID, account.MerchantChange{LowBalance: &low})
		require.NoError(t, err)
		o.endpoint(webhook.FormatStandard, "wallet.low_balance")
		for i := range 6 {
			o.order(fmt.Sprint(i), nil, "CODE", 1)
		}
		entries, err := o.s.Events.Entries(
			t.Context(), event.Cursor{MerchantID: o.shop.ID, Types: []event.Type{event.WalletLowBalance}}, 10,
		)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		require.Equal(t, map[string]string{"balance": "9996.00", "threshold": "9997.00", "currency": "THB"},
			entries[0].Data)
		require.Zero(t, entries[0].OrderID)
		o.tell()
		require.Len(t, o.statuses(), 1)

		low = nil
		_, err = o.Accounts.UpdateMerchant(t.Context(), o.shop.ID, account.MerchantChange{LowBalance: &low})
		require.NoError(t, err)
		m, err := o.Accounts.Merchant(context.Background(), o.shop.ID)
		require.NoError(t, err)
		require.Nil(t, m.Wallet.LowBalance)
		storetest.RequireClean(t, o.s)
	})
}

// TestUnreadableDeliveryIsSetAside damages the body of the first of three deliveries, and then the secret of their
// endpoint.
func TestUnreadableDeliveryIsSetAside(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		e := o.endpoint(webhook.FormatStandard)
		for _, reference := range []string{"a", "b", "c"} {
			o.order(reference, nil, "CODE", 1)
		}
		o.tell()
		db := o.s.WriteDB
		_, err := db.ExecContext(
			t.Context(), `UPDATE webhook_bodies SET payload = (SELECT payload FROM webhook_bodies
				ORDER BY id DESC LIMIT 1)
			WHERE id = (SELECT min(id) FROM webhook_bodies)`,
		)
		require.NoError(t, err)
		all := o.statuses()
		lanes := o.lanes()
		require.Len(t, lanes, 1)
		due := o.claim(lanes[0], 100)
		require.Len(t, due, len(all)-1, "the others go on")
		require.Equal(t, webhook.DeliveryFailed, o.statuses()[0])
		require.EqualValues(t, 1, o.s.Vault.Unreadable())

		_, err = db.ExecContext(
			t.Context(), `UPDATE webhook_endpoints SET secret = $1`,
			[]byte("no secret of any kind, but long enough to be one"),
		)
		require.NoError(t, err)
		_, err = db.ExecContext(
			t.Context(),
			`UPDATE webhook_deliveries SET next_attempt_at = created_at, claimed_until = NULL WHERE status = 'pending'`,
		)
		require.NoError(t, err)
		require.Empty(t, o.claim(lanes[0], 100), "nothing signs for endpoint %d", e.ID)
		require.Empty(t, o.lanes(), "what waits for a secret is not due")
		require.Equal(t, webhook.DeliveryPending, o.statuses()[1])

		_, err = o.s.Endpoints.UpdateEndpoint(
			t.Context(), o.shop.ID, e.ID, func(*webhook.Endpoint) (string, error) { return "another secret", nil },
		)
		require.NoError(t, err, "a new secret mends it")
		_, err = db.ExecContext(
			t.Context(), `UPDATE webhook_deliveries SET next_attempt_at = created_at WHERE status = 'pending'`,
		)
		require.NoError(t, err)
		require.Len(t, o.claim(lanes[0], 100), len(all)-1)
	})
}
