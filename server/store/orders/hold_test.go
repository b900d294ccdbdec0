package orders_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// held is a hold of the draft.
func held(t *testing.T, w *storetest.World, d *order.Draft) *order.Hold {
	t.Helper()
	p, err := w.Orders.Hold(t.Context(), d, 0)
	require.NoError(t, err)
	require.Nil(t, p.Order)
	require.Equal(t, order.HoldOpen, p.Hold.Status)
	return p.Hold
}

// overdue has the hold's time be over.
func overdue(t *testing.T, w *storetest.World, h *order.Hold) {
	t.Helper()
	_, err := w.Store.WriteDB.ExecContext(
		t.Context(), `UPDATE holds SET expires_at = $1 WHERE id = $2`, w.Store.Now().Add(-time.Second), h.ID,
	)
	require.NoError(t, err)
}

func left(t *testing.T, w *storetest.World, p catalog.Product) int64 {
	t.Helper()
	levels, err := w.Store.Products.StockLevels(t.Context())
	require.NoError(t, err)
	return levels[p.ID]
}

// requireEnded is the error for a hold that is over.
func requireEnded(t *testing.T, err error, status order.HoldStatus) {
	t.Helper()
	var ended *order.HoldEndedError
	require.ErrorAs(t, err, &ended)
	require.Equal(t, status, ended.Status)
}

// A hold keeps price, money, stock, days and coupon, and becomes exactly the order that was held.
func TestHoldBecomesItsOrder(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		code, show := w.Stocked("CODE", 10, 3), w.Ticket("SHOW", 20, 5, "2026-12-24")
		w.Simulated("GOLD", 100, sim.Script{})
		once := int64(1)
		_, err := w.Catalog.CreateCoupon(t.Context(), catalog.Coupon{
			Code: "TENTH", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, MaxUses: &once,
			Status: catalog.StatusActive,
		})
		require.NoError(t, err)
		d := storetest.Draft(m, "r", "CODE", 2, "SHOW", 1, "GOLD", 1)
		d.Lines[1].UseDate, d.Coupon, d.Metadata = "2026-12-24", "tenth", map[string]string{"shelf": "4"}
		d.Lines[0].ExternalReference = "line 1"
		h := held(t, w, d)
		require.Equal(t, storetest.Baht(126), h.Total)
		require.Equal(t, storetest.Baht(874), w.Balance(m))
		require.EqualValues(t, 1, left(t, w, code))
		require.Equal(t, 4, placesLeft(t, w, show))
		require.Empty(t, storetest.ReadEvents(t, w.Events, event.Cursor{MerchantID: m.ID}, 10), "nothing is sold yet")
		_, err = w.Orders.GetByReference(t.Context(), m.ID, "r")
		require.ErrorIs(t, err, order.ErrNotFound)
		storetest.RequireClean(t, w.Store)

		// Others neither get its coupon nor its reference.
		other := storetest.Draft(m, "other", "CODE", 1)
		other.Coupon = "TENTH"
		_, err = w.Orders.Create(t.Context(), other)
		var coupon *order.CouponError
		require.ErrorAs(t, err, &coupon)
		require.Equal(t, order.CouponUsedUp, coupon.Cause)
		_, err = w.Orders.Create(t.Context(), d)
		var duplicate *order.DuplicateReferenceError
		require.ErrorAs(t, err, &duplicate)
		require.Equal(t, order.DuplicateReferenceError{Reference: "r", OrderNumber: h.Number, Held: true}, *duplicate)

		// The catalogue moves on.
		code.Price, code.Name, code.Status = storetest.Baht(99), "other", catalog.StatusArchived
		_, err = w.Catalog.UpdateProduct(t.Context(), code)
		require.NoError(t, err)

		p, err := w.Orders.Confirm(t.Context(), m.ID, h.Number)
		require.NoError(t, err)
		o := p.Order
		require.Equal(t, h.Number, o.Number)
		require.Equal(t, storetest.Baht(126), o.Total)
		require.Equal(t, storetest.Baht(14), o.Discount)
		require.Equal(t, "TENTH", o.CouponCode)
		require.Equal(t, d.Recipient, o.Recipient)
		require.Equal(t, d.Metadata, o.Metadata)
		require.Equal(t, []string{"CODE-1", "CODE-2"}, storetest.Contents(o.Lines[0]))
		require.Equal(t, "CODE", o.Lines[0].ProductName, "as it was")
		require.Equal(t, "line 1", o.Lines[0].ExternalReference)
		require.Len(t, storetest.Contents(o.Lines[1]), 1)
		require.Equal(t, storetest.Baht(874), w.Balance(m), "paid once")
		require.Equal(t, 4, placesLeft(t, w, show))
		storetest.RequireClean(t, w.Store)

		again, err := w.Orders.Confirm(t.Context(), m.ID, h.Number)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, o.ID, again.Order.ID)
		repeated, err := w.Orders.Hold(t.Context(), d, 0)
		require.NoError(t, err)
		require.True(t, repeated.Replayed)
		require.Equal(t, order.HoldConfirmed, repeated.Hold.Status)
		require.Equal(t, o.ID, repeated.Hold.OrderID)
		placed, err := w.Orders.Create(t.Context(), d)
		require.NoError(t, err, "the same request")
		require.Equal(t, o.ID, placed.Order.ID)
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), h.Number)
		requireEnded(t, err, order.HoldConfirmed)

		done := w.Finish(o)
		require.Equal(t, order.StatusCompleted, done.Status)
		storetest.RequireClean(t, w.Store)
	})
}

