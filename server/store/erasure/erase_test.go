package erasure_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// marker is in everything that a merchant, a provider or a receiver of webhooks said of the customer.
const marker = "forgetme"

// kept is what of a draft stays: how the order is found, and what was bought.
var kept = []string{
	"Currency", "Reference", "Door", "Coupon", "SKU", "ExternalReference", "UseDate", "Code", "Content",
}

// plant puts the marker into every text of a draft that is not kept, also one that is added some day.
func plant(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i).Name; !slices.Contains(kept, field) {
				plant(v.Field(i), field)
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"name": "` + marker + `-private"}`))
			return
		}
		for i := range v.Len() {
			plant(v.Index(i), name)
		}
	case reflect.String:
		v.SetString("https://" + marker + ".example/" + name)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"player": marker + "-" + name}))
	}
}

// gossip quotes the customer wherever it can. One unit is delivered, others are not.
type gossip struct{ holds bool }

func (gossip) Idempotent() bool { return true }

func (g gossip) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	said := "for " + p.Recipient.UserID + p.Fields["player"] + string(p.Private)
	goods := []dialect.Goods{{Content: "receipt " + said}}
	if g.holds {
		return dialect.Outcome{State: dialect.Accepted, Goods: goods, CheckAfter: time.Hour}, nil
	}
	message := "no more " + said
	return dialect.Outcome{State: dialect.Delivered, Goods: goods, FailureCode: "X", FailureMessage: message}, nil
}

// generous delivers too much, which waits for an operator.
type generous struct{}

func (generous) Idempotent() bool { return true }

func (generous) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Delivered, Goods: make([]dialect.Goods, p.Quantity+1)}, nil
}

func (g gossip) Cancel(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Cancelled, FailureCode: "X", FailureMessage: marker}, nil
}

// TestNothingIsLeft plants the marker in all that anybody can say of a customer, at orders of every door, and finds it
// nowhere after they are erased.
func TestNothingIsLeft(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, eraser := newShop(t, w), order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		var placed []*order.Order
		var drafts []*order.Draft
		for _, door := range []string{"hub", "gameso", "bursagb", "marketacc", "axcloud"} {
			d := s.draft(door, door+"-1", "PARTLY", 2, "CODE", 1)
			o := s.place(d)
			require.Equal(t, order.StatusFailed, s.Finish(o).Status)
			resolved, cancelled := s.place(s.draft(door, door+"-2", "PARKED", 1)),
				s.place(s.draft(door, door+"-3", "HELD", 1))
			s.finalByOperator(resolved)
			s.cancel(cancelled)
			placed, drafts = append(placed, o, resolved, cancelled), append(drafts, d)
		}
		w.Tell(s.fanout)
		s.post(func(d *webhook.Due) webhook.DeliveryStatus {
			if d.ID%2 == 0 {
				return webhook.DeliveryPending
			}
			return webhook.DeliveryDelivered
		})
		balance, whole := w.Balance(s.buyer), open(t, w)

		before := whole.marked()
		for _, column := range []string{
			"orders.personal", "orders.private", "orders.failure_message", "order_lines.private",
			"order_lines.sealed_door_state", "order_lines.failure_message", "attempts.failure_message", "events.data",
			"events.state", "units.content", "webhook_bodies.payload", "webhook_deliveries.sealed_url",
			"webhook_deliveries.response_excerpt", "webhook_deliveries.lane", "webhook_attempts.excerpt",
		} {
			require.True(t, before[column], "%s has nothing to erase: %v", column, before)
		}
		for _, o := range placed {
			erased, err := eraser.Erase(t.Context(), order.ByMerchant(s.buyer.ID), o.Number, order.Erasure{})
			require.NoError(t, err)
			require.NotNil(t, erased.ErasedAt)
			again, err := eraser.Erase(t.Context(), order.ByOperator(), o.Number, order.Erasure{})
			require.NoError(t, err)
			require.Equal(t, erased, again)
		}
		require.Empty(t, whole.marked())
		attempts, err := s.Engine.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 100})
		require.NoError(t, err)
		require.NotEmpty(t, attempts)
		for _, a := range attempts {
			require.Empty(t, a.Exchanges)
		}
		storetest.RequireClean(t, w.Store)
		require.Equal(t, balance, w.Balance(s.buyer))

		// What waits is told without the customer, and what is made anew does not bring it back.
		w.Tell(s.fanout)
		told := s.post(func(*webhook.Due) webhook.DeliveryStatus { return webhook.DeliveryDelivered })
		require.NotEmpty(t, told)
		require.Empty(t, whole.marked())
		storetest.RequireClean(t, w.Store)
		for _, d := range drafts {
			repeated, err := w.Orders.Create(t.Context(), d)
			require.NoError(t, err)
			require.True(t, repeated.Replayed)
			require.NotNil(t, repeated.Order.ErasedAt)
			require.Equal(t, int64(1), repeated.Order.Lines[0].Completed)
			require.Equal(t, "CODE-", repeated.Order.Lines[1].Goods[0].Content[:5], "goods that quote nobody stay")
			require.Empty(t, repeated.Order.Lines[0].Goods[0].Content)
		}
	})
}

// TestUnderWay erases while webhooks are being made and posted by others.
func TestUnderWay(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		eraser := order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		s, ctx := newShop(t, w), t.Context()
		o := s.Finish(s.place(s.draft("hub", "one", "PARTLY", 2)))
		w.Tell(s.fanout)
		posting := s.post(func(*webhook.Due) webhook.DeliveryStatus { return "" })
		require.NotEmpty(t, posting)
		// Of the order as it was before, put into words and not kept yet.
		late := webhook.NewDelivery{
			MerchantID: s.buyer.ID, EndpointID: 1, Format: webhook.FormatStandard, EventID: 1, Sequence: 1,
			OrderID: o.ID,
			Message: webhook.Message{Type: "order.created", Body: []byte(marker)}, MessageID: "m",
		}

		_, err := eraser.Erase(ctx, order.ByOperator(), o.Number, order.Erasure{})
		require.NoError(t, err)
		require.ErrorIs(t, w.Store.Deliveries.AddDeliveries(ctx, []webhook.NewDelivery{late}),
			webhook.ErrErasedMeanwhile)
		for _, d := range posting {
			_, err := w.Store.Deliveries.SettleDeliveries(ctx, []webhook.Outcome{echo(d, webhook.DeliveryPending)})
			require.NoError(t, err)
		}
		w.Tell(s.fanout)
		s.post(func(*webhook.Due) webhook.DeliveryStatus { return webhook.DeliveryDelivered })
		require.Empty(t, open(t, w).marked())
		storetest.RequireClean(t, w.Store)
	})
}

// TestOperatorsAreStillTold of their events, whose numbers are those of an erased order's.
func TestOperatorsAreStillTold(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, ctx := newShop(t, w), t.Context()
		o := s.Finish(s.place(s.draft("hub", "one", "CODE", 1)))
		w.Tell(s.fanout)
		e := webhook.Endpoint{
			MerchantID: webhook.House, Format: webhook.FormatOperators, URL: "https://pager.example",
			Status: webhook.StatusActive, MaxRetries: webhook.ByFormat,
		}
		e, err := w.Store.Endpoints.CreateEndpoint(ctx, e, "secret", 20)
		require.NoError(t, err)
		var last int64
		open(t, w).each(`SELECT max(id) FROM events`, func(_ []string, values []any) { last = values[0].(int64) })
		require.NoError(t, w.Store.Deliveries.AddDeliveries(ctx, []webhook.NewDelivery{{
			MerchantID: webhook.House, EndpointID: e.ID, Format: webhook.FormatOperators,
			EventID: last, Sequence: last, MessageID: "m", DueAt: time.Now(),
			Message: webhook.Message{Type: "stock.low", Body: []byte("few")},
		}}))

		eraser := order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		_, err = eraser.Erase(ctx, order.ByOperator(), o.Number, order.Erasure{})
		require.NoError(t, err)
		storetest.RequireClean(t, w.Store)
		lane := webhook.EndpointLane(e.ID)
		due, err := w.Store.Deliveries.ClaimDeliveries(
			ctx, []webhook.Claim{{Lane: lane, Most: 10, Until: time.Now().Add(time.Hour)}},
		)
		require.NoError(t, err)
		require.Len(t, due[0], 1)
		require.Equal(t, "few", string(due[0][0].Parcel.Body))
	})
}

// TestOnlyFinalOrders leaves others as they are.
func TestOnlyFinalOrders(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, eraser := newShop(t, w), order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		o := s.place(s.draft("hub", "one", "HELD", 1))
		_, err := w.Advance(t.Context(), o.ID)
		require.NoError(t, err)
		before := open(t, w).marked()
		for _, e := range []order.Erasure{{}, {Dry: true}} {
			_, err = eraser.Erase(t.Context(), order.ByOperator(), o.Number, e)
			require.ErrorIs(t, err, order.ErrNotFinal)
		}
		_, err = eraser.Erase(t.Context(), order.ByMerchant(s.buyer.ID+1), o.Number, order.Erasure{})
		require.ErrorIs(t, err, order.ErrNotFound)
		require.Equal(t, before, open(t, w).marked())
	})
}

// TestRecipient erases the orders of one among many, part after part.
func TestRecipient(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, eraser := newShop(t, w), order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		place := func(reference, user, field, sku string) *order.Order {
			d := storetest.Draft(s.buyer, reference, sku, 1)
			d.Recipient = order.Recipient{UserID: user, ServerID: "asia"}
			d.Lines[0].Fields = map[string]string{"player": field}
			return s.Finish(s.place(d))
		}
		ann, bob := place("1", "ann", "Ann@Example.com", "PARTLY"), place("2", "bob", "x", "CODE")
		held := storetest.Draft(s.buyer, "3", "HELD", 1)
		held.Recipient.UserID = "ann"
		waits := s.place(held)
		late := place("4", "ann", "y", "CODE")

		search := func(wanted order.Sought) (all order.Found) {
			wanted.Most, wanted.Viewer = 1, order.ByOperator()
			for {
				part, err := eraser.EraseRecipient(t.Context(), wanted)
				require.NoError(t, err)
				all.Read, all.Erased, all.Open = all.Read+part.Read, append(all.Erased, part.Erased...),
					append(all.Open, part.Open...)
				if wanted.AfterID = part.Next; part.Next == 0 {
					return all
				}
			}
		}
		dryRun := order.Erasure{Dry: true}
		byUser := order.Sought{Recipient: order.Recipient{UserID: "ann"}, Erasure: dryRun}
		dry := search(byUser)
		require.Equal(t, order.Found{Read: 4, Erased: []string{ann.Number, late.Number}, Open: []string{waits.Number}},
			dry)
		require.Equal(t, []string{ann.Number}, search(order.Sought{Value: " ann@example.COM ", Erasure: dryRun}).Erased)
		elsewhere := order.Recipient{UserID: "ann", ServerID: "eu"}
		require.Empty(t, search(order.Sought{Recipient: elsewhere, Erasure: dryRun}).Erased)
		byUser.Dry = false
		require.Equal(t, dry, search(byUser))
		require.Equal(t, order.Found{Read: 2, Open: []string{waits.Number}}, search(byUser))
		left, err := w.Orders.Get(t.Context(), order.ByOperator(), bob.Number)
		require.NoError(t, err)
		require.Equal(t, "bob", left.Recipient.UserID)
		_, err = eraser.EraseRecipient(t.Context(), order.Sought{Viewer: order.ByOperator(), Most: 1})
		require.Error(t, err)
		storetest.RequireClean(t, w.Store)
	})
}

// TestOpenHolds are named while they are held, and keep nothing of their customer once they are over.
func TestOpenHolds(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, eraser := newShop(t, w), order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		finder, ctx := order.NewFinder(w.Store.Orders, w.Store.Holds), t.Context()
		hold := func(reference string) *order.Hold {
			d := s.draft("hub", reference, "CODE", 1)
			d.Recipient.ServerID = reference
			p, err := w.Orders.Hold(ctx, d, 0)
			require.NoError(t, err)
			return p.Hold
		}
		first, second, damaged := hold("1"), hold("2"), hold("3")
		_, err := w.Store.WriteDB.ExecContext(ctx, `UPDATE holds SET draft = $1 WHERE id = $2`, []byte("damaged"),
			damaged.ID)
		require.NoError(t, err)
		search := func(v order.Viewer, wanted order.Sought) []string {
			wanted.Viewer, wanted.Most, wanted.Dry = v, 10, true
			found, err := eraser.EraseRecipient(ctx, wanted)
			require.NoError(t, err)
			return found.Held
		}
		find := func(v order.Viewer, f order.Filter) []string {
			numbers, err := finder.HeldFor(ctx, v, f, order.Recipient{ServerID: "2"})
			require.NoError(t, err)
			return numbers
		}
		all, here := order.ByOperator(), order.Sought{Recipient: order.Recipient{ServerID: "2"}}
		require.Equal(t, []string{second.Number}, search(all, here))
		require.Equal(t, []string{second.Number}, search(order.ByMerchant(s.buyer.ID), here))
		require.Empty(t, search(order.ByMerchant(s.buyer.ID+1), here))
		require.Equal(t, []string{second.Number, first.Number}, search(all, order.Sought{Value: marker + "-private"}))
		here.AfterID = 1
		require.Empty(t, search(all, here), "they were named at first")
		require.Equal(t, []string{second.Number}, find(all, order.Filter{}))
		require.Empty(t, find(order.Viewer{}, order.Filter{}))
		require.Empty(t, find(all, order.Filter{To: second.CreatedAt}))
		require.Empty(t, find(all, order.Filter{From: second.CreatedAt.Add(time.Second)}))

		for _, h := range []*order.Hold{first, second, damaged} {
			_, err := w.Orders.ReleaseHold(ctx, all, h.Number)
			require.NoError(t, err)
		}
		require.Empty(t, search(all, order.Sought{Value: marker + "-private"}))
		require.Empty(t, open(t, w).marked())
		storetest.RequireClean(t, w.Store)
	})
}

// TestGoods go only where that is asked for.
func TestGoods(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, eraser := newShop(t, w), order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		o := s.place(s.draft("hub", "one", "CODE", 1))
		left, err := eraser.Erase(t.Context(), order.ByOperator(), o.Number, order.Erasure{Goods: true, Dry: true})
		require.NoError(t, err)
		require.Nil(t, left.ErasedAt)
		require.Equal(t, []string{"CODE-1"}, left.Lines[0].Contents())
		erased, err := eraser.Erase(t.Context(), order.ByOperator(), o.Number, order.Erasure{})
		require.NoError(t, err)
		require.Equal(t, []string{"CODE-1"}, erased.Lines[0].Contents())
		erased, err = eraser.Erase(t.Context(), order.ByOperator(), o.Number, order.Erasure{Goods: true})
		require.NoError(t, err)
		require.Empty(t, erased.Lines[0].Contents())
		require.Equal(t, order.GoodsDelivered, erased.Lines[0].Goods[0].Status)
		storetest.RequireClean(t, w.Store)
	})
}
