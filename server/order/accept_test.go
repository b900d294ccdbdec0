package order_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

const day = "2026-12-31"

// ofDay asks for tickets of the day, and takes part in the batch as one merchant's.
func ofDay(reference string, lines ...order.PricedLine) *order.Candidate {
	c := candidate(reference, lines...)
	for i := range c.Lines {
		if c.Lines[i].Product.Dated {
			c.Draft.Lines[i].UseDate = day
		}
	}
	return c
}

// Own stock is handed over at once, and what a provider has to deliver is pending.
func TestWhatALineGetsAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name     string
		source   catalog.Source
		dated    bool
		status   order.Status
		goods    []order.GoodsStatus
		claims   int
		tickets  int
		unplaced bool
	}{
		{"units", catalog.SourceStock, false, order.StatusCompleted, []order.GoodsStatus{delivered, delivered}, 2, 0, false},
		{"own tickets", catalog.SourceStock, true, order.StatusCompleted, []order.GoodsStatus{
			delivered, delivered,
		}, 0, 2, false},
		{"provider's units", catalog.SourceProvider, false, order.StatusPending, nil, 0, 0, true},
		{"provider's tickets", catalog.SourceProvider, true, order.StatusPending, []order.GoodsStatus{
			pending, pending,
		}, 0, 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := codes(1, "10.00")
			p.Source, p.Dated = tt.source, tt.dated
			s := state(p)
			allotment := &order.AllotmentState{Capacity: 5, Sold: 1}
			s.Allotments[order.AllotmentKey{ProductID: 1, UseDate: day}] = allotment
			a := judge(t, s, []*order.Candidate{ofDay("r", order.PricedLine{Product: p, Quantity: 2})})[0].Accepted
			require.Equal(t, tt.status, a.Order.Status)
			require.Equal(t, tt.status.Final(), a.Order.CompletedAt != nil)
			require.Len(t, a.Claims, tt.claims)
			require.Len(t, a.Tickets, tt.tickets)
			require.Equal(t, tt.unplaced, a.Unplaced)
			var statuses []order.GoodsStatus
			for _, g := range a.Order.Lines[0].Goods {
				statuses = append(statuses, g.Status)
				require.Equal(t, g.Status == delivered, g.Content != "")
				require.Equal(t, g.Status == delivered, !g.DeliveredAt.IsZero())
				require.Equal(t, tt.dated, g.TicketCode != "")
			}
			require.Equal(t, tt.goods, statuses)
			require.Equal(t, map[bool]int64{true: 3, false: 1}[tt.dated], allotment.Sold)
		})
	}
}

// An order of both kinds is under way, with the event that says so.
func TestOrderOfStockAndProvider(t *testing.T) {
	own, bought := codes(1, "10.00"), codes(2, "10.00")
	bought.Source = catalog.SourceProvider
	a := judge(t, state(own, bought), []*order.Candidate{candidate(
		"r", order.PricedLine{Product: own, Quantity: 1}, order.PricedLine{Product: bought, Quantity: 1},
	)})[0].Accepted
	require.Equal(t, order.StatusProcessing, a.Order.Status)
	require.Nil(t, a.Order.CompletedAt)
	require.Equal(t, event.OrderProcessing, a.Events[1].Type)
	then, changed, err := a.Order.At(&a.Events[0])
	require.NoError(t, err)
	require.Equal(t, order.StatusProcessing, then.Status, "nobody ever saw it pending")
	require.Equal(t, map[int64]bool{a.Order.Lines[0].ID: true, a.Order.Lines[1].ID: false}, changed)
}

