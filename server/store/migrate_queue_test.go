package store_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// queueOfBefore is the schema of the job queue that version 0.1.0 has.
const queueOfBefore = 6

// undoQueue takes a database back to the job queue of version 0.1.0.
func undoQueue(t *testing.T, s *stores.All) {
	t.Helper()
	if s.Pool() == nil {
		downQueue(t, riversqlite.New(s.WriteDB))
		return
	}
	downQueue(t, riverpgxv5.New(s.Pool()))
}

func downQueue[TTx any](t *testing.T, driver riverdriver.Driver[TTx]) {
	t.Helper()
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	options := &rivermigrate.MigrateOpts{TargetVersion: queueOfBefore}
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionDown, options)
	require.NoError(t, err)
}

// pendingSteps are those of the job queue that are not applied.
func pendingSteps(t *testing.T, s *stores.All) (versions []int64) {
	t.Helper()
	steps, err := s.Migrations.Status(t.Context())
	require.NoError(t, err)
	for _, step := range steps {
		require.True(t, step.Applied || step.Set == "river" && step.Version > queueOfBefore, "%+v", step)
		if !step.Applied {
			versions = append(versions, step.Version)
		}
	}
	pending, err := s.Migrations.Pending(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(versions) > 0, pending)
	return versions
}

// Jobs as version 0.1.0 writes them. On SQLite what it calls JSON is text, and the bytes of a text in arguments.
const (
	jobOfBeforePostgres = `INSERT INTO river_job (args, kind, max_attempts, queue, attempt, attempted_by, errors, metadata,
		state, scheduled_at, created_at, finalized_at) VALUES ($1::text::jsonb, 'call', 25, 'provider_1', $2, ARRAY['first'],
		ARRAY['{"at":"2026-11-28T12:00:00Z","attempt":1,"error":"no","trace":""}'::jsonb], '{"snoozes":4}',
		$3::text::river_job_state, $4::text::timestamptz, now(), $5::text::timestamptz)`
	jobOfBeforeSQLite = `INSERT INTO river_job (args, kind, max_attempts, queue, attempt, attempted_by, errors, metadata,
		state, scheduled_at, created_at, finalized_at) VALUES (CAST($1 AS blob), 'call', 25, 'provider_1', $2,
		json('["first"]'), json('[{"at":"2026-11-28T12:00:00Z","attempt":1,"error":"no","trace":""}]'),
		CAST('{"snoozes":4}' AS blob), $3, $4, datetime('now', 'subsec'), $5)`
)

// TestJobsOfBefore finds the jobs of the version before as they were.
func TestJobsOfBefore(t *testing.T) {
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, address string) {
		s, _ := storetest.OpenWith(t, address, storetest.SealingKey)
		require.NoError(t, s.Migrations.Up(t.Context()))
		undoQueue(t, s)
		require.Equal(t, []int64{7, 8}, pendingSteps(t, s))

		const args = `{"attempt_ids":[7,11],"fresh":true}`
		at := "2026-11-28 12:00:00.5"
		insert := jobOfBeforeSQLite
		if s.Pool() != nil {
			at, insert = at+"+00", jobOfBeforePostgres
		}
		jobs := []struct {
			state     rivertype.JobState
			attempts  int
			finalized any
		}{
			{rivertype.JobStateAvailable, 0, nil},
			{rivertype.JobStateRunning, 1, nil},
			{rivertype.JobStateScheduled, 2, nil},
			{rivertype.JobStateRetryable, 3, nil},
			{rivertype.JobStateCompleted, 1, at},
			{rivertype.JobStateDiscarded, 25, at},
		}
		for _, j := range jobs {
			_, err := s.WriteDB.ExecContext(t.Context(), insert, args, j.attempts, string(j.state), at, j.finalized)
			require.NoError(t, err)
		}

		require.NoError(t, s.Migrations.Up(t.Context()))
		require.Empty(t, pendingSteps(t, s))
		kept := listJobs(t, s)
		require.Len(t, kept, len(jobs))
		for i, j := range jobs {
			require.Equal(t, j.state, kept[i].State)
			require.Equal(t, j.attempts, kept[i].Attempt)
			require.JSONEq(t, args, string(kept[i].EncodedArgs))
			require.JSONEq(t, `{"snoozes":4}`, string(kept[i].Metadata))
			require.Equal(t, []string{"first"}, kept[i].AttemptedBy)
			require.Equal(t, "no", kept[i].Errors[0].Error)
			require.Equal(t, time.Date(2026, 11, 28, 12, 0, 0, 5e8, time.UTC), kept[i].ScheduledAt)
			require.Equal(t, 25, kept[i].MaxAttempts)
		}
		require.NoError(t, s.Attempts.WakeFulfilment(t.Context(), []int64{1}, time.Time{}))
		after := listJobs(t, s)
		require.Greater(t, after[len(after)-1].ID, kept[len(kept)-1].ID)
	})
}

