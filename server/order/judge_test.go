package order_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

const thb = money.Currency("THB")

func baht(s string) money.Amount {
	a, err := money.ParseSigned(s, thb)
	if err != nil {
		panic(err)
	}
	return a
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func codes(id int64, price string) *catalog.Product {
	return &catalog.Product{
		ID: id, SKU: fmt.Sprint("CODE", id), Name: "Code", Currency: thb, Price: baht(price),
		Category: catalog.Category{ID: 10 * id},
		Source:   catalog.SourceStock, Status: catalog.StatusActive, MinQuantity: 1, MaxQuantity: 100, Version: 1,
	}
}

// candidate asks one merchant for quantities of products.
func candidate(reference string, lines ...order.PricedLine) *order.Candidate {
	c := &order.Candidate{
		Draft: &order.Draft{MerchantID: 7, Currency: thb, Reference: reference}, Number: "ord_" + reference,
	}
	for _, l := range lines {
		l.UnitPrice = l.Product.Price
		l.Subtotal = l.Product.Price * money.Amount(l.Quantity)
		c.Lines = append(c.Lines, l)
		c.Subtotal += l.Subtotal
		c.Draft.Lines = append(c.Draft.Lines, order.DraftLine{SKU: l.Product.SKU, Quantity: l.Quantity})
	}
	c.Fingerprint = c.Draft.Fingerprint()
	return c
}

// state holds a wallet of 100.00 and ten units of each product.
func state(products ...*catalog.Product) *order.State {
	next := int64(0)
	id := func() int64 { next++; return next }
	s := &order.State{
		Now: noon,
		Wallets: map[int64]*order.WalletState{
			7: {AccountID: 70, Currency: thb, Balance: baht("100.00"), EventSequence: 41},
		},
		References: map[order.ReferenceKey]*order.ExistingOrder{},
		Versions:   map[int64]int64{},
		Coupons:    map[string]*order.CouponState{},
		Units:      map[int64]*order.UnitPool{},
		Allotments: map[order.AllotmentKey]*order.AllotmentState{},
		Withheld:   map[*order.Candidate]bool{},
		Open:       func(u order.Unit) (string, error) { return string(u.Sealed), nil },
		NewOrderID: id, NewLineID: id, NewTicketCode: func() string { return fmt.Sprint("ticket-", id()) },
	}
	for _, p := range products {
		s.Versions[p.ID] = p.Version
		pool := &order.UnitPool{}
		for i := range int64(10) {
			pool.Units = append(pool.Units, order.Unit{ID: 100*p.ID + i, Sealed: fmt.Append(nil, p.SKU, "/", i)})
		}
		s.Units[p.ID] = pool
	}
	return s
}

func judge(t *testing.T, s *order.State, candidates []*order.Candidate) []order.Verdict {
	t.Helper()
	verdicts, err := order.Judge(s, candidates)
	require.NoError(t, err)
	return verdicts
}

func TestJudgeTakesDraftsInArrivalOrder(t *testing.T) {
	p := codes(1, "40.00")
	s := state(p)
	verdicts := judge(t, s, []*order.Candidate{
		candidate("a", order.PricedLine{Product: p, Quantity: 2}),
		candidate("b", order.PricedLine{Product: p, Quantity: 1}), // 20.00 are left
		candidate("c", order.PricedLine{Product: p, Quantity: 20}),
		candidate("a", order.PricedLine{Product: p, Quantity: 2}),
		candidate("a", order.PricedLine{Product: p, Quantity: 3}),
	})
	require.NotNil(t, verdicts[0].Accepted)
	var insufficient *order.InsufficientBalanceError
	require.ErrorAs(t, verdicts[1].Err, &insufficient)
	require.Equal(t, baht("20.00"), insufficient.Missing)
	var lines *order.LinesError
	require.ErrorAs(t, verdicts[2].Err, &lines, "stock is looked at before the balance")
	require.NotNil(t, verdicts[3].Replayed, "the reference of a neighbour in the batch counts already")
	var duplicate *order.DuplicateReferenceError
	require.ErrorAs(t, verdicts[4].Err, &duplicate)

	a := verdicts[0].Accepted
	require.Equal(t, order.StatusCompleted, a.Order.Status)
	require.Equal(t, order.Charge{WalletAccountID: 70, Amount: baht("80.00"), Balance: baht("20.00")}, a.Charge)
	require.Equal(t, []order.UnitClaim{{UnitID: 100}, {UnitID: 101}}, a.Claims)
	require.Equal(
		t, []event.Type{event.OrderCreated, event.OrderCompleted}, []event.Type{a.Events[0].Type, a.Events[1].Type},
	)
	require.Equal(t, int64(42), a.Events[0].Sequence)
	require.Equal(t, int64(43), s.Wallets[7].EventSequence)
	require.Len(t, s.Units[1].Units, 8, "a refusal takes nothing")
}

func TestJudgeRefuses(t *testing.T) {
	p := codes(1, "10.00")
	minimum := catalog.Coupon{
		Code: "MIN", Kind: catalog.CouponAmount, Amount: baht("5.00"), Currency: thb, MinSubtotal: baht("50.00"),
		Status: catalog.StatusActive,
	}
	past, future, zero := noon.Add(-time.Hour), noon.Add(time.Hour), int64(0)
	tests := []struct {
		name   string
		change func(s *order.State, c *order.Candidate)
		check  func(t *testing.T, err error)
	}{
		{
			"suspended", func(s *order.State, _ *order.Candidate) { s.Wallets[7].Suspended = true },
			is(order.ErrMerchantSuspended),
		},
		{"product changed", func(s *order.State, _ *order.Candidate) { s.Versions[1] = 2 }, is(order.ErrStale)},
		{
			"stock held by others", func(s *order.State, _ *order.Candidate) { s.Units[1] = &order.UnitPool{Contended: true} },
			is(order.ErrContended),
		},
		{"unknown coupon", func(_ *order.State, c *order.Candidate) { c.Draft.Coupon = "NONE" }, coupon(order.CouponUnknown)},
		{"minimum not reached", withCoupon(minimum), coupon(order.CouponMinimum)},
		{
			"archived coupon",
			withCoupon(
				catalog.Coupon{Code: "X", Kind: catalog.CouponPercent, PercentBasisPoints: 1, Status: catalog.StatusArchived},
			), coupon(order.CouponUnknown),
		},
		{
			"expired coupon", withCoupon(catalog.Coupon{Code: "X", EndsAt: &past, Status: catalog.StatusActive}),
			coupon(order.CouponExpired),
		},
		{
			"ends now", withCoupon(catalog.Coupon{Code: "X", EndsAt: &noon, Status: catalog.StatusActive}),
			coupon(order.CouponExpired),
		},
		{
			"future coupon", withCoupon(catalog.Coupon{Code: "X", StartsAt: &future, Status: catalog.StatusActive}),
			coupon(order.CouponNotStarted),
		},
		{
			"used up coupon", withCoupon(catalog.Coupon{Code: "X", MaxUses: &zero, Status: catalog.StatusActive}),
			coupon(order.CouponUsedUp),
		},
		{
			"used up by the merchant",
			withCoupon(catalog.Coupon{Code: "X", MaxUsesPerMerchant: &zero, Status: catalog.StatusActive}),
			coupon(order.CouponUsedUp),
		},
		{
			"another product's coupon",
			withCoupon(catalog.Coupon{Code: "X", ProductIDs: []int64{2}, Status: catalog.StatusActive}),
			coupon(order.CouponScope),
		},
		{
			"another currency's coupon", withCoupon(catalog.Coupon{Code: "X", Currency: "KRW", Status: catalog.StatusActive}),
			coupon(order.CouponScope),
		},
		{
			"another total expected",
			func(_ *order.State, c *order.Candidate) { total := baht("9.00"); c.Draft.ExpectedTotal = &total },
			func(t *testing.T, err error) {
				var changed *order.PriceChangedError
				require.ErrorAs(t, err, &changed)
				require.Equal(t, baht("10.00"), changed.Actual)
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, c := state(p), candidate("r", order.PricedLine{Product: p, Quantity: 1})
			tt.change(s, c)
			tt.check(t, judge(t, s, []*order.Candidate{c})[0].Err)
			require.Equal(t, baht("100.00"), s.Wallets[7].Balance)
			require.Equal(t, int64(41), s.Wallets[7].EventSequence)
			require.Empty(t, s.References)
		})
	}
}

func is(target error) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		require.ErrorIs(t, err, target)
	}
}

