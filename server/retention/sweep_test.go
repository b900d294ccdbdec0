package retention_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/retention"
)

// shelf has rows of each kind that are old enough, and gives way to what the test says.
type shelf struct {
	mu      sync.Mutex
	rows    map[retention.Kind]int64
	steps   []retention.Step
	at      []time.Time // of the steps
	broken  map[retention.Kind]error
	last    time.Time
	stepped func()
}

func (s *shelf) Step(_ context.Context, step retention.Step) (done retention.Stepped, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps, s.at = append(s.steps, step), append(s.at, time.Now())
	if err := s.broken[step.Kind]; err != nil {
		return done, err
	}
	rest := s.rows[step.Kind] - step.After.ID
	if !step.Dry {
		rest = s.rows[step.Kind]
	}
	done.Rows = min(rest, int64(step.Most))
	done.More = rest > done.Rows
	done.Next.ID = step.After.ID + done.Rows
	if !step.Dry {
		s.rows[step.Kind] -= done.Rows
	}
	if s.stepped != nil {
		s.stepped()
	}
	return done, nil
}

func (s *shelf) LastSweep(context.Context) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, nil
}

func (s *shelf) SweptAt(_ context.Context, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = at
	return nil
}

// sweeper is one over a shelf, and what it has told.
type sweeper struct {
	*retention.Sweeper

	log      bytes.Buffer
	removed  map[retention.Kind]int64
	last     time.Time
	failures int
}

func newSweeper(s *shelf, ages retention.Ages) *sweeper {
	w := &sweeper{removed: map[retention.Kind]int64{}}
	w.Sweeper = retention.New(retention.Options{
		Store: s, Ages: ages, Now: time.Now, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Removed: func(kind retention.Kind, rows int64) { w.removed[kind] += rows },
		Done:    func(at time.Time) { w.last = at }, Failed: func() { w.failures++ },
	})
	return w
}

func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{rows: map[retention.Kind]int64{retention.Deliveries: 500, retention.Callbacks: 7, retention.Jobs: 3}}
		w := newSweeper(s, retention.Ages{retention.Deliveries: time.Hour, retention.Jobs: 2 * time.Hour})
		began := time.Now()
		want := []retention.Removed{
			{Kind: retention.Deliveries, Age: time.Hour, Rows: 500},
			{Kind: retention.Callbacks},
			{Kind: retention.Payloads},
			{Kind: retention.Purchases},
			{Kind: retention.Syncs},
			{Kind: retention.OperatorEvents},
			{Kind: retention.Jobs, Age: 2 * time.Hour, Rows: 3},
			{Kind: retention.FailedJobs},
			{Kind: retention.Refusals},
			{Kind: retention.Holds},
			{Kind: retention.RecipientChecks},
			{Kind: retention.Events},
		}
		counted, err := w.Sweep(t.Context(), true)
		require.NoError(t, err)
		require.Equal(t, want, counted)
		require.Empty(t, w.removed, "a dry run removes nothing")
		require.Empty(t, w.log.String())
		require.Zero(t, s.last)
		s.steps, s.at = nil, nil

		removed, err := w.Sweep(t.Context(), false)
		require.NoError(t, err)
		require.Equal(t, want, removed)
		require.Equal(t, map[retention.Kind]int64{retention.Deliveries: 500, retention.Jobs: 3}, w.removed)
		require.Len(t, s.steps, 4, "500 rows in steps of 200, and jobs")
		require.WithinDuration(t, began.Add(-time.Hour), s.steps[0].Before, time.Minute)
		for i := 1; i < 3; i++ {
			require.GreaterOrEqual(t, s.at[i].Sub(s.at[i-1]), 10*time.Millisecond, "others have the database between steps")
		}
		require.Equal(t, s.last, w.last)
		require.Contains(t, w.log.String(), "deliveries=500")
	})
}

// One kind that fails holds no other up; the sweep did not end well.
func TestSweepThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong := errors.New("wrong")
		s := &shelf{
			rows:   map[retention.Kind]int64{retention.Callbacks: 7},
			broken: map[retention.Kind]error{retention.Deliveries: wrong},
		}
		w := newSweeper(s, retention.Ages{retention.Deliveries: time.Hour, retention.Callbacks: time.Hour})
		_, err := w.Sweep(t.Context(), false)
		require.ErrorIs(t, err, wrong)
		require.EqualValues(t, 7, w.removed[retention.Callbacks])
		require.Zero(t, s.last)
	})
}

func (s *shelf) passes() int {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.steps)
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{rows: map[retention.Kind]int64{}, broken: map[retention.Kind]error{}}
		w := newSweeper(s, retention.Ages{retention.Deliveries: time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.Run(ctx)
		}()
		time.Sleep(31 * time.Minute)
		require.GreaterOrEqual(t, s.passes(), 5, "every six minutes where an hour is kept")
		require.LessOrEqual(t, s.passes(), 6)
		require.WithinDuration(t, time.Now(), w.last, 6*time.Minute+time.Second)

		before := s.passes()
		s.mu.Lock()
		s.last = time.Now().Add(5 * time.Minute)
		s.mu.Unlock()
		time.Sleep(6 * time.Minute)
		require.Equal(t, before, s.passes(), "another process has just swept")

		s.mu.Lock()
		s.broken[retention.Deliveries] = retention.ErrElsewhere
		s.mu.Unlock()
		time.Sleep(12 * time.Minute)
		require.Greater(t, s.passes(), before)
		require.Zero(t, w.failures, "that another process is at it is no failure")
		s.mu.Lock()
		s.broken[retention.Deliveries] = errors.New("wrong")
		s.mu.Unlock()
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, w.failures)
		require.Contains(t, w.log.String(), "it is tried again")
		stop()
		<-ended
	})
}

// Who is told to stop stops between two steps.
func TestStopsWhileSweeping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := &shelf{rows: map[retention.Kind]int64{retention.Deliveries: 1e9}, stepped: stop}
		w := newSweeper(s, retention.Ages{retention.Deliveries: time.Hour, retention.Callbacks: time.Hour})
		_, err := w.Sweep(ctx, false)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, s.steps, 1)
	})
}

// Where everything is kept for good nobody looks.
func TestNothingGoes(t *testing.T) {
	s := &shelf{}
	newSweeper(s, retention.Ages{retention.Deliveries: 0}).Run(t.Context())
	require.Empty(t, s.steps)
}
