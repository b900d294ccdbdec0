package order_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

// dated is a settlement of one line of tickets at 10.00 with these statuses; their
// codes are t1, t2 and so on.
func dated(statuses ...order.GoodsStatus) (*order.SettleState, *order.Order) {
	line := order.Line{
		ID: 1, OrderID: 1, Position: 1, UseDate: "2026-12-31", UnitPrice: baht("10.00"), Quantity: int64(len(statuses)),
		Status: order.StatusPending,
	}
	line.Subtotal = line.UnitPrice * money.Amount(line.Quantity)
	line.Total = line.Subtotal
	s := &order.SettleState{Now: noon, Tickets: map[int64][]*order.Ticket{}}
	for i, status := range statuses {
		s.Tickets[1] = append(s.Tickets[1], &order.Ticket{ID: int64(i + 1), Code: fmt.Sprint("t", i+1), Status: status})
		switch status {
		case order.GoodsDelivered, order.GoodsUsed:
			line.Completed++
		case order.GoodsFailed:
			line.Failed++
		case order.GoodsCancelled:
			line.Cancelled++
		case order.GoodsPending:
		}
	}
	line.Refunded = line.UnitPrice * money.Amount(line.Failed+line.Cancelled)
	if line.Open() == 0 {
		line.Status = order.StatusCompleted
	}
	o := &order.Order{
		ID: 1, MerchantID: 7, Currency: thb, Total: line.Total, Refunded: line.Refunded, Status: line.Status,
		Lines: []order.Line{line},
	}
	s.Orders = map[int64]*order.Order{1: o}
	s.Wallets = map[int64]*order.WalletState{7: {Currency: thb}}
	return s, o
}

const (
	pending, delivered = order.GoodsPending, order.GoodsDelivered
	used, gone, failed = order.GoodsUsed, order.GoodsCancelled, order.GoodsFailed
)

// Which tickets a cancellation takes back, and what it pays for.
func TestCancelTickets(t *testing.T) {
	all := []order.GoodsStatus{delivered, pending, used, gone, failed}
	for _, tt := range []struct {
		name     string
		tickets  []order.GoodsStatus
		codes    []string
		back     []int64 // ids
		refund   string
		status   order.Status
		refusal  error
		eventsOf []event.Type
	}{
		{
			"whatever can be", all, nil,
			[]int64{1, 2},
			"20.00", order.StatusFailed, nil,
			[]event.Type{event.TicketsCancelled, event.OrderFailed},
		},
		{
			"all of them",
			[]order.GoodsStatus{delivered, pending},
			nil,
			[]int64{1, 2},
			"20.00", order.StatusCancelled, nil,
			[]event.Type{event.TicketsCancelled, event.OrderCancelled},
		},
		{
			"one by its code",
			[]order.GoodsStatus{delivered, delivered},
			[]string{"t2"},
			[]int64{2},
			"10.00",
			order.StatusCompleted, nil,
			[]event.Type{event.TicketsCancelled},
		},
		{
			"one named twice",
			[]order.GoodsStatus{delivered, delivered},
			[]string{"t2", "t2"},
			[]int64{2},
			"10.00",
			order.StatusCompleted, nil,
			[]event.Type{event.TicketsCancelled},
		},
		{"what is cancelled stays", all, []string{"t4", "t1"}, []int64{1}, "10.00", order.StatusPending, nil, []event.Type{
			event.TicketsCancelled,
		}},
		{"nothing but what is cancelled", all, []string{"t4"}, nil, "0.00", order.StatusPending, nil, nil},
		{"one is used", all, []string{"t1", "t3"}, nil, "", "", order.ErrNotCancellable, nil},
		{"one was refused", all, []string{"t1", "t5"}, nil, "", "", order.ErrNotCancellable, nil},
		{"nobody's", all, []string{"t1", "t6"}, nil, "", "", order.ErrNotFound, nil},
		{"none is left", []order.GoodsStatus{used, gone}, nil, nil, "", "", order.ErrNotCancellable, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, o := dated(tt.tickets...)
			state, before := "theirs", *o
			settled, err := s.CancelTickets(order.TicketCancellation{
				MerchantID: 7, OrderID: 1, LineID: 1, Codes: tt.codes, Reason: "rain", DoorState: &state,
			})
			if tt.refusal != nil {
				require.ErrorIs(t, err, tt.refusal)
				require.Equal(t, before, *o)
				require.Zero(t, s.Wallets[7].Balance)
				return
			}
			require.NoError(t, err)
			var back []int64
			for _, change := range settled.Changed {
				require.Equal(t, gone, change.Status)
				back = append(back, change.ID)
			}
			require.Equal(t, tt.back, back)
			require.EqualValues(t, len(back), settled.Released)
			require.Equal(t, baht(tt.refund), settled.Refund)
			require.Equal(t, baht(tt.refund), s.Wallets[7].Balance)
			require.Equal(t, tt.status, o.Status)
			require.Equal(t, &state, settled.DoorState)
			var types []event.Type
			for _, e := range settled.Events {
				types = append(types, e.Type)
				require.Equal(t, "rain", e.Data["reason"])
			}
			require.Equal(t, tt.eventsOf, types)
		})
	}
}

