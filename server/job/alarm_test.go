package job

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
)

// rung is an alarm that runs, what is due, and how often it was asked for.
type rung struct {
	*alarm

	list     atomic.Pointer[map[string]time.Duration]
	asked    atomic.Int64
	version  atomic.Int64
	versions atomic.Int64 // how often that was asked for
}

func ringing(t *testing.T, versioned bool) *rung {
	r := &rung{alarm: newAlarm(nil)}
	if versioned {
		r.alarm.version = func(context.Context) (int64, error) {
			r.versions.Add(1)
			return r.version.Load(), nil
		}
		r.version.Store(1)
	}
	r.list.Store(&map[string]time.Duration{})
	r.due = func(context.Context) (map[string]time.Duration, error) {
		r.asked.Add(1)
		return *r.list.Load(), nil
	}
	go r.run(t.Context())
	synctest.Wait()
	return r
}

// heard is the queue that was rung for, after at most a while of virtual time.
func (r *rung) heard(within time.Duration) string {
	select {
	case queue := <-r.rings:
		return queue
	case <-time.After(within):
		return ""
	}
}

func TestAlarmRingsWhenAJobIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ringing(t, false)
		require.Empty(t, r.heard(time.Minute-1))
		require.EqualValues(t, time.Minute/lookAgain, r.asked.Load(), "nobody else may tell of a job")

		r.list.Store(&map[string]time.Duration{"q": 0})
		r.poke()
		require.Equal(t, "q", r.heard(2*lookEvery))
		r.list.Store(&map[string]time.Duration{"p": 400 * time.Millisecond})
		require.Empty(t, r.heard(lookAgain+lookEvery), "whoever put it off pokes, or the next look finds it")
		r.list.Store(&map[string]time.Duration{"p": -time.Millisecond})
		require.Equal(t, "p", r.heard(400*time.Millisecond+lookEvery))
	})
}

func TestAlarmFindsWhatNobodyToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ringing(t, false)
		time.Sleep(time.Hour)
		r.list.Store(&map[string]time.Duration{"q": 0})
		require.Equal(t, "q", r.heard(lookAgain+lookEvery))
	})
}

func TestAlarmLooksAfterEveryCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ringing(t, true)
		require.Empty(t, r.heard(time.Minute))
		require.EqualValues(t, 1, r.asked.Load(), "nothing was committed")
		require.LessOrEqual(t, r.versions.Load(), int64(time.Minute/versionEvery)+1)
		r.list.Store(&map[string]time.Duration{"q": 0})
		r.version.Add(1)
		require.Equal(t, "q", r.heard(versionEvery+lookEvery), "another process committed it")

		r.list.Store(&map[string]time.Duration{"p": 0})
		r.version.Add(1)
		r.poke()
		require.Equal(t, "p", r.heard(2*lookEvery), "this one did, and tells")
	})
}

func TestPutOffJobsPoke(t *testing.T) {
	a := newAlarm(nil)
	e := &alarmExecutor{&database{}, a}
	set := func(state rivertype.JobState) {
		_, err := e.JobSetStateIfRunningMany(t.Context(), &riverdriver.JobSetStateIfRunningManyParams{
			State: []rivertype.JobState{state},
		})
		require.NoError(t, err)
	}
	set(rivertype.JobStateCompleted)
	require.Empty(t, a.poked)
	set(rivertype.JobStateAvailable)
	require.Len(t, a.poked, 1)
}

func TestParseDue(t *testing.T) {
	due, err := parseDue(nil)
	require.NoError(t, err)
	require.Empty(t, due)
	list := `{"default":-0.5,"provider_1":1.25}`
	due, err = parseDue(&list)
	require.NoError(t, err)
	require.Equal(
		t, map[string]time.Duration{"default": -500 * time.Millisecond, "provider_1": 1250 * time.Millisecond}, due,
	)
}
