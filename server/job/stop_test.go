package job_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/stretchr/testify/require"

	"orderhub/server/job"
	"orderhub/server/store/storetest"
)

// slow is an engine whose routing ends when it may, or when it is cancelled.
type slow struct {
	engine

	began, may chan struct{}
	ended      chan error
}

func (s *slow) Route(ctx context.Context, _ []int64) (time.Time, error) {
	close(s.began)
	var err error
	select {
	case <-s.may:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.ended <- err
	return time.Time{}, err
}

// working is a runner with a job at work.
func working(t *testing.T) (*job.Runner, *slow) {
	t.Helper()
	s := storetest.SQLite(t)()
	e := &slow{began: make(chan struct{}), may: make(chan struct{}), ended: make(chan error, 1)}
	runner, err := job.NewRunner(job.Options{
		SQLite: s.SQLite(), SQLiteVersion: s.SQLiteVersion, Engine: e, Orders: nothingStalled{}, RescueAfter: time.Hour,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Providers: func(context.Context) ([]int64, error) { return nil, nil },
	})
	require.NoError(t, err)
	ctx, end := context.WithCancel(t.Context())
	require.NoError(t, runner.Start(ctx))
	end() // jobs outlive it
	inserter, err := river.NewClient(riversqlite.New(s.SQLite()), &river.Config{})
	require.NoError(t, err)
	_, err = inserter.Insert(t.Context(), job.FulfilArgs{OrderIDs: []int64{1}}, nil)
	require.NoError(t, err)
	runner.Wake()
	select {
	case <-e.began:
	case <-time.After(time.Minute):
		t.Fatal("the job was not taken up")
	}
	return runner, e
}

func TestStopWaitsForWhatIsAtWork(t *testing.T) {
	t.Parallel()
	runner, e := working(t)
	stopped := make(chan error, 1)
	go func() { stopped <- runner.Stop(context.Background()) }()
	select {
	case err := <-stopped:
		t.Fatalf("it did not wait: %v", err)
	case err := <-e.ended:
		t.Fatalf("the job was cancelled: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	close(e.may)
	require.NoError(t, <-e.ended)
	require.NoError(t, <-stopped)
}

func TestStopCancelsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	runner, e := working(t)
	ctx, end := context.WithCancel(context.Background())
	end()
	require.NoError(t, runner.Stop(ctx))
	require.ErrorIs(t, <-e.ended, context.Canceled)
}

func TestRunnerThatCannotListProviders(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)()
	down := errors.New("down")
	runner, err := job.NewRunner(job.Options{
		SQLite: s.SQLite(), SQLiteVersion: s.SQLiteVersion, Engine: &engine{}, Orders: nothingStalled{},
		RescueAfter: time.Minute, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Providers: func(context.Context) ([]int64, error) { return nil, down },
	})
	require.NoError(t, err)
	require.ErrorIs(t, runner.Start(t.Context()), down)
	select {
	case <-runner.Stopped():
	default:
		t.Fatal("jobs are still worked, and nobody would stop it")
	}
}