// A provider's answer counts for the tickets that nobody took back meanwhile.
func TestConfirmedTickets(t *testing.T) {
	goods := func(contents ...string) (given []order.Goods) {
		for _, content := range contents {
			given = append(given, order.Goods{Content: content})
		}
		return given
	}
	for _, tt := range []struct {
		name     string
		tickets  []order.GoodsStatus
		in       order.Settlement
		want     []order.GoodsStatus
		contents []string
		released int64
	}{
		{
			"all of them",
			[]order.GoodsStatus{pending, pending},
			order.Settlement{Delivered: goods("a", "b")},
			[]order.GoodsStatus{delivered, delivered},
			[]string{"a", "b"},
			0,
		},
		{
			"one cancelled meanwhile",
			[]order.GoodsStatus{gone, pending},
			order.Settlement{Delivered: goods("a", "b")},
			[]order.GoodsStatus{gone, delivered},
			[]string{"a"},
			0,
		},
		{
			"some, the others fail",
			[]order.GoodsStatus{pending, pending, pending},
			order.Settlement{Delivered: goods("a"), Failed: 2},
			[]order.GoodsStatus{delivered, failed, failed},
			[]string{"a", "", ""},
			2,
		},
		{
			"more fail than are left",
			[]order.GoodsStatus{gone, pending, pending},
			order.Settlement{Delivered: goods("a"), Failed: 2},
			[]order.GoodsStatus{gone, delivered, failed},
			[]string{"a", ""},
			1,
		},
		{
			"more are taken back than are left",
			[]order.GoodsStatus{gone, pending, pending},
			order.Settlement{Failed: 1, Cancelled: 3},
			[]order.GoodsStatus{gone, failed, gone},
			[]string{"", ""},
			2,
		},
		{
			"by code where there is no content",
			[]order.GoodsStatus{pending},
			order.Settlement{Delivered: []order.Goods{{TicketCode: "theirs"}}},
			[]order.GoodsStatus{delivered},
			[]string{"theirs"},
			0,
		},
		{
			"asked only", []order.GoodsStatus{pending}, order.Settlement{Started: true}, []order.GoodsStatus{pending}, nil, 0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, o := dated(tt.tickets...)
			tt.in.MerchantID, tt.in.OrderID, tt.in.LineID = 7, 1, 1
			settled, err := s.Settle(tt.in)
			require.NoError(t, err)
			var contents []string
			for _, change := range settled.Changed {
				contents = append(contents, change.Content)
			}
			require.Equal(t, tt.contents, contents)
			require.Equal(t, tt.released, settled.Released)
			require.Empty(t, settled.Goods, "tickets are no units")
			counts := map[order.GoodsStatus]int64{}
			for i, ticket := range s.Tickets[1] {
				require.Equal(t, tt.want[i], ticket.Status, i)
				counts[ticket.Status]++
			}
			l := &o.Lines[0]
			require.Equal(
				t, []int64{counts[delivered], counts[failed], counts[gone]}, []int64{l.Completed, l.Failed, l.Cancelled},
			)
		})
	}
}

// In whatever order tickets are confirmed, refused and cancelled, each is paid back
// once, and the line's counts are those of its tickets.
func FuzzTicketsArePaidBackOnce(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		chance := rand.New(rand.NewPCG(seed, 2))
		statuses := make([]order.GoodsStatus, 1+chance.IntN(6))
		for i := range statuses {
			statuses[i] = pending
		}
		s, o := dated(statuses...)
		line := &o.Lines[0]
		line.Discount = money.Amount(chance.Int64N(int64(line.Total)/10_000)) * 10_000
		line.Total -= line.Discount
		for range 12 {
			var codes []string
			for range chance.IntN(4) {
				codes = append(codes, fmt.Sprint("t", 1+chance.IntN(len(statuses))))
			}
			if chance.IntN(2) == 0 {
				_, err := s.CancelTickets(order.TicketCancellation{MerchantID: 7, OrderID: 1, LineID: 1, Codes: codes})
				if err != nil {
					require.ErrorIs(t, err, order.ErrNotCancellable)
				}
			} else {
				_, err := s.Settle(order.Settlement{
					MerchantID: 7, OrderID: 1, LineID: 1, Delivered: make([]order.Goods, chance.IntN(3)),
					Failed: chance.Int64N(3), Cancelled: chance.Int64N(2),
				})
				require.NoError(t, err)
			}
			counts := map[order.GoodsStatus]int64{}
			for _, ticket := range s.Tickets[1] {
				counts[ticket.Status]++
			}
			require.Equal(
				t, []int64{counts[pending], counts[delivered], counts[failed], counts[gone]},
				[]int64{line.Open(), line.Completed, line.Failed, line.Cancelled},
			)
			kept := line.Quantity - line.Failed - line.Cancelled
			want := line.Total - money.Kept(line.UnitPrice, line.Discount, line.Quantity, kept, thb)
			require.Equal(t, want, line.Refunded)
			require.Equal(t, want, o.Refunded)
			require.Equal(t, want, s.Wallets[7].Balance)
		}
	})
}
