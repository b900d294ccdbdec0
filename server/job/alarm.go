package job

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

const (
	// lookEvery is the least time between two looks for jobs that are due.
	lookEvery = 50 * time.Millisecond
	// insertTopic is where River's producers hear of jobs in their queue.
	insertTopic = "river_insert"
	// mostRings is how many queues may wait to be told of. With more the poll of
	// their producers finds the jobs.
	mostRings = 1024
)

// alarm wakes the producer of a queue when a job of it is due. No database tells
// of a job that was put off, and SQLite of none at all: without an alarm every
// queue has to be asked ten times a second, which with many queues is most of
// what an idle hub does.
type alarm struct {
	// due is how long it takes until the first available job of each queue is due.
	due func(ctx context.Context) (map[string]time.Duration, error)
	// version is a number that every commit to the database changes; nil where
	// new jobs are announced by the database.
	version func(ctx context.Context) (int64, error)
	poked   chan struct{} // capacity 1: a job was put off
	rings   chan string   // queues with a job that is due
	last    int64         // version
}

func newAlarm(version func(ctx context.Context) (int64, error)) *alarm {
	return &alarm{version: version, poked: make(chan struct{}, 1), rings: make(chan string, mostRings)}
}

// run rings until ctx ends. What it cannot see, producers find by their poll.
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
		if !pause(ctx, lookEvery) {
			return
		}
		look.Reset(a.untilLook(next))
	}
}

// changed reports whether there may be jobs that were not seen yet.
func (a *alarm) changed(ctx context.Context) bool {
	if a.version == nil {
		return true // it is looked only when a job was put off, or is due
	}
	version, err := a.version(ctx)
	changed := err != nil || version != a.last
	a.last = version
	return changed
}

// untilLook is how long nobody needs to look.
func (a *alarm) untilLook(next time.Time) time.Duration {
	switch {
	case a.version != nil:
		return 0
	case next.IsZero():
		return time.Hour // until it is poked
	default:
		return time.Until(next)
	}
}

// ring wakes the queues that have a job to work now, and returns when the next
// one is due.
func (a *alarm) ring(ctx context.Context) (next time.Time) {
	now := time.Now()
	due, err := a.due(ctx)
	if err != nil {
		return now.Add(fetchPoll) // the producers' own fetches say what is wrong
	}
	for queue, wait := range due {
		at := now.Add(wait)
		if wait <= 0 {
			a.tell(queue)
			at = now.Add(fetchPoll) // is it still there?
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

func (a *alarm) tell(queue string) {
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

// pause reports whether ctx goes on after d.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// The moments are compared within the database, whose clock decides what is due.
const (
	dueOnPostgres = `SELECT json_object_agg(queue, seconds)::text FROM (
			SELECT queue, extract(epoch FROM min(scheduled_at) - now())::float8 AS seconds
			FROM river_job WHERE state = 'available' GROUP BY queue) AS due`
	dueOnSQLite = `SELECT json_group_object(queue, seconds) FROM (
			SELECT queue, (julianday(min(scheduled_at)) - julianday('now')) * 86400.0 AS seconds
			FROM river_job WHERE state = 'available' GROUP BY queue)`
)

// alarmDriver is River's driver with the alarm beside its notifications. River
// calls the interfaces of its drivers unstable: what is not overridden here
// passes through.
type alarmDriver[TTx any] struct {
	riverdriver.Driver[TTx]

	alarm *alarm
}

// newAlarmDriver asks with query what is due.
func newAlarmDriver[TTx any](driver riverdriver.Driver[TTx], a *alarm, query string) *alarmDriver[TTx] {
	executor := driver.GetExecutor()
	a.due = func(ctx context.Context) (map[string]time.Duration, error) {
		var list *string
		if err := executor.QueryRow(ctx, query).Scan(&list); err != nil {
			return nil, fmt.Errorf("what is due: %w", err)
		}
		return parseDue(list)
	}
	return &alarmDriver[TTx]{driver, a}
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

// GetExecutor implements riverdriver.Driver.
func (d *alarmDriver[TTx]) GetExecutor() riverdriver.Executor {
	return &alarmExecutor{d.Driver.GetExecutor(), d.alarm}
}

// SupportsListener implements riverdriver.Driver: the alarm is heard in any case.
func (*alarmDriver[TTx]) SupportsListener() bool { return true }

// GetListener implements riverdriver.Driver.
func (d *alarmDriver[TTx]) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	if !d.Driver.SupportsListener() {
		return &alarmListener{Listener: silent{params.Schema}, alarm: d.alarm}
	}
	return &alarmListener{Listener: d.Driver.GetListener(params), alarm: d.alarm}
}

// alarmExecutor tells the alarm of jobs that are put off: they are available
// again without being announced.
type alarmExecutor struct {
	riverdriver.Executor

	alarm *alarm
}

// JobSetStateIfRunningMany implements riverdriver.Executor.
func (e *alarmExecutor) JobSetStateIfRunningMany(
	ctx context.Context, params *riverdriver.JobSetStateIfRunningManyParams,
) ([]*rivertype.JobRow, error) {
	jobs, err := e.Executor.JobSetStateIfRunningMany(ctx, params)
	if slices.Contains(params.State, rivertype.JobStateAvailable) {
		e.alarm.poke()
	}
	return jobs, err
}

// alarmListener hears the alarm as well as the database.
type alarmListener struct {
	riverdriver.Listener

	alarm *alarm
}

// WaitForNotification implements riverdriver.Listener. A ring that comes while
// the database speaks waits for the next call.
func (l *alarmListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	var rung string
	var hearing sync.WaitGroup
	hearing.Go(func() {
		select {
		case rung = <-l.alarm.rings:
			cancel()
		case <-waiting.Done():
		}
	})
	notification, err := l.Listener.WaitForNotification(waiting)
	cancel()
	hearing.Wait()
	switch {
	case rung == "":
		return notification, err
	case err == nil:
		l.alarm.tell(rung)
		return notification, nil
	case ctx.Err() != nil:
		l.alarm.tell(rung)
		return nil, ctx.Err()
	default:
		return insertedIn(rung)
	}
}

// insertedIn is what River says of a new job in the queue.
func insertedIn(queue string) (*riverdriver.Notification, error) {
	payload, err := json.Marshal(map[string]string{"queue": queue})
	return &riverdriver.Notification{Topic: insertTopic, Payload: string(payload)}, err
}

// silent is the listener of a database that tells nothing.
type silent struct{ schema string }

// Close implements riverdriver.Listener, as the methods after it.
func (silent) Close(context.Context) error { return nil }

// Connect does nothing.
func (silent) Connect(context.Context) error { return nil }

// Listen does nothing.
func (silent) Listen(context.Context, string) error { return nil }

// Ping does nothing.
func (silent) Ping(context.Context) error { return nil }

// Schema is the one asked for.
func (s silent) Schema() string { return s.schema }

// SetAfterConnectExec does nothing.
func (silent) SetAfterConnectExec(string) {}

// Unlisten does nothing.
func (silent) Unlisten(context.Context, string) error { return nil }

// WaitForNotification waits for nothing.
func (silent) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
