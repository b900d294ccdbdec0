package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"orderhub/server/webhook"
)

var (
	noon     = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	errWrong = errors.New("something is wrong")
)

func atNoon() time.Time { return noon }

// What is in the queue is read by the version after it, and by the one before.
func TestFormOfArguments(t *testing.T) {
	for _, test := range []struct {
		args river.JobArgs
		kind string
		text string
	}{
		{FulfilArgs{OrderIDs: []int64{1, 2}}, "fulfil", `{"order_ids":[1,2]}`},
		{CallArgs{AttemptIDs: []int64{3}}, "call", `{"attempt_ids":[3]}`},
		{CallArgs{AttemptIDs: []int64{3}, Fresh: true}, "call", `{"attempt_ids":[3],"fresh":true}`},
		{NoticeArgs{AttemptIDs: []int64{4}}, "notice", `{"attempt_ids":[4]}`},
		{
			FanoutArgs{Ranges: []webhook.Range{{MerchantID: 1, First: 2, Last: 3}}},
			"fanout",
			`{"ranges":[{"MerchantID":1,"First":2,"Last":3}]}`,
		},
		{SweepArgs{}, "sweep", `{}`},
	} {
		text, err := json.Marshal(test.args)
		require.NoError(t, err)
		require.JSONEq(t, test.text, string(text))
		require.Equal(t, test.kind, test.args.Kind())
	}
	require.Equal(t, "replay", ReplayArgs{}.Kind())
	require.Equal(t, "provider_12", ProviderQueue(12))
}

func TestOneSweepWaitsAtATime(t *testing.T) {
	options := SweepArgs{}.InsertOpts()
	require.Equal(t, 1, options.MaxAttempts)
	for _, state := range rivertype.JobStates() {
		over := slices.Contains([]rivertype.JobState{
			rivertype.JobStateCompleted, rivertype.JobStateCancelled, rivertype.JobStateDiscarded,
		}, state)
		require.Equal(t, !over, slices.Contains(options.UniqueOpts.ByState, state), "%s", state)
	}
}

func TestPace(t *testing.T) {
	p := paceOf(75 * time.Second)
	require.Equal(t, pace{
		rescueAfter: 75 * time.Second, timeout: time.Minute, sweepEvery: 30 * time.Second, stalledAfter: time.Minute,
	}, p)
	w := workerOf[CallArgs](&Options{Now: atNoon}, p)
	require.Less(t, w.Timeout(nil), p.rescueAfter, "a job is given to another only when it is over")
}

func TestRetriesSlowDownToAMinute(t *testing.T) {
	w := worker[CallArgs]{now: atNoon}
	for attempt, seconds := range map[int]int{1: 1, 2: 2, 3: 4, 6: 32, 7: 60, 8: 60, FanoutAttempts: 60} {
		job := &river.Job[CallArgs]{JobRow: &rivertype.JobRow{Attempt: attempt}}
		require.Equal(t, noon.Add(time.Duration(seconds)*time.Second), w.NextRetry(job), "attempt %d", attempt)
	}
}

// script is an engine, a fanout and what keeps replays: it answers as it is told
// and writes down what it was asked for.
type script struct {
	next    time.Time
	err     error
	more    bool
	ids     []int64
	fresh   bool
	ranges  []webhook.Range
	kept    []webhook.Replay
	keepErr error
}

func (s *script) Route(_ context.Context, ids []int64) (time.Time, error) {
	s.ids = ids
	return s.next, s.err
}

func (s *script) Call(_ context.Context, ids []int64, fresh bool) (time.Time, error) {
	s.ids, s.fresh = ids, fresh
	return s.next, s.err
}

func (s *script) Audit(_ context.Context, ids []int64) error {
	s.ids = ids
	return s.err
}

func (s *script) FanOut(_ context.Context, ranges []webhook.Range) error {
	s.ranges = ranges
	return s.err
}

func (s *script) Step(_ context.Context, r webhook.Replay) (webhook.Replay, bool, error) {
	r.PerSecond++
	return r, s.more, s.err
}

