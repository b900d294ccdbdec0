package job_test

import (
	"context"
	"database/sql"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/stretchr/testify/require"

	"orderhub/server/job"
	"orderhub/server/store/storetest"
)

// engine counts calls.
type engine struct{ called atomic.Int64 }

func (*engine) Route(context.Context, []int64) (time.Time, error) { return time.Time{}, nil }
func (*engine) Audit(context.Context, []int64) error              { return nil }
func (e *engine) Call(context.Context, []int64, bool) (time.Time, error) {
	e.called.Add(1)
	return time.Time{}, nil
}

type nothingStalled struct{}

func (nothingStalled) Stalled(context.Context, time.Time, int) ([]int64, error) { return nil, nil }
func (nothingStalled) WakeFulfilment(context.Context, []int64, time.Time) error { return nil }

// The queue of a new provider is worked in the end, although the database could
// not be written when it was begun.
func TestQueueThatCouldNotBeStarted(t *testing.T) {
	s := storetest.SQLite(t)()
	var providers atomic.Pointer[[]int64]
	providers.Store(&[]int64{})
	e := &engine{}
	runner, err := job.NewRunner(job.Options{
		SQLite: s.SQLite(), SQLiteVersion: s.SQLiteVersion, Engine: e, Orders: nothingStalled{}, RescueAfter: time.Minute,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Providers: func(context.Context) ([]int64, error) { return *providers.Load(), nil },
	})
	require.NoError(t, err)
	require.NoError(t, runner.Start(t.Context()))
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, runner.Stop(ctx))
	}()
	inserter, err := river.NewClient(riversqlite.New(s.SQLite()), &river.Config{})
	require.NoError(t, err)
	call := func(args job.CallArgs) {
		t.Helper()
		_, err := inserter.Insert(t.Context(), args, &river.InsertOpts{Queue: job.ProviderQueue(1)})
		require.NoError(t, err)
	}
	call(job.CallArgs{AttemptIDs: []int64{1}})
	rename := func(from, to string) {
		t.Helper()
		execute(t, s.SQLite(), "ALTER TABLE "+from+" RENAME TO "+to)
	}
	rename("river_queue", "hidden")
	providers.Store(&[]int64{1})
	time.Sleep(3 * time.Second) // the runner looks for new providers every 2 s
	require.Zero(t, e.called.Load())
	rename("hidden", "river_queue")
	require.Eventually(t, func() bool { return e.called.Load() == 1 }, time.Minute, 50*time.Millisecond)
	call(job.CallArgs{AttemptIDs: []int64{2}})
	require.Eventually(t, func() bool { return e.called.Load() == 2 }, time.Minute, 50*time.Millisecond)
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}
