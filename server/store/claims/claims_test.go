package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store/claims"
	"orderhub/server/store/storetest"
)

var ada = claim.By{Kind: "operator", Name: "ada"}

func service(w *storetest.World) *claim.Service { return claim.NewService(w.Store.Claims, w.Store.Now) }

// placed places an order and brings it to its end.
func placed(t *testing.T, w *storetest.World, d *order.Draft) *order.Order {
	t.Helper()
	o, err := w.Orders.Create(t.Context(), d)
	require.NoError(t, err)
	return w.Finish(o.Order)
}

func get(t *testing.T, w *storetest.World, o *order.Order) *order.Order {
	t.Helper()
	found, err := w.Orders.Get(t.Context(), order.ByOperator(), o.Number)
	require.NoError(t, err)
	return found
}

func draft(m account.Merchant, o *order.Order, units ...int64) claim.Draft {
	return claim.Draft{
		Viewer: order.ByMerchant(m.ID), OrderNumber: o.Number, Units: units, Reason: claim.NotWorking,
		By: claim.By{Kind: claim.ByMerchant, Name: m.Name},
	}
}

// What comes back is exactly what the rule of refunds gives, to the last satang, whatever the order of the answers.
func TestRefund(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Stocked("CODE", 10, 5)
		_, err := w.Catalog.CreateCoupon(ctx, catalog.Coupon{
			Code: "ODD", Kind: catalog.CouponPercent, PercentBasisPoints: 3333,
		})
		require.NoError(t, err)
		d := storetest.Draft(shop, "one", "CODE", 3)
		d.Coupon = "ODD"
		o := placed(t, w, d)
		charged := storetest.Baht(1000) - w.Balance(shop)
		line := &o.Lines[0]
		require.NotZero(t, line.Goods[0].UnitID)
		said := claim.Said{Text: "Already used", Evidence: claim.Evidence{Text: "a screenshot"}}
		wish := draft(shop, o, line.Goods[1].UnitID, line.Goods[0].UnitID)
		wish.Said, wish.Reference = said, "complaint"
		made, err := claims.Create(ctx, wish)
		require.NoError(t, err)
		again, err := claims.Create(ctx, wish)
		require.NoError(t, err)
		require.Equal(t, made.ID, again.ID)
		other := wish
		other.Units = nil
		_, err = claims.Create(ctx, other)
		require.ErrorIs(t, err, claim.ErrReferenceReused, "it was for some of the units")
		other = wish
		other.Reason = claim.Expired
		_, err = claims.Create(ctx, other)
		require.ErrorIs(t, err, claim.ErrReferenceReused)
		var claimed *claim.ClaimedError
		_, err = claims.Create(ctx, draft(shop, o, line.Goods[0].UnitID))
		require.ErrorAs(t, err, &claimed)
		require.Equal(t, made.ID, claimed.ClaimID)
		read, err := claims.Claim(ctx, order.ByMerchant(shop.ID), made.ID)
		require.NoError(t, err)
		require.Equal(t, said, read.Said)
		require.Equal(t, claim.StatusWaiting, read.Status())

		var sum money.Amount
		for _, g := range []int{1, 0} {
			before := w.Balance(shop)
			answered, err := claims.Answer(ctx, made.ID, claim.Answer{
				Units: []int64{line.Goods[g].UnitID}, Verdict: claim.Refund, By: ada,
			})
			require.NoError(t, err)
			back := w.Balance(shop) - before
			sum += back
			require.Equal(t, sum, answered.Refunded())
			kept := money.Kept(line.UnitPrice, line.Discount, 3, int64(1+g), o.Currency)
			require.Equal(t, charged-kept, sum, "as if the units had been cancelled")
		}
		o = get(t, w, o)
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Equal(t, []int64{1, 2}, []int64{o.Lines[0].Completed, o.Lines[0].Cancelled})
		require.Len(t, o.Lines[0].Contents(), 1)

		rest, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		require.Len(t, rest.Units, 1, "what is not claimed yet")
		other.Units, other.Reason = nil, wish.Reason
		_, err = claims.Create(ctx, other)
		require.ErrorIs(t, err, claim.ErrReferenceReused, "it was for some of the units then")
		_, err = claims.Answer(ctx, rest.ID, claim.Answer{Verdict: claim.Refund, By: ada})
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(1000), w.Balance(shop))
		require.Equal(t, order.StatusCancelled, get(t, w, o).Status)
		listed, err := claims.Claims(ctx, order.ByOperator(), claim.Filter{Status: claim.StatusAnswered, Limit: 10})
		require.NoError(t, err)
		require.Len(t, listed, 2)
		require.Equal(t, rest.ID, listed[0].ID)
		requireEvents(t, w, o, event.OrderCreated, event.OrderCompleted, event.ClaimCreated, event.ClaimRefunded,
			event.ClaimRefunded, event.ClaimCreated, event.ClaimRefunded, event.OrderCancelled)
		storetest.RequireClean(t, w.Store)
	})
}

