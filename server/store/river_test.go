package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"orderhub/server/job"
	"orderhub/server/store/storetest"
)

// On PostgreSQL the store writes its one kind of job itself: the row must be the
// one that River would have written, and wake whoever listens for it.
func TestFulfilJobIsAsRiverWritesIt(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)()
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{})
	require.NoError(t, err)
	listener, err := s.Direct().Acquire(t.Context())
	require.NoError(t, err)
	defer listener.Release()
	_, err = listener.Exec(t.Context(), `LISTEN "public.river_insert"`)
	require.NoError(t, err)

	require.NoError(t, s.Attempts.WakeFulfilment(t.Context(), []int64{7, 11}, time.Time{}))
	ours, err := listener.Conn().WaitForNotification(t.Context())
	require.NoError(t, err)
	_, err = client.Insert(t.Context(), job.FulfilArgs{OrderIDs: []int64{7, 11}}, nil)
	require.NoError(t, err)
	theirs, err := listener.Conn().WaitForNotification(t.Context())
	require.NoError(t, err)
	require.Equal(t, theirs.Payload, ours.Payload)

	rows, err := s.Pool().Query(
		t.Context(), `SELECT to_jsonb(j) - 'id' - 'created_at' - 'scheduled_at' FROM river_job j ORDER BY id`,
	)
	require.NoError(t, err)
	jobs, err := pgx.CollectRows(rows, pgx.RowTo[map[string]any])
	require.NoError(t, err)
	require.Len(t, jobs, 2)
	require.Equal(t, jobs[1], jobs[0])
}
