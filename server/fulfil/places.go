package fulfil

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// placesRenewed is how often a process tells what it holds of a provider, and how
	// long it keeps what it does not need.
	placesRenewed = time.Second
	// placesSought is how soon a process asks again when it got too few; every time
	// twice as long, up to placesRenewed.
	placesSought = 50 * time.Millisecond
	// placesSpare is how long the database may be away while calls go on, and how much
	// later the places of a process that died are free than its last call ended.
	placesSpare = 10 * time.Second
	// placesGivenBack bounds the last word of a process that ends.
	placesGivenBack = 2 * time.Second
)

// places are the calls that this process may have under way at one provider. The
// process holds about as many as it needs: a keeper asks the database for more
// while calls wait, and gives back what is left over.
type places struct {
	sharer  Sharer
	log     *slog.Logger
	request PlaceRequest  // its claim is filled in each time
	timeout time.Duration // of a call
	keepers *keepers

	mu         sync.Mutex
	held, used int
	waiting    int
	until      time.Time     // when the lease is over
	contended  bool          // another process waits
	frozen     bool          // what is held is being talked about
	kept       bool          // the keeper runs
	changed    chan struct{} // closed when a place may be free
	wake       chan struct{} // capacity 1: calls wait
}

// acquire waits for a place, until ctx ends.
func (p *places) acquire(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting++
	defer func() { p.waiting-- }()
	for !p.take() {
		if err := p.seek(); err != nil {
			return err
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		p.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// take takes a place that is held and lasts as long as a call may.
func (p *places) take() bool {
	if p.frozen || p.used >= p.held || time.Until(p.until) < p.timeout {
		return false
	}
	p.used++
	return true
}

func (p *places) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used--
	p.wakeWaiters()
}

func (p *places) wakeWaiters() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *places) seek() error {
	if !p.kept {
		if !p.keepers.start(p.keep) {
			return context.Canceled
		}
		p.kept = true
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return nil
}

// keep holds places until none is needed any more or ctx ends.
func (p *places) keep(ctx context.Context) {
	pause := placesSought
	for {
		claim, idle := p.claim()
		got, err := p.ask(ctx, claim)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("places at a provider cannot be asked for", "provider", p.request.ProviderID, "error", err)
		}
		if p.settle(got, err, idle) {
			return
		}
		enough := err == nil && got.Held >= claim.Wanted
		if enough {
			pause = placesSought
		}
		if !p.rest(ctx, pause, enough) {
			p.leave(ctx)
			return
		}
		pause = min(2*pause, placesRenewed)
	}
}

// claim is what to ask for. Where others wait, only what is in use is kept, and
// nobody takes a place meanwhile; idle says that nothing is needed at all.
func (p *places) claim() (c Claim, idle bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.wake: // they are asked for now
	default:
	}
	c = Claim{Holder: p.request.Holder, Held: p.held, Wanted: p.used + p.waiting}
	idle = c.Wanted == 0
	if idle || p.contended {
		p.frozen, c.Held = true, p.used
	}
	c.Held = min(c.Held, max(c.Wanted, p.used))
	p.held = c.Held
	return c, idle
}

func (p *places) ask(ctx context.Context, c Claim) (Places, error) {
	request := p.request
	request.Claim = c
	ctx, cancel := context.WithTimeout(ctx, placesSpare/2)
	defer cancel()
	return p.sharer.HoldPlaces(ctx, request)
}

// settle takes over what was granted and reports whether the keeper may end: nothing
// was needed, and is still not. Without an answer what is held stays, as long as the
// lease lasts.
func (p *places) settle(got Places, err error, idle bool) (ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = false
	if err == nil {
		p.held, p.contended = got.Held, got.Contended
		p.until = time.Now().Add(p.request.Lease)
		p.wakeWaiters()
	}
	if idle && err == nil && p.waiting == 0 {
		p.kept = false
		return true
	}
	return false
}

// rest waits until it is time to ask again: soon when calls wait for places that
// there were not, at once when new ones wait. It is false when ctx has ended.
func (p *places) rest(ctx context.Context, pause time.Duration, enough bool) bool {
	wake := p.wake
	if enough {
		pause = placesRenewed
	} else {
		wake = nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-wake:
	}
	return true
}

// leave gives back what is not in use when the process ends.
func (p *places) leave(ctx context.Context) {
	p.mu.Lock()
	p.frozen, p.held = true, p.used
	c := Claim{Holder: p.request.Holder, Held: p.used, Wanted: p.used}
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), placesGivenBack)
	defer cancel()
	_, _ = p.ask(ctx, c) // the lease ends by itself
}

// keepers are the goroutines that hold places, of all providers.
type keepers struct {
	ctx     context.Context
	end     context.CancelFunc
	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
}

func newKeepers() *keepers {
	k := &keepers{}
	k.ctx, k.end = context.WithCancel(context.Background())
	return k
}

// start runs keep until it returns or the keepers close; false once they have.
func (k *keepers) start(keep func(ctx context.Context)) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return false
	}
	k.running.Go(func() { keep(k.ctx) })
	return true
}

func (k *keepers) close() {
	k.mu.Lock()
	k.ended = true
	k.mu.Unlock()
	k.end()
	k.running.Wait()
}