func requireEvents(t *testing.T, w *storetest.World, o *order.Order, want ...event.Type) {
	t.Helper()
	events, err := w.Orders.Events(t.Context(), order.ByOperator(), o.Number, 0, 100)
	require.NoError(t, err)
	var types []event.Type
	for i := range events {
		types = append(types, events[i].Type)
	}
	require.Equal(t, want, types)
}

func TestReplace(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Stocked("CODE", 10, 4)
		o := placed(t, w, storetest.Draft(shop, "one", "CODE", 3))
		balance := w.Balance(shop)
		made, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		replace := claim.Answer{Verdict: claim.Replace, By: ada}
		_, err = claims.Answer(ctx, made.ID, replace)
		require.ErrorIs(t, err, claim.ErrOutOfStock, "all or nothing")
		replace.Units = []int64{made.Units[0].UnitID}
		_, err = claims.Answer(ctx, made.ID, replace)
		require.NoError(t, err)
		given := claim.Answer{
			Verdict: claim.Replace, By: ada, Units: []int64{made.Units[1].UnitID}, Goods: []string{"FROM-SUPPORT"},
		}
		for range 2 {
			_, err = claims.Answer(ctx, made.ID, given)
			require.NoError(t, err)
		}
		given.Goods = []string{"ANOTHER-ONE"}
		var before *claim.AnsweredError
		_, err = claims.Answer(ctx, made.ID, given)
		require.ErrorAs(t, err, &before, "the customer has what was given first")
		answered, err := claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Reject, By: ada, Words: "It works"})
		require.NoError(t, err)
		require.Equal(t, claim.StatusAnswered, answered.Status())
		require.Equal(t, balance, w.Balance(shop), "nobody pays")
		o = get(t, w, o)
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Equal(t, []string{"CODE-3", "CODE-4", "FROM-SUPPORT"}, o.Lines[0].Contents())
		_, err = w.Orders.Create(ctx, storetest.Draft(shop, "two", "CODE", 1))
		var lines *order.LinesError
		require.ErrorAs(t, err, &lines, "what does not work is never sold again")

		// As it stood before the answers, it had what came first.
		events, err := w.Orders.Events(ctx, order.ByOperator(), o.Number, 0, 100)
		require.NoError(t, err)
		then, _, err := o.At(&events[1])
		require.NoError(t, err)
		require.Equal(t, []string{"CODE-1", "CODE-2", "CODE-3"}, then.Lines[0].Contents())
		replacement, err := claims.Create(ctx, draft(shop, o, answered.Units[0].ReplacementID))
		require.NoError(t, err)
		_, err = claims.Answer(ctx, replacement.ID, claim.Answer{Verdict: claim.Refund, By: ada})
		require.NoError(t, err)
		require.Equal(t, balance+storetest.Baht(10), w.Balance(shop))
		storetest.RequireClean(t, w.Store)
	})
}

