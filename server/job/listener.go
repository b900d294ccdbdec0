package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river/riverdriver"
)

const (
	// insertTopic is where River's producers hear of jobs in their queue.
	insertTopic = "river_insert"
	// listenAgain is how long a connection that broke is left alone.
	listenAgain = time.Second
	// listenTimeout bounds a trial to listen again. Nothing is heard meanwhile.
	listenTimeout = 5 * time.Second
)

// alarmListener hears the alarm as well as the database. The alarm is heard while
// the database is not: a connection that breaks is made anew here, where River
// would hear nothing at all meanwhile, and would wait up to a minute before it
// tries. River waits with it in one goroutine, while others begin and, when it
// stops all at once, end to listen.
type alarmListener struct {
	riverdriver.Listener

	alarm  *alarm
	log    *slog.Logger
	broken atomic.Bool

	mu     sync.Mutex // held while topics change and while a connection gets them
	topics map[string]bool
}

func newAlarmListener(inner riverdriver.Listener, a *alarm, log *slog.Logger) *alarmListener {
	return &alarmListener{Listener: inner, alarm: a, log: log, topics: make(map[string]bool)}
}

// Connect implements riverdriver.Listener, as the methods after it.
func (l *alarmListener) Connect(ctx context.Context) error {
	l.broken.Store(false)
	return l.Listener.Connect(ctx)
}

// Listen hears a topic from here on.
func (l *alarmListener) Listen(ctx context.Context, topic string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.topics[topic] = true
	if l.broken.Load() {
		return nil // when it is mended
	}
	return l.Listener.Listen(ctx, topic)
}

// Unlisten hears it no more.
func (l *alarmListener) Unlisten(ctx context.Context, topic string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.topics, topic)
	if l.broken.Load() {
		return nil
	}
	return l.Listener.Unlisten(ctx, topic)
}

// Ping is River's look whether the connection stands.
func (l *alarmListener) Ping(ctx context.Context) error {
	if l.broken.Load() {
		return nil
	}
	return l.breaks(ctx, l.Listener.Ping(ctx))
}

// WaitForNotification returns what the database or the alarm says next.
func (l *alarmListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for {
		if l.broken.Load() {
			if queue := l.rung(ctx); queue != "" {
				return insertedIn(queue)
			}
			l.mend(ctx)
		}
		if !l.broken.Load() {
			notification, err := l.hear(ctx)
			if err = l.breaks(ctx, err); notification != nil || err != nil {
				return notification, err
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// breaks takes note of an error that ends the connection, and returns any other. A
// server that does not answer in time is one that is gone.
func (l *alarmListener) breaks(ctx context.Context, err error) error {
	if err == nil || errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	l.broken.Store(true)
	l.log.Warn("jobs are not announced by the database; they are looked for", "error", err)
	return nil
}

// rung is the queue that the alarm rings for before it is time to connect again; ""
// for none.
func (l *alarmListener) rung(ctx context.Context) string {
	wait := time.NewTimer(listenAgain)
	defer wait.Stop()
	select {
	case queue := <-l.alarm.rings:
		return queue
	case <-wait.C:
	case <-ctx.Done():
	}
	return ""
}

// mend tries to listen again. What was announced meanwhile the alarm looks for.
func (l *alarmListener) mend(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, listenTimeout)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.Close(ctx) // it is broken
	err := l.Listener.Connect(ctx)
	for topic := range l.topics {
		if err == nil {
			err = l.Listener.Listen(ctx, topic)
		}
	}
	if err == nil {
		l.broken.Store(false)
		l.alarm.poke()
		l.log.Info("jobs are announced by the database again")
	}
}

// hear waits for both. A ring that comes while the database speaks waits for the
// next call.
func (l *alarmListener) hear(ctx context.Context) (*riverdriver.Notification, error) {
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
		l.alarm.announce(rung)
		return notification, nil
	case ctx.Err() != nil:
		l.alarm.announce(rung)
		return nil, ctx.Err()
	case !errors.Is(err, context.Canceled):
		l.alarm.announce(rung)
		return nil, err
	default:
		return insertedIn(rung)
	}
}

// insertedIn is what River says of a new job in the queue.
func insertedIn(queue string) (*riverdriver.Notification, error) {
	payload, err := json.Marshal(map[string]string{"queue": queue})
	if err != nil {
		return nil, fmt.Errorf("ring for %s: %w", queue, err)
	}
	return &riverdriver.Notification{Topic: insertTopic, Payload: string(payload)}, nil
}

// silent is the listener of a database that tells nothing.
type silent struct{ schema string }

// Close implements riverdriver.Listener, as the methods after it.
func (silent) Close(context.Context) error            { return nil }
func (silent) Connect(context.Context) error          { return nil }
func (silent) Listen(context.Context, string) error   { return nil }
func (silent) Ping(context.Context) error             { return nil }
func (s silent) Schema() string                       { return s.schema }
func (silent) SetAfterConnectExec(string)             {}
func (silent) Unlisten(context.Context, string) error { return nil }

func (silent) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
