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
	rowsFor    chan answer // of the waiter for whom rows are being asked for
	queued     bool
}

// wish is what somebody wants let in: one request or, of what came with one, so many rows, at least some or none.
type wish struct{ rows, least int }

// waiter waits for what it wants.
type waiter struct {
	wish
	answered chan answer
}

// answer is for who waited.
type answer struct {
	in    int           // requests
	wait  time.Duration // until more may come
	again bool          // the process counts otherwise now
}

// Take lets in one request, or says how long its caller has to wait. The error is
// that of ctx. It only waits itself where it would else refuse because this process
// holds nothing: for what all together have left.
func (l *Limiter) Take(ctx context.Context, key Key) (wait time.Duration, err error) {
	in, wait, err := l.await(ctx, key, wish{})
	if in > 0 {
		wait = 0
	}
	return wait, err
}

// TakeRows lets in up to n more requests that came with one that was let in, least of them or none. They may be more
// than may come at once, by as many as come in a minute: nobody else is let in until that is over. wait says when
// another request may come, with least more where none was let in.
func (l *Limiter) TakeRows(ctx context.Context, key Key, n, least int) (in int, wait time.Duration, err error) {
	if n <= 0 {
		return 0, 0, nil
	}
	return l.await(ctx, key, wish{n, least})
}

func (l *Limiter) await(ctx context.Context, key Key, w wish) (in int, wait time.Duration, err error) {
	for {
		l.mu.Lock()
		b := l.bucket(key)
		in, wait, waits := l.take(b, w)
		var answered chan answer
		if waits {
			answered = make(chan answer, 1)
			b.waiting = append(b.waiting, waiter{w, answered})
		}
		l.mu.Unlock()
		if !waits {
			return in, wait, nil
		}
		select {
		case a := <-answered:
			if !a.again {
				return a.in, a.wait, nil
			}
		case <-ctx.Done():
			l.leaveQueue(b, answered)
			return 0, 0, ctx.Err()
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

// take decides about a wish; waits says that the database has to be asked.
func (l *Limiter) take(b *bucket, w wish) (in int, wait time.Duration, waits bool) {
	now := l.now().UnixNano()
	switch l.mode {
	case together:
		return l.takeTogether(b, now, w)
	case apart:
		if b.held > 0 && w.rows == 0 {
			b.held--
			return 1, 0, false
		}
		if in, wait = b.takeOwn(b.rule.share(l.live), now, w); in > 0 {
			b.owed += in
			l.want(b)
		}
		return in, wait, false
	default:
		in, wait = b.takeOwn(b.rule, now, w)
		return in, wait, false
	}
}

// takeOwn takes by a rule that this process counts by itself.
func (b *bucket) takeOwn(r rule, now int64, w wish) (in int, wait time.Duration) {
	if w.rows == 0 {
		if in, b.used = r.take(b.used, now, 1); in == 0 {
			wait = r.wait(b.used, now, 1)
		}
		return in, wait
	}
	in, b.used = r.rows(b.used, now, w.rows, w.least)
	return in, waitAfter(in, r.wait(b.used, now, 1), r.waitRows(b.used, now, w.least))
}

// waitAfter is how long whoever wanted rows waits for more after so many of them were let in.
func waitAfter(in int, forOne, forLeast time.Duration) time.Duration {
	if in == 0 {
		return forLeast
	}
	return forOne
}

func (l *Limiter) takeTogether(b *bucket, now int64, w wish) (in int, wait time.Duration, waits bool) {
	switch {
	case w.rows > 0: // the reserve is for single ones
	case b.held > 0:
		b.held--
		if b.held <= b.key.reserve(l.live)/2 && now >= b.emptyUntil {
			l.want(b)
		}
		return 1, 0, false
	case now < b.emptyUntil && b.emptyUntil-now <= max(b.rule.each, int64(leastWait))+int64(mostOwed): // else it was set
		l.o.Observer.Refused()
		return 0, time.Duration(b.emptyUntil - now), false
	case b.waits() >= b.key.Burst: // more are never let in at once
		l.o.Observer.Refused()
		return 0, time.Duration(b.rule.each), false
	}
	l.want(b)
	return 0, 0, true
}

// waits is how many single requests wait.
func (b *bucket) waits() (n int) {
	for i := range b.waiting {
		if b.waiting[i].rows == 0 {
			n++
		}
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
// beyond it is given back, and is not held any more. Of those who want rows one is asked for at a time.
func (l *Limiter) claim(b *bucket) Claim {
	c := Claim{Key: b.key, Wants: b.waits() + b.key.reserve(l.live) - b.held, Owes: b.owed}
	b.held += min(c.Wants, 0)
	b.rowsFor = nil
	for i := range b.waiting {
		if w := &b.waiting[i]; w.rows > 0 {
			c.Rows, c.Least, b.rowsFor = w.rows, w.least, w.answered
			break
		}
	}
	return c
}

// settle gives what was granted to who waits, in order. Where it was not enough the
// others are refused; nobody asks before there may be more. What is left of it because
// somebody is gone is given back.
func (l *Limiter) settle(b *bucket, asked Claim, g Grant) {
	b.used = g.Used.UnixNano()
	b.owed -= asked.Owes
	b.held += g.Granted
	l.o.Observer.Claimed(g.Granted + g.Rows)
	b.emptyUntil = 0
	if g.Wait > 0 {
		b.emptyUntil = l.now().Add(max(g.Wait, leastWait)).UnixNano()
	}
	rows := g.Rows
	var still []waiter
	for _, w := range b.waiting {
		switch {
		case w.rows > 0 && w.answered == b.rowsFor:
			if g.Rows < asked.Rows {
				l.o.Observer.Refused()
			}
			w.answered <- answer{in: g.Rows, wait: waitAfter(g.Rows, g.Wait, g.WaitRows)}
			rows = 0
		case w.rows > 0:
			still = append(still, w)
		case b.held > 0:
			b.held--
			w.answered <- answer{in: 1}
		case g.Wait > 0:
			l.o.Observer.Refused()
			w.answered <- answer{wait: g.Wait}
		default:
			still = append(still, w)
		}
	}
	b.held += rows // who wanted them is gone
	b.waiting, b.rowsFor = still, nil
	if len(b.waiting) > 0 || b.held > b.key.reserve(l.live) {
		l.want(b) // they came meanwhile, or are gone
	}
}
