package webhook_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/webhook"
)

func start(t *testing.T, b *box, r receivers) (*webhook.Sender, *watcher) {
	t.Helper()
	return startWith(b, r, 0)
}

// startWith has every gap that grows as much longer as may be with 1, or shorter with -1.
func startWith(b webhook.Outbox, r receivers, spread float64) (*webhook.Sender, *watcher) {
	w := &watcher{lags: make(map[string]time.Duration)}
	formats := make(map[string]webhook.Format)
	for _, name := range []string{webhook.FormatStandard, gameso.Name, bursagb.Name} {
		formats[name] = bare{}
	}
	return webhook.NewSender(webhook.SenderOptions{
		Outbox: b, Poster: r, Formats: formats, Observer: w, Lease: 75 * time.Second,
		RequestID: func() string { return "req" },
		Now:       time.Now, Spread: func() float64 { return spread }, Log: slog.New(slog.DiscardHandler),
	}), w
}

func end(t *testing.T, s *webhook.Sender) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, s.Close(ctx))
}

func active(id int64, format, url string) webhook.Endpoint {
	return webhook.Endpoint{
		ID: id, MerchantID: id, Format: format, URL: url, Status: webhook.StatusActive, MaxRetries: webhook.ByFormat,
	}
}

// rounded are times to the next second: the sender looks once a second.
func rounded(times []time.Duration) []time.Duration {
	for i := range times {
		times[i] = times[i].Round(5 * time.Second)
	}
	return times
}

func cumulative(gaps ...time.Duration) []time.Duration {
	times := []time.Duration{0}
	for _, gap := range gaps {
		times = append(times, times[len(times)-1]+gap)
	}
	return times
}

const second, minute, hour = time.Second, time.Minute, time.Hour

func TestSchedules(t *testing.T) {
	few, hourly := active(1, webhook.FormatStandard, "dead"), active(1, webhook.FormatStandard, "dead")
	few.MaxRetries = 2
	hourly.MaxRetries, hourly.RetryDelay = 3, hour
	once := active(1, gameso.Name, "dead")
	once.MaxRetries = 0
	for name, tt := range map[string]struct {
		endpoint webhook.Endpoint
		want     []time.Duration
	}{
		"standard": {
			active(1, webhook.FormatStandard, "dead"),
			cumulative(5*second, 5*minute, 30*minute, 2*hour, 5*hour, 10*hour, 10*hour),
		},
		"bursagb": {
			active(1, bursagb.Name, "dead"), cumulative(30*second, 2*minute, 10*minute, 30*minute, 2*hour, 6*hour, 24*hour),
		},
		"gameso":  {active(1, gameso.Name, "dead"), cumulative(minute, minute, minute)},
		"few":     {few, cumulative(5*second, 5*minute)},
		"own gap": {hourly, cumulative(hour, hour, hour)},
		"once":    {once, cumulative()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBox(tt.endpoint)
				began := time.Now()
				b.add(1, "x")
				s, _ := start(t, b, receivers{"dead": answers(500)})
				time.Sleep(40 * hour)
				end(t, s)
				require.Equal(t, tt.want, rounded(b.attemptsOf(1, began)))
				require.Equal(t, map[webhook.DeliveryStatus]int{webhook.DeliveryFailed: 1}, b.statuses())
				require.Empty(t, b.disabled)
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for format, want := range map[string][]time.Duration{
		webhook.FormatStandard: {0, hour, hour + 5*minute}, gameso.Name: {0, minute, 2 * minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBox(active(1, format, "busy"))
			began := time.Now()
			b.add(1, "x")
			calls := 0
			s, _ := start(t, b, receivers{"busy": func() webhook.Answer {
				if calls++; calls == 3 {
					return webhook.Answer{Status: 204}
				}
				return webhook.Answer{Status: 429, RetryAfter: hour * time.Duration(2-calls)}
			}})
			time.Sleep(3 * hour)
			end(t, s)
			require.Equal(t, want, rounded(b.attemptsOf(1, began)), format)
			require.Equal(t, map[webhook.DeliveryStatus]int{webhook.DeliveryDelivered: 1}, b.statuses())
		})
	}
}

func TestGone(t *testing.T) {
	for format, disabled := range map[string]map[int64]string{
		webhook.FormatStandard: {1: "it answered 410 Gone"}, gameso.Name: {}, bursagb.Name: {},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBox(active(1, format, "gone"))
			b.add(1, "x")
			s, _ := start(t, b, receivers{"gone": answers(410)})
			time.Sleep(minute)
			end(t, s)
			require.Equal(t, disabled, b.disabled, format)
		})
	}
}