func coupon(cause order.CouponCause) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		var refused *order.CouponError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, cause, refused.Cause)
	}
}

func withCoupon(c catalog.Coupon) func(*order.State, *order.Candidate) {
	if c.Kind == "" {
		c.Kind, c.PercentBasisPoints = catalog.CouponPercent, 1000
	}
	return func(s *order.State, candidate *order.Candidate) {
		candidate.Draft.Coupon = c.Code
		s.Coupons[c.Code] = &order.CouponState{Coupon: c, UsesByMerchant: map[int64]int64{}}
	}
}

func TestCouponIsSharedOutOverTheLinesInScope(t *testing.T) {
	a, b, c := codes(1, "3.33"), codes(2, "3.33"), codes(3, "50.00")
	s := state(a, b, c)
	draft := candidate(
		"r", order.PricedLine{Product: a, Quantity: 1}, order.PricedLine{Product: b, Quantity: 2},
		order.PricedLine{Product: c, Quantity: 1},
	)
	withCoupon(
		catalog.Coupon{
			Code: "X", Status: catalog.StatusActive, CategoryIDs: []int64{10, 20}, PercentBasisPoints: 1000,
			Kind: catalog.CouponPercent,
		},
	)(s, draft)
	o := judge(t, s, []*order.Candidate{draft})[0].Accepted.Order
	require.Equal(t, baht("1.00"), o.Discount, "10 % of 9.99, rounded half up")
	require.Equal(t, baht("0.33"), o.Lines[0].Discount)
	require.Equal(t, baht("0.67"), o.Lines[1].Discount)
	require.Zero(t, o.Lines[2].Discount)
	require.Equal(t, o.Total, o.Lines[0].Total+o.Lines[1].Total+o.Lines[2].Total)
}

