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

// lane is one process's way to one provider: how many calls may be made and whether
// it answers at all.
type lane struct {
	name    string
	limits  Limits
	slots   *semaphore.Weighted // of this process
	asking  *semaphore.Weighted // a part of them, for questions about recipients: purchases come first
	places  *places             // of those that all processes share; nil where the provider has no limit
	turns   *turns              // likewise
	breaker *gobreaker.CircuitBreaker[struct{}]
}

// lanes are the ways to all providers.
type lanes struct {
	observer Observer
	log      *slog.Logger
	timeout  time.Duration // the longest that a call may take
	sharer   Sharer
	process  string // what tells this process from the others
	keepers  *keepers

	mu     sync.Mutex
	byID   map[int64]*lane
	opened int
}

func newLanes(timeout time.Duration, observer Observer, sharer Sharer, log *slog.Logger) *lanes {
	return &lanes{
		observer: observer, log: log, timeout: timeout, sharer: sharer, process: rand.Text(), keepers: newKeepers(),
		byID: make(map[int64]*lane),
	}
}

// of finds the provider's lane; changed limits make a new one that knows the
// provider's health no more.
func (l *lanes) of(p *Provider) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.byID[p.ID]
	if found == nil || found.limits != p.Limits {
		found = l.open(p)
		l.byID[p.ID] = found
	}
	return found
}

// Breaker says how this process finds a provider: closed, half-open or open; "" before it
// called it.
func (e *Engine) Breaker(providerID int64) string {
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	if found := e.lanes.byID[providerID]; found != nil {
		return found.breaker.State().String()
	}
	return ""
}

func (l *lanes) open(p *Provider) *lane {
	l.opened++
	most := int64(cmp.Or(p.Limits.Concurrency, defaultConcurrency))
	opened := &lane{
		name: p.Name, limits: p.Limits, slots: semaphore.NewWeighted(most),
		asking: semaphore.NewWeighted(max(most/askingShare, 1)),
		breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Name: p.Name, Interval: healthSpan, BucketPeriod: healthSlice, Timeout: leaveAlone,
			ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
			IsSuccessful:  func(err error) bool { return !saysNothing(err) },
			IsExcluded:    func(err error) bool { return errors.Is(err, context.Canceled) },
			OnStateChange: func(name string, _, to gobreaker.State) { l.observer.BreakerChanged(name, to.String()) },
		}),
	}
	if most := p.Limits.Concurrency; most > 0 {
		timeout := l.timeoutOf(opened)
		opened.places = &places{
			sharer: l.sharer, log: l.log, timeout: timeout, keepers: l.keepers,
			changed: make(chan struct{}), wake: make(chan struct{}, 1),
			request: PlaceRequest{
				ProviderID: p.ID, Claim: Claim{Holder: fmt.Sprintf("%s-%d", l.process, l.opened)}, Most: most,
				Lease: timeout + placesSpare,
			},
		}
	}
	if p.Limits.RequestsPerMinute > 0 {
		opened.turns = &turns{sharer: l.sharer, providerID: p.ID, limits: p.Limits, asking: make(chan struct{}, 1)}
	}
	return opened
}

// saysNothing reports an error after which it is not known whether the provider
// works at all.
func saysNothing(err error) bool {
	var busy *dialect.BusyError
	return err != nil && !errors.As(err, &busy) && !errors.Is(err, dialect.ErrNotAskable) &&
		!errors.Is(err, dialect.ErrNotCancellable) &&
		!errors.Is(err, dialect.ErrUnreadable)
}

// health says how well a provider answers: lower is better. broken means that
// it is left alone.
func (l *lanes) health(providerID int64) (broken bool, failed float64) {
	l.mu.Lock()
	found := l.byID[providerID]
	l.mu.Unlock()
	if found == nil {
		return false, 0
	}
	counts := found.breaker.Counts()
	if counts.Requests > 0 {
		failed = float64(counts.TotalFailures) / float64(counts.Requests)
	}
	return found.breaker.State() == gobreaker.StateOpen, failed
}

// timeoutOf is how long one call to the lane's provider may take.
func (l *lanes) timeoutOf(to *lane) time.Duration {
	return min(cmp.Or(to.limits.Timeout, l.timeout), l.timeout)
}

// call makes one call once the provider's limits let it, at the latest so that
// it ends within the given time. errNoRoom and errLeftAlone: it was not made.
func (l *lanes) call(ctx context.Context, to *lane, room time.Duration, do func(ctx context.Context) error) error {
	timeout := l.timeoutOf(to)
	waitCtx, cancel := context.WithTimeout(ctx, room-timeout)
	defer cancel()
	leave, err := l.enter(waitCtx, to)
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
func (l *lanes) enter(ctx context.Context, to *lane) (leave func(), err error) {
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
				l.log.Warn("turns at a provider cannot be asked for", "provider", to.name, "error", err)
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
func (l *lanes) ask(ctx context.Context, to *lane, do func(ctx context.Context) error) error {
	if to.breaker.State() == gobreaker.StateOpen {
		return errLeftAlone
	}
	if err := to.asking.Acquire(ctx, 1); err != nil {
		return errNoRoom
	}
	defer to.asking.Release(1)
	leave, err := l.enter(ctx, to)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, l.timeoutOf(to))
	defer cancel()
	return do(ctx)
}