// An endpoint that fails for five days is switched off; a single success begins
// the days anew.
func TestFailedTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(
			active(1, webhook.FormatStandard, "dead"), active(2, webhook.FormatStandard, "once"),
			active(3, bursagb.Name, "dead"),
		)
		began := time.Now()
		s, _ := start(t, b, receivers{"dead": answers(0), "once": func() webhook.Answer {
			if at := time.Since(began); at > 80*hour && at < 100*hour {
				return webhook.Answer{Status: 200}
			}
			return webhook.Answer{Status: 503}
		}})
		for range 130 {
			for id := int64(1); id <= 3; id++ {
				b.add(id, "x")
			}
			time.Sleep(hour)
		}
		end(t, s)
		require.Equal(t, map[int64]string{1: "nothing was delivered to it for 5 days"}, b.disabled)
	})
}

// However many endpoints do not answer, those that do have everything at once.
func TestBadNeighbours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var endpoints []webhook.Endpoint
		to := receivers{}
		for id := int64(1); id <= 200; id++ {
			e := active(id, webhook.FormatStandard, fmt.Sprint(id))
			e.MerchantID = 1 + id%10 // who have 20 each, of which 15 are bad
			switch {
			case id <= 50:
				to[e.URL] = slowly(200, 9*second)
			case id <= 100:
				to[e.URL] = slowly(0, hour) // hangs
			case id <= 150:
				to[e.URL] = answers(500)
			default:
				e.Format = gameso.Name // to tell them apart in the lags
				to[e.URL] = slowly(200, 10*time.Millisecond)
			}
			endpoints = append(endpoints, e)
		}
		b := newBox(endpoints...)
		s, w := start(t, b, to)
		for range 100 {
			for id := int64(1); id <= 200; id++ {
				b.add(id, "x")
				s.Wake(webhook.EndpointLane(id))
			}
			time.Sleep(400 * time.Millisecond)
		}
		time.Sleep(20 * minute)
		end(t, s)
		require.LessOrEqual(t, w.lags[gameso.Name], 5*second)
		delivered := make(map[int64]int)
		for _, e := range b.entries {
			if e.status == webhook.DeliveryDelivered {
				delivered[e.due.Endpoint.ID]++
			}
		}
		for id := int64(151); id <= 200; id++ {
			require.Equal(t, 100, delivered[id], "of endpoint %d", id)
		}
		for id := int64(1); id <= 50; id++ {
			require.Equal(t, 100, delivered[id], "slow is not lost: of endpoint %d", id)
		}
		perEndpoint := make(map[int64]int)
		for _, a := range b.attempts {
			perEndpoint[a.Due.Endpoint.ID]++
		}
		for id := int64(51); id <= 150; id++ {
			require.Less(t, perEndpoint[id], 200, "who does not answer is left alone: endpoint %d", id)
		}
	})
}

// An endpoint that is back gets what waits, without waiting for each delivery's
// own turn to come.
func TestComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(active(1, webhook.FormatStandard, "ill"))
		began := time.Now()
		s, _ := start(t, b, receivers{"ill": func() webhook.Answer {
			if time.Since(began) < 2*minute {
				return webhook.Answer{}
			}
			return webhook.Answer{Status: 200}
		}})
		for range 1000 {
			b.add(1, "x")
		}
		time.Sleep(12 * minute)
		require.Equal(t, map[webhook.DeliveryStatus]int{webhook.DeliveryDelivered: 1000}, b.statuses())
		end(t, s)
	})
}

// What is under way when the hub stops is waited for; what never ends is broken
// off and left to whoever comes next.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(active(1, webhook.FormatStandard, "slow"), active(2, webhook.FormatStandard, "hangs"))
		b.add(1, "x")
		b.add(2, "x")
		s, _ := start(t, b, receivers{"slow": slowly(200, 3*second), "hangs": slowly(200, 14*second)})
		time.Sleep(second)
		ctx, cancel := context.WithTimeout(t.Context(), 5*second)
		defer cancel()
		require.ErrorIs(t, s.Close(ctx), context.DeadlineExceeded)
		require.Equal(
			t, map[webhook.DeliveryStatus]int{webhook.DeliveryDelivered: 1, webhook.DeliveryPending: 1}, b.statuses(),
		)
		require.Zero(t, cmp.Or(b.entries[1].due.Attempts))
		s.Wake(webhook.EndpointLane(2)) // does nothing any more
	})
}
