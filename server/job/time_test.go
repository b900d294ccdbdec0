package job

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
)

// recorder takes what River would have written.
type recorder struct {
	riverdriver.Executor

	set   *riverdriver.JobSetStateIfRunningManyParams
	stuck *riverdriver.JobGetStuckParams
}

func (r *recorder) JobSetStateIfRunningMany(_ context.Context, p *riverdriver.JobSetStateIfRunningManyParams) (
	[]*rivertype.JobRow, error,
) {
	r.set = p
	return nil, nil
}

func (r *recorder) JobGetStuck(_ context.Context, p *riverdriver.JobGetStuckParams) ([]*rivertype.JobRow, error) {
	r.stuck = p
	return nil, errors.New("none")
}

// What River takes from a machine's clock that is wrong is put right: a snoozed job
// is due by the hub's clock, and one that is running is not taken from who has it.
func TestMachineWithAWrongClock(t *testing.T) {
	hub := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for name, ahead := range map[string]time.Duration{"right": 0, "ahead": 3 * time.Hour, "behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			e := hubExecutor{r, func() time.Duration { return ahead }}
			machine := hub.Add(ahead)
			snoozed, retried := machine.Add(time.Second), hub.Add(time.Minute)
			_, err := e.JobSetStateIfRunningMany(t.Context(), &riverdriver.JobSetStateIfRunningManyParams{
				ID: []int64{1, 2, 3}, ErrData: [][]byte{nil, []byte("{}"), nil}, ScheduledAt: []*time.Time{&snoozed, &retried, nil},
			})
			require.NoError(t, err)
			require.Equal(t, hub.Add(time.Second), *r.set.ScheduledAt[0])
			require.Equal(t, retried, *r.set.ScheduledAt[1], "NextRetry goes by the hub's clock")
			require.Nil(t, r.set.ScheduledAt[2])
			require.Equal(t, machine.Add(time.Second), snoozed, "the caller's is left alone")
			_, err = e.JobGetStuck(t.Context(), &riverdriver.JobGetStuckParams{StuckHorizon: machine.Add(-time.Minute)})
			require.Error(t, err)
			require.Equal(t, hub.Add(-time.Minute), r.stuck.StuckHorizon)
		})
	}
	require.Nil(t, hubTime{}.NowUTCOrNil())
}
