package order_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/order"
)

// canceller answers with what a test says, and counts how often it is asked.
type canceller struct {
	asked  int
	answer func(asked int) error
}

func (c *canceller) Cancel(context.Context, *order.Order, order.Cancellation) error {
	c.asked++
	return c.answer(c.asked)
}

var errLinesBusy = &order.RetryLaterError{Err: &order.LinesBusyError{Positions: []int{1}}, After: time.Second}

// placedOrder is number n1 of merchant 7: a line of units, one of tickets of which
// the first is cancelled, and one that is cancelled.
func placedOrder() *memory {
	m := newMemory(codes(1, "10.00"))
	m.orders = []order.Order{{ID: 1, Number: "n1", MerchantID: 7, Lines: []order.Line{
		{ID: 1, Position: 1, Quantity: 1, Status: order.StatusPending},
		{ID: 2, Position: 2, Quantity: 2, Status: order.StatusCompleted, UseDate: day, Goods: []order.Goods{
			{TicketCode: "t1", Status: gone}, {TicketCode: "t2", Status: delivered},
		}},
		{ID: 3, Position: 3, Quantity: 1, Status: order.StatusCancelled},
	}}}
	return m
}

// What is cancelled already is cancelled, and what the order does not have cannot
// be: nobody is asked for either.
func TestCancelAsksOnlyForWhatIsThere(t *testing.T) {
	lines := func(lines ...order.CancelLine) order.Cancellation { return order.Cancellation{Lines: lines} }
	for _, tt := range []struct {
		name  string
		c     order.Cancellation
		asked int
		check func(*testing.T, error)
	}{
		{"all of it", order.Cancellation{}, 1, nil},
		{"a line", lines(order.CancelLine{Position: 1}), 1, nil},
		{"a cancelled line", lines(order.CancelLine{Position: 3}), 0, nil},
		{"a cancelled ticket", lines(order.CancelLine{Position: 2, TicketCodes: []string{"t1"}}), 0, nil},
		{"another ticket too", lines(order.CancelLine{Position: 2, TicketCodes: []string{"t1", "t2"}}), 1, nil},
		{"another line too", lines(order.CancelLine{Position: 3}, order.CancelLine{Position: 1}), 1, nil},
		{"line 0", lines(order.CancelLine{Position: 0}), 0, is(order.ErrNotFound)},
		{"one line more", lines(order.CancelLine{Position: 4}), 0, is(order.ErrNotFound)},
		{"no such ticket", lines(order.CancelLine{Position: 2, TicketCodes: []string{"t2", "t3"}}), 0, is(order.ErrNotFound)},
		{"a long reason", order.Cancellation{Reason: strings.Repeat("ü", 500)}, 1, nil},
		{"too long a reason", order.Cancellation{Reason: strings.Repeat("ü", 501)}, 0, kind[*errs.InvalidError]},
		{"a reason of two lines", order.Cancellation{Reason: "a\nb"}, 0, kind[*errs.InvalidError]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &canceller{answer: func(int) error { return nil }}
			o, err := serve(t, placedOrder(), order.Options{Canceller: c}).Cancel(t.Context(), order.ByMerchant(7), "n1", tt.c)
			require.Equal(t, tt.asked, c.asked)
			if tt.check != nil {
				tt.check(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "n1", o.Number)
		})
	}
	c := &canceller{}
	_, err := serve(t, placedOrder(), order.Options{Canceller: c}).Cancel(
		t.Context(), order.ByMerchant(8), "n1", order.Cancellation{},
	)
	require.ErrorIs(t, err, order.ErrNotFound)
	require.Zero(t, c.asked, "another merchant's order is none")
}

// A line that is just with its provider is asked for until three seconds are over.
func TestCancelWaitsForBusyLines(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(asked int) error
		asked  int
		takes  time.Duration
		check  func(*testing.T, error)
	}{
		{"free in a moment", func(asked int) error {
			if asked < 3 {
				return errLinesBusy
			}
			return nil
		}, 3, 100 * time.Millisecond, nil},
		{"just in time", func(asked int) error {
			if asked < 61 {
				return errLinesBusy
			}
			return nil
		}, 61, 3 * time.Second, nil},
		{
			"too late", func(int) error { return errLinesBusy }, 62, 3050 * time.Millisecond, kind[*order.LinesBusyError],
		},
		{"never", func(int) error { return order.ErrNotCancellable }, 1, 0, is(order.ErrNotCancellable)},
		{"no storage", func(int) error { return errs.ErrUnavailable }, 1, 0, is(errs.ErrUnavailable)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &canceller{answer: tt.answer}
				s := order.NewService(order.Options{Store: placedOrder(), Canceller: c})
				defer s.Close()
				began := time.Now()
				_, err := s.Cancel(t.Context(), order.ByMerchant(7), "n1", order.Cancellation{})
				require.Equal(t, tt.takes, time.Since(began))
				require.Equal(t, tt.asked, c.asked)
				if tt.check == nil {
					require.NoError(t, err)
					return
				}
				tt.check(t, err)
			})
		})
	}
}

func TestCancelEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := order.NewService(order.Options{
			Store: placedOrder(), Canceller: &canceller{answer: func(int) error { return errLinesBusy }},
		})
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Cancel(ctx, order.ByMerchant(7), "n1", order.Cancellation{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