// A day is sold up to its capacity, over all lines and drafts that name it.
func TestDaysAreSoldUpToTheirCapacity(t *testing.T) {
	for _, tt := range []struct {
		name       string
		source     catalog.Source
		capacity   int64 // 0 for a day that nobody planned
		quantities []int64
		reasons    []order.LineReason // "" where it is sold
	}{
		{"all that is left", catalog.SourceStock, 5, []int64{5}, []order.LineReason{""}},
		{"one more", catalog.SourceStock, 5, []int64{6}, []order.LineReason{order.ReasonOutOfStock}},
		{"one after the other", catalog.SourceStock, 5, []int64{3, 3, 2}, []order.LineReason{"", order.ReasonOutOfStock, ""}},
		{"no such day", catalog.SourceStock, 0, []int64{1}, []order.LineReason{order.ReasonDateNotAvailable}},
		{"a provider's without a plan", catalog.SourceProvider, 0, []int64{9}, []order.LineReason{""}},
		{"a provider's with one", catalog.SourceProvider, 5, []int64{6}, []order.LineReason{order.ReasonOutOfStock}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := codes(1, "1.00")
			p.Source, p.Dated = tt.source, true
			s := state(p)
			if tt.capacity > 0 {
				s.Allotments[order.AllotmentKey{ProductID: 1, UseDate: day}] = &order.AllotmentState{Capacity: tt.capacity}
			}
			var batch []*order.Candidate
			for i, quantity := range tt.quantities {
				batch = append(batch, ofDay(fmt.Sprint(i), order.PricedLine{Product: p, Quantity: quantity}))
			}
			for i, v := range judge(t, s, batch) {
				if tt.reasons[i] == "" {
					require.NoError(t, v.Err)
					continue
				}
				require.Equal(t, tt.reasons[i], as[*order.LinesError](t, v.Err).Problems[0].Reason)
			}
		})
	}
}

// Lines of one product share what there is: the line that asks for more is named.
func TestLinesShareStock(t *testing.T) {
	units, tickets := codes(1, "1.00"), codes(2, "1.00")
	tickets.Dated = true
	s := state(units, tickets)
	s.Allotments[order.AllotmentKey{ProductID: 2, UseDate: day}] = &order.AllotmentState{Capacity: 10}
	asking := func(each int64) order.Verdict {
		return judge(t, s, []*order.Candidate{ofDay(
			fmt.Sprint(each), order.PricedLine{Product: units, Quantity: each}, order.PricedLine{Product: units, Quantity: 5},
			order.PricedLine{Product: tickets, Quantity: each}, order.PricedLine{Product: tickets, Quantity: 5},
		)})[0]
	}
	problems := as[*order.LinesError](t, asking(6).Err).Problems
	require.Equal(t, []int{1, 3}, []int{problems[0].Index, problems[1].Index})
	require.NotNil(t, asking(5).Accepted)
}

// A balance is told of once, where it falls below the merchant's threshold.
func TestLowBalance(t *testing.T) {
	for _, tt := range []struct {
		before, after, threshold string
		told                     bool
	}{
		{"100.00", "50.00", "50.00", false},
		{"100.00", "49.99", "50.00", true},
		{"50.00", "49.00", "50.00", true},
		{"49.99", "49.00", "50.00", false},
		{"100.00", "0.00", "", false},
		{"0.00", "-0.01", "0.00", true},
	} {
		t.Run(tt.before+" to "+tt.after, func(t *testing.T) {
			w := &order.WalletState{Currency: thb, Balance: baht(tt.after), EventSequence: 5}
			if tt.threshold != "" {
				threshold := baht(tt.threshold)
				w.LowBalance = &threshold
			}
			events := w.LowBalanceEvents(7, baht(tt.before), noon)
			if !tt.told {
				require.Empty(t, events)
				require.EqualValues(t, 5, w.EventSequence)
				return
			}
			require.Equal(t, event.Event{
				MerchantID: 7, Sequence: 6, Type: event.WalletLowBalance, CreatedAt: noon,
				Data: map[string]string{"balance": tt.after, "threshold": tt.threshold, "currency": "THB"},
			}, events[0])
			require.EqualValues(t, 6, w.EventSequence)
		})
	}
	p := codes(1, "60.00")
	s := state(p)
	threshold := baht("50.00")
	s.Wallets[7].LowBalance = &threshold
	a := judge(t, s, []*order.Candidate{candidate("r", order.PricedLine{Product: p, Quantity: 1})})[0].Accepted
	require.Equal(t, event.WalletLowBalance, a.Events[2].Type, "a charge tells of it too, after the order's events")
	require.EqualValues(t, 44, a.Events[2].Sequence)
}