func placesLeft(t *testing.T, w *storetest.World, p catalog.Product) int {
	t.Helper()
	days, err := w.Store.Products.ListAllotments(t.Context(), p.ID, "", "", 10)
	require.NoError(t, err)
	require.Len(t, days, 1)
	return int(days[0].Capacity - days[0].Sold)
}

// What is released, or expires, gives everything back, once.
func TestHoldGivesEverythingBack(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		code, show := w.Stocked("CODE", 10, 3), w.Ticket("SHOW", 20, 2, "2026-12-24")
		once := int64(1)
		_, err := w.Catalog.CreateCoupon(t.Context(), catalog.Coupon{
			Code: "FIVE", Kind: catalog.CouponAmount, Amount: storetest.Baht(5), Currency: storetest.THB,
			MaxUses: &once, MaxUsesPerMerchant: &once, Status: catalog.StatusActive,
		})
		require.NoError(t, err)
		draft := func(reference string) *order.Draft {
			d := storetest.Draft(m, reference, "CODE", 3, "SHOW", 2)
			d.Lines[1].UseDate, d.Coupon = "2026-12-24", "FIVE"
			return d
		}
		whole := func() {
			t.Helper()
			require.Equal(t, storetest.Baht(100), w.Balance(m))
			require.EqualValues(t, 3, left(t, w, code))
			require.Equal(t, 2, placesLeft(t, w, show))
			storetest.RequireClean(t, w.Store)
		}
		released := held(t, w, draft("released"))
		require.Equal(t, storetest.Baht(35), w.Balance(m))
		_, err = w.Orders.Hold(t.Context(), storetest.Draft(m, "none left", "CODE", 1), 0)
		storetest.RequireLineReason(t, err, order.ReasonOutOfStock)
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID+1), released.Number)
		require.ErrorIs(t, err, order.ErrHoldNotFound, "it is not theirs")
		for range 2 {
			h, err := w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), released.Number)
			require.NoError(t, err)
			require.Equal(t, order.HoldReleased, h.Status)
			whole()
		}
		_, err = w.Orders.Confirm(t.Context(), m.ID, released.Number)
		requireEnded(t, err, order.HoldReleased)

		expired := held(t, w, draft("expired"))
		overdue(t, w, expired)
		_, err = w.Orders.Confirm(t.Context(), m.ID, expired.Number)
		requireEnded(t, err, order.HoldExpired)
		_, err = w.Orders.ExtendHold(t.Context(), m.ID, expired.Number, time.Minute)
		requireEnded(t, err, order.HoldExpired)
		require.Equal(t, storetest.Baht(35), w.Balance(m), "nobody has looked yet")
		require.Equal(t, order.Expired{Ended: 1}, expire(t, w, order.ExpireStep{Most: 10, Units: 10}))
		whole()
		require.Zero(t, expire(t, w, order.ExpireStep{Most: 10, Units: 10}))
		h, err := w.Orders.GetHold(t.Context(), order.ByOperator(), expired.Number)
		require.NoError(t, err)
		require.Equal(t, order.HoldExpired, h.Status)
		require.Empty(t, h.Draft.Recipient.UserID, "what was the customer's is gone")

		// The reference is free for an order, but a repeat of the hold stays what it is.
		placed, err := w.Orders.Create(t.Context(), draft("expired"))
		require.NoError(t, err)
		require.False(t, placed.Replayed)
		again, err := w.Orders.Hold(t.Context(), draft("released"), 0)
		require.NoError(t, err)
		require.Equal(t, order.HoldReleased, again.Hold.Status)
		storetest.RequireClean(t, w.Store)
	})
}

