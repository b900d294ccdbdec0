package api

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/admission"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/reading"
)

// How many streams one process serves at once, and how many of one merchant. A
// watcher that waits costs little, one that reads holds a page of the log.
const (
	maxWatchers     = 4096
	maxWatchersEach = 256
)

// slowAfter is how long a caller may take for one message of a stream.
const slowAfter = 30 * time.Second

// errStopping ends the streams when the hub stops.
var errStopping = errors.New("the hub is stopping")

// errTooSlow: the caller did not take a message in time.
var errTooSlow = errors.New("the stream was read too slowly; resume it from the last event seen")

// Log is the part of [event.Log] that the contract shows.
type Log interface {
	Read(ctx context.Context, after event.Cursor, limit int) ([]event.Entry, event.Cursor, error)
	Watch(ctx context.Context, from event.Cursor, tell func(*event.Entry) error, beat func() error) error
}

// lookAgain is how often a stream's caller is looked at again: its key may have
// been revoked, or its merchant suspended.
const lookAgain = 30 * time.Second

// watchers are the streams that are open. They do not count among the calls at
// work: they would keep others out for hours.
type watchers struct {
	open      *admission.Quota[int64] // by whose key it is
	exports   *admission.Quota[int64] // those of them that export
	slowAfter time.Duration
	lookAgain time.Duration
	stop      sync.Once
	stopping  chan struct{} // closed
}

func newWatchers(o *Options) *watchers {
	return &watchers{
		open:      admission.NewQuota[int64](maxWatchers, maxWatchersEach),
		exports:   admission.NewQuota[int64](maxExports, maxExportsEach),
		slowAfter: cmp.Or(o.SlowAfter, slowAfter),
		lookAgain: cmp.Or(o.LookAgain, lookAgain), stopping: make(chan struct{}),
	}
}

// enter counts a stream of the caller's, and returns a context that ends with the stream, when the hub stops, or when
// admitted finds that its caller may not call any more; its cause says why.
func (w *watchers) enter(
	ctx context.Context, party int64, admitted func(context.Context) error,
) (context.Context, context.CancelCauseFunc, error) {
	if !w.open.Acquire(party, 1) {
		return nil, nil, &order.RetryLaterError{Err: errTooMany, After: unavailableRetry}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		again := time.NewTicker(w.lookAgain)
		defer again.Stop()
		for {
			select {
			case <-w.stopping:
				cancel(errStopping)
				return
			case <-ended:
				return
			case <-again.C:
				if err := admitted(ctx); err != nil {
					cancel(err)
				}
			}
		}
	}()
	return ctx, func(cause error) {
		close(ended)
		cancel(cause)
		w.open.Give(party, 1)
	}, nil
}

// EndStreams ends every stream that watches something, with UNAVAILABLE, and
// refuses new ones.
func (s *Server) EndStreams() { s.watchers.stop.Do(func() { close(s.watchers.stopping) }) }

// logRequest is what reading and watching the log have in common.
type logRequest interface {
	GetAfterSequence() int64
	GetAfterPosition() string
	GetMerchant() string
	GetEventTypes() []string
}

// cursor is where in which log a request begins. Errors: *errs.InvalidError,
// account.ErrMerchantNotFound.
func (s *orderService) cursor(ctx context.Context, r logRequest) (event.Cursor, error) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return event.Cursor{}, err
	}
	c := event.Cursor{Sequence: r.GetAfterSequence()}
	merchantID, all := viewer.Merchant()
	c.MerchantID = merchantID
	switch {
	case all && c.Sequence != 0:
		return c, errs.Invalid("after_sequence", "must be 0 for the log of all merchants: their numbers are their own")
	case !all && r.GetAfterPosition() != "":
		return c, errs.Invalid("after_position", "must be empty for the log of one merchant")
	}
	if c.Position, err = event.ParsePosition(r.GetAfterPosition()); err != nil {
		return c, errs.Invalid("after_position", "must be the position of an event")
	}
	for _, t := range r.GetEventTypes() {
		c.Types = append(c.Types, event.Type(t))
	}
	return c, nil
}

