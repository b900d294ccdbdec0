package fulfil

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"

	"orderhub/server/dialect"
)

// What holds for a provider that says nothing else.
const (
	defaultConcurrency = 32
	defaultHorizon     = 24 * time.Hour
)

// A provider that did not answer five times in a row is left alone for a while;
// then a single call finds out whether it is back.
const (
	tripAfter  = 5
	leaveAlone = 10 * time.Second
	// leftAlonePatience is how long after it was ordered a line waits for such a
	// provider, when nobody else sells it and its product has no deadline.
	leftAlonePatience = 2 * time.Minute

	healthSpan  = time.Minute // over which failures are counted
	healthSlice = 10 * time.Second
)

// What kept a call from being made.
var (
	errNoRoom    = errors.New("no call to the provider was free in time")
	errLeftAlone = errors.New("the provider does not answer and is left alone for a while")
)

// Observer watches what happens at providers. Its methods must be quick.
type Observer interface {
	// Called reports one call: place, inquire, cancel, cancel_tickets or check_recipient;
	// and what came of it: an outcome's name, "busy", "not_sent" or "unknown".
	Called(provider, operation, result string, took time.Duration)
	// BreakerChanged reports the state of a provider's breaker: closed, half-open, open.
	BreakerChanged(provider, state string)
	// Unsettled reports that what became of a line could not be written.
	Unsettled()
}

// throttle is what one process lets through to one provider: how many calls at once and a minute, and none while it
// does not answer.
type throttle struct {
	name    string
	limits  Limits
	slots   *semaphore.Weighted // of this process
	asking  *semaphore.Weighted // a part of them, for questions about recipients: purchases come first
	places  *places             // of those that all processes share; nil where the provider has no limit
	turns   *turns              // likewise
	breaker *gobreaker.CircuitBreaker[struct{}]
}

// throttles has the throttle of each provider, made when it is first called.
type throttles struct {
	observer Observer
	log      *slog.Logger
	timeout  time.Duration // the longest that a call may take
	sharer   Sharer
	process  string // what tells this process from the others
	keepers  *keepers

	mu     sync.Mutex
	byID   map[int64]*throttle
	opened int
}

func newThrottles(timeout time.Duration, observer Observer, sharer Sharer, log *slog.Logger) *throttles {
	return &throttles{
		observer: observer, log: log, timeout: timeout, sharer: sharer, process: rand.Text(), keepers: newKeepers(),
		byID: make(map[int64]*throttle),
	}
}

// of finds the provider's throttle; changed limits make a new one that knows the
// provider's health no more.
func (t *throttles) of(p *Provider) *throttle {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.byID[p.ID]
	if found == nil || found.limits != p.Limits {
		found = t.open(p)
		t.byID[p.ID] = found
	}
	return found
}

// Breaker says how this process finds a provider: closed, half-open or open; "" before it
// called it.
func (e *Engine) Breaker(providerID int64) string {
	e.throttles.mu.Lock()
	defer e.throttles.mu.Unlock()
	if found := e.throttles.byID[providerID]; found != nil {
		return found.breaker.State().String()
	}
	return ""
}

func (t *throttles) open(p *Provider) *throttle {
	t.opened++
	most := int64(cmp.Or(p.Limits.Concurrency, defaultConcurrency))
	opened := &throttle{
		name: p.Name, limits: p.Limits, slots: semaphore.NewWeighted(most),
		asking: semaphore.NewWeighted(max(most/askingShare, 1)),
		breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Name: p.Name, Interval: healthSpan, BucketPeriod: healthSlice, Timeout: leaveAlone,
			ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
			IsSuccessful:  func(err error) bool { return !saysNothing(err) },
			IsExcluded:    func(err error) bool { return errors.Is(err, context.Canceled) },
			OnStateChange: func(name string, _, to gobreaker.State) { t.observer.BreakerChanged(name, to.String()) },
		}),
	}
	if most := p.Limits.Concurrency; most > 0 {
		timeout := t.timeoutOf(opened)
		opened.places = &places{
			sharer: t.sharer, log: t.log, timeout: timeout, keepers: t.keepers,
			changed: make(chan struct{}), wake: make(chan struct{}, 1),
			request: PlaceRequest{
				ProviderID: p.ID, Claim: Claim{Holder: fmt.Sprintf("%s-%d", t.process, t.opened)}, Most: most,
				Lease: timeout + placesSpare,
			},
		}
	}
	if p.Limits.RequestsPerMinute > 0 {
		opened.turns = &turns{sharer: t.sharer, providerID: p.ID, limits: p.Limits, asking: make(chan struct{}, 1)}
	}
	return opened
}

