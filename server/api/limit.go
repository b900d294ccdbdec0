package api

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"orderhub/server/order"
)

const (
	// defaultMaxInFlight is two full placement batches, one at work and one
	// gathering: with more calls at once each only waits longer.
	defaultMaxInFlight = 512
	// longestAway bounds what callers who are turned away are told to wait.
	longestAway = 10 * time.Second
	// crowdDelay is what they are told to wait longer for each time that a whole
	// maxInFlight of them came within a second. Turning away costs a fifth of
	// serving: it must stay rare enough to leave the hub to those it serves.
	crowdDelay = 2 * time.Second
)

// limiter turns calls away while too many are at work. It stands in front of
// everything that costs something, the log line of each call included.
type limiter struct {
	most     int64
	now      func() time.Time
	inFlight atomic.Int64
	counter  prometheus.Counter

	second     atomic.Int64 // Unix time that away counts
	away, last atomic.Int64 // turned away in this second, and in the one before
}

func newLimiter(most int, now func() time.Time, registry prometheus.Registerer) (*limiter, error) {
	if most <= 0 {
		most = defaultMaxInFlight
	}
	l := &limiter{
		most: int64(most), now: now,
		counter: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orderhub_calls_turned_away_total", Help: "Calls refused because too many were at work.",
		}),
	}
	if registry == nil {
		return l, nil
	}
	inFlight := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "orderhub_calls_in_flight", Help: "Calls at work.",
	}, func() float64 { return float64(l.inFlight.Load()) })
	if err := registry.Register(inFlight); err != nil {
		return nil, err
	}
	return l, registry.Register(l.counter)
}

// enter reports whether one more call may work; then it has to leave.
func (l *limiter) enter() bool {
	if l.inFlight.Add(1) <= l.most {
		return true
	}
	l.inFlight.Add(-1)
	return false
}

func (l *limiter) leave() { l.inFlight.Add(-1) }

// full reports whether a call would not get in just now.
func (l *limiter) full() bool { return l.inFlight.Load() >= l.most }

// turnAway counts a caller and says when it may come back: later the more there
// are, and not all at the same moment. first is true once a second, since a log
// line for each would be work for nothing when there is too much of it.
func (l *limiter) turnAway() (after time.Duration, first bool) {
	l.counter.Inc()
	now := l.now().Unix()
	if before := l.second.Swap(now); before != now {
		first = true
		l.last.Store(l.away.Swap(0))
	}
	crowd := max(l.away.Add(1), l.last.Load())
	after = unavailableRetry + time.Duration(crowd)*crowdDelay/time.Duration(l.most)
	return min(after/2+rand.N(after), longestAway), first
}

func (g *guard) limitUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if !g.limiter.enter() {
		return nil, g.explain(ctx, &order.RetryLaterError{Err: errTooMany, After: g.turnAway(ctx)})
	}
	defer g.limiter.leave()
	return handler(ctx, req)
}

func (g *guard) turnAway(ctx context.Context) time.Duration {
	after, first := g.limiter.turnAway()
	if first {
		g.log.LogAttrs(ctx, slog.LevelWarn, "turning calls away", slog.Int64("at_work", g.limiter.most))
	}
	return after
}

// TurnAway says that so much is at work that a request need not even be read,
// and when its caller may come back. What it lets through may still be turned
// away as a call.
func (s *Server) TurnAway(ctx context.Context) (after time.Duration, away bool) {
	if !s.guard.limiter.full() {
		return 0, false
	}
	return s.guard.turnAway(ctx), true
}