// listJobs are all jobs, as River reads them.
func listJobs(t *testing.T, s *stores.All) []*rivertype.JobRow {
	t.Helper()
	if s.Pool() == nil {
		return listedBy(t, riversqlite.New(s.WriteDB))
	}
	return listedBy(t, riverpgxv5.New(s.Pool()))
}

func listedBy[TTx any](t *testing.T, driver riverdriver.Driver[TTx]) []*rivertype.JobRow {
	t.Helper()
	client, err := river.NewClient(driver, &river.Config{})
	require.NoError(t, err)
	list, err := client.JobList(t.Context(), river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderAsc))
	require.NoError(t, err)
	return list.Jobs
}

// text is what was logged, by several goroutines.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *text) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *text) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// TestMigratingWaitsForAnotherProcess migrates a SQLite file when another process that takes long is done with it.
func TestMigratingWaitsForAnotherProcess(t *testing.T) {
	t.Parallel()
	open := storetest.SQLite(t)
	writer := open()
	undoQueue(t, writer)
	var log text
	s, err := stores.Open(t.Context(), store.Options{
		URL: "sqlite:" + writer.Address, Sealer: secret.Keyless(), SealsNothing: true,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.WriteDB.ExecContext(t.Context(), "PRAGMA busy_timeout = 1")
	require.NoError(t, err)
	tx, err := writer.WriteDB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	migrated := make(chan error, 1)
	go func() { migrated <- s.Migrations.Up(t.Context()) }()
	require.Eventually(t, func() bool {
		return strings.Count(log.String(), "waits for another process") > 7
	}, time.Minute, 10*time.Millisecond)
	require.Empty(t, migrated)
	require.NoError(t, tx.Rollback())
	require.NoError(t, <-migrated)
	require.Empty(t, pendingSteps(t, s))
}

// TestQueueIsMigratedBesideALongTransaction lets a serving hub insert jobs while a migration waits for the lock of
// their table, and finishes when it gets it.
func TestQueueIsMigratedBesideALongTransaction(t *testing.T) {
	t.Parallel()
	address := pgtest.New(t)
	ctx := t.Context()
	s, _ := storetest.OpenWith(t, address, storetest.SealingKey)
	require.NoError(t, s.Migrations.Up(ctx))
	undoQueue(t, s)
	long, err := s.WriteDB.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = long.ExecContext(ctx, "LOCK TABLE river_job IN ACCESS SHARE MODE") // as every statement about it
	require.NoError(t, err)

	var log text
	other, err := stores.Open(ctx, store.Options{
		URL: address, Sealer: secret.Keyless(), SealsNothing: true, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	defer other.Close()
	migrated := make(chan error, 1)
	go func() { migrated <- other.Migrations.Up(ctx) }()
	longest := time.Duration(0)
	for strings.Count(log.String(), "it tries again") < 3 {
		began := time.Now()
		require.NoError(t, s.Attempts.WakeFulfilment(ctx, []int64{1}, time.Time{}))
		longest = max(longest, time.Since(began))
		select {
		case err := <-migrated:
			t.Fatalf("it did not wait: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Log("the longest that a job waited to be inserted:", longest)
	require.Equal(t, []int64{7, 8}, pendingSteps(t, s))
	require.NoError(t, long.Rollback())
	require.NoError(t, <-migrated)
	require.Empty(t, pendingSteps(t, s))
}
