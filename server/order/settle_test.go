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

// underway is an order of lines of three units at 10.00 each, all with a provider.
func underway(lines int) *order.Order {
	o := &order.Order{ID: 1, Number: "n1", MerchantID: 7, Currency: thb, Status: order.StatusProcessing}
	for id := int64(1); id <= int64(lines); id++ {
		o.Lines = append(o.Lines, order.Line{
			ID: id, OrderID: 1, Position: int(id), Quantity: 3, Status: order.StatusProcessing, UnitPrice: baht("10.00"),
			Subtotal: baht("30.00"), Total: baht("30.00"),
		})
		o.Total += baht("30.00")
	}
	return o
}

func settle(t *testing.T, s *order.SettleState, in order.Settlement) *order.Settled {
	t.Helper()
	in.MerchantID, in.OrderID = 7, 1
	settled, err := s.Settle(in)
	require.NoError(t, err)
	return settled
}

// An order that was begun stays so while anything of it is open: taking back what had
// begun is not its end.
func TestBegunStaysBegun(t *testing.T) {
	o := underway(2)
	o.Lines[1].Status = order.StatusPending
	s := settling(o)
	first := settle(t, s, order.Settlement{LineID: 1, Cancelled: 3})
	require.Equal(t, order.StatusProcessing, o.Status)
	require.Equal(t, event.LineCancelled, first.Events[0].Type)
	second := settle(t, s, order.Settlement{LineID: 2, Started: true})
	require.Equal(t, event.LineProcessing, second.Events[0].Type)
	last := settle(t, s, order.Settlement{LineID: 2, Delivered: make([]order.Goods, 3)})
	require.Equal(t, event.OrderCompleted, last.Events[0].Type)
}

// What is not the merchant's, or more than is open, is refused before anything is
// changed.
func TestSettleRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   order.Settlement
	}{
		{"another merchant's", order.Settlement{MerchantID: 8, OrderID: 1, LineID: 1, Failed: 1}},
		{"an order that is not there", order.Settlement{MerchantID: 7, OrderID: 2, LineID: 1, Failed: 1}},
		{"a line that is not there", order.Settlement{MerchantID: 7, OrderID: 1, LineID: 2, Failed: 1}},
		{"one unit too many", order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Failed: 4}},
		{"one too many in all", order.Settlement{
			MerchantID: 7, OrderID: 1, LineID: 1, Delivered: make([]order.Goods, 2), Failed: 1, Cancelled: 1,
		}},
		{"less than nothing fails", order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Failed: -1, Cancelled: 2}},
		{"less than nothing is cancelled", order.Settlement{
			MerchantID: 7, OrderID: 1, LineID: 1, Delivered: make([]order.Goods, 3), Cancelled: -1,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := underway(1)
			s := settling(o)
			s.Wallets[8] = &order.WalletState{Currency: thb}
			_, err := s.Settle(tt.in)
			require.Error(t, err)
			require.Equal(t, underway(1), o)
			require.Equal(t, order.WalletState{Currency: thb}, *s.Wallets[7])
		})
	}
	_, err := (&order.SettleState{Orders: map[int64]*order.Order{1: underway(1)}}).Settle(
		order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Failed: 1},
	)
	require.ErrorIs(t, err, order.ErrNotFound, "without the wallet nobody is paid")
}

// While the order stays under way each line tells its own end.
func TestLinesTellTheirEnd(t *testing.T) {
	for kind, in := range map[event.Type]order.Settlement{
		event.LineCompleted:    {Delivered: make([]order.Goods, 3)},
		event.LineFailed:       {Delivered: make([]order.Goods, 2), Failed: 1},
		event.LineCancelled:    {Cancelled: 3},
		event.LineUnitsChanged: {Failed: 2},
	} {
		o := underway(2)
		in.LineID = 1
		settled := settle(t, settling(o), in)
		require.Len(t, settled.Events, 1)
		require.Equal(t, kind, settled.Events[0].Type)
		require.EqualValues(t, 1, settled.Events[0].LineID)
		require.Equal(t, string(o.Lines[0].Status), settled.Events[0].Data["line_status"])
		require.Equal(t, order.StatusProcessing, o.Status)
		require.Nil(t, o.CompletedAt)
		for _, g := range settled.Goods {
			require.Equal(t, order.Goods{Status: order.GoodsDelivered, DeliveredAt: noon}, g)
		}
	}
}

