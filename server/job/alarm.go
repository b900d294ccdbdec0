package job

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"orderhub/server/clock"
)

const (
	// lookEvery is the least time between two looks for jobs that are due.
	lookEvery = 50 * time.Millisecond
	// versionEvery is how often SQLite is asked whether another process committed
	// something.
	versionEvery = 500 * time.Millisecond
	// lookAgain is how often PostgreSQL is looked at whatever happens: another process
	// may have put a job off before it died. It is also when a queue is rung for again
	// whose job is still there.
	lookAgain = time.Second
	// mostRings is how many queues may wait to be told of. With more the next look
	// rings for the rest.
	mostRings = 1024
)

// alarm wakes the producer of a queue when a job of it is due. No database tells
// of a job that was put off, and SQLite of none at all: without an alarm every
// queue has to be asked by itself, again and again, which with many queues is most
// of what an idle hub does. The alarm asks for all of them with one statement.
type alarm struct {
	// due is how long it takes until the first available job of each queue is due.
	due func(ctx context.Context) (map[string]time.Duration, error)
	// version is a number that every commit to the database changes; nil where
	// new jobs are announced by the database.
	version func(ctx context.Context) (int64, error)
	poked   chan struct{} // capacity 1: there are jobs that nobody was told of
	rings   chan string   // queues with a job that is due
	last    int64         // version
}

func newAlarm(version func(ctx context.Context) (int64, error)) *alarm {
	return &alarm{version: version, poked: make(chan struct{}, 1), rings: make(chan string, mostRings)}
}

// run rings until ctx ends.
func (a *alarm) run(ctx context.Context) {
	look := time.NewTimer(0)
	defer look.Stop()
	var next time.Time // when a job is due; zero for none
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-a.poked:
		}
		if a.changed(ctx) || !next.IsZero() && !time.Now().Before(next) {
			next = a.ring(ctx)
		}
		if clock.Sleep(ctx, lookEvery) != nil {
			return
		}
		look.Reset(a.untilLook(next))
	}
}

// changed reports whether there may be jobs that were not seen yet.
func (a *alarm) changed(ctx context.Context) bool {
	if a.version == nil {
		return true // it is looked only when that may be
	}
	// It does not take long enough to watch beside it for the end of ctx.
	version, err := a.version(context.WithoutCancel(ctx))
	changed := err != nil || version != a.last
	a.last = version
	return changed
}

// untilLook is how long nobody needs to look.
func (a *alarm) untilLook(next time.Time) time.Duration {
	period := lookAgain
	if a.version != nil {
		period = versionEvery
	}
	if next.IsZero() {
		return clock.UntilNext(period)
	}
	return min(time.Until(next), clock.UntilNext(period))
}

// ring wakes the queues that have a job to work now, and returns when the next
// one is due.
func (a *alarm) ring(ctx context.Context) (next time.Time) {
	now := time.Now()
	due, err := a.due(ctx)
	if err != nil {
		return now.Add(lookAgain) // others say what is wrong
	}
	for queue, wait := range due {
		at := now.Add(wait)
		if wait <= 0 {
			a.announce(queue)
			at = now.Add(lookAgain) // is it still there?
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

func (a *alarm) announce(queue string) {
	select {
	case a.rings <- queue:
	default:
	}
}

// poke makes the alarm look for jobs soon.
func (a *alarm) poke() {
	select {
	case a.poked <- struct{}{}:
	default:
	}
}

// The queues are found one after the other in the index by which River fetches, and
// in it the first job of each, however many wait: all of ours have one priority. The
// moments are compared within the database, whose clock decides what is due.
const (
	queuesWithJobs = `WITH RECURSIVE queues(queue) AS (
			SELECT (SELECT queue FROM river_job WHERE state = 'available' ORDER BY queue LIMIT 1)
			UNION ALL
			SELECT (SELECT j.queue FROM river_job j WHERE j.state = 'available' AND j.queue > queues.queue
			ORDER BY j.queue LIMIT 1) FROM queues WHERE queues.queue IS NOT NULL),
		due AS (
			SELECT queue, (SELECT scheduled_at FROM river_job j WHERE j.state = 'available' AND j.queue = queues.queue
			AND j.priority = 1 ORDER BY j.priority, j.scheduled_at LIMIT 1) AS at FROM queues)
		`
	dueOnPostgres = queuesWithJobs + `SELECT json_object_agg(queue, extract(epoch FROM at - now())::float8)::text
		FROM due WHERE at IS NOT NULL`
	dueOnSQLite = queuesWithJobs + `SELECT json_group_object(queue, (julianday(at) - julianday('now')) * 86400.0)
		FROM due WHERE at IS NOT NULL`
)

// alarmDriver is River's driver with the alarm beside its notifications. River
// calls the interfaces of its drivers unstable: what is not overridden here
// passes through.
type alarmDriver[TTx any] struct {
	riverdriver.Driver[TTx]

	alarm *alarm
	log   *slog.Logger
}

// newAlarmDriver asks with query what is due. Where the alarm is told of commits the
// database announces nothing: River's own notifications on SQLite would be rows that
// each insert writes, and the listener would ask the one writer for them 20 times a
// second.
func newAlarmDriver[TTx any](
	driver riverdriver.Driver[TTx], a *alarm, query string, log *slog.Logger,
) *alarmDriver[TTx] {
	executor := driver.GetExecutor()
	a.due = func(ctx context.Context) (map[string]time.Duration, error) {
		var list *string
		if err := executor.QueryRow(ctx, query).Scan(&list); err != nil {
			return nil, fmt.Errorf("what is due: %w", err)
		}
		return parseDue(list)
	}
	return &alarmDriver[TTx]{driver, a, log}
}

// parseDue reads seconds by queue, as a JSON object; nil is no queue.
func parseDue(list *string) (map[string]time.Duration, error) {
	due := make(map[string]time.Duration)
	if list == nil {
		return due, nil
	}
	var seconds map[string]float64
	if err := json.Unmarshal([]byte(*list), &seconds); err != nil {
		return nil, fmt.Errorf("what is due: %w", err)
	}
	for queue, s := range seconds {
		due[queue] = time.Duration(s * float64(time.Second))
	}
	return due, nil
}

func (d *alarmDriver[TTx]) GetExecutor() riverdriver.Executor {
	return &alarmExecutor{d.Driver.GetExecutor(), d.alarm}
}

// SupportsListener implements riverdriver.Driver: the alarm is heard in any case.
func (*alarmDriver[TTx]) SupportsListener() bool { return true }

func (d *alarmDriver[TTx]) SupportsListenNotify() bool {
	return d.alarm.version == nil && d.Driver.SupportsListenNotify()
}

func (d *alarmDriver[TTx]) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	if d.alarm.version != nil {
		return newAlarmListener(silent{params.Schema}, d.alarm, d.log)
	}
	return newAlarmListener(d.Driver.GetListener(params), d.alarm, d.log)
}

// alarmExecutor tells the alarm of jobs that are put off: they are available
// again without being announced.
type alarmExecutor struct {
	riverdriver.Executor

	alarm *alarm
}

func (e *alarmExecutor) JobSetStateIfRunningMany(
	ctx context.Context, params *riverdriver.JobSetStateIfRunningManyParams,
) ([]*rivertype.JobRow, error) {
	jobs, err := e.Executor.JobSetStateIfRunningMany(ctx, params)
	if slices.Contains(params.State, rivertype.JobStateAvailable) {
		e.alarm.poke()
	}
	return jobs, err
}
