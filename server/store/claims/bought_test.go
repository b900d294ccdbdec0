package claims_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/dialect"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// shelf is a provider that remembers what was bought from it: a purchase that is repeated gets what it got before.
type shelf struct {
	mu      sync.Mutex
	placed  map[string]dialect.Outcome // by reference
	calls   int
	sold    int
	answers []dialect.Outcome // to the next purchases; then each is delivered
}

func (s *shelf) Idempotent() bool { return true }

func (s *shelf) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if before, found := s.placed[p.Reference]; found {
		return before, nil
	}
	out := dialect.Outcome{State: dialect.Delivered}
	if len(s.answers) > 0 {
		out, s.answers = s.answers[0], s.answers[1:]
	}
	if out.State == dialect.Delivered && out.Goods == nil {
		for range p.Quantity {
			s.sold++
			out.Goods = append(out.Goods, dialect.Goods{Content: "BOUGHT-" + strconv.Itoa(s.sold)})
		}
	}
	if s.placed == nil {
		s.placed = make(map[string]dialect.Outcome)
	}
	s.placed[p.Reference] = out
	return out, nil
}

// shelved sells SKU by a shelf at a cost of 60, for 100.
func shelved(w *storetest.World, sku string, s *shelf) catalog.Product {
	p := w.Product(sku, 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	w.Supplied(p, "shelf-"+sku[:1], s)
	return p
}

func costs(t *testing.T, w *storetest.World) {
	t.Helper()
	_, err := w.Store.WriteDB.ExecContext(t.Context(), `UPDATE offers SET cost_micros = 60000000`)
	require.NoError(t, err)
}

// replacedBy has units of a claim replaced, without what follows.
func replacedBy(
	t *testing.T, w *storetest.World, m account.Merchant, o *order.Order, units ...int64,
) (claim.Claim, claim.Answer) {
	t.Helper()
	made, err := service(w).Create(t.Context(), draft(m, o, units...))
	require.NoError(t, err)
	a := claim.Answer{Verdict: claim.Replace, By: ada}
	made, err = service(w).Answer(t.Context(), made.ID, a)
	require.NoError(t, err)
	return made, a
}

func unitsOf(o *order.Order) (ids []int64) {
	for i := range o.Lines[0].Goods {
		ids = append(ids, o.Lines[0].Goods[i].UnitID)
	}
	return ids
}

// What is not in stock is bought in the place of what does not work, once, and charged to nobody; until it comes the
// order is as it was, and the claim says how far it is.
func TestReplaceBought(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, claims := t.Context(), service(w)
		shop, from := w.Merchant("shop", 1000), &shelf{}
		shelved(w, "GOLD", from)
		costs(t, w)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 3))
		before, balance := unitsOf(o), w.Balance(shop)
		made, a := replacedBy(t, w, shop, o, before[1], before[2])
		require.Equal(t, claim.StatusReplacing, made.Status())
		require.Equal(t, claim.Replacing, made.Units[0].Status)
		require.Equal(t, ada, made.Units[0].AnsweredBy)
		again, err := claims.Answer(ctx, made.ID, a)
		require.NoError(t, err)
		require.Equal(t, made.Units[0].BoughtBy, again.Units[0].BoughtBy, "it is not bought again")
		var answered *claim.AnsweredError
		for _, other := range []claim.Answer{
			{Verdict: claim.Refund, By: ada},
			{Verdict: claim.Reject, Words: "no", By: ada},
			{Verdict: claim.Replace, By: ada, Goods: []string{"ONE", "TWO"}},
		} {
			_, err = claims.Answer(ctx, made.ID, other)
			require.ErrorAs(t, err, &answered)
			require.Equal(t, claim.Replacing, answered.Status)
		}
		meanwhile := get(t, w, o)
		require.Equal(t, order.StatusCompleted, meanwhile.Status, "no door sees it open again")
		require.Equal(t, o.Lines[0].Contents(), meanwhile.Lines[0].Contents())
		require.ErrorIs(t, w.Store.Erasure.Erase(ctx, shop.ID, o.ID, order.Erasure{}), order.ErrNotFinal)
		listed, err := claims.Claims(ctx, order.ByOperator(), claim.Filter{Status: claim.StatusReplacing, Limit: 10})
		require.NoError(t, err)
		require.Len(t, listed, 1)
		storetest.RequireClean(t, w.Store)

		o = w.Finish(o)
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Equal(t, int64(3), o.Lines[0].Completed)
		require.Equal(t, []string{"BOUGHT-1", "BOUGHT-4", "BOUGHT-5"}, o.Lines[0].Contents())
		require.Equal(t, balance, w.Balance(shop))
		require.Equal(t, []int{2, 5}, []int{from.calls, from.sold})
		made, err = claims.Claim(ctx, order.ByOperator(), made.ID)
		require.NoError(t, err)
		require.Equal(t, claim.StatusAnswered, made.Status())
		for i, u := range made.Units {
			require.Equal(t, claim.Replaced, u.Status)
			require.Equal(t, unitsOf(o)[3+i], u.ReplacementID)
		}
		for status, found := range map[claim.Status]int{claim.StatusReplacing: 0, claim.StatusAnswered: 1} {
			listed, err := claims.Claims(ctx, order.ByOperator(), claim.Filter{Status: status, Limit: 10})
			require.NoError(t, err)
			require.Len(t, listed, found)
		}
		attempts, err := w.Store.Attempts.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: o.ID, Limit: 10})
		require.NoError(t, err)
		require.Len(t, attempts, 2)
		require.Equal(t, made.ID, attempts[0].ClaimID)
		require.Equal(t, []int64{2, 2}, []int64{int64(attempts[0].Number), attempts[0].Quantity})
		require.Equal(t, storetest.Baht(120), attempts[0].Booked.Amount)
		requireEvents(t, w, o, event.OrderCreated, event.OrderProcessing, event.OrderCompleted, event.ClaimCreated,
			event.ClaimReplacing, event.ClaimReplaced)
		_, err = claims.Answer(ctx, made.ID, a)
		require.NoError(t, err)
		require.NoError(t, w.Store.Erasure.Erase(ctx, shop.ID, o.ID, order.Erasure{}))
		storetest.RequireClean(t, w.Store)
	})
}

