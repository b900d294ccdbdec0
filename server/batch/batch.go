// Package batch is the group commit: items gather while a commit is in flight
// and go into the next one together. Nothing waits for a timer: an idle
// committer commits a single item at once.
package batch

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// What a committer refuses an item for.
var (
	ErrFull   = errors.New("too much is waiting to be committed")
	ErrClosed = errors.New("nothing more is committed")
	ErrSlow   = errors.New("the commit took too long; its outcome is unknown")
)

// Options bound a committer.
type Options struct {
	Max     int           // items in one commit
	Waiting int           // items that wait while one is in flight; further ones are ErrFull
	Timeout time.Duration // of one commit
	// Patience is how long a caller waits for its outcome, and at most nine tenths
	// of the time to its deadline, so that it hears of it. 0 is as long as it likes.
	Patience time.Duration
}

// Committer commits items one batch at a time, in the order in which they came.
type Committer[I, O any] struct {
	options Options
	commit  func(ctx context.Context, items []I) []O
	done    sync.WaitGroup

	mu      sync.Mutex
	waiting []*entry[I, O]
	atWork  []*entry[I, O]
	refused uint64 // for ErrFull
	closed  bool
	wake    chan struct{} // capacity 1: something is waiting, or closed
}

type entry[I, O any] struct {
	ctx  context.Context // of the caller: who has gone is not committed
	slow atomic.Bool     // the caller has lost patience, which is to have gone
	item I
	out  chan O // capacity 1
}

func (e *entry[I, O]) gone() bool { return e.slow.Load() || e.ctx.Err() != nil }

// New starts a committer; Close ends it. commit returns one outcome per item, in
// their order. Its context is no caller's: one that gives up must not take its
// neighbours' outcome away.
func New[I, O any](o Options, commit func(ctx context.Context, items []I) []O) *Committer[I, O] {
	c := &Committer[I, O]{options: o, commit: commit, wake: make(chan struct{}, 1)}
	c.done.Go(c.run)
	return c
}

// Do waits until the item's batch is committed and returns the item's outcome.
// When ctx ends first the outcome is unknown, as it is with ErrSlow; what waits
// then still is not committed. Errors: ErrFull, ErrClosed, ErrSlow, ctx's.
func (c *Committer[I, O]) Do(ctx context.Context, item I) (O, error) {
	e := &entry[I, O]{ctx: ctx, item: item, out: make(chan O, 1)}
	if err := c.push(e); err != nil {
		var none O
		return none, err
	}
	late := c.patience(ctx)
	defer late.Stop()
	return e.await(late.C)
}

// await returns what became of the item, or why nobody waits for it any more.
func (e *entry[I, O]) await(late <-chan time.Time) (O, error) {
	var none O
	select {
	case out := <-e.out:
		return out, nil
	case <-e.ctx.Done():
		return none, context.Cause(e.ctx)
	case <-late:
		e.slow.Store(true)
		return none, ErrSlow
	}
}

// DoAll is Do for items that wait in their order, as far as there is room. each is given what became of one after the
// other.
func (c *Committer[I, O]) DoAll(ctx context.Context, items []I, each func(i int, out O, err error)) {
	entries := make([]*entry[I, O], len(items))
	for i, item := range items {
		entries[i] = &entry[I, O]{ctx: ctx, item: item, out: make(chan O, 1)}
	}
	pushed, refusal := c.pushAll(entries)
	late := c.patience(ctx)
	defer late.Stop()
	for i, e := range entries {
		if i >= pushed {
			var none O
			each(i, none, refusal)
			continue
		}
		out, err := e.await(late.C)
		if errors.Is(err, ErrSlow) {
			late.Reset(0) // for those behind it, too
		}
		each(i, out, err)
	}
}

// never is when a caller that waits as long as it likes loses patience.
const never = math.MaxInt64

// patience fires when a caller has waited for as long as it will. A context of its own would cost each caller more.
func (c *Committer[I, O]) patience(ctx context.Context) *time.Timer {
	patience := c.options.Patience
	if patience == 0 {
		return time.NewTimer(never)
	}
	if deadline, set := ctx.Deadline(); set {
		patience = min(patience, time.Until(deadline)*9/10)
	}
	return time.NewTimer(patience)
}

// Close commits what is waiting, refuses what comes later, and returns when
// nothing is left.
func (c *Committer[I, O]) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.signal()
	c.done.Wait()
}

// Queue says how many items wait for a commit, and how many were refused because too many did.
func (c *Committer[I, O]) Queue() (waiting int, refused uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting), c.refused
}

// Any reports whether fn is true of an item that is being committed, or will be.
func (c *Committer[I, O]) Any(fn func(I) bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.atWork {
		if fn(e.item) {
			return true
		}
	}
	for _, e := range c.waiting {
		if !e.gone() && fn(e.item) {
			return true
		}
	}
	return false
}

func (c *Committer[I, O]) run() {
	for range c.wake {
		for {
			batch, closed := c.nextBatch()
			if len(batch) > 0 {
				c.commitAll(batch)
				continue
			}
			if closed {
				return
			}
			break
		}
	}
}

func (c *Committer[I, O]) commitAll(batch []*entry[I, O]) {
	ctx, cancel := context.WithTimeout(context.Background(), c.options.Timeout)
	defer cancel()
	items := make([]I, len(batch))
	for i, e := range batch {
		items[i] = e.item
	}
	outcomes := c.commit(ctx, items)
	c.mu.Lock()
	c.atWork = nil
	c.mu.Unlock()
	for i, out := range outcomes {
		batch[i].out <- out
	}
}

func (c *Committer[I, O]) push(e *entry[I, O]) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	if len(c.waiting) >= c.options.Waiting {
		c.refused++
		return ErrFull
	}
	c.waiting = append(c.waiting, e)
	c.signal()
	return nil
}

// pushAll lets as many wait as there is room for.
func (c *Committer[I, O]) pushAll(entries []*entry[I, O]) (pushed int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, ErrClosed
	}
	pushed = max(min(len(entries), c.options.Waiting-len(c.waiting)), 0)
	if pushed < len(entries) {
		c.refused += uint64(len(entries) - pushed)
		err = ErrFull
	}
	c.waiting = append(c.waiting, entries[:pushed]...)
	c.signal()
	return pushed, err
}

// nextBatch removes the next batch, leaving out callers that have gone.
func (c *Committer[I, O]) nextBatch() (batch []*entry[I, O], closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := 0
	for _, e := range c.waiting {
		if len(batch) == c.options.Max {
			break
		}
		taken++
		if !e.gone() {
			batch = append(batch, e)
		}
	}
	rest := copy(c.waiting, c.waiting[taken:])
	clear(c.waiting[rest:])
	c.waiting, c.atWork = c.waiting[:rest], batch
	return batch, c.closed
}

func (c *Committer[I, O]) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