func (s *script) EnqueueReplay(_ context.Context, r webhook.Replay) error {
	s.kept = append(s.kept, r)
	return s.keepErr
}

func jobOf[T river.JobArgs](args T) *river.Job[T] {
	row := &rivertype.JobRow{Attempt: 1, AttemptedBy: []string{"first"}, Metadata: []byte("{}")}
	return &river.Job[T]{JobRow: row, Args: args}
}

// Work that has more to do is put off until then, also when that was a while ago;
// work that failed is tried again; what is done ends.
func TestWhatBecomesOfAJob(t *testing.T) {
	for _, test := range []struct {
		name  string
		next  time.Time
		err   error
		sleep time.Duration
	}{
		{name: "done"},
		{name: "later", next: noon.Add(time.Hour), sleep: time.Hour},
		{name: "now", next: noon, sleep: 10 * time.Millisecond},
		{name: "long since", next: noon.Add(-time.Hour), sleep: 10 * time.Millisecond},
		{name: "failed", next: noon.Add(time.Hour), err: errWrong},
	} {
		t.Run(test.name, func(t *testing.T) {
			ids := []int64{5, 6}
			fulfil, call := &script{next: test.next, err: test.err}, &script{next: test.next, err: test.err}
			w := &fulfilWorker{worker[FulfilArgs]{now: atNoon}, fulfil}
			routed := w.Work(t.Context(), jobOf(FulfilArgs{OrderIDs: ids}))
			called := (&callWorker{worker[CallArgs]{now: atNoon}, call}).
				Work(t.Context(), jobOf(CallArgs{AttemptIDs: ids}))
			for _, err := range []error{routed, called} {
				snooze, put := errors.AsType[*river.JobSnoozeError](err)
				require.Equal(t, test.sleep > 0, put, "%v", err)
				switch {
				case put:
					require.Equal(t, test.sleep, snooze.Duration)
				case test.err == nil:
					require.NoError(t, err)
				default:
					require.ErrorContains(t, err, test.err.Error())
				}
			}
			require.Equal(t, ids, fulfil.ids)
			require.Equal(t, ids, call.ids)
		})
	}
}

// A purchase counts as never sent only on the very first run of the job that came
// with it.
func TestFirstRun(t *testing.T) {
	for _, test := range []struct {
		name     string
		fresh    bool
		takenUp  int
		attempt  int
		metadata string
		want     bool
	}{
		{"the first", true, 1, 1, `{}`, true},
		{"of attempts from before", false, 1, 1, `{}`, false},
		{"after a failure", true, 2, 2, `{}`, false},
		{"after an interruption that does not count", true, 2, 1, `{}`, false},
		{"after a failure of which only the count tells", true, 1, 2, `{}`, false},
		{"after it was put off", true, 2, 1, `{"snoozes":1}`, false},
		{"after it was put off, which only the snoozes tell", true, 1, 1, `{"snoozes":1}`, false},
		{"by nobody", true, 0, 1, `{}`, false},
		{"with other metadata", true, 1, 1, `{"other":1}`, true},
		{"with what cannot be read", true, 1, 1, `{"snoozes":"x"}`, false},
		{"without metadata", true, 1, 1, ``, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &script{}
			job := jobOf(CallArgs{Fresh: test.fresh})
			job.Attempt, job.Metadata = test.attempt, []byte(test.metadata)
			job.AttemptedBy = make([]string, test.takenUp)
			require.NoError(t, (&callWorker{worker[CallArgs]{now: atNoon}, e}).Work(t.Context(), job))
			require.Equal(t, test.want, e.fresh)
		})
	}
}

// River takes back the attempt of a job whose error says that it was cancelled while
// the client stops. That of a job that calls providers stays.
func TestInterruptedCallsCount(t *testing.T) {
	for _, cause := range []error{context.Canceled, fmt.Errorf("a call: %w", context.Canceled)} {
		w := &callWorker{worker[CallArgs]{now: atNoon}, &script{err: cause}}
		err := w.Work(t.Context(), jobOf(CallArgs{AttemptIDs: []int64{1}}))
		require.ErrorContains(t, err, cause.Error())
		require.NotErrorIs(t, err, context.Canceled)
	}
}