// What stock has is taken from there, and the rest bought. A replacement may be claimed like anything else, and its
// dispute is about the purchase that brought it.
func TestReplaceFromStockAndBought(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, claims := t.Context(), service(w)
		shop, from := w.Merchant("shop", 1000), &shelf{}
		p := shelved(w, "GOLD", from)
		costs(t, w)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 2))
		stored := []catalog.ImportedUnit{{Line: 1, Content: "STORED"}}
		_, err := w.Store.WriteDB.ExecContext(ctx, `UPDATE products SET source = 'stock'`)
		require.NoError(t, err)
		p.Source = catalog.SourceStock
		report, err := w.Catalog.ImportUnits(ctx, &p, catalog.ImportOptions{Name: "left over"}, stored)
		require.NoError(t, err)
		require.Equal(t, 1, report.Imported)
		made, _ := replacedBy(t, w, shop, o)
		require.Equal(t, []claim.UnitStatus{claim.Replaced, claim.Replacing}, []claim.UnitStatus{
			made.Units[0].Status, made.Units[1].Status,
		})
		o = w.Finish(o)
		require.ElementsMatch(t, []string{"STORED", "BOUGHT-3"}, o.Lines[0].Contents())
		made, err = claims.Claim(ctx, order.ByOperator(), made.ID)
		require.NoError(t, err)
		attempts, err := w.Store.Attempts.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: o.ID, Limit: 10})
		require.NoError(t, err)
		second, _ := replacedBy(t, w, shop, o, made.Units[1].ReplacementID)
		passed, err := claims.Dispute(ctx, second.ID, claim.Passing{Reference: "CASE"})
		require.NoError(t, err)
		require.Equal(t, attempts[0].ID, passed.Units[0].Dispute.AttemptID)
		passed, err = claims.Dispute(ctx, made.ID, claim.Passing{UnitID: made.Units[0].UnitID, Reference: "CASE"})
		require.NoError(t, err)
		require.Equal(t, attempts[1].ID, passed.Units[0].Dispute.AttemptID)
		o = w.Finish(o)
		require.ElementsMatch(t, []string{"STORED", "BOUGHT-4"}, o.Lines[0].Contents())
		storetest.RequireClean(t, w.Store)
	})
}

