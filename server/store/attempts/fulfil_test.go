package attempts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

func TestFulfilmentSettlesWhatTheProviderSays(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 10_000)
		w.Simulated("GOOD", 100, sim.Script{DelayMS: 5})
		w.Simulated("PARTLY", 100, sim.Script{DelayMS: 5, FailLast: 1})
		w.Simulated(
			"BAD", 100, sim.Script{FailCode: "ITEM_NOT_FOUND", FailMessage: "Product SKU not found in provider system"},
		)
		_, err := w.Catalog.CreateCoupon(
			ctx, catalog.Coupon{Code: "TEN", Kind: catalog.CouponPercent, PercentBasisPoints: 1000},
		)
		require.NoError(t, err)

		draft := storetest.Draft(m, "r", "GOOD", 2, "PARTLY", 3, "BAD", 1)
		draft.Coupon = "TEN"
		placement, err := w.Orders.Create(ctx, draft)
		require.NoError(t, err)
		require.Equal(t, order.StatusPending, placement.Order.Status)
		require.Equal(t, storetest.Baht(540), placement.Order.Total)

		o := w.Finish(placement.Order)
		require.Equal(t, order.StatusFailed, o.Status)
		require.Equal(t, "PROVIDER_ERROR", o.FailureCode, "of the first failed line")
		require.Equal(t, int64(2), o.Lines[0].Completed)
		require.Equal(t, int64(2), o.Lines[1].Completed)
		require.Equal(t, int64(1), o.Lines[1].Failed)
		require.Equal(t, order.StatusFailed, o.Lines[2].Status)
		require.Equal(t, "ITEM_NOT_FOUND", o.Lines[2].FailureCode)
		require.Equal(t, storetest.Baht(180), o.Refunded)
		require.Equal(t, storetest.Baht(540), o.Total, "amounts never shrink")
		require.Equal(t, storetest.Baht(10_000-540+180), w.Balance(m))
		require.Regexp(t, `^SIM-[A-Z0-9]{12}$`, o.Lines[0].Goods[0].Content)
		require.NotNil(t, o.CompletedAt)

		_, err = w.Advance(ctx, o.ID)
		require.NoError(t, err)
		again, err := w.Orders.Get(ctx, order.ByMerchant(m.ID), o.Number)
		require.NoError(t, err)
		require.Equal(t, o, again, "a job that runs again changes nothing")
	})
}

func TestManyJobsForOneOrderBuyOnce(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Simulated("GOOD", 10, sim.Script{DelayMS: 20})
		placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "GOOD", 3))
		require.NoError(t, err)
		_, failed := storetest.Together(8, func(int) error {
			_, err := w.Advance(t.Context(), placement.Order.ID)
			return err
		})
		require.Empty(t, failed)
		o := w.Finish(placement.Order)
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Len(t, o.Lines[0].Goods, 3)
		require.Equal(t, storetest.Baht(970), w.Balance(m))
	})
}

