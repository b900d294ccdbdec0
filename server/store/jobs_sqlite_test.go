package store_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/stretchr/testify/require"

	"orderhub/server/job"
	"orderhub/server/store/storetest"
)

// What River would have written on SQLite, the store writes, for jobs of now and
// of later.
func TestJobsOnSQLiteAreAsRiverWritesThem(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)()
	client, err := river.NewClient(riversqlite.New(s.SQLite()), &river.Config{})
	require.NoError(t, err)
	later := time.Now().Add(time.Hour)
	for _, at := range []time.Time{{}, later} {
		require.NoError(t, s.Attempts.WakeFulfilment(t.Context(), []int64{7, 11}, at))
		_, err = client.InsertManyFast(t.Context(), []river.InsertManyParams{{
			Args: job.FulfilArgs{OrderIDs: []int64{7, 11}}, InsertOpts: &river.InsertOpts{ScheduledAt: at},
		}})
		require.NoError(t, err)
	}
	type row struct {
		args, argsType, kind, metadata, metadataType, queue, state, tags, tagsType string
		attempt, maxAttempts, priority, timeLength                                 int
		scheduled                                                                  sql.NullString
	}
	rows, err := s.SQLite().QueryContext(t.Context(), `SELECT args, typeof(args), kind, metadata, typeof(metadata),
		queue, state, tags, typeof(tags), attempt, max_attempts, priority, length(created_at),
		CASE state WHEN 'scheduled' THEN scheduled_at END
		FROM river_job WHERE attempted_at IS NULL AND attempted_by IS NULL AND finalized_at IS NULL AND errors IS NULL
		AND unique_key IS NULL AND unique_states IS NULL ORDER BY id`)
	require.NoError(t, err)
	defer rows.Close()
	var jobs []row
	for rows.Next() {
		var r row
		require.NoError(t, rows.Scan(&r.args, &r.argsType, &r.kind, &r.metadata, &r.metadataType, &r.queue, &r.state, &r.tags,
			&r.tagsType, &r.attempt, &r.maxAttempts, &r.priority, &r.timeLength, &r.scheduled))
		jobs = append(jobs, r)
	}
	require.NoError(t, rows.Err())
	require.Len(t, jobs, 4)
	require.Equal(t, jobs[1], jobs[0])
	require.Equal(t, jobs[3], jobs[2])
	require.Equal(t, "scheduled", jobs[2].state)
}
