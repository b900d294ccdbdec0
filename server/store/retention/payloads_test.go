package retention_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/retention"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// hoarder sends goods with its acceptance, refuses later, and may say otherwise after that.
type hoarder struct{ turns atomic.Bool }

func (*hoarder) Idempotent() bool { return true }

func (*hoarder) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{
		State: dialect.Accepted, Goods: []dialect.Goods{{Content: "never anybody's"}}, CheckAfter: time.Millisecond,
		ProviderReference: "theirs of " + p.Reference,
	}, nil
}

func (h *hoarder) Inquire(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	if h.turns.Load() {
		return dialect.Outcome{State: dialect.Delivered, Goods: []dialect.Goods{{Content: "after all"}}}, nil
	}
	return dialect.Outcome{State: dialect.Refused, FailureCode: "SOLD_OUT", FailureMessage: "no more for player"}, nil
}

// refusing adds a provider that refuses, and one that hoards.
func (w *shop) refusing() *hoarder {
	w.t.Helper()
	w.Simulated("BAD", 1, sim.Script{FailCode: "SOLD_OUT", FailMessage: "no more for player", Reject: true})
	p, h := w.Product("HELD", 1, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), &hoarder{}
	w.Supplied(p, "hoarder", h)
	return h
}

// attempt is the first attempt of an order's first line.
func (w *shop) attempt(o *order.Order) fulfil.Attempt {
	w.t.Helper()
	found, err := w.s.Attempts.Attempts(w.t.Context(), []int64{o.ID})
	require.NoError(w.t, err)
	a, err := w.s.Attempts.Attempt(w.t.Context(), found[o.ID][o.Lines[0].ID][0].ID)
	require.NoError(w.t, err)
	return a
}

func TestPayloads(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		h := w.refusing()
		w.Finish(w.place("delivered", "GOOD", 1))
		bad, held := w.Finish(w.place("bad", "BAD", 1)), w.Finish(w.place("held", "HELD", 1))
		disputed, young := w.Finish(w.place("disputed", "BAD", 1)), w.Finish(w.place("young", "BAD", 1))
		late := w.Finish(w.place("late", "BAD", 1))
		half := w.place("half", "BAD", 1, "SLOW", 1)
		_, err := w.Advance(t.Context(), half.ID)
		require.NoError(t, err)
		w.exec(`UPDATE attempts SET dispute = 'said otherwise' WHERE order_id = $1`, disputed.ID)
		later := time.Now().UTC().Add(3 * time.Hour)
		w.exec(`UPDATE attempts SET settled_at = $1 WHERE order_id = $2`, later, young.ID)
		w.exec(`UPDATE orders SET completed_at = $1 WHERE id = $2`, later, late.ID)
		before := map[*order.Order]fulfil.Attempt{}
		for _, o := range []*order.Order{bad, held, disputed, young, late, half} {
			before[o] = w.attempt(o)
			require.Equal(t, "no more for player", before[o].FailureMessage, o.Reference)
			require.Nil(t, before[o].PayloadRemovedAt)
			require.NotEmpty(t, before[o].Exchanges)
		}
		require.Len(t, before[held].Held, 1)

		require.EqualValues(t, 3, w.sweep(w.s)[retention.Payloads], "one of them was delivered: what was exchanged of it")
		storetest.RequireClean(t, w.s)
		for o, a := range before {
			now := w.attempt(o)
			if o == bad || o == held {
				require.WithinDuration(t, time.Now(), *now.PayloadRemovedAt, time.Minute)
				a.FailureMessage, a.Held, a.Exchanges = "", nil, nil
				a.PayloadRemovedAt = now.PayloadRemovedAt
			}
			require.Equal(t, a, now, o.Reference)
		}
		for _, o := range []*order.Order{bad, held} {
			told, err := w.Orders.Get(t.Context(), order.ByMerchant(o.MerchantID), o.Number)
			require.NoError(t, err)
			require.Equal(t, o, told, "a merchant misses nothing")
		}
		require.Zero(t, w.sweep(w.s)[retention.Payloads])

		h.turns.Store(true)
		require.NoError(t, w.Engine.Audit(t.Context(), []int64{before[held].ID}))
		require.Equal(t, "it was refused and is delivered now", w.attempt(held).Dispute, "it is still found and asked for")
		require.Empty(t, w.attempt(held).Exchanges, "of what was emptied nothing new is kept")
		storetest.RequireClean(t, w.s)
	})
}

// What another transaction is changing is left for the next sweep, and nobody waits for it.
func TestPayloadsInUse(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		if w.s.Pool() == nil {
			t.Skip("SQLite has one writer")
		}
		w.refusing()
		w.Finish(w.place("free", "BAD", 1))
		used := w.Finish(w.place("used", "BAD", 1))
		tx, err := w.s.WriteDB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		_, err = tx.ExecContext(t.Context(), `UPDATE attempts SET dispute = 'now' WHERE order_id = $1`, used.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, w.step(retention.Payloads, 100).Rows)
		require.NoError(t, tx.Commit())
		require.Zero(t, w.step(retention.Payloads, 100).Rows)
		require.NotEmpty(t, w.attempt(used).FailureMessage)
	})
}
