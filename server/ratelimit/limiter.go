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
	waiting    []chan answer
	queued     bool
}

// answer is for one request that waited.
type answer struct {
	in    bool
	wait  time.Duration // where it is not let in
	again bool          // the process counts otherwise now
}

// Take lets in one request, or says how long its caller has to wait. The error is
// that of ctx. It only waits itself where it would else refuse because this process
// holds nothing: for what all together have left.
func (l *Limiter) Take(ctx context.Context, key Key) (wait time.Duration, err error) {
	for {
		l.mu.Lock()
		b := l.bucket(key)
		wait, waits := l.take(b)
		var answered chan answer
		if waits {
			answered = make(chan answer, 1)
			b.waiting = append(b.waiting, answered)
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

// take decides about one request; waits says that the database has to be asked.
func (l *Limiter) take(b *bucket) (wait time.Duration, waits bool) {
	now := l.now().UnixNano()
	switch l.mode {
	case together:
		return l.takeTogether(b, now)
	case apart:
		if b.held > 0 {
			b.held--
			return 0, false
		}
		wait := b.takeOwn(b.rule.share(l.live), now)
		if wait == 0 {
			b.owed++
			l.want(b)
		}
		return wait, false
	default:
		return b.takeOwn(b.rule, now), false
	}
}

// takeOwn takes one by a rule that this process counts by itself.
func (b *bucket) takeOwn(r rule, now int64) (wait time.Duration) {
	taken, used := r.take(b.used, now, 1)
	b.used = used
	if taken == 0 {
		return r.wait(used, now)
	}
	return 0
}

func (l *Limiter) takeTogether(b *bucket, now int64) (wait time.Duration, waits bool) {
	switch {
	case b.held > 0:
		b.held--
		if b.held <= b.key.reserve(l.live)/2 && now >= b.emptyUntil {
			l.want(b)
		}
		return 0, false
	case now < b.emptyUntil && b.emptyUntil-now <= max(b.rule.each, int64(leastWait)): // else the clock was set
		l.o.Observer.Refused()
		return time.Duration(b.emptyUntil - now), false
	case len(b.waiting) >= b.key.Burst: // more are never let in at once
		l.o.Observer.Refused()
		return time.Duration(b.rule.each), false
	}
	l.want(b)
	return 0, true
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

// leaveQueue is for a request that waits no longer. What it was just given stays
// with the process.
func (l *Limiter) leaveQueue(b *bucket, answered chan answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, waiting := range b.waiting {
		if waiting == answered {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			return
		}
	}
	if a := <-answered; a.in {
		b.held++
	}
}

// claim is what to ask for a bucket: for who waits, and for the reserve. What is held
// beyond it is given back, and is not held any more.
func (l *Limiter) claim(b *bucket) Claim {
	c := Claim{Key: b.key, Wants: len(b.waiting) + b.key.reserve(l.live) - b.held, Owes: b.owed}
	b.held += min(c.Wants, 0)
	return c
}

// settle gives what was granted to who waits, in order. Where it was not enough the
// others are refused; nobody asks before there may be more.
func (l *Limiter) settle(b *bucket, asked Claim, g Grant) {
	b.used = g.Used.UnixNano()
	b.owed -= asked.Owes
	b.held += g.Granted
	l.o.Observer.Claimed(g.Granted)
	if g.Wait > 0 {
		b.emptyUntil = l.now().Add(max(g.Wait, leastWait)).UnixNano()
	}
	for b.held > 0 && len(b.waiting) > 0 {
		b.held--
		b.next() <- answer{in: true}
	}
	for g.Wait > 0 && len(b.waiting) > 0 {
		l.o.Observer.Refused()
		b.next() <- answer{wait: g.Wait}
	}
	if len(b.waiting) > 0 || b.held > b.key.reserve(l.live) {
		l.want(b) // they came meanwhile, or are gone
	}
}

// next is who waits for longest.
func (b *bucket) next() chan answer {
	first := b.waiting[0]
	b.waiting = b.waiting[1:]
	if len(b.waiting) == 0 {
		b.waiting = nil
	}
	return first
}
