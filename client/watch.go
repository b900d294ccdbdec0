package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// WatchOptions say where to start and what is wanted.
type WatchOptions struct {
	// AfterSequence is the number of the last event that was dealt with; 0 for all that are kept.
	AfterSequence int64
	// Types are those of the events that are wanted, at most 20; none for all.
	Types []string
	// Merchant is for operators: whose log it is. Empty for that of all merchants, which goes by AfterPosition.
	Merchant string
	// AfterPosition is, in the log of all merchants, the position of the last event that was dealt with.
	AfterPosition string
	// Interrupted, where it is set, is told why a stream ended each time that another one is opened: for a log.
	Interrupted func(error)
}

// Watch gives handle each event of the log after the place that options name, one after the other, in the log's order,
// until ctx ends, handle fails or the hub refuses. It returns that error, and never nil.
//
// When the connection breaks, the hub restarts or handle takes so long that the hub gives the stream up, Watch goes on
// after the last event that handle was given: none is left out and none comes twice. Whoever keeps the sequence of the
// last event, or in the log of all merchants its position, goes on from there after its own restart. handle is called
// by the goroutine that calls Watch.
func (c *Client) Watch(
	ctx context.Context, options WatchOptions, handle func(context.Context, *orderhubv1.OrderEvent) error,
) error {
	w := &watch{client: c, at: options, handle: handle}
	waits := (&repeater{first: c.settings.firstWait, most: c.settings.maxWait}).backoff()
	for {
		before := w.seen
		err := w.stream(ctx)
		var ended *handlerError
		if errors.As(err, &ended) {
			return ended.err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		failed, ok := errors.AsType[*Error](err)
		if ok && !resumes(failed) {
			return err
		}
		if options.Interrupted != nil {
			options.Interrupted(err)
		}
		if w.seen > before {
			waits.Reset()
		}
		wait := waits.NextBackOff()
		if ok {
			wait = max(wait, failed.RetryAfter)
		}
		if paused := pause(ctx, wait); paused != nil {
			return fmt.Errorf("%w: %w", paused, err)
		}
	}
}

// errSilent: no message came, not even a heartbeat.
var errSilent = errors.New("orderhub: the stream is silent")

// resumes reports whether a stream that ended so is opened again. A connection that breaks has one of several codes.
func resumes(e *Error) bool {
	switch e.Code {
	case codes.Unavailable, codes.Internal, codes.Unknown, codes.Canceled, codes.DeadlineExceeded:
		return true
	case codes.Aborted:
		return e.Reason == ReasonReadingTooSlowly || passes(e)
	default:
		return passes(e)
	}
}

// handlerError is what handle returned, told from what the stream did.
type handlerError struct{ err error }

func (e *handlerError) Error() string { return e.err.Error() }

// watch is a reader of the log, over several streams.
type watch struct {
	client *Client
	at     WatchOptions // moves with what was handled
	handle func(context.Context, *orderhubv1.OrderEvent) error
	seen   int
}

// stream reads one stream to its end and says why it ended.
func (w *watch) stream(ctx context.Context) error {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(w.client.settings.silence, func() { cancel(errSilent) })
	defer silent.Stop()
	stream, err := w.client.orders.WatchOrders(within, &orderhubv1.WatchOrdersRequest{
		AfterSequence: w.at.AfterSequence, EventTypes: w.at.Types, Merchant: w.at.Merchant,
		AfterPosition: w.at.AfterPosition,
	})
	for err == nil {
		silent.Reset(w.client.settings.silence)
		var message *orderhubv1.WatchOrdersResponse
		if message, err = stream.Recv(); err != nil {
			break
		}
		silent.Stop() // handle may take its time
		if message.GetEvent() != nil {
			err = w.take(ctx, message.GetEvent())
		}
	}
	switch {
	case errors.Is(context.Cause(within), errSilent):
		return errSilent
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return err
	}
}

// take hands an event on, unless it was before.
func (w *watch) take(ctx context.Context, event *orderhubv1.OrderEvent) error {
	if event.GetPosition() == "" && event.GetSequence() <= w.at.AfterSequence {
		return nil
	}
	if err := w.handle(ctx, event); err != nil {
		return &handlerError{err}
	}
	w.seen++
	if event.GetPosition() != "" {
		w.at.AfterPosition = event.GetPosition()
	} else {
		w.at.AfterSequence = event.GetSequence()
	}
	return nil
}