func TestHoldIsRefused(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 15)
		w.Stocked("CODE", 10, 5)
		held(t, w, storetest.Draft(m, "first", "CODE", 1))
		var short *order.InsufficientBalanceError
		_, err := w.Orders.Hold(t.Context(), storetest.Draft(m, "second", "CODE", 1), 0)
		require.ErrorAs(t, err, &short)
		require.Equal(t, storetest.Baht(5), short.Missing, "what is held is not there")
		_, err = w.Orders.Create(t.Context(), storetest.Draft(m, "second", "CODE", 1))
		require.ErrorAs(t, err, &short)
		_, err = w.Orders.Hold(t.Context(), storetest.Draft(m, "first", "CODE", 2), 0)
		var duplicate *order.DuplicateReferenceError
		require.ErrorAs(t, err, &duplicate)
		require.True(t, duplicate.Held)
		for _, d := range []time.Duration{-time.Second, time.Hour + time.Second, 1500 * time.Millisecond} {
			_, err = w.Orders.Hold(t.Context(), storetest.Draft(m, "long", "CODE", 1), d)
			storetest.RequireViolations(t, err, "hold_for")
		}
		again, err := w.Orders.Hold(t.Context(), storetest.Draft(m, "first", "CODE", 1), 0)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, storetest.Baht(5), w.Balance(m))
		outcome, err := w.Orders.Outcome(t.Context(), m.ID, "first")
		require.NoError(t, err)
		require.Equal(t, order.ReferenceHeld, outcome.State)
		storetest.RequireClean(t, w.Store)
	})
}

func TestHoldIsExtendedTwice(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 5)
		p, err := w.Orders.Hold(t.Context(), storetest.Draft(m, "r", "CODE", 1), time.Minute)
		require.NoError(t, err)
		h, err := w.Orders.ExtendHold(t.Context(), m.ID, p.Hold.Number, time.Second)
		require.NoError(t, err)
		require.Zero(t, h.Extensions, "it lasts longer anyway")
		for i := range order.MaxExtensions {
			h, err = w.Orders.ExtendHold(t.Context(), m.ID, p.Hold.Number, time.Duration(i+2)*time.Minute)
			require.NoError(t, err)
			require.Equal(t, i+1, h.Extensions)
			require.WithinDuration(t, time.Now().Add(time.Duration(i+2)*time.Minute), h.ExpiresAt, 30*time.Second)
		}
		_, err = w.Orders.ExtendHold(t.Context(), m.ID, p.Hold.Number, time.Hour)
		var often *order.HoldExtendedError
		require.ErrorAs(t, err, &often)
		_, err = w.Orders.Confirm(t.Context(), m.ID, p.Hold.Number)
		require.NoError(t, err)
		storetest.RequireClean(t, w.Store)
	})
}

// Whoever confirms, releases and ends one hold at the same time, one of them does, and all are told the same.
func TestHoldEndsOnce(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 10_000)
		w.Stocked("CODE", 10, 100)
		for round := range 8 {
			h := held(t, w, storetest.Draft(m, fmt.Sprint("r", round), "CODE", 1))
			ctx := t.Context()
			ways := []func(context.Context) error{
				func(ctx context.Context) error { _, err := w.Orders.Confirm(ctx, m.ID, h.Number); return err },
				func(ctx context.Context) error {
					_, err := w.Orders.ReleaseHold(ctx, order.ByMerchant(m.ID), h.Number)
					return err
				},
				func(ctx context.Context) error {
					_, err := w.Store.Holds.ChangeHold(
						ctx, order.ByOperator(), h.Number, func(h *order.Hold, _ time.Time) error {
							return order.Expire(h, h.ExpiresAt)
						},
					)
					return err
				},
			}
			_, refused := storetest.Together(9, func(i int) error { return ways[i%3](ctx) })
			for _, err := range refused {
				var ended *order.HoldEndedError
				require.ErrorAs(t, err, &ended, "%v", errors.Join(refused...))
			}
			now, err := w.Orders.GetHold(ctx, order.ByOperator(), h.Number)
			require.NoError(t, err)
			require.NotEqual(t, order.HoldOpen, now.Status)
		}
		storetest.RequireClean(t, w.Store)
	})
}