// Where nobody delivers, the claim waits again and says why; it may be answered otherwise, or tried again, and then
// every provider is asked anew.
func TestReplacementFails(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, claims := t.Context(), service(w)
		shop, from := w.Merchant("shop", 1000), &shelf{}
		shelved(w, "GOLD", from)
		costs(t, w)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 3))
		refused := dialect.Outcome{State: dialect.Refused, FailureCode: "SOLD_OUT", FailureMessage: "no more"}
		from.answers = []dialect.Outcome{
			refused, {State: dialect.Delivered, Goods: []dialect.Goods{{Content: "LAST"}}, FailureCode: "SOLD_OUT"},
		}
		made, a := replacedBy(t, w, shop, o)
		require.Equal(t, order.StatusCompleted, w.Finish(o).Status)
		check := func(want claim.Status, units ...claim.UnitStatus) {
			t.Helper()
			var err error
			made, err = claims.Claim(ctx, order.ByOperator(), made.ID)
			require.NoError(t, err)
			require.Equal(t, want, made.Status())
			for i, u := range made.Units {
				require.Equal(t, units[i], u.Status)
				require.Equal(t, u.Status == claim.Waiting, u.FailureCode != "" && u.AnsweredAt == nil)
			}
			storetest.RequireClean(t, w.Store)
		}
		check(claim.StatusWaiting, claim.Waiting, claim.Waiting, claim.Waiting)
		require.Equal(t, "SOLD_OUT", made.Units[0].FailureCode)
		require.Equal(t, storetest.Baht(700), w.Balance(shop), "nothing is paid back by itself")

		_, err := claims.Answer(ctx, made.ID, a)
		require.NoError(t, err)
		w.Finish(o)
		check(claim.StatusWaiting, claim.Replaced, claim.Waiting, claim.Waiting)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{
			Units: []int64{made.Units[1].UnitID}, Verdict: claim.Refund, By: ada,
		})
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, a)
		require.NoError(t, err)
		o = w.Finish(o)
		made, err = claims.Claim(ctx, order.ByOperator(), made.ID)
		require.NoError(t, err)
		require.Equal(t, claim.StatusAnswered, made.Status())
		require.Equal(t, []string{"LAST", "BOUGHT-4"}, o.Lines[0].Contents())
		require.Equal(t, storetest.Baht(800), w.Balance(shop))
		requireEvents(t, w, o, event.OrderCreated, event.OrderProcessing, event.OrderCompleted, event.ClaimCreated,
			event.ClaimReplacing, event.ClaimWaiting, event.ClaimReplacing, event.ClaimReplaced, event.ClaimWaiting,
			event.ClaimRefunded, event.ClaimReplacing, event.ClaimReplaced)
		storetest.RequireClean(t, w.Store)

		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE offers SET status = 'disabled'`)
		require.NoError(t, err)
		rest, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		_, err = claims.Answer(ctx, rest.ID, a)
		require.ErrorIs(t, err, claim.ErrOutOfStock, "nobody sells it any more")
	})
}

// A policy that replaces buys as well, and leaves to a person what it could not.
func TestReplacedByPolicy(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, claims := t.Context(), service(w)
		shop, from := w.Merchant("shop", 1000), &shelf{}
		p := shelved(w, "GOLD", from)
		_, err := claims.SetPolicy(ctx, claim.Policy{
			ProductID: p.ID, Answer: claim.Replace, AutomaticWithin: time.Hour, PerMonth: 2,
		})
		require.NoError(t, err)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 3))
		units := unitsOf(o)
		first, err := claims.Create(ctx, draft(shop, o, units[0]))
		require.NoError(t, err)
		require.Equal(t, claim.StatusReplacing, first.Status())
		require.Equal(t, claim.ByPolicy, first.Units[0].AnsweredBy.Kind)
		o = w.Finish(o)
		from.answers = []dialect.Outcome{{State: dialect.Refused, FailureCode: "SOLD_OUT"}}
		for range 2 { // what it could not is not counted as one of the month
			second, err := claims.Create(ctx, draft(shop, o, units[1]))
			require.NoError(t, err)
			require.Equal(t, claim.StatusReplacing, second.Status())
			w.Finish(o)
			second, err = claims.Claim(ctx, order.ByOperator(), second.ID)
			require.NoError(t, err)
			units = units[1:]
			if len(units) == 2 {
				require.Equal(t, claim.Waiting, second.Units[0].Status)
				require.Equal(t, storetest.Baht(700), w.Balance(shop))
			} else {
				require.Equal(t, claim.Replaced, second.Units[0].Status)
			}
		}
		storetest.RequireClean(t, w.Store)
	})
}

// An operator decides about a purchase that waits for a person, as about any other; and what is still open of the line
// goes its own way beside it.
func TestReplacementBesideAnOpenLine(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, claims := t.Context(), service(w)
		shop, from := w.Merchant("shop", 1000), &shelf{}
		p := shelved(w, "GOLD", from)
		two := &shelf{}
		w.Supplied(p, "other", two)
		costs(t, w)
		accepted := dialect.Outcome{State: dialect.Accepted, CheckAfter: time.Hour}
		from.answers = []dialect.Outcome{{
			State: dialect.Delivered, Goods: []dialect.Goods{{Content: "FIRST"}}, FailureCode: "SOLD_OUT",
		}, accepted}
		two.answers = []dialect.Outcome{accepted}
		made, err := w.Orders.Create(ctx, storetest.Draft(shop, "one", "GOLD", 2))
		require.NoError(t, err)
		_, err = w.Advance(ctx, made.Order.ID)
		require.NoError(t, err)
		o := get(t, w, made.Order)
		require.Equal(t, order.StatusProcessing, o.Status)
		claimed, _ := replacedBy(t, w, shop, o)
		_, err = w.Advance(ctx, o.ID)
		require.NoError(t, err)
		attempts, err := w.Store.Attempts.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: o.ID, Limit: 10})
		require.NoError(t, err)
		require.Len(t, attempts, 3)
		require.Equal(t, []fulfil.AttemptStatus{fulfil.AttemptAccepted, fulfil.AttemptAccepted, fulfil.AttemptDelivered},
			[]fulfil.AttemptStatus{attempts[0].Status, attempts[1].Status, attempts[2].Status}, "each for its own end")
		require.Equal(t, []int64{claimed.ID, 0}, []int64{attempts[0].ClaimID, attempts[1].ClaimID})
		storetest.RequireClean(t, w.Store)
		_, err = w.Orders.Cancel(ctx, order.ByOperator(), o.Number, order.Cancellation{})
		require.ErrorIs(t, err, order.ErrNotCancellable, "neither takes its purchase back")

		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE attempts SET status = 'parked', next_check_at = NULL
			WHERE settled_at IS NULL`)
		require.NoError(t, err)
		for i, goods := range []string{"BY HAND", "ORDERED"} {
			decision := fulfil.Decision{
				AttemptID: attempts[i].ID, Action: fulfil.ActionDelivered, Evidence: "seen", Goods: []string{goods},
			}
			for range 2 {
				_, err = w.Engine.Resolve(ctx, decision)
				require.NoError(t, err)
			}
		}
		o = get(t, w, o)
		require.Equal(t, order.StatusCompleted, o.Status)
		require.ElementsMatch(t, []string{"BY HAND", "ORDERED"}, o.Lines[0].Contents())
		claimed, err = claims.Claim(ctx, order.ByOperator(), claimed.ID)
		require.NoError(t, err)
		require.Equal(t, claim.StatusAnswered, claimed.Status())
		storetest.RequireClean(t, w.Store)
	})
}
