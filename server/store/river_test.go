package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/job"
	"orderhub/server/store"
	"orderhub/server/store/storetest"
)

type jobArgs struct {
	Slug string `json:"slug"`
}

func (jobArgs) Kind() string { return "test" }

// Rows and jobs are committed together and undone together.
func TestJobTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		insert := inserter(t, s)
		change := func(slug string, result error) error {
			return s.InJobTx(ctx, func(tx *ent.Tx, jobs store.JobTx) error {
				require.NoError(t, addCategory(ctx, tx, slug))
				require.NoError(t, insert(jobs, slug))
				return result
			})
		}
		refused := errors.New("refused")
		require.ErrorIs(t, change("undone", refused), refused)
		require.NoError(t, change("kept", nil))

		_, handle := s.Handles()
		for _, query := range []string{"SELECT slug FROM categories", "SELECT args->>'slug' FROM river_job"} {
			var slug string
			require.NoError(t, handle.QueryRow(query).Scan(&slug))
			require.Equal(t, "kept", slug)
		}
		require.Equal(t, 1, count(t, s, "categories"))
		require.Equal(t, 1, count(t, s, "river_job"))
	})
}

// inserter returns what adds a job in a transaction.
func inserter(t *testing.T, s *store.Store) func(store.JobTx, string) error {
	t.Helper()
	if s.Pool() == nil {
		client, err := river.NewClient(riversqlite.New(s.SQLite()), &river.Config{})
		require.NoError(t, err)
		return func(tx store.JobTx, slug string) error {
			_, err := client.InsertManyTx(t.Context(), tx.SQLite, []river.InsertManyParams{{Args: jobArgs{slug}}})
			return err
		}
	}
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{})
	require.NoError(t, err)
	return func(tx store.JobTx, slug string) error {
		_, err := client.InsertManyTx(t.Context(), tx.Postgres, []river.InsertManyParams{{Args: jobArgs{slug}}})
		return err
	}
}

// On PostgreSQL the store writes its one kind of job itself: the row must be the
// one that River would have written, and wake whoever listens for it.
func TestFulfilJobIsAsRiverWritesIt(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)()
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{})
	require.NoError(t, err)
	listener, err := s.Pool().Acquire(t.Context())
	require.NoError(t, err)
	defer listener.Release()
	_, err = listener.Exec(t.Context(), `LISTEN "public.river_insert"`)
	require.NoError(t, err)

	require.NoError(t, s.WakeFulfilment(t.Context(), []int64{7, 11}, time.Time{}))
	ours, err := listener.Conn().WaitForNotification(t.Context())
	require.NoError(t, err)
	_, err = client.Insert(t.Context(), job.FulfilArgs{OrderIDs: []int64{7, 11}}, nil)
	require.NoError(t, err)
	theirs, err := listener.Conn().WaitForNotification(t.Context())
	require.NoError(t, err)
	require.Equal(t, theirs.Payload, ours.Payload)

	rows, err := s.Pool().Query(t.Context(), `SELECT to_jsonb(j) - 'id' - 'created_at' - 'scheduled_at' FROM river_job j ORDER BY id`)
	require.NoError(t, err)
	jobs, err := pgx.CollectRows(rows, pgx.RowTo[map[string]any])
	require.NoError(t, err)
	require.Len(t, jobs, 2)
	require.Equal(t, jobs[1], jobs[0])
}

func count(t *testing.T, s *store.Store, table string) (rows int) {
	t.Helper()
	_, handle := s.Handles()
	require.NoError(t, handle.QueryRow("SELECT count(*) FROM "+table).Scan(&rows))
	return rows
}

// Within the transaction River may make savepoints, and never end it.
func TestJobTransactionSavepoints(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), storetest.Postgres(t)()
	require.NoError(t, s.InJobTx(ctx, func(_ *ent.Tx, jobs store.JobTx) error {
		tx := jobs.Postgres
		require.Error(t, tx.Commit(ctx))
		require.Error(t, tx.Rollback(ctx))
		add := func(name string) {
			_, err := tx.Exec(ctx, "INSERT INTO counters (name) VALUES ($1)", name)
			require.NoError(t, err)
		}
		add("outer")
		kept, err := tx.Begin(ctx)
		require.NoError(t, err)
		add("kept")
		undone, err := kept.Begin(ctx)
		require.NoError(t, err)
		add("undone")
		_, err = undone.Exec(ctx, "INSERT INTO counters (name) VALUES ('undone')")
		require.Error(t, err, "a broken statement ends with its savepoint")
		require.NoError(t, undone.Rollback(ctx))
		require.Error(t, undone.Rollback(ctx), "ended")
		add("after")
		require.NoError(t, kept.Commit(ctx))
		return nil
	}))
	var names []string
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT array_agg(name ORDER BY name) FROM counters WHERE name <> 'sealing'").Scan(&names))
	require.Equal(t, []string{"after", "kept", "outer"}, names)
}
