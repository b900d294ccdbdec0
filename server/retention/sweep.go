package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"orderhub/server/clock"
)

const (
	// stepRows is how many rows a step looks at: a few milliseconds of the database's time.
	stepRows = 200
	// Between two steps the database is left to others for three times as long as the step took, within bounds.
	leastPause, mostPause = 10 * time.Millisecond, time.Second
	// A sweep begins when a tenth of the shortest age has passed, within bounds.
	mostOften, leastOften = time.Second, 10 * time.Minute
)

// Options wire a Sweeper.
type Options struct {
	Store Store
	Ages  Ages
	Now   func() time.Time
	Log   *slog.Logger
	// Removed is told of rows that were removed, Done when the last sweep ended well, in whatever process, and Failed
	// of what failed. None of them may be nil.
	Removed func(kind Kind, rows int64)
	Done    func(at time.Time)
	Failed  func()
}

// Sweeper removes what is no longer kept.
type Sweeper struct{ Options }

// New removes nothing yet.
func New(o Options) *Sweeper { return &Sweeper{o} }

// Run sweeps again and again until ctx ends. Any number of processes may: one of them sweeps at a time.
func (s *Sweeper) Run(ctx context.Context) {
	every := s.every()
	if every == 0 {
		return
	}
	clock.Every(ctx, every, func() { s.look(ctx, every) })
}

// every is how often a sweep begins; 0 for never.
func (s *Sweeper) every() time.Duration {
	var shortest time.Duration
	for _, age := range s.Ages {
		if age > 0 && (shortest == 0 || age < shortest) {
			shortest = age
		}
	}
	if shortest == 0 {
		return 0
	}
	return min(max((shortest/10).Truncate(mostOften), mostOften), leastOften)
}

// look sweeps unless somebody just has.
func (s *Sweeper) look(ctx context.Context, every time.Duration) {
	last, err := s.Store.LastSweep(ctx)
	if err == nil {
		if !last.IsZero() {
			s.Done(last)
		}
		// Later than now: the clock was set back since.
		if ago := s.Now().Sub(last); ago >= 0 && ago < every/2 {
			return
		}
		_, err = s.Sweep(ctx, false)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrElsewhere) {
		s.Failed()
		s.Log.ErrorContext(ctx, "not everything was removed that is no longer kept; it is tried again", "error", err)
	}
}

// Removed is how much of a kind went, or would.
type Removed struct {
	Kind Kind
	Age  time.Duration // 0 for good
	Rows int64
}

// Sweep removes everything that is no longer kept, kind by kind; a dry sweep only counts. What went before an error is
// returned with it. ErrElsewhere when another process does it at the same time.
func (s *Sweeper) Sweep(ctx context.Context, dry bool) ([]Removed, error) {
	began := s.Now()
	all := make([]Removed, 0, len(Kinds))
	var failures []error
	total, facts := int64(0), []any{}
	for _, kind := range Kinds {
		removed, err := s.sweepKind(ctx, kind, dry)
		all = append(all, removed)
		total += removed.Rows
		facts = append(facts, string(kind), removed.Rows)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", kind, err))
		}
		if ctx.Err() != nil || errors.Is(err, ErrElsewhere) {
			break
		}
	}
	if dry {
		return all, errors.Join(failures...)
	}
	if total > 0 {
		s.Log.InfoContext(ctx, "removed what is no longer kept", append(facts, "took", s.Now().Sub(began))...)
	}
	if len(failures) > 0 {
		return all, errors.Join(failures...)
	}
	at := s.Now()
	if err := s.Store.SweptAt(ctx, at); err != nil {
		return all, err
	}
	s.Done(at)
	return all, nil
}

// sweepKind goes through a kind, from its oldest rows on, until it meets what is not old enough.
func (s *Sweeper) sweepKind(ctx context.Context, kind Kind, dry bool) (Removed, error) {
	removed := Removed{Kind: kind, Age: s.Ages[kind]}
	if removed.Age <= 0 {
		return removed, nil
	}
	step := Step{Kind: kind, Before: s.Now().Add(-removed.Age), Most: stepRows, Dry: dry}
	for {
		began := time.Now()
		done, err := s.Store.Step(ctx, step)
		if err != nil {
			return removed, err
		}
		removed.Rows += done.Rows
		if !dry && done.Rows > 0 {
			s.Removed(kind, done.Rows)
		}
		if !done.More {
			return removed, nil
		}
		step.After = done.Next
		if err := pause(ctx, time.Since(began)); err != nil {
			return removed, err
		}
	}
}

// pause leaves the database to others.
func pause(ctx context.Context, took time.Duration) error {
	return clock.Sleep(ctx, min(max(3*took, leastPause), mostPause))
}
