package order

import (
	"context"
	"sync"
	"time"
)

const (
	// maxBatch bounds one transaction: more in it gains little and makes every
	// caller in it wait longer.
	maxBatch = 256
	// maxWaiting bounds the drafts that wait in one lane while a transaction is
	// in flight. Beyond it callers are told to come back.
	maxWaiting = 2048
	// placeTimeout bounds one transaction with its retries.
	placeTimeout = 30 * time.Second
	// overloadRetry is when a caller that was turned away may try again.
	overloadRetry = time.Second
)

// placer is the group commit: drafts gather in a lane while the lane's
// transaction is in flight, and go into the next one together. Nothing waits
// for a timer: an idle lane commits a single draft at once. A merchant always
// uses the same lane, so that its wallet is locked by one lane of this process.
type placer struct {
	store Store
	lanes []*lane
	done  sync.WaitGroup
}

// lane is a queue with one goroutine that empties it.
type lane struct {
	mu      sync.Mutex
	waiting []*ticket
	closed  bool
	wake    chan struct{} // capacity 1: something is waiting, or closed
}

// ticket is one draft in a lane.
type ticket struct {
	ctx       context.Context // of the caller: who has gone is not placed
	candidate *Candidate
	placed    chan Placed // capacity 1
}

func newPlacer(store Store, lanes int) *placer {
	p := &placer{store: store}
	for range lanes {
		l := &lane{wake: make(chan struct{}, 1)}
		p.lanes = append(p.lanes, l)
		p.done.Go(func() { p.run(l) })
	}
	return p
}

// place waits until the candidate is durable or refused. When ctx ends first
// the outcome is unknown to the caller: the same reference asks again.
func (p *placer) place(ctx context.Context, c *Candidate) (Placed, error) {
	t := &ticket{ctx: ctx, candidate: c, placed: make(chan Placed, 1)}
	l := p.lanes[uint64(c.Draft.MerchantID)%uint64(len(p.lanes))]
	if err := l.push(t); err != nil {
		return Placed{}, err
	}
	select {
	case placed := <-t.placed:
		return placed, placed.Err
	case <-ctx.Done():
		return Placed{}, ctx.Err()
	}
}

// close places what is waiting, refuses what comes later, and returns when the
// lanes are empty.
func (p *placer) close() {
	for _, l := range p.lanes {
		l.mu.Lock()
		l.closed = true
		l.mu.Unlock()
		l.signal()
	}
	p.done.Wait()
}

func (p *placer) run(l *lane) {
	for range l.wake {
		for {
			batch, closed := l.take()
			if len(batch) > 0 {
				p.commit(batch)
				continue
			}
			if closed {
				return
			}
			break
		}
	}
}

// commit is not bound to any caller's context: one that gives up must not take
// its neighbours' order away.
func (p *placer) commit(batch []*ticket) {
	ctx, cancel := context.WithTimeout(context.Background(), placeTimeout)
	defer cancel()
	candidates := make([]*Candidate, len(batch))
	for i, t := range batch {
		candidates[i] = t.candidate
	}
	for i, placed := range p.store.Place(ctx, candidates) {
		batch[i].placed <- placed
	}
}

func (l *lane) push(t *ticket) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return &RetryLaterError{Err: ErrShuttingDown, After: overloadRetry}
	}
	if len(l.waiting) >= maxWaiting {
		return &RetryLaterError{Err: ErrOverloaded, After: overloadRetry}
	}
	l.waiting = append(l.waiting, t)
	l.signal()
	return nil
}

// take removes the next batch, leaving out callers that have gone.
func (l *lane) take() (batch []*ticket, closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := 0
	for _, t := range l.waiting {
		if len(batch) == maxBatch {
			break
		}
		taken++
		if t.ctx.Err() == nil {
			batch = append(batch, t)
		}
	}
	rest := copy(l.waiting, l.waiting[taken:])
	clear(l.waiting[rest:])
	l.waiting = l.waiting[:rest]
	return batch, l.closed
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
