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

	began   time.Time
	stuck   *riverdriver.JobGetStuckParams
	rescued *riverdriver.JobRescueManyParams
}

func (r *recorder) JobGetStuck(_ context.Context, p *riverdriver.JobGetStuckParams) ([]*rivertype.JobRow, error) {
	r.stuck = p
	return []*rivertype.JobRow{{AttemptedAt: &r.began}, {}}, nil
}

func (r *recorder) JobRescueMany(_ context.Context, p *riverdriver.JobRescueManyParams) (*struct{}, error) {
	r.rescued = p
	return nil, errors.New("not taken")
}

// What River takes from a machine's clock that is wrong is put right: a job that is
// running is taken from who has it neither too early nor too late.
func TestMachineWithAWrongClock(t *testing.T) {
	hub := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for name, ahead := range map[string]time.Duration{"right": 0, "ahead": 3 * time.Hour, "behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{began: hub.Add(-2 * time.Minute)}
			e := hubExecutor{r, "", func() time.Duration { return ahead }}
			machine := hub.Add(ahead)
			horizon := machine.Add(-time.Minute)
			jobs, err := e.JobGetStuck(t.Context(), &riverdriver.JobGetStuckParams{StuckHorizon: horizon})
			require.NoError(t, err)
			require.Equal(t, hub.Add(-time.Minute), r.stuck.StuckHorizon)
			require.Equal(t, machine.Add(-2*time.Minute), *jobs[0].AttemptedAt, "it is two minutes by either clock")
			require.Nil(t, jobs[1].AttemptedAt)
			_, err = e.JobRescueMany(t.Context(), &riverdriver.JobRescueManyParams{StuckHorizon: horizon})
			require.Error(t, err)
			require.Equal(t, hub.Add(-time.Minute), r.rescued.StuckHorizon)
		})
	}
	at := func() time.Time { return hub }
	require.Equal(t, hub, hubTime{at}.Now(), "when a job is due that was put off or failed")
	require.Nil(t, hubTime{at}.NowOrNil())
}
