package ratelimit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// mostBuckets bounds what is kept in memory. Who has not called for longest is
	// forgotten first.
	mostBuckets = 100_000
	// leastWait is how long a process does not ask again for a bucket that was empty.
	leastWait = 10 * time.Millisecond
)

// mode is how a process counts.
type mode int

const (
	alone    mode = iota // by itself, the whole limit
	together             // what it holds, and what it asks for
	apart                // its share: the database cannot be asked
)

// Limiter counts the requests of one process. It may be used by any number of
// goroutines.
type Limiter struct {
	o   Options
	now func() time.Time

	mu      sync.Mutex
	mode    mode
	live    int  // processes, with this one
	joined  bool // while together: nobody counts by itself any more
	buckets *simplelru.LRU[Key, *bucket]
	queue   []*bucket     // to be asked for, each once
	wake    chan struct{} // capacity 1

	// Of the goroutine that runs Run alone.
	countsAlone bool      // as the others were told
	joinsUntil  time.Time // how long requests wait for the others; zero when none does
	tidied      time.Time
}

// Options are what a Limiter needs to count together with other processes.
type Options struct {
	Name     string // of this process, no other's
	Store    Store
	Observer Observer
	Log      *slog.Logger
	Now      func() time.Time // one clock for all processes
}

// Observer is told what happens between the processes.
type Observer interface {
	// Live is how many processes there are, and whether they count together.
	Live(processes int, together bool)
	// Asked is for a question to the database, about so many buckets.
	Asked(buckets int)
	// Claimed is for requests that may be let in.
	Claimed(requests int)
	// Refused is for a request that found nothing left, of all processes together.
	Refused()
	// Failed is for a question that was not answered.
	Failed()
}

// NewAlone counts by itself, for good.
func NewAlone(now func() time.Time) *Limiter {
	return newLimiter(Options{Now: now})
}

func newLimiter(o Options) *Limiter {
	buckets, err := simplelru.NewLRU[Key, *bucket](mostBuckets, nil)
	if err != nil {
		panic("ratelimit: " + err.Error()) // mostBuckets is above 0
	}
	return &Limiter{o: o, now: o.Now, live: 1, buckets: buckets, wake: make(chan struct{}, 1)}
}

// bucket is what this process knows of one key.
type bucket struct {
	key  Key
	rule rule
	// used is how far the bucket is used: of this process where it counts by itself,
	// else of all of them, as it heard last.
	used int64
	// held is how many requests it may let in without asking, owed how many it has let
	// in that nobody knows of yet.
	held, owed int
	emptyUntil int64 // nothing is left before
	waiting    []waiter
	queued     bool
}

// waiter waits for so many requests, all or none of them.
type waiter struct {
	n        int
	answered chan answer
}

// answer is for who waited.
type answer struct {
	in    int           // requests
	wait  time.Duration // where they are not let in
	again bool          // the process counts otherwise now
}

// Take lets in one request, or says how long its caller has to wait. The error is
// that of ctx. It only waits itself where it would else refuse because this process
// holds nothing: for what all together have left.
func (l *Limiter) Take(ctx context.Context, key Key) (wait time.Duration, err error) {
	return l.TakeAll(ctx, key, 1)
}

// TakeAll is Take for several requests, at most as many as may come at once: all are
// let in, or none and nothing is taken.
func (l *Limiter) TakeAll(ctx context.Context, key Key, n int) (wait time.Duration, err error) {
	for {
		l.mu.Lock()
		b := l.bucket(key)
		wait, waits := l.take(b, n)
		var answered chan answer
		if waits {
			answered = make(chan answer, 1)
			b.waiting = append(b.waiting, waiter{n, answered})
		}
		l.mu.Unlock()
		if !waits {
			return wait, nil
		}
		select {
		case a := <-answered:
			if !a.again {
				return a.wait, nil
			}
		case <-ctx.Done():
			l.leaveQueue(b, answered)
			return 0, ctx.Err()
		}
	}
}

func (l *Limiter) bucket(key Key) *bucket {
	if b, ok := l.buckets.Get(key); ok {
		return b
	}
	b := &bucket{key: key, rule: key.rule()}
	l.buckets.Add(key, b)
	return b
}

