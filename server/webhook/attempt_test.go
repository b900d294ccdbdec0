package webhook_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// AddTest implements webhook.DeliveryStore.
func (b *box) AddTest(_ context.Context, d webhook.NewDelivery) (*webhook.Due, error) {
	if b.endpoint[d.EndpointID] == nil {
		return nil, webhook.ErrEndpointNotFound
	}
	b.add(d.EndpointID, string(d.Body))
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[len(b.entries)-1]
	e.next, e.due.HappenedAt, e.due.Parcel.Type = time.Time{}, time.Time{}, d.Type
	due := e.due
	due.Endpoint = *b.endpoint[d.EndpointID]
	return &due, nil
}

// Delivery implements webhook.DeliveryStore.
func (b *box) Delivery(_ context.Context, _, id int64) (webhook.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if id < 1 || id > int64(len(b.entries)) {
		return webhook.Delivery{}, webhook.ErrDeliveryNotFound
	}
	e := b.entries[id-1]
	return webhook.Delivery{ID: id, Type: e.due.Parcel.Type, Status: e.status, Attempts: e.due.Attempts}, nil
}

// Redeliver implements webhook.DeliveryStore.
func (b *box) Redeliver(ctx context.Context, merchantID, id int64) (string, error) {
	if _, err := b.Delivery(ctx, merchantID, id); err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id-1]
	e.status, e.next, e.due.Attempts = webhook.DeliveryPending, time.Now(), 0
	return e.lane, nil
}

// ListDeliveries implements webhook.DeliveryStore.
func (b *box) ListDeliveries(context.Context, int64, webhook.Filter) ([]webhook.Delivery, error) {
	return nil, nil
}

func deliveriesOf(b *box, s *webhook.Sender) *webhook.Deliveries {
	formats := map[string]webhook.Format{webhook.FormatStandard: words{}, gameso.Name: words{}}
	return webhook.NewDeliveries(b, s, formats, func() string { return "id" }, time.Now)
}

// TestTesting posts once, whatever the endpoint's state, and nothing follows from it.
func TestTesting(t *testing.T) {
	for status, want := range map[int]webhook.DeliveryStatus{
		200: webhook.DeliveryDelivered, 299: webhook.DeliveryDelivered, 199: webhook.DeliveryFailed,
		300: webhook.DeliveryFailed, 410: webhook.DeliveryFailed, 503: webhook.DeliveryFailed, 0: webhook.DeliveryFailed,
	} {
		synctest.Test(t, func(t *testing.T) {
			e := active(1, webhook.FormatStandard, "x")
			failing := time.Now().Add(-6 * 24 * hour)
			e.Status, e.FailingSince = webhook.StatusInactive, &failing
			b := newBox(e)
			s, w := start(t, b, receivers{"x": answers(status)})
			d, err := deliveriesOf(b, s).Test(t.Context(), &e)
			require.NoError(t, err)
			require.Equal(t, webhook.Delivery{ID: 1, Type: "webhook.test", Status: want, Attempts: 1}, d, status)
			time.Sleep(hour)
			end(t, s)
			require.Len(t, b.attempts, 1)
			require.Empty(t, b.disabled)
			require.Empty(t, w.lags, "it tells of nothing")
		})
	}
}

// TestTestsAtOnce: a merchant has two under way; a third is refused before it is kept.
func TestTestsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mine, another := active(1, webhook.FormatStandard, "hangs"), active(2, webhook.FormatStandard, "x")
		b := newBox(mine, another)
		s, _ := start(t, b, receivers{"hangs": slowly(200, hour), "x": answers(200)})
		d := deliveriesOf(b, s)
		for range 2 {
			go func() { _, _ = d.Test(t.Context(), &mine) }()
		}
		synctest.Wait()
		_, err := d.Test(t.Context(), &mine)
		var later *order.RetryLaterError
		require.ErrorAs(t, err, &later)
		require.ErrorIs(t, err, webhook.ErrTesting)
		require.Len(t, b.entries, 2)
		_, err = d.Test(t.Context(), &another)
		require.NoError(t, err)
		time.Sleep(15 * second) // the format's time-out
		synctest.Wait()
		unknown := mine
		unknown.ID = 9
		_, err = d.Test(t.Context(), &unknown)
		require.ErrorIs(t, err, webhook.ErrEndpointNotFound)
		end(t, s)
		require.Len(t, b.attempts, 3)
	})
}

