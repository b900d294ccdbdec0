package fulfil_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
)

// obliging is a provider that answers to cancellations.
type obliging struct {
	act
	cancel  dialect.Outcome
	err     error
	tickets []dialect.Goods // that it was asked to take back at last
	asked   int
}

func (o *obliging) Cancel(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	o.asked++
	return o.cancel, o.err
}

func (o *obliging) CancelTickets(_ context.Context, _ dialect.Purchase, tickets []dialect.Goods) error {
	o.asked++
	o.tickets = tickets
	return o.err
}

// What becomes of a cancellation depends on what the line's last attempt is at, and
// on what its provider says. Only what is certainly nobody's is paid back.
func TestCancelByWhatTheAttemptIsAt(t *testing.T) {
	yes := &obliging{cancel: dialect.Outcome{State: dialect.Cancelled}}
	for _, tt := range []struct {
		name   string
		status fulfil.AttemptStatus // "" for no attempt
		by     dialect.Connector
		want   error
		refund money.Amount
		after  fulfil.AttemptStatus
	}{
		{"nobody was asked", "", nil, nil, 30, ""},
		{"refused", fulfil.AttemptRefused, yes, nil, 30, fulfil.AttemptRefused},
		{"waiting", fulfil.AttemptWaiting, &act{}, nil, 30, fulfil.AttemptCancelled},
		{"accepted", fulfil.AttemptAccepted, yes, nil, 30, fulfil.AttemptCancelled},
		{"accepted by one that keeps it", fulfil.AttemptAccepted, &act{}, order.ErrNotCancellable, 0, fulfil.AttemptAccepted},
		{
			"still worked on", fulfil.AttemptAccepted, &obliging{cancel: dialect.Outcome{State: dialect.Accepted}},
			order.ErrNotCancellable, 0, fulfil.AttemptAccepted,
		},
		{
			"delivered meanwhile", fulfil.AttemptAccepted,
			&obliging{cancel: dialect.Outcome{State: dialect.Delivered, Goods: units(3)}},
			order.ErrNotCancellable, 0, fulfil.AttemptDelivered,
		},
		{
			"no answer", fulfil.AttemptAccepted, &obliging{err: errors.New("lost")}, order.ErrNotCancellable, 0,
			fulfil.AttemptAccepted,
		},
		{"being submitted", fulfil.AttemptSubmitting, yes, order.ErrBusy, 0, fulfil.AttemptSubmitting},
		{
			"being submitted to one that keeps it", fulfil.AttemptSubmitting, &act{}, order.ErrNotCancellable, 0,
			fulfil.AttemptSubmitting,
		},
		{"unknown", fulfil.AttemptUnknown, yes, order.ErrNotCancellable, 0, fulfil.AttemptUnknown},
		{"parked", fulfil.AttemptParked, yes, order.ErrNotCancellable, 0, fulfil.AttemptParked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.by)
			if tt.status != "" {
				d.attempt(tt.status, 1, due(noon.Add(time.Hour)))
			}
			err := d.engine.Cancel(t.Context(), d.order, order.Cancellation{Reason: "rain"})
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, tt.refund*money.Unit, d.wallet.Balance)
			require.Equal(t, tt.refund > 0, d.order.Status == order.StatusCancelled)
			if tt.status != "" {
				require.Equal(t, tt.after, d.attempts[0].Status)
			}
			if tt.refund > 0 {
				require.Equal(t, "rain", d.events[len(d.events)-1].Data["reason"])
			}
		})
	}
}

// What somebody else did to the line meanwhile is not undone: the line is busy.
func TestCancelThatComesSecond(t *testing.T) {
	d := newDesk(t)
	d.before = func() {
		if len(d.attempts) == 0 {
			d.attempt(fulfil.AttemptSubmitting, 1, due(noon.Add(time.Hour)))
		}
	}
	err := d.engine.Cancel(t.Context(), d.order, order.Cancellation{})
	var busy *order.LinesBusyError
	require.ErrorAs(t, err, &busy)
	require.Equal(t, []int{1}, busy.Positions)
	require.Zero(t, d.wallet.Balance)
}