// take decides about n requests; waits says that the database has to be asked.
func (l *Limiter) take(b *bucket, n int) (wait time.Duration, waits bool) {
	now := l.now().UnixNano()
	switch l.mode {
	case together:
		return l.takeTogether(b, now, n)
	case apart:
		held := min(b.held, n)
		wait := b.takeOwn(b.rule.share(l.live), now, n-held)
		if wait > 0 {
			return wait, false
		}
		b.held -= held
		if owes := n - held; owes > 0 {
			b.owed += owes
			l.want(b)
		}
		return 0, false
	default:
		return b.takeOwn(b.rule, now, n), false
	}
}

// takeOwn takes n by a rule that this process counts by itself, or none.
func (b *bucket) takeOwn(r rule, now int64, n int) (wait time.Duration) {
	b.used = r.bound(b.used, now)
	taken, used := r.take(b.used, now, n)
	if taken < n {
		return r.wait(b.used, now, n)
	}
	b.used = used
	return 0
}

func (l *Limiter) takeTogether(b *bucket, now int64, n int) (wait time.Duration, waits bool) {
	switch {
	case b.held >= n:
		b.held -= n
		if b.held <= b.key.reserve(l.live)/2 && now >= b.emptyUntil {
			l.want(b)
		}
		return 0, false
	case now < b.emptyUntil && b.emptyUntil-now <= max(b.rule.each, int64(leastWait)): // else the clock was set
		l.o.Observer.Refused()
		return b.lacks(time.Duration(b.emptyUntil-now), n), false
	case len(b.waiting) > 0 && b.waits()+n > b.key.Burst: // more are never let in at once
		l.o.Observer.Refused()
		return time.Duration(b.rule.each) * time.Duration(n), false
	}
	l.want(b)
	return 0, true
}

// lacks is how long it takes until n may come where one more may after a while, and what is held counts.
func (b *bucket) lacks(oneAfter time.Duration, n int) time.Duration {
	return oneAfter + time.Duration(int64(n-1-b.held)*b.rule.each)
}

// waits is how many requests wait.
func (b *bucket) waits() (n int) {
	for i := range b.waiting {
		n += b.waiting[i].n
	}
	return n
}

// want has the bucket asked for.
func (l *Limiter) want(b *bucket) {
	if b.queued {
		return
	}
	b.queued = true
	l.queue = append(l.queue, b)
	l.nudge()
}

func (l *Limiter) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// leaveQueue is for who waits no longer. What it was just given stays with the
// process, as far as that keeps so many.
func (l *Limiter) leaveQueue(b *bucket, answered chan answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, waiting := range b.waiting {
		if waiting.answered == answered {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			return
		}
	}
	a := <-answered
	if b.held += a.in; a.in > 0 && l.mode == together && b.held > b.key.reserve(l.live) {
		l.want(b)
	}
}

// claim is what to ask for a bucket: for who waits, and for the reserve. What is held
// beyond it is given back, and is not held any more.
func (l *Limiter) claim(b *bucket) Claim {
	c := Claim{Key: b.key, Wants: b.waits() + b.key.reserve(l.live) - b.held, Owes: b.owed}
	b.held += min(c.Wants, 0)
	return c
}

// settle gives what was granted to who waits, in order. Where it was not enough the
// others are refused; nobody asks before there may be more. What is left of it because
// somebody wanted more is given back.
func (l *Limiter) settle(b *bucket, asked Claim, g Grant) {
	b.used = g.Used.UnixNano()
	b.owed -= asked.Owes
	b.held += g.Granted
	l.o.Observer.Claimed(g.Granted)
	b.emptyUntil = 0
	if g.Wait > 0 {
		b.emptyUntil = l.now().Add(max(g.Wait, leastWait)).UnixNano()
	}
	var still []waiter
	for _, w := range b.waiting {
		switch {
		case b.held >= w.n:
			b.held -= w.n
			w.answered <- answer{in: w.n}
		case g.Wait > 0:
			l.o.Observer.Refused()
			w.answered <- answer{wait: b.lacks(g.Wait, w.n)}
		default:
			still = append(still, w)
		}
	}
	b.waiting = still
	if len(b.waiting) > 0 || b.held > b.key.reserve(l.live) {
		l.want(b) // they came meanwhile, or are gone
	}
}
