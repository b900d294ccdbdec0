package webhook

import (
	"cmp"
	"context"
	"time"

	"orderhub/server/errs"
	"orderhub/server/event"
)

// Query selects events of one merchant to be told again.
type Query struct {
	MerchantID    int64
	EndpointID    int64
	Types         []event.Type // empty for all
	From, To      time.Time    // of the events, From included and To not; zero for no bound
	AfterSequence int64
}

// Bounds of a replay.
const (
	MaxReplayRate    = 1000 // events per second
	defaultReplay    = 10
	replayChunk      = 500 // events that one run of the job makes deliveries of
	maxReplayPerCall = 100_000
)

// Replay is a query at work.
type Replay struct {
	Query
	PerSecond int
	StartsAt  time.Time // of what is left
}

// ReplayStore keeps replays going.
type ReplayStore interface {
	// RemovedEvents says what of a merchant's log is no longer kept.
	RemovedEvents(ctx context.Context, merchantID int64) (event.Removed, error)
	// CountSelected counts the events of a query, up to most.
	CountSelected(ctx context.Context, q Query, most int64) (int64, error)
	// EnqueueReplay makes a job of the replay, to be run at its StartsAt.
	EnqueueReplay(ctx context.Context, r Replay) error
}

// Replays tells an endpoint of past events, whether it was told of them before or not.
type Replays struct {
	store ReplayStore
	to    Receivers
	now   func() time.Time
}

// NewReplays keeps replays to endpoints going in store.
func NewReplays(store ReplayStore, to Receivers, now func() time.Time) *Replays {
	return &Replays{store: store, to: to, now: now}
}

// Start counts the events that the query selects and the endpoint's format has
// words for and, unless dry, begins to tell them, at most
// perSecond of them (0 for 10). A message keeps its identifier, so that a
// receiver that has had it can tell. Errors: *errs.InvalidError,
// ErrEndpointNotFound, ErrNowhere for an endpoint that is not active,
// *event.NoLongerKeptError for a query that names a bound before the first event
// that is kept; one that names none begins there.
func (r *Replays) Start(ctx context.Context, q Query, perSecond int, dry bool) (events int64, err error) {
	bad := &errs.InvalidError{}
	if perSecond < 0 || perSecond > MaxReplayRate {
		bad.Add("events_per_second", "must be from 0 to %d", MaxReplayRate)
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		bad.Add("end_time", "must be after %s", errs.Field("start_time"))
	}
	checkKnown(bad, Names(q.Types), EventTypes())
	if err := bad.OrNil(); err != nil {
		return 0, err
	}
	e, err := r.to.Endpoint(ctx, q.MerchantID, q.EndpointID)
	if err != nil {
		return 0, err
	}
	if e.Status != StatusActive && !dry {
		return 0, ErrNowhere
	}
	if q.Types = wordedTypes(e.Format, q.Types); len(q.Types) == 0 {
		return 0, nil
	}
	if err := r.checkKept(ctx, &q); err != nil {
		return 0, err
	}
	events, err = r.store.CountSelected(ctx, q, maxReplayPerCall+1)
	if err != nil {
		return 0, err
	}
	if events > maxReplayPerCall {
		return 0, errs.Invalid("end_time", "selects more than %d events; replay them in parts", maxReplayPerCall)
	}
	if !dry && events > 0 {
		// Later events are told anyway, as they happen.
		if q.To.IsZero() {
			q.To = r.now()
		}
		err = r.store.EnqueueReplay(ctx, Replay{
			Query: q, PerSecond: cmp.Or(perSecond, defaultReplay),
			StartsAt: r.now(),
		})
	}
	return events, err
}

// checkKept refuses a query whose bounds say that it wants what is no longer kept.
func (r *Replays) checkKept(ctx context.Context, q *Query) error {
	if q.From.IsZero() && q.To.IsZero() && q.AfterSequence == 0 {
		return nil
	}
	removed, err := r.store.RemovedEvents(ctx, q.MerchantID)
	if err != nil || removed.Sequence == 0 {
		return err
	}
	if !q.From.IsZero() && !q.From.After(removed.At) || !q.To.IsZero() && !q.To.After(removed.At) ||
		q.AfterSequence > 0 && q.AfterSequence < removed.Sequence {
		return &event.NoLongerKeptError{
			Last: event.Cursor{MerchantID: q.MerchantID, Sequence: removed.Sequence}, Before: removed.At,
		}
	}
	return nil
}

// wordedTypes narrows the types to those that the format has words for.
func wordedTypes(format string, wanted []event.Type) []event.Type {
	if len(wanted) == 0 {
		wanted = event.Types
	}
	var types []event.Type
	for _, t := range wanted {
		if target := (Target{Format: format}); target.Wants(t) {
			types = append(types, t)
		}
	}
	return types
}

// Step makes the deliveries of a part of a replay, each due in its turn, and
// returns what is left; false for nothing. Events that cannot be put into words are
// left out: to try them again would send all the others again.
func (f *Fanout) Step(ctx context.Context, r Replay) (Replay, bool, error) {
	events, err := f.store.Selected(ctx, r.Query, replayChunk)
	if err != nil || len(events) == 0 {
		return r, false, err
	}
	endpoints, err := f.to.EndpointsByID(ctx, []int64{r.EndpointID})
	if err != nil || endpoints[r.EndpointID].MerchantID != r.MerchantID {
		return r, false, err // deleted meanwhile
	}
	for i := range events {
		events[i].Targets = []int64{r.EndpointID}
	}
	each := time.Second / time.Duration(r.PerSecond)
	_, err = f.make(ctx, events, endpoints, func(d *NewDelivery, i int) {
		d.DueAt, d.Again = r.StartsAt.Add(time.Duration(i)*each), true
	})
	if err != nil {
		return r, false, err
	}
	r.AfterSequence = events[len(events)-1].Sequence
	r.StartsAt = r.StartsAt.Add(time.Duration(len(events)) * each)
	return r, len(events) == replayChunk, nil
}
