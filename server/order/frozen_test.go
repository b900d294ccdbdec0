package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/order"
)

// settling is a transaction's view of one order of three lines.
func settling(o *order.Order) *order.SettleState {
	return &order.SettleState{
		Now: noon, Orders: map[int64]*order.Order{1: o}, Wallets: map[int64]*order.WalletState{7: {Currency: thb}},
	}
}

// What happens to lines in the transaction of an event about their order, that
// event tells; what happens to them alone has an event of its own.
func TestToldOnce(t *testing.T) {
	o := &order.Order{ID: 1, MerchantID: 7, Currency: thb, Status: order.StatusPending}
	for id := int64(1); id <= 3; id++ {
		o.Lines = append(o.Lines, order.Line{ID: id, OrderID: 1, Position: int(id), Quantity: 2, Status: order.StatusPending})
	}
	settle := func(s *order.SettleState, in order.Settlement) *order.Settled {
		t.Helper()
		in.MerchantID, in.OrderID = 7, 1
		settled, err := s.Settle(in)
		require.NoError(t, err)
		return settled
	}
	s := settling(o)
	first := settle(s, order.Settlement{LineID: 1, Started: true})
	require.Empty(t, settle(s, order.Settlement{LineID: 2, Started: true}).Events)
	require.Equal(t, event.OrderProcessing, first.Events[0].Type)
	then, changed, err := o.At(&first.Events[0])
	require.NoError(t, err)
	require.Equal(t, map[int64]bool{1: true, 2: true, 3: false}, changed)
	require.Equal(t, []order.Status{order.StatusProcessing, order.StatusProcessing, order.StatusPending},
		[]order.Status{then.Lines[0].Status, then.Lines[1].Status, then.Lines[2].Status})

	s = settling(o)
	alone := settle(s, order.Settlement{LineID: 3, Started: true})
	require.Equal(t, []event.Type{event.LineProcessing}, []event.Type{alone.Events[0].Type})
	part := settle(s, order.Settlement{LineID: 3, Delivered: []order.Goods{{Content: "x"}}})
	require.Equal(t, event.LineUnitsChanged, part.Events[0].Type)
	require.EqualValues(t, 3, part.Events[0].LineID)
	require.Empty(t, settle(s, order.Settlement{LineID: 3}).Events, "nothing has changed")

	// Later the order is told as it stood.
	o.Lines[2].Goods = []order.Goods{
		{Content: "x", Status: order.GoodsDelivered, DeliveredAt: noon},
		{Content: "y", Status: order.GoodsDelivered, DeliveredAt: noon.Add(time.Hour)},
	}
	then, changed, err = o.At(&part.Events[0])
	require.NoError(t, err)
	require.Equal(t, map[int64]bool{3: true}, changed)
	require.Len(t, then.Lines[2].Goods, 1)
	require.EqualValues(t, 1, then.Lines[2].Completed)
	_, _, err = o.At(&event.Event{State: "?"})
	require.Error(t, err)

	// So it is by what the event has alone, as far as that goes.
	part.Events[0].OrderID = o.ID
	known, changed, err := order.StateAt(&part.Events[0])
	require.NoError(t, err)
	require.Equal(t, map[int64]bool{3: true}, changed)
	require.Equal(t, then.Status, known.Status)
	require.Equal(t, []order.Line{{ID: 3, Status: order.StatusProcessing, Completed: 1}}, known.Lines)
	_, _, err = order.StateAt(&event.Event{State: "?"})
	require.Error(t, err)
}

// What is told late of an order with tickets is what was so when it happened.
func TestTicketsAsTheyStood(t *testing.T) {
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	confirmed := order.Goods{TicketCode: "t1", Content: "a", Status: delivered, DeliveredAt: at(1)}
	for _, tt := range []struct {
		name string
		now  []order.Goods
		line order.Line // as it stood
		then []order.GoodsStatus
	}{
		{"confirmed since", []order.Goods{confirmed}, order.Line{}, []order.GoodsStatus{pending}},
		{
			"cancelled unconfirmed since",
			[]order.Goods{{TicketCode: "t1", Status: gone}},
			order.Line{},
			[]order.GoodsStatus{pending},
		},
		{
			"refused since", []order.Goods{{TicketCode: "t1", Status: failed}}, order.Line{}, []order.GoodsStatus{pending},
		},
		{
			"one of two cancelled by then",
			[]order.Goods{{TicketCode: "t1", Status: gone}, {TicketCode: "t2", Status: gone}},
			order.Line{Cancelled: 1},
			[]order.GoodsStatus{gone, pending},
		},
		{
			"refused by then",
			[]order.Goods{{TicketCode: "t1", Status: failed}},
			order.Line{Failed: 1},
			[]order.GoodsStatus{failed},
		},
		{
			"taken back since",
			[]order.Goods{{TicketCode: "t1", Status: gone, DeliveredAt: noon}, {TicketCode: "t2", Status: gone}},
			order.Line{Completed: 1, Cancelled: 1},
			[]order.GoodsStatus{delivered, gone},
		},
		{
			"taken back by then",
			[]order.Goods{{TicketCode: "t1", Status: gone, DeliveredAt: noon}, {TicketCode: "t2"}},
			order.Line{Cancelled: 1},
			[]order.GoodsStatus{gone, pending},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, o := dated(make([]order.GoodsStatus, len(tt.now))...)
			tt.line.ID, tt.line.Quantity, tt.line.Status = 1, int64(len(tt.now)), order.StatusProcessing
			e := event.Event{CreatedAt: noon, State: frozen(t, tt.line)}
			o.Lines[0].Goods = tt.now
			then, _, err := o.At(&e)
			require.NoError(t, err)
			for i, g := range then.Lines[0].Goods {
				require.Equal(t, tt.then[i], g.Status, g.TicketCode)
				require.Empty(t, g.Content)
			}
			require.Len(t, then.Lines[0].Goods, len(tt.then))
		})
	}
}

// frozen is the state that an event keeps of an order with the line.
func frozen(t *testing.T, line order.Line) string {
	t.Helper()
	line.UseDate, line.OrderID = "", 1
	o := &order.Order{ID: 1, MerchantID: 7, Currency: thb, Status: line.Status, Lines: []order.Line{line}}
	settled, err := settling(o).Settle(order.Settlement{
		MerchantID: 7, OrderID: 1, LineID: 1, Notes: []order.Note{{Type: event.AttemptParked}},
	})
	require.NoError(t, err)
	return settled.Events[len(settled.Events)-1].State
}