// TestTesterGoesAway: what was kept is settled all the same.
func TestTesterGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := active(1, webhook.FormatStandard, "x")
		b := newBox(e)
		s, _ := start(t, b, receivers{"x": slowly(200, second)})
		ctx, leave := context.WithCancel(t.Context())
		go func() { _, _ = deliveriesOf(b, s).Test(ctx, &e) }()
		synctest.Wait()
		leave()
		time.Sleep(2 * second)
		end(t, s)
		require.Equal(t, map[webhook.DeliveryStatus]int{webhook.DeliveryDelivered: 1}, b.statuses())
	})
}

// TestRedeliver posts at once what was given up, with a fresh set of attempts.
func TestRedeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(active(1, gameso.Name, "dead"))
		b.add(1, "x")
		s, _ := start(t, b, receivers{"dead": answers(500)})
		d := deliveriesOf(b, s)
		time.Sleep(10*minute + 500*time.Millisecond) // between two looks
		synctest.Wait()
		require.Len(t, b.attempts, 4)
		_, err := d.Redeliver(t.Context(), 1, 1)
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, b.attempts, 5)
		_, err = d.Redeliver(t.Context(), 1, 2)
		require.ErrorIs(t, err, webhook.ErrDeliveryNotFound)
		time.Sleep(10 * minute)
		end(t, s)
		require.Len(t, b.attempts, 8)
		require.Equal(t, 1, b.attempts[4].Attempt.Number)
	})
}

// TestGapsSpread by a tenth either way, so that not all come back at once; fixed ones do not.
func TestGapsSpread(t *testing.T) {
	for _, spread := range []float64{-1, 1} {
		var grown []time.Duration
		for _, gap := range []time.Duration{5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour} {
			grown = append(grown, gap+time.Duration(spread*float64(gap/10)))
		}
		for format, want := range map[string][]time.Duration{
			webhook.FormatStandard: cumulative(grown...), gameso.Name: cumulative(minute, minute, minute),
		} {
			synctest.Test(t, func(t *testing.T) {
				b := newBox(active(1, format, "dead"))
				b.add(1, "x")
				began := time.Now()
				s, _ := startWith(b, receivers{"dead": answers(500)}, spread)
				time.Sleep(40 * hour)
				end(t, s)
				require.Equal(t, rounded(want), rounded(b.attemptsOf(1, began)))
			})
		}
	}
}

// TestLongestAsked: nobody puts an attempt off by more than a day, nor nearer than it is planned.
func TestLongestAsked(t *testing.T) {
	for asked, want := range map[time.Duration][]time.Duration{
		100 * hour: {0, 24 * hour, 48 * hour}, second: {0, 5 * second, 5*second + 5*minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := active(1, webhook.FormatStandard, "busy")
			e.MaxRetries = 2
			b := newBox(e)
			b.add(1, "x")
			began := time.Now()
			s, _ := start(t, b, receivers{"busy": func() webhook.Answer {
				return webhook.Answer{Status: 503, RetryAfter: asked}
			}})
			time.Sleep(60 * hour)
			end(t, s)
			require.Equal(t, want, rounded(b.attemptsOf(1, began)))
		})
	}
}

// forgetful cannot write down what came of the first attempts.
type forgetful struct {
	*box

	fails int
}

func (f *forgetful) SettleDeliveries(ctx context.Context, outcomes []webhook.Outcome) ([]webhook.Health, error) {
	if f.fails--; f.fails >= 0 {
		return nil, errWordless
	}
	return f.box.SettleDeliveries(ctx, outcomes)
}

// TestNotWrittenDown is posted again when the claim has run out: at least once, never lost.
func TestNotWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(active(1, bursagb.Name, "x"))
		b.add(1, "x")
		var posts atomic.Int64
		s, _ := startWith(&forgetful{b, 2}, receivers{"x": func() webhook.Answer {
			posts.Add(1)
			return webhook.Answer{Status: 200}
		}}, 0)
		time.Sleep(74 * second)
		require.EqualValues(t, 1, posts.Load())
		time.Sleep(5 * minute)
		end(t, s)
		require.EqualValues(t, 3, posts.Load())
		require.Equal(t, map[webhook.DeliveryStatus]int{webhook.DeliveryDelivered: 1}, b.statuses())
	})
}