// saysNothing reports an error after which it is not known whether the provider
// works at all.
func saysNothing(err error) bool {
	return err != nil && !errors.As(err, new(*dialect.BusyError)) && !errors.Is(err, dialect.ErrNotAskable) &&
		!errors.Is(err, dialect.ErrNotCancellable) &&
		!errors.Is(err, dialect.ErrUnreadable)
}

// health says how well a provider answers: lower is better. broken means that
// it is left alone.
func (t *throttles) health(providerID int64) (broken bool, failed float64) {
	t.mu.Lock()
	found := t.byID[providerID]
	t.mu.Unlock()
	if found == nil {
		return false, 0
	}
	counts := found.breaker.Counts()
	if counts.Requests > 0 {
		failed = float64(counts.TotalFailures) / float64(counts.Requests)
	}
	return found.breaker.State() == gobreaker.StateOpen, failed
}

// timeoutOf is how long one call through the throttle may take.
func (t *throttles) timeoutOf(to *throttle) time.Duration {
	return min(cmp.Or(to.limits.Timeout, t.timeout), t.timeout)
}

// call makes one call once the provider's limits let it, at the latest so that
// it ends within the given time. errNoRoom and errLeftAlone: it was not made.
func (t *throttles) call(
	ctx context.Context, to *throttle, room time.Duration, do func(ctx context.Context) error,
) error {
	timeout := t.timeoutOf(to)
	waitCtx, cancel := context.WithTimeout(ctx, room-timeout)
	defer cancel()
	leave, err := t.enter(waitCtx, to)
	if err != nil {
		return err
	}
	defer leave()
	_, err = to.breaker.Execute(func() (struct{}, error) {
		callCtx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return struct{}{}, do(callCtx)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return errLeftAlone
	}
	return err
}

// enter waits until the provider's limits let one call be made; leave ends it. errNoRoom.
func (t *throttles) enter(ctx context.Context, to *throttle) (leave func(), err error) {
	if err := to.slots.Acquire(ctx, 1); err != nil {
		return nil, errNoRoom
	}
	leave = func() { to.slots.Release(1) }
	if to.places != nil {
		if err := to.places.acquire(ctx); err != nil {
			leave()
			return nil, errNoRoom
		}
		leave = func() {
			to.places.release()
			to.slots.Release(1)
		}
	}
	if to.turns != nil {
		if err := to.turns.take(ctx); err != nil {
			leave()
			if ctx.Err() == nil {
				t.log.Warn("turns at a provider cannot be asked for", "provider", to.name, "error", err)
			}
			return nil, errNoRoom
		}
	}
	return leave, nil
}

// askingShare is which part of a provider's calls at once may be questions about recipients: one in so many, and one
// at least.
const askingShare = 4

// ask makes one call that buys nothing, within the provider's limits and the time of ctx. A provider that is left
// alone is not asked. What comes of it says nothing about purchases, so that nobody has a provider left alone by
// asking, nor called again. errNoRoom and errLeftAlone: it was not made.
func (t *throttles) ask(ctx context.Context, to *throttle, do func(ctx context.Context) error) error {
	if to.breaker.State() == gobreaker.StateOpen {
		return errLeftAlone
	}
	if err := to.asking.Acquire(ctx, 1); err != nil {
		return errNoRoom
	}
	defer to.asking.Release(1)
	leave, err := t.enter(ctx, to)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, t.timeoutOf(to))
	defer cancel()
	return do(ctx)
}