func TestAmountCouponNeverPaysTheCustomer(t *testing.T) {
	p := codes(1, "10.00")
	s, c := state(p), candidate("r", order.PricedLine{Product: p, Quantity: 1})
	withCoupon(
		catalog.Coupon{
			Code: "X", Status: catalog.StatusActive, Kind: catalog.CouponAmount, Amount: baht("50.00"), Currency: thb,
		},
	)(s, c)
	o := judge(t, s, []*order.Candidate{c})[0].Accepted.Order
	require.Zero(t, o.Total)
	require.Equal(t, baht("10.00"), o.Discount)
}

func TestSettleGivesBackExactlyWhatFailed(t *testing.T) {
	for failed := range int64(8) {
		t.Run(fmt.Sprint(failed, " of 7 fail"), func(t *testing.T) {
			line := order.Line{
				ID: 1, OrderID: 1, Quantity: 7, Status: order.StatusPending, UnitPrice: baht("1.00"), Subtotal: baht("7.00"),
				Discount: baht("1.00"), Total: baht("6.00"),
			}
			o := &order.Order{
				ID: 1, MerchantID: 7, Currency: thb, Total: baht("6.00"), Status: order.StatusPending, Lines: []order.Line{line},
			}
			wallet := &order.WalletState{}
			s := &order.SettleState{
				Now: noon, Orders: map[int64]*order.Order{1: o}, Wallets: map[int64]*order.WalletState{7: wallet},
			}
			for range failed {
				_, err := s.Settle(order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Failed: 1, FailureCode: "X"})
				require.NoError(t, err)
			}
			if failed < 7 {
				_, err := s.Settle(order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Delivered: make([]order.Goods, 7-failed)})
				require.NoError(t, err)
			}
			kept := money.Kept(baht("1.00"), baht("1.00"), 7, 7-failed, thb)
			require.Equal(t, baht("6.00")-kept, o.Refunded, "one by one or at once, to the last satang")
			require.Equal(t, o.Refunded, wallet.Balance)
			require.Equal(t, &noon, o.CompletedAt)
			if failed == 0 {
				require.Equal(t, order.StatusCompleted, o.Status)
			} else {
				require.Equal(t, order.StatusFailed, o.Status)
				require.Equal(t, "X", o.FailureCode)
			}
			_, err := s.Settle(order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Failed: 1})
			require.Error(t, err, "nothing is open any more")
		})
	}
}