func TestCancel(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 1000)
		w.Simulated("SLOW", 10, sim.Script{DelayMS: 60_000, Cancellable: true})
		w.Simulated("STUBBORN", 10, sim.Script{DelayMS: 60_000})
		viewer := order.ByMerchant(m.ID)

		early, err := w.Orders.Create(ctx, storetest.Draft(m, "early", "SLOW", 1, "STUBBORN", 1))
		require.NoError(t, err)
		o, err := w.Orders.Cancel(ctx, viewer, early.Order.Number, order.Cancellation{Reason: "changed my mind"})
		require.NoError(t, err, "nobody has been asked yet")
		require.Equal(t, order.StatusCancelled, o.Status)
		require.Equal(t, storetest.Baht(1000), w.Balance(m))
		again, err := w.Orders.Cancel(ctx, viewer, early.Order.Number, order.Cancellation{Reason: "changed my mind"})
		require.NoError(t, err)
		require.Equal(t, o, again)
		events, err := w.Orders.Events(ctx, viewer, o.Number, 0, 10)
		require.NoError(t, err)
		require.Equal(t, "changed my mind", events[len(events)-1].Data["reason"])

		late, err := w.Orders.Create(ctx, storetest.Draft(m, "late", "SLOW", 2, "STUBBORN", 1))
		require.NoError(t, err)
		next, err := w.Advance(ctx, late.Order.ID)
		require.NoError(t, err)
		require.False(t, next.IsZero())
		o, err = w.Orders.Cancel(ctx, viewer, late.Order.Number, order.Cancellation{Reason: "changed my mind"})
		require.NoError(t, err)
		require.Equal(t, order.StatusProcessing, o.Status, "one line is still with its provider")
		require.Equal(t, order.StatusCancelled, o.Lines[0].Status)
		require.Equal(t, storetest.Baht(990), w.Balance(m))
		_, err = w.Orders.Cancel(ctx, viewer, late.Order.Number, order.Cancellation{Reason: "changed my mind"})
		require.ErrorIs(t, err, order.ErrNotCancellable)
	})
}

func TestStalledOrdersAreFound(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Simulated("GOOD", 10, sim.Script{DelayMS: 60_000})
		waiting, err := w.Orders.Create(t.Context(), storetest.Draft(m, "waiting", "GOOD", 1))
		require.NoError(t, err)
		_, err = w.Advance(t.Context(), waiting.Order.ID)
		require.NoError(t, err)
		forgotten, err := w.Orders.Create(t.Context(), storetest.Draft(m, "forgotten", "GOOD", 1))
		require.NoError(t, err)

		ids, err := w.Store.Attempts.Stalled(t.Context(), forgotten.Order.CreatedAt.Add(1e9), 10)
		require.NoError(t, err)
		require.Equal(t, []int64{forgotten.Order.ID}, ids)
		require.NoError(t, w.Store.Attempts.WakeFulfilment(t.Context(), ids, time.Time{}))
		ids, err = w.Store.Attempts.Stalled(t.Context(), forgotten.Order.CreatedAt, 10)
		require.NoError(t, err)
		require.Empty(t, ids)
	})
}

func TestListPagesWhileOrdersArrive(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 1000)
		w.Stocked("CODE", 1, 50)
		create := func(i int) error {
			_, err := w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprint("r", i), "CODE", 1))
			return err
		}
		_, refused := storetest.Together(20, create)
		require.Empty(t, refused)
		seen := make(map[string]bool)
		filter := order.Filter{Limit: 3}
		for page := 0; ; page++ {
			orders, err := w.Orders.List(ctx, order.ByMerchant(m.ID), filter)
			require.NoError(t, err)
			if len(orders) == 0 {
				break
			}
			for _, o := range orders {
				require.False(t, seen[o.Number], "no order twice")
				seen[o.Number] = true
				require.Len(t, o.Lines, 1)
				require.Empty(t, o.Lines[0].Goods)
			}
			last := orders[len(orders)-1]
			filter.BeforeTime, filter.BeforeID = last.CreatedAt, last.ID
			require.NoError(t, create(100+page))
		}
		require.Len(t, seen, 20, "what came meanwhile is newer than the first page")

		found, err := w.Orders.List(
			ctx, order.ByMerchant(m.ID),
			order.Filter{ReferencePrefix: "r1", Statuses: []order.Status{order.StatusCompleted}, Limit: 100},
		)
		require.NoError(t, err)
		for _, o := range found {
			require.True(t, strings.HasPrefix(o.Reference, "r1"))
		}
		require.NotEmpty(t, found)
	})
}

