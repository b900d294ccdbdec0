package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/clock"
	"orderhub/server/errs"
)

// maxCancelReason is in characters.
const maxCancelReason = 500

// A line that is being handed to its provider cannot be taken back at this very
// moment, and mostly can in the next.
const (
	cancelPatience = 3 * time.Second
	cancelPause    = 50 * time.Millisecond
)

// LinesBusyError wraps ErrBusy: these lines are not taken back. Others that were
// named may be.
type LinesBusyError struct{ Positions []int }

func (e *LinesBusyError) Error() string {
	return fmt.Sprintf("%v: lines %v", ErrBusy, e.Positions)
}

func (e *LinesBusyError) Unwrap() error { return ErrBusy }

// Cancel takes back what can be taken back of the order, or of the lines and
// tickets named, and pays for it: units that are not delivered yet, and tickets
// that are not used. What is cancelled already is left as it is; when that is
// all there is, nothing changes. Lines that are just being handed to a provider are
// waited for: without an error each line is cancelled, or the order says what else
// became of it for good. Errors: *errs.InvalidError; ErrNotFound, also for a line or ticket that the
// order does not have; ErrNotCancellable; *RetryLaterError, which with
// *LinesBusyError names the lines that are not taken back.
func (s *Service) Cancel(ctx context.Context, v Viewer, number string, c Cancellation) (*Order, error) {
	bad := &errs.InvalidError{}
	if bad.CheckLine("reason", c.Reason, 0, maxCancelReason); bad.OrNil() != nil {
		return nil, bad
	}
	for end := time.Now().Add(cancelPatience); ; {
		o, err := s.store.Order(ctx, v, number)
		if err != nil {
			return nil, err
		}
		done, err := alreadyCancelled(o, &c)
		if err != nil || done {
			return o, err
		}
		err = s.canceller.Cancel(ctx, o, c)
		switch {
		case err == nil:
			return s.store.Order(ctx, v, number)
		case !errors.Is(err, ErrBusy), time.Now().After(end):
			return nil, err
		}
		if err := clock.Sleep(ctx, cancelPause); err != nil {
			return nil, err
		}
	}
}

// alreadyCancelled reports whether everything that the cancellation names is.
// ErrNotFound when it names what the order does not have.
func alreadyCancelled(o *Order, c *Cancellation) (bool, error) {
	for _, wanted := range c.Lines {
		if wanted.Position < 1 || wanted.Position > len(o.Lines) {
			return false, fmt.Errorf("line %d of order %s: %w", wanted.Position, o.Number, ErrNotFound)
		}
	}
	done := true
	for i := range o.Lines {
		wanted, ok := c.Line(o.Lines[i].Position)
		if !ok || o.Lines[i].Status == StatusCancelled {
			continue
		}
		if len(wanted.TicketCodes) == 0 {
			done = false
			continue
		}
		for _, code := range wanted.TicketCodes {
			goods := o.Lines[i].ticket(code)
			if goods == nil {
				return false, fmt.Errorf("ticket of order %s: %w", o.Number, ErrNotFound)
			}
			done = done && goods.Status == GoodsCancelled
		}
	}
	return done, nil
}