func TestPolicyAnswersWhatItMay(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		p := w.Stocked("CODE", 10, 6)
		set := claim.Policy{
			ProductID: p.ID, Answer: claim.Refund, AutomaticWithin: time.Hour, PerMonth: 2,
			AnswerWithin: time.Nanosecond,
		}
		_, err := claims.SetPolicy(ctx, set)
		require.NoError(t, err)
		o := placed(t, w, storetest.Draft(shop, "one", "CODE", 3))
		made, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		require.Equal(t, 1, made.Waiting(), "two a month")
		require.Equal(t, storetest.Baht(20), made.Refunded())
		read, err := claims.Claim(ctx, order.ByOperator(), made.ID)
		require.NoError(t, err)
		require.Equal(t, claim.By{Kind: claim.ByPolicy}, read.Units[0].AnsweredBy)

		set.Answer, set.PerMonth = claim.Replace, 5
		_, err = claims.SetPolicy(ctx, set)
		require.NoError(t, err)
		o = placed(t, w, storetest.Draft(shop, "two", "CODE", 2))
		made, err = claims.Create(ctx, draft(shop, o, o.Lines[0].Goods[0].UnitID))
		require.NoError(t, err)
		require.Equal(t, claim.Replaced, made.Units[0].Status)
		made, err = claims.Create(ctx, draft(shop, o, o.Lines[0].Goods[1].UnitID))
		require.NoError(t, err)
		require.Equal(t, claim.Waiting, made.Units[0].Status, "there is none left")

		told, err := w.Store.Claims.TellOverdue(ctx, 10)
		require.NoError(t, err)
		require.Zero(t, told, "the database keeps whole seconds")
		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE claims SET answer_by = created_at`)
		require.NoError(t, err)
		for _, want := range []int{2, 0} {
			told, err = w.Store.Claims.TellOverdue(ctx, 10)
			require.NoError(t, err)
			require.Equal(t, want, told, "each is told of once")
		}
		storetest.RequireClean(t, w.Store)
	})
}

// Whatever meets whatever, each unit has one answer and the money is right.
func TestTwoAnswersAtOnce(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Stocked("CODE", 10, 40)
		w.Ticket("DAY", 10, 20, "2030-05-01")
		eraser := order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		for range 5 {
			d := storetest.Draft(shop, storetest.NewNumber(), "CODE", 2, "DAY", 1)
			d.Lines[1].UseDate = "2030-05-01"
			o := placed(t, w, d)
			wish := draft(shop, o)
			wish.Reference = o.Number
			made := make([]claim.Claim, 2)
			storetest.Together(2, func(i int) (err error) {
				made[i], err = claims.Create(ctx, wish)
				return err
			})
			require.Equal(t, made[0].ID, made[1].ID)
			calls := []func() error{
				func() error {
					_, err := claims.Answer(ctx, made[0].ID, claim.Answer{Verdict: claim.Refund, By: ada})
					return err
				},
				func() error {
					_, err := claims.Answer(ctx, made[0].ID, claim.Answer{Verdict: claim.Reject, By: ada, Words: "no"})
					return err
				},
				func() error {
					_, err := claims.Answer(ctx, made[0].ID, claim.Answer{
						Verdict: claim.Replace, By: ada, Units: []int64{made[0].Units[0].UnitID},
					})
					return err
				},
				func() error {
					_, err := w.Orders.Cancel(ctx, order.ByOperator(), o.Number, order.Cancellation{})
					return err
				},
				func() error {
					_, err := eraser.Erase(ctx, order.ByOperator(), o.Number, order.Erasure{})
					return err
				},
			}
			storetest.Together(len(calls), func(i int) error { return calls[i]() })
			o = get(t, w, o)
			read, err := claims.Claim(ctx, order.ByOperator(), made[0].ID)
			require.NoError(t, err)
			require.GreaterOrEqual(t, int64(o.Refunded), int64(read.Refunded()))
		}
		storetest.RequireClean(t, w.Store)
	})
}

func TestDisputeIsBooked(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, service := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Simulated("GOLD", 100, sim.Script{})
		_, err := w.Store.WriteDB.ExecContext(ctx, `UPDATE offers SET cost_micros = 40000000`)
		require.NoError(t, err)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 2))
		made, err := service.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		_, err = service.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Refund, By: ada})
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(1000), w.Balance(shop))
		_, err = service.Dispute(ctx, made.ID, claim.Passing{Reference: "CASE"})
		require.ErrorIs(t, err, claim.ErrUnitNotFound, "there are two")
		one := made.Units[0].UnitID
		for range 2 {
			_, err = service.Dispute(ctx, made.ID, claim.Passing{UnitID: one, Reference: "CASE"})
			require.NoError(t, err)
		}
		var large *claim.CreditTooLargeError
		_, err = service.EndDispute(ctx, made.ID, claim.Ending{UnitID: one, Credit: "80.01"})
		require.ErrorAs(t, err, &large)
		for provider, currency := range map[int64]money.Currency{0: "", 4711: "THB", 1: "USD"} {
			_, err = w.Store.Claims.EndSeen(ctx, made.ID, claim.Ending{UnitID: one, Credit: "40.00"}, provider,
				currency)
			require.ErrorIs(t, err, claims.ErrOtherBooks, "it was passed on since it was looked at")
		}
		for range 2 {
			ended, err := service.EndDispute(ctx, made.ID, claim.Ending{UnitID: one, Credit: "40.00"})
			require.NoError(t, err)
			require.Equal(t, claim.DisputeCredited, ended.Units[0].Dispute.Status)
		}
		other := made.Units[1].UnitID
		_, err = service.Dispute(ctx, made.ID, claim.Passing{UnitID: other})
		require.NoError(t, err)
		_, refused := storetest.Together(4, func(i int) error {
			credit := []string{"40.00", "", "39.00", "1.00"}[i]
			_, err := service.EndDispute(ctx, made.ID, claim.Ending{UnitID: other, Credit: credit})
			return err
		})
		require.Len(t, refused, 3)
		storetest.RequireClean(t, w.Store)
	})
}

func TestRedeemed(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		today := w.Store.Now().Format(time.DateOnly)
		p := w.Ticket("DAY", 10, 20, today, "2030-05-01")
		d := storetest.Draft(shop, "one", "DAY", 2, "DAY", 1)
		d.Lines[0].UseDate, d.Lines[1].UseDate = today, "2030-05-01"
		o := placed(t, w, d)
		code := o.Lines[0].Goods[0].TicketCode
		require.NotZero(t, o.Lines[0].Goods[0].UnitID)
		redeem := func(code, reference string) (claim.Ticket, error) {
			return claims.Redeem(ctx, claim.Redemption{
				Viewer: order.ByMerchant(shop.ID), Code: code, Reference: reference, Place: "Gate 2", By: ada,
			})
		}
		_, err := redeem("nobody's", "x")
		require.ErrorIs(t, err, claim.ErrTicketNotFound)
		_, err = claims.Redeem(ctx, claim.Redemption{Viewer: order.ByMerchant(shop.ID + 1), Code: code})
		require.ErrorIs(t, err, claim.ErrTicketNotFound)
		var wrong *claim.WrongDateError
		_, err = redeem(o.Lines[1].Goods[0].TicketCode, "x")
		require.ErrorAs(t, err, &wrong)
		done, refused := storetest.Together(4, func(i int) error {
			_, err := redeem(code, []string{"gate", "gate", "other", "third"}[i])
			return err
		})
		require.Positive(t, done)
		require.GreaterOrEqual(t, len(refused), 2)
		require.Equal(t, order.GoodsUsed, get(t, w, o).Lines[0].Goods[0].Status)

		_, err = w.Orders.Cancel(ctx, order.ByOperator(), o.Number, order.Cancellation{
			Lines: []order.CancelLine{{Position: 1, TicketCodes: []string{code}}},
		})
		require.ErrorIs(t, err, order.ErrNotCancellable)
		wish := draft(shop, o, o.Lines[0].Goods[0].UnitID)
		wish.Reason = claim.NotReceived
		var used *claim.UsedError
		_, err = claims.Create(ctx, wish)
		require.ErrorAs(t, err, &used)
		listed, err := claims.Tickets(ctx, claim.TicketFilter{
			Viewer: order.ByMerchant(shop.ID), ProductID: p.ID, UseDate: today, Limit: 10,
		})
		require.NoError(t, err)
		require.Len(t, listed, 2)
		require.Equal(t, "Gate 2", listed[0].Place)
		require.Nil(t, listed[1].RedeemedAt)
		_, err = claims.SetPolicy(ctx, claim.Policy{
			ProductID: p.ID, TimeZone: "Asia/Bangkok", Answer: claim.Refund, AutomaticWithin: time.Hour, PerMonth: 5,
		})
		require.NoError(t, err)

		wish.Reason = claim.NotWorking
		balance := w.Balance(shop)
		made, err := claims.Create(ctx, wish)
		require.NoError(t, err)
		require.Equal(t, claim.Waiting, made.Units[0].Status, "no policy pays back what was used")
		_, err = claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Refund, By: ada})
		require.ErrorAs(t, err, &used)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Reject, Words: "used", By: ada})
		require.NoError(t, err)
		require.Equal(t, balance, w.Balance(shop))
		storetest.RequireClean(t, w.Store)
	})
}