func TestNoticesAndFanouts(t *testing.T) {
	s := &script{}
	require.NoError(t, (&noticeWorker{engine: s}).Work(t.Context(), jobOf(NoticeArgs{AttemptIDs: []int64{9}})))
	require.Equal(t, []int64{9}, s.ids)
	ranges := []webhook.Range{{MerchantID: 1, First: 2, Last: 3}}
	require.NoError(t, (&fanoutWorker{fanout: s}).Work(t.Context(), jobOf(FanoutArgs{Ranges: ranges})))
	require.Equal(t, ranges, s.ranges)

	s.err = errWrong
	require.ErrorIs(t, (&noticeWorker{engine: s}).Work(t.Context(), jobOf(NoticeArgs{})), errWrong)
	require.ErrorIs(t, (&fanoutWorker{fanout: s}).Work(t.Context(), jobOf(FanoutArgs{})), errWrong)
}

// What is left of a replay goes into a job of its own; with an error nothing does,
// so that the part is made again.
func TestReplayGoesOnInAnotherJob(t *testing.T) {
	for _, test := range []struct {
		name   string
		script script
		kept   int
		want   error
	}{
		{"over", script{}, 0, nil},
		{"more", script{more: true}, 1, nil},
		{"failed", script{more: true, err: errWrong}, 0, errWrong},
		{"not kept", script{more: true, keepErr: errWrong}, 1, errWrong},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &replayWorker{fanout: &test.script, replays: &test.script}
			err := w.Work(t.Context(), jobOf(ReplayArgs{webhook.Replay{PerSecond: 7}}))
			require.ErrorIs(t, err, test.want)
			require.Len(t, test.script.kept, test.kept)
			for _, left := range test.script.kept {
				require.Equal(t, 8, left.PerSecond, "what is left, not what came")
			}
		})
	}
}

// forgotten are orders that no job will wake.
type forgotten struct {
	ids    []int64
	before time.Time
	limit  int
	woken  [][]int64
	most   int // how many times they can be woken
}

func (f *forgotten) Stalled(_ context.Context, before time.Time, limit int) ([]int64, error) {
	f.before, f.limit = before, limit
	if f.ids == nil {
		return nil, errWrong
	}
	return f.ids, nil
}

func (f *forgotten) WakeFulfilment(_ context.Context, ids []int64, at time.Time) error {
	if len(f.woken) == f.most || !at.IsZero() {
		return errWrong
	}
	f.woken = append(f.woken, ids)
	return nil
}

func TestSweepWakesInBatches(t *testing.T) {
	for _, test := range []struct {
		found, most int
		batches     []int
		want        error
	}{
		{found: 0, most: 9},
		{found: 256, most: 9, batches: []int{256}},
		{found: 513, most: 9, batches: []int{256, 256, 1}},
		{found: 513, most: 1, batches: []int{256}, want: errWrong},
	} {
		f := &forgotten{ids: make([]int64, test.found), most: test.most}
		for i := range f.ids {
			f.ids[i] = int64(i)
		}
		w := &sweepWorker{orders: f, now: atNoon, stalledAfter: time.Minute}
		require.ErrorIs(t, w.Work(t.Context(), jobOf(SweepArgs{})), test.want)
		require.Equal(t, noon.Add(-time.Minute), f.before)
		require.Equal(t, 4096, f.limit)
		var sizes []int
		for _, batch := range f.woken {
			sizes = append(sizes, len(batch))
		}
		require.Equal(t, test.batches, sizes)
		if test.want == nil {
			require.ElementsMatch(t, f.ids, slices.Concat(f.woken...), "each of them once")
		}
	}
	w := &sweepWorker{orders: &forgotten{}, now: atNoon}
	require.ErrorIs(t, w.Work(t.Context(), jobOf(SweepArgs{})), errWrong)
}