// An order fails with the first reason of its first failed line.
func TestReasonOfFailure(t *testing.T) {
	o := underway(3)
	s := settling(o)
	for _, in := range []order.Settlement{
		{LineID: 3, Failed: 3, FailureCode: "LAST", FailureMessage: "of the last line"},
		{LineID: 2, Failed: 1, FailureCode: "FIRST", FailureMessage: "first said"},
		{LineID: 2, Failed: 2, FailureCode: "LATER", FailureMessage: "later said"},
	} {
		settle(t, s, in)
	}
	require.Empty(t, o.FailureCode, "it is not over")
	settle(t, s, order.Settlement{LineID: 1, Delivered: make([]order.Goods, 3)})
	require.Equal(t, order.StatusFailed, o.Status)
	require.Equal(t, []string{"FIRST", "first said"}, []string{o.FailureCode, o.FailureMessage})
	require.Equal(t, &noon, o.CompletedAt)
}

// What a settlement says beside its counts is in the log: the merchant's reason,
// why an attempt is parked, and notes about the line.
func TestSettlementTellsWhy(t *testing.T) {
	o := underway(1)
	state := "theirs"
	settled := settle(t, settling(o), order.Settlement{
		LineID: 1, Cancelled: 3, Reason: "rain", DoorState: &state, Parked: "nobody knows",
		Notes: []order.Note{{Type: event.AttemptResolved, Data: map[string]string{"action": "failed"}}},
	})
	require.Equal(t, &state, settled.DoorState)
	var types []event.Type
	for i, e := range settled.Events {
		types = append(types, e.Type)
		require.EqualValues(t, i+1, e.Sequence)
		require.Equal(t, "n1", e.Data["order_number"])
		require.NotEmpty(t, e.State)
	}
	require.Equal(t, []event.Type{event.OrderCancelled, event.AttemptResolved, event.AttemptParked}, types)
	require.Equal(t, "rain", settled.Events[0].Data["reason"])
	require.Equal(t, "failed", settled.Events[1].Data["action"])
	require.Equal(t, "nobody knows", settled.Events[2].Data["reason"])
}

// An order ends once: tickets taken back afterwards do not move the moment.
func TestMomentOfCompletionStays(t *testing.T) {
	s, o := dated(delivered, delivered)
	before := noon.Add(-1)
	o.CompletedAt = &before
	_, err := s.CancelTickets(order.TicketCancellation{MerchantID: 7, OrderID: 1, LineID: 1})
	require.NoError(t, err)
	require.Equal(t, order.StatusCancelled, o.Status)
	require.Equal(t, noon.Add(-1), *o.CompletedAt)
	require.Equal(t, noon, o.UpdatedAt)
}

// settlements are random ones of the order until nothing is open.
func settlements(chance *rand.Rand, o *order.Order) (all []order.Settlement) {
	for i := range o.Lines {
		for left := o.Lines[i].Quantity; left > 0; {
			n := 1 + chance.Int64N(left)
			in := order.Settlement{LineID: o.Lines[i].ID}
			switch chance.IntN(3) {
			case 0:
				in.Delivered = make([]order.Goods, n)
			case 1:
				in.Failed, in.FailureCode = n, fmt.Sprint("F", len(all))
			default:
				in.Cancelled = n
			}
			all = append(all, in)
			left -= n
		}
	}
	return all
}

// However an order's lines end, in whatever order and transactions: the refunds
// are those of its lines, never more than it cost and as much as was not
// delivered; its log has no gaps, and its last event tells the end.
func FuzzOrdersAddUp(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		chance := rand.New(rand.NewPCG(seed, 3))
		o := underway(1 + chance.IntN(4))
		for i := range o.Lines {
			l := &o.Lines[i]
			l.Discount = money.Amount(chance.Int64N(3001)) * 10_000
			l.Total -= l.Discount
			o.Total -= l.Discount
		}
		steps := settlements(chance, o)
		chance.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		s, wallet := settling(o), &order.WalletState{Currency: thb}
		s.Wallets[7] = wallet
		var paid money.Amount
		var written []*order.Settled
		for _, in := range steps {
			require.False(t, o.Status.Final())
			if chance.IntN(2) == 0 { // another transaction
				s = settling(o)
				s.Wallets[7] = wallet
			}
			settled := settle(t, s, in)
			written = append(written, settled)
			paid += settled.Refund
			require.Equal(t, paid, wallet.Balance)
			require.LessOrEqual(t, paid, o.Total)
		}
		var refunded, undelivered money.Amount
		for i := range o.Lines {
			l := &o.Lines[i]
			refunded += l.Refunded
			undelivered += l.Total - money.Kept(l.UnitPrice, l.Discount, l.Quantity, l.Completed, thb)
		}
		require.Equal(t, []money.Amount{paid, paid, paid}, []money.Amount{refunded, undelivered, o.Refunded})
		var last event.Event
		for _, settled := range written {
			for _, e := range settled.Events {
				require.Equal(t, last.Sequence+1, e.Sequence)
				last = e
			}
		}
		then, _, err := o.At(&last)
		require.NoError(t, err)
		require.True(t, o.Status.Final())
		require.Equal(t, []any{o.Status, o.Refunded, o.FailureCode}, []any{then.Status, then.Refunded, then.FailureCode})
	})
}