// A version that knows no holds may give the reference to an order meanwhile: then there is no second one.
func TestHoldWhoseReferenceIsGone(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 5)
		h := held(t, w, storetest.Draft(m, "r", "CODE", 1))
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, "taken", "CODE", 1))
		require.NoError(t, err)
		_, err = w.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE orders SET reference = 'r' WHERE id = $1`, placed.Order.ID,
		)
		require.NoError(t, err)
		_, err = w.Orders.Confirm(t.Context(), m.ID, h.Number)
		var duplicate *order.DuplicateReferenceError
		require.ErrorAs(t, err, &duplicate)
		require.Equal(t, placed.Order.Number, duplicate.OrderNumber)
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), h.Number)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(90), w.Balance(m))
		storetest.RequireClean(t, w.Store)
	})
}

// Units of an import that was withdrawn while they were held are not sold any more.
func TestHeldUnitsOfAWithdrawnImport(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		p := w.Stocked("CODE", 10, 2)
		kept, given := held(t, w, storetest.Draft(m, "kept", "CODE", 1)),
			held(t, w, storetest.Draft(m, "given", "CODE", 1))
		imports, err := w.Store.Units.ListImports(t.Context(), catalog.ImportFilter{ProductID: p.ID, Limit: 1})
		require.NoError(t, err)
		_, _, err = w.Store.Units.WithdrawImport(t.Context(), imports[0].ID)
		require.NoError(t, err)
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), given.Number)
		require.NoError(t, err)
		require.Zero(t, left(t, w, p))
		confirmed, err := w.Orders.Confirm(t.Context(), m.ID, kept.Number)
		require.NoError(t, err)
		require.Len(t, storetest.Contents(confirmed.Order.Lines[0]), 1)
		storetest.RequireClean(t, w.Store)
	})
}

func TestHoldsAreListed(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m, other := w.Merchant("buyer", 100), w.Merchant("other", 100)
		w.Stocked("CODE", 10, 5)
		first := held(t, w, storetest.Draft(m, "1", "CODE", 1))
		second := held(t, w, storetest.Draft(m, "2", "CODE", 1))
		third := held(t, w, storetest.Draft(other, "3", "CODE", 1))
		_, err := w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), first.Number)
		require.NoError(t, err)
		list := func(v order.Viewer, f order.HoldFilter) (numbers []string) {
			found, err := w.Orders.Holds(t.Context(), v, f)
			require.NoError(t, err)
			for i := range found {
				require.Empty(t, found[i].Draft.Recipient)
				numbers = append(numbers, found[i].Number)
			}
			return numbers
		}
		mine := order.ByMerchant(m.ID)
		require.Equal(t, []string{second.Number, first.Number}, list(mine, order.HoldFilter{Limit: 5}))
		require.Equal(t, []string{second.Number}, list(mine, order.HoldFilter{Limit: 1}))
		require.Equal(t, []string{first.Number}, list(mine, order.HoldFilter{Limit: 1, BeforeID: second.ID}))
		require.Equal(t, []string{second.Number}, list(mine, order.HoldFilter{Limit: 5, Open: true}))
		require.Equal(
			t, []string{third.Number, second.Number}, list(order.ByOperator(), order.HoldFilter{Limit: 5, Open: true}),
		)
		require.Equal(
			t, []string{second.Number, first.Number},
			list(order.ByOperator(), order.HoldFilter{Limit: 5, BeforeID: third.ID}),
		)
		require.Empty(t, list(order.Viewer{}, order.HoldFilter{Limit: 5}))
	})
}