func TestCustomerFieldsAreKeptEncrypted(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Product("GOLD", 1, func(p *catalog.Product) {
			p.Source = catalog.SourceProvider
			p.Fields = []catalog.Field{{ID: 1, Identifier: "userid", Required: true, MinLength: 3}}
		})
		d := storetest.Draft(m, "r", "GOLD", 1)
		_, err := w.Orders.Create(t.Context(), d)
		storetest.RequireLineReason(t, err, order.ReasonFieldInvalid)
		d.Lines[0].Fields = map[string]string{"UserID": "Player-One", "other": "ignored"}
		placement, err := w.Orders.Create(t.Context(), d)
		require.NoError(t, err)
		read, err := w.Orders.Get(context.Background(), order.ByMerchant(m.ID), placement.Order.Number)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"userid": "Player-One"}, read.Lines[0].Fields)
	})
}

// Two that ask about one purchase at once come to the same transaction.
func TestTwoResultsOfOneAttempt(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Simulated("SLOW", 10, sim.Script{DelayMS: 60_000})
		placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "SLOW", 1))
		require.NoError(t, err)
		_, err = w.Advance(t.Context(), placement.Order.ID)
		require.NoError(t, err)
		attempts, err := w.Store.Attempts.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 1})
		require.NoError(t, err)
		results := make([]fulfil.Result, 2)
		for i := range results {
			a := attempts[0]
			a.Checks += i + 1
			results[i] = fulfil.Result{
				Attempt: &a, Settlement: order.Settlement{MerchantID: m.ID, OrderID: a.OrderID, LineID: a.LineID},
			}
		}
		applied, err := w.Store.Attempts.Settle(t.Context(), results)
		require.NoError(t, err)
		require.Equal(t, []bool{true, true}, applied)
		found, err := w.Store.Attempts.Attempt(t.Context(), attempts[0].ID)
		require.NoError(t, err)
		require.Equal(t, attempts[0].Checks+2, found.Checks)
	})
}

// What was exchanged is kept with what came of it, the latest five, also where nothing else is written.
func TestExchanges(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Simulated("SLOW", 10, sim.Script{DelayMS: 60_000})
		placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "SLOW", 1))
		require.NoError(t, err)
		_, err = w.Advance(t.Context(), placement.Order.ID)
		require.NoError(t, err)
		attempt := func() fulfil.Attempt {
			found, err := w.Store.Attempts.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 1})
			require.NoError(t, err)
			return found[0]
		}
		a := attempt()
		require.Len(t, a.Exchanges, 1)
		require.Equal(t, []string{"place", "accepted"}, []string{a.Exchanges[0].Operation, a.Exchanges[0].Result})
		require.WithinDuration(t, time.Now(), a.Exchanges[0].At, time.Minute)
		steps, err := w.Store.Attempts.Steps(t.Context(), []int64{a.ID})
		require.NoError(t, err)
		require.Equal(t, a.Exchanges, steps[0].Attempt.Exchanges, "who asks next goes on from there")

		var told []dialect.Exchange
		for i := range 6 {
			told = append(told, dialect.Exchange{
				Operation: "inquire", At: time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC), Answer: `{"id":"‹3 characters›"}`,
			})
		}
		require.NoError(t, w.Store.Attempts.KeepExchanges(t.Context(), a.ID, told[:2]))
		require.Equal(t, append(a.Exchanges, told[:2]...), attempt().Exchanges)
		require.NoError(t, w.Store.Attempts.KeepExchanges(t.Context(), a.ID, told[2:]))
		require.Equal(t, told[1:], attempt().Exchanges)
		require.NoError(t, w.Store.Attempts.KeepExchanges(t.Context(), a.ID+1, told), "nothing of nobody")

		a = attempt()
		a.Status, a.Exchanges = fulfil.AttemptUnknown, append(a.Exchanges, told[0])
		_, err = w.Store.Attempts.Settle(t.Context(), []fulfil.Result{{
			Attempt: &a, Settlement: order.Settlement{MerchantID: m.ID, OrderID: a.OrderID, LineID: a.LineID},
		}})
		require.NoError(t, err)
		require.Equal(t, append(told[2:], told[0]), attempt().Exchanges)
	})
}