// The credit limit is spent to its end, and not beyond.
func TestCreditIsSpentToItsEnd(t *testing.T) {
	for missing := range money.Amount(2) {
		p := codes(1, "120.00")
		p.Price += missing
		s := state(p)
		s.Wallets[7].CreditLimit = baht("20.00")
		v := judge(t, s, []*order.Candidate{candidate("r", order.PricedLine{Product: p, Quantity: 1})})[0]
		if missing == 0 {
			require.Equal(t, -baht("20.00"), v.Accepted.Charge.Balance)
			continue
		}
		require.Equal(t, missing, as[*order.InsufficientBalanceError](t, v.Err).Missing)
	}
}

// A unit that cannot be opened is an error of the whole transaction.
func TestUnitThatCannotBeOpened(t *testing.T) {
	p := codes(1, "1.00")
	s := state(p)
	broken := errors.New("no key")
	s.Open = func(u order.Unit) (string, error) {
		if u.ID == 101 {
			return "", broken
		}
		return "fine", nil
	}
	_, err := order.Judge(s, []*order.Candidate{candidate("r", order.PricedLine{Product: p, Quantity: 2})})
	require.ErrorIs(t, err, broken)
}

// The references of a draft's lines are known to the drafts after it, each once.
func TestLineReferencesWithinABatch(t *testing.T) {
	p := codes(1, "1.00")
	s := state(p)
	s.LineReferences = map[order.ReferenceKey]*order.ExistingOrder{}
	asking := func(reference string, unique bool, lines ...string) *order.Candidate {
		c := candidate(reference)
		for _, line := range lines {
			c.Lines = append(c.Lines, order.PricedLine{Product: p, Quantity: 1, UnitPrice: p.Price, Subtotal: p.Price})
			c.Draft.Lines = append(c.Draft.Lines, order.DraftLine{SKU: p.SKU, Quantity: 1, ExternalReference: line})
			c.Subtotal += p.Price
		}
		c.Draft.UniqueLines, c.Fingerprint = unique, c.Draft.Fingerprint()
		return c
	}
	verdicts := judge(t, s, []*order.Candidate{
		asking("a", true, "y", "x", "y"), asking("b", true, "y", "x", "y"), asking("c", true, "x"),
		asking("d", false, "x"), asking("e", true, "z"),
	})
	require.Equal(t, []string{"x", "y"}, slices.Collect(verdicts[0].Accepted.LineReferences()))
	require.Equal(t, verdicts[0].Accepted.Order.ID, verdicts[1].Replayed.ID)
	require.Equal(t, order.ReasonReferenceUsed, as[*order.LinesError](t, verdicts[2].Err).Problems[0].Reason)
	require.Empty(t, slices.Collect(verdicts[3].Accepted.LineReferences()), "who does not ask for it may repeat them")
	require.NotNil(t, verdicts[4].Accepted)
}

// What the customer has can be read and was not taken back.
func TestContents(t *testing.T) {
	l := order.Line{Goods: []order.Goods{
		{Content: "a", Status: delivered},
		{Content: "b", Status: used},
		{Content: "c", Status: gone},
		{Content: "d", Status: delivered, Unreadable: true},
		{Content: "", Status: pending},
		{Content: "e", Status: failed},
	}}
	require.Equal(t, []string{"a", "b"}, l.Contents())
}

// Only goods that are rows as an order is placed count as its units, and of those
// only units of stock are there already.
func TestUnitsOfACandidate(t *testing.T) {
	units, bought := codes(1, "1.00"), codes(3, "1.00")
	tickets, boughtTickets := codes(2, "1.00"), codes(4, "1.00")
	tickets.Dated, boughtTickets.Dated = true, true
	bought.Source, boughtTickets.Source = catalog.SourceProvider, catalog.SourceProvider
	c := candidate(
		"r", order.PricedLine{Product: units, Quantity: 1}, order.PricedLine{Product: tickets, Quantity: 10},
		order.PricedLine{Product: bought, Quantity: 100}, order.PricedLine{Product: boughtTickets, Quantity: 1000},
		order.PricedLine{Product: units, Quantity: 3},
	)
	require.EqualValues(t, 1014, c.Units())
	require.EqualValues(t, 4, c.StockUnits())
	wanted := map[int64]int64{1: 5}
	c.AddUnits(wanted)
	require.Equal(t, map[int64]int64{1: 9}, wanted)
}
