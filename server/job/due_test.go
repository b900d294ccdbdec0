package job_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/job"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// Of every queue with available jobs the first one is found, due or not yet.
func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		due, in := job.DueOnPostgres, "now() + interval '%d seconds'"
		if s.Pool() == nil {
			due, in = job.DueOnSQLite, "datetime('now', 'subsec', '%d seconds')"
		}
		ask := func() map[string]time.Duration {
			var list *string
			require.NoError(t, s.WriteDB.QueryRowContext(t.Context(), due).Scan(&list))
			found, err := job.ParseDue(list)
			require.NoError(t, err)
			return found
		}
		require.Empty(t, ask())
		for _, waiting := range []struct {
			queue, state string
			seconds      int
		}{
			{"provider-2", "available", 500},
			{"default", "available", 300},
			{"provider-2", "available", -200},
			{"provider-10", "available", 100},
			{"default", "available", 400},
			{"provider-2", "available", 0},
			{"webhooks", "running", -900},
			{"default", "scheduled", 10},
		} {
			_, err := s.WriteDB.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO river_job (kind, max_attempts, queue, state,
				args, scheduled_at) VALUES ('call', 1, '%s', '%s', '{}', `+in+`)`, waiting.queue, waiting.state, waiting.seconds))
			require.NoError(t, err)
		}
		found := ask()
		require.Len(t, found, 3)
		for queue, seconds := range map[string]float64{"default": 300, "provider-2": -200, "provider-10": 100} {
			require.InDelta(t, seconds, found[queue].Seconds(), 90, queue)
		}
	})
}