// A provider's tickets are taken back once it agrees, ours at once.
func TestCancelProvidersTickets(t *testing.T) {
	willing := func() *obliging { return &obliging{} }
	for _, tt := range []struct {
		name   string
		own    bool
		status fulfil.AttemptStatus // "" for no attempt
		by     dialect.Connector
		want   error
		refund money.Amount
		asked  bool
	}{
		{"our own", true, "", nil, nil, 20, false},
		{"nobody was asked", false, "", willing(), nil, 20, false},
		{"refused", false, fulfil.AttemptRefused, willing(), nil, 20, false},
		{"accepted", false, fulfil.AttemptAccepted, willing(), nil, 20, true},
		{"delivered", false, fulfil.AttemptDelivered, willing(), nil, 20, true},
		{
			"it says no", false, fulfil.AttemptDelivered, &obliging{err: dialect.ErrNotCancellable}, order.ErrNotCancellable,
			0, true,
		},
		{"no answer", false, fulfil.AttemptDelivered, &obliging{err: errors.New("lost")}, order.ErrBusy, 0, true},
		{"it takes none back", false, fulfil.AttemptDelivered, &act{}, order.ErrNotCancellable, 0, false},
		{"waiting", false, fulfil.AttemptWaiting, willing(), order.ErrBusy, 0, false},
		{"being submitted", false, fulfil.AttemptSubmitting, willing(), order.ErrBusy, 0, false},
		{"unknown", false, fulfil.AttemptUnknown, willing(), order.ErrBusy, 0, false},
		{"parked", false, fulfil.AttemptParked, willing(), order.ErrNotCancellable, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.by)
			if tt.status != "" {
				d.attempt(tt.status, 1)
			}
			d.line.UseDate, d.line.FromProvider = "2026-12-31", !tt.own
			d.line.Goods = []order.Goods{
				{TicketCode: "t1", Content: "a", Status: order.GoodsDelivered},
				{TicketCode: "t2", Content: "b", Status: order.GoodsPending},
				{TicketCode: "t3", Status: order.GoodsPending},
			}
			d.tickets = map[int64][]*order.Ticket{11: {
				{ID: 1, Code: "t1", Status: order.GoodsDelivered},
				{ID: 2, Code: "t2", Status: order.GoodsPending},
				{ID: 3, Code: "t3", Status: order.GoodsPending},
			}}
			d.line.Completed = 1
			err := d.engine.Cancel(t.Context(), d.order, order.Cancellation{
				Lines: []order.CancelLine{{Position: 1, TicketCodes: []string{"t2", "t1"}}},
			})
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, tt.refund*money.Unit, d.wallet.Balance)
			if o, ok := tt.by.(*obliging); ok {
				require.Equal(t, tt.asked, o.asked == 1)
				if tt.asked {
					require.Equal(
						t, []dialect.Goods{{TicketCode: "t2", Content: "b"}, {TicketCode: "t1", Content: "a"}}, o.tickets,
					)
				}
			}
		})
	}
}

// A provider is never asked to take back what somebody came in with.
func TestCancelAsksForNoUsedTicket(t *testing.T) {
	const used, delivered, gone = order.GoodsUsed, order.GoodsDelivered, order.GoodsCancelled
	for _, tt := range []struct {
		name     string
		tickets  []order.GoodsStatus
		named    []string
		want     error
		askedFor []string // nil when it is not asked, empty for all that it has
		refund   money.Amount
	}{
		{"all of them are used", []order.GoodsStatus{used, used, used}, nil, order.ErrNotCancellable, nil, 0},
		{"one is used", []order.GoodsStatus{used, delivered, delivered}, nil, nil, []string{"t2", "t3"}, 20},
		{
			"a used one is named",
			[]order.GoodsStatus{used, delivered, delivered},
			[]string{"t2", "t1"},
			order.ErrNotCancellable, nil, 0,
		},
		{"another one is named", []order.GoodsStatus{used, delivered, delivered}, []string{"t3"}, nil, []string{"t3"}, 10},
		{"the rest is cancelled", []order.GoodsStatus{used, gone, gone}, nil, order.ErrNotCancellable, nil, 0},
		{"none is used", []order.GoodsStatus{delivered, delivered, delivered}, nil, nil, []string{}, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			by := &obliging{}
			d := newDesk(t, by)
			d.attempt(fulfil.AttemptDelivered, 1)
			d.line.UseDate, d.tickets = "2026-12-31", make(map[int64][]*order.Ticket)
			for i, status := range tt.tickets {
				code := fmt.Sprint("t", i+1)
				d.line.Goods = append(d.line.Goods, order.Goods{TicketCode: code, Content: "their " + code, Status: status})
				d.tickets[11] = append(d.tickets[11], &order.Ticket{ID: int64(i + 1), Code: code, Status: status})
				if status == gone {
					d.line.Cancelled++
					d.line.Refunded += d.line.UnitPrice
				} else {
					d.line.Completed++
				}
			}
			d.line.Status, d.order.Status = order.StatusCompleted, order.StatusCompleted
			err := d.engine.Cancel(t.Context(), d.order, order.Cancellation{
				Lines: []order.CancelLine{{Position: 1, TicketCodes: tt.named}},
			})
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, tt.refund*money.Unit, d.wallet.Balance)
			require.Equal(t, tt.askedFor != nil, by.asked == 1)
			var codes []string
			for _, ticket := range by.tickets {
				codes = append(codes, ticket.TicketCode)
				require.Equal(t, "their "+ticket.TicketCode, ticket.Content)
			}
			require.ElementsMatch(t, tt.askedFor, codes)
		})
	}
}

// Lines that the cancellation does not name are left alone, and so are units where
// it names tickets.
func TestCancelOnlyWhatIsNamed(t *testing.T) {
	d := newDesk(t)
	other := *d.line
	other.ID, other.Position = 12, 2
	d.order.Lines = append(d.order.Lines, other)
	state := "theirs"
	err := d.engine.Cancel(t.Context(), d.order, order.Cancellation{
		Lines: []order.CancelLine{{Position: 2, DoorState: &state}, {Position: 1, TicketCodes: []string{"t1"}}},
	})
	require.NoError(t, err)
	require.Equal(t, order.StatusPending, d.order.Lines[0].Status)
	require.Equal(t, order.StatusCancelled, d.order.Lines[1].Status)
	require.Equal(t, state, d.kept)
}
