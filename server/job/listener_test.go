package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
)

// database tells nothing but what the test lets it tell.
type database struct {
	riverdriver.Executor
	silent

	tells      chan *riverdriver.Notification
	connecting error
	listens    []string
}

func (d *database) Connect(context.Context) error { return d.connecting }

// Ping never hears an answer.
func (*database) Ping(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (d *database) Listen(_ context.Context, topic string) error {
	d.listens = append(d.listens, topic)
	return nil
}

func (d *database) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case n := <-d.tells:
		if n == nil {
			return nil, errors.New("the connection broke")
		}
		return n, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *database) JobSetStateIfRunningMany(
	context.Context, *riverdriver.JobSetStateIfRunningManyParams,
) ([]*rivertype.JobRow, error) {
	return nil, nil
}

func TestListenerHearsBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{tells: make(chan *riverdriver.Notification, 1)}
		a := newAlarm(nil)
		l := newAlarmListener(d, a, slog.New(slog.DiscardHandler))
		a.announce("q")
		heard, err := l.WaitForNotification(t.Context())
		require.NoError(t, err)
		require.Equal(t, &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"q"}`}, heard)

		own := &riverdriver.Notification{Topic: "river_control", Payload: "x"}
		d.tells <- own
		heard, err = l.WaitForNotification(t.Context())
		require.NoError(t, err)
		require.Same(t, own, heard)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = l.WaitForNotification(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// With the database away River is told what the alarm says, and the connection is
// made anew as soon as that goes.
func TestListenerHearsTheAlarmWhileTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{tells: make(chan *riverdriver.Notification, 1)}
		a := newAlarm(nil)
		l := newAlarmListener(d, a, slog.New(slog.DiscardHandler))
		require.NoError(t, l.Connect(t.Context()))
		require.NoError(t, l.Listen(t.Context(), "river_insert"))
		d.connecting = errors.New("nobody answers")
		d.tells <- nil
		time.AfterFunc(time.Hour, func() { a.announce("q") })
		began := time.Now()
		heard, err := l.WaitForNotification(t.Context())
		require.NoError(t, err)
		require.JSONEq(t, `{"queue":"q"}`, heard.Payload)
		require.Equal(t, time.Hour, time.Since(began))
		require.NoError(t, l.Ping(t.Context()), "River must not give up")

		d.connecting, d.listens = nil, nil
		own := &riverdriver.Notification{Topic: "river_insert", Payload: "x"}
		time.AfterFunc(listenAgain, func() { d.tells <- own })
		heard, err = l.WaitForNotification(t.Context())
		require.NoError(t, err)
		require.Same(t, own, heard)
		require.Equal(t, []string{"river_insert"}, d.listens)
		require.Len(t, a.poked, 1, "what was announced meanwhile is looked for")
	})
}

// A server that has gone without a word does not answer when River looks for it: the
// connection is made anew, and the alarm is heard meanwhile.
func TestListenerWhoseServerDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{tells: make(chan *riverdriver.Notification, 1)}
		a := newAlarm(nil)
		l := newAlarmListener(d, a, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.NoError(t, l.Ping(ctx), "River must not give up")
		require.True(t, l.broken.Load())
		a.announce("q")
		heard, err := l.WaitForNotification(t.Context())
		require.NoError(t, err)
		require.JSONEq(t, `{"queue":"q"}`, heard.Payload)
		own := &riverdriver.Notification{Topic: "river_insert", Payload: "x"}
		d.tells <- own
		heard, err = l.WaitForNotification(t.Context())
		require.NoError(t, err)
		require.Same(t, own, heard)
		require.False(t, l.broken.Load())

		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.ErrorIs(t, l.Ping(ctx), context.Canceled, "it stops")
		require.False(t, l.broken.Load())
	})
}

// River ends what listens all at once when it stops.
func TestManyEndToListenAtOnce(t *testing.T) {
	t.Parallel()
	l := newAlarmListener(silent{}, newAlarm(nil), slog.New(slog.DiscardHandler))
	var running sync.WaitGroup
	for i := range 16 {
		running.Go(func() {
			for range 100 {
				topic := fmt.Sprint("topic ", i)
				require.NoError(t, l.Listen(t.Context(), topic))
				require.NoError(t, l.Unlisten(t.Context(), topic))
			}
		})
	}
	running.Wait()
	require.Empty(t, l.topics)
}