func TestStatusesFollowTheLines(t *testing.T) {
	tests := []struct {
		name        string
		settlements []order.Settlement
		want        order.Status
		events      []event.Type
	}{
		{"nothing yet", nil, order.StatusPending, nil},
		{
			"one started",
			[]order.Settlement{{LineID: 1, Started: true}},
			order.StatusProcessing,
			[]event.Type{event.OrderProcessing},
		},
		{
			"one delivered",
			[]order.Settlement{{LineID: 1, Delivered: make([]order.Goods, 1)}},
			order.StatusProcessing,
			[]event.Type{event.OrderProcessing},
		},
		{
			"one cancelled",
			[]order.Settlement{{LineID: 1, Cancelled: 1}},
			order.StatusPending,
			[]event.Type{event.LineCancelled},
		},
		{
			"both delivered",
			[]order.Settlement{{LineID: 1, Delivered: make([]order.Goods, 1)}, {LineID: 2, Delivered: make([]order.Goods, 1)}},
			order.StatusCompleted,
			[]event.Type{event.OrderProcessing, event.OrderCompleted},
		},
		{
			"delivered and cancelled",
			[]order.Settlement{{LineID: 1, Delivered: make([]order.Goods, 1)}, {LineID: 2, Cancelled: 1}},
			order.StatusCompleted,
			[]event.Type{event.OrderProcessing, event.OrderCompleted},
		},
		{
			"failed and cancelled",
			[]order.Settlement{{LineID: 1, Failed: 1}, {LineID: 2, Cancelled: 1}},
			order.StatusFailed,
			[]event.Type{event.OrderProcessing, event.OrderFailed},
		},
		{
			"both cancelled",
			[]order.Settlement{{LineID: 1, Cancelled: 1}, {LineID: 2, Cancelled: 1}},
			order.StatusCancelled,
			[]event.Type{event.LineCancelled, event.OrderCancelled},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := &order.Order{ID: 1, MerchantID: 7, Currency: thb, Status: order.StatusPending, Lines: []order.Line{
				{ID: 1, OrderID: 1, Quantity: 1, Status: order.StatusPending},
				{ID: 2, OrderID: 1, Quantity: 1, Status: order.StatusPending},
			}}
			s := &order.SettleState{
				Now: noon, Orders: map[int64]*order.Order{1: o}, Wallets: map[int64]*order.WalletState{7: {}},
			}
			var events []event.Type
			for _, in := range tt.settlements {
				in.OrderID, in.MerchantID = 1, 7
				settled, err := s.Settle(in)
				require.NoError(t, err)
				for _, e := range settled.Events {
					events = append(events, e.Type)
				}
			}
			require.Equal(t, tt.want, o.Status)
			require.Equal(t, tt.events, events)
		})
	}
}

// What is priced by prices that have changed, or whose time is over, is priced again.
func TestPricesThatNoLongerHold(t *testing.T) {
	p := codes(1, "1.00")
	for name, held := range map[string]catalog.PricesHeld{
		"another version": {Version: 4}, "over": {Version: 5, Until: noon}, "not yet": {Version: 5, From: noon.Add(1)},
	} {
		s := state(p)
		s.Versions[catalog.PricesVersion] = 5
		c := candidate("a", order.PricedLine{Product: p, Quantity: 1})
		c.Held = held
		require.ErrorIs(t, judge(t, s, []*order.Candidate{c})[0].Err, order.ErrStale, name)
		c.Held = catalog.PricesHeld{Version: 5, From: noon, Until: noon.Add(1)}
		require.NoError(t, judge(t, s, []*order.Candidate{c})[0].Err, name)
	}
}