func (s *orderService) ListEvents(ctx context.Context, r *orderhubv1.ListEventsRequest) (
	*orderhubv1.ListEventsResponse, error,
) {
	after, err := s.cursor(ctx, r)
	if err != nil {
		return nil, err
	}
	size := cmp.Or(int(r.GetPageSize()), defaultPageSize)
	entries, next, err := s.Events.Read(reading.Only(ctx), after, size+1)
	if err != nil {
		return nil, err
	}
	more := len(entries) > size
	if more {
		entries = entries[:size]
		next.Sequence, next.Position = entries[size-1].Sequence, entries[size-1].Position
	}
	resp := &orderhubv1.ListEventsResponse{More: more, NextAfterPosition: next.Position.String()}
	if after.MerchantID != 0 {
		resp.NextAfterSequence, resp.NextAfterPosition = next.Sequence, ""
	}
	for i := range entries {
		converted, err := s.toAPIEntry(ctx, &entries[i], after.MerchantID == 0)
		if err != nil {
			return nil, err
		}
		resp.Events = append(resp.Events, converted)
	}
	return resp, nil
}

func (s *orderService) WatchOrders(
	r *orderhubv1.WatchOrdersRequest, stream orderhubv1.OrderService_WatchOrdersServer,
) error {
	from, err := s.cursor(stream.Context(), r)
	if err != nil {
		return err
	}
	ctx, leave, err := s.watchers.enter(stream.Context(), callOf(stream.Context()).principal.Party(), s.admitted)
	if err != nil {
		return err
	}
	defer leave(nil)
	sender := &sender[*orderhubv1.WatchOrdersResponse]{send: stream.Send, most: s.watchers.slowAfter}
	tell := func(e *event.Entry) error {
		converted, err := s.toAPIEntry(ctx, e, from.MerchantID == 0)
		if err != nil {
			return err
		}
		return sender.deliver(ctx, &orderhubv1.WatchOrdersResponse{Event: converted})
	}
	beat := func() error {
		return sender.deliver(ctx, &orderhubv1.WatchOrdersResponse{HeartbeatTime: timestamppb.Now()})
	}
	err = s.Events.Watch(reading.Only(ctx), from, tell, beat)
	if errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

// sender gives up on a caller that does not take a message in time: what is sent
// waits for room in the connection, for ever if it must.
type sender[M any] struct {
	send func(M) error
	most time.Duration
}

// deliver returns when the message is on its way. After an error no more may be
// sent; the one that is stuck comes free when the stream has ended.
func (s *sender[M]) deliver(ctx context.Context, m M) error {
	sent := make(chan error, 1)
	go func() { sent <- s.send(m) }()
	slow := time.NewTimer(s.most)
	defer slow.Stop()
	select {
	case err := <-sent:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-slow.C:
		return errTooSlow
	}
}

// toAPIEntry names the merchant whose event it is. A place in the log of all is
// for those who read that.
func (s *orderService) toAPIEntry(ctx context.Context, e *event.Entry, all bool) (*orderhubv1.OrderEvent, error) {
	merchant, err := s.merchantName(ctx, e.MerchantID)
	if err != nil {
		return nil, err
	}
	converted := &orderhubv1.OrderEvent{
		Sequence: e.Sequence, Type: string(e.Type), Merchant: merchant, OrderNumber: e.OrderNumber, ReferenceId: e.Reference,
		LinePosition: toAPICount(int64(e.LinePosition)), Data: e.Data, CreateTime: toAPITime(e.CreatedAt),
	}
	if all {
		converted.Position = e.Position.String()
	}
	return converted, nil
}

// EventID is what a server-sent event of the message is resumed by: the place in
// the log that it is from.
func EventID(e *orderhubv1.OrderEvent) string {
	if e.GetPosition() != "" {
		return e.GetPosition()
	}
	return strconv.FormatInt(e.GetSequence(), 10)
}

// goOnAfter tells a reader that cannot go on from where it is after what it can.
func goOnAfter(last event.Cursor) facts {
	if last.MerchantID == 0 {
		return facts{"after_position": last.Position.String()}
	}
	return facts{"after_sequence": decimal(last.Sequence)}
}
