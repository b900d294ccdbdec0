package ratelimit

import (
	"cmp"
	"context"
	"slices"
	"time"

	"orderhub/server/clock"
)

const (
	// beatEvery is how often a process says that it lives, and lease how long it is
	// believed.
	beatEvery = time.Second
	lease     = 8 * time.Second
	// joinEvery is how often one that came looks whether the others are ready, and
	// joinPatience how long its requests wait for that where its reserve is used up. They
	// say so at their next beat, unless one of them died a moment ago.
	joinEvery    = 50 * time.Millisecond
	joinPatience = 3 * beatEvery / 2
	// askTime and beatTime bound what the database may take, then the process has its
	// share. Both together are less than the lease. Requests wait for two questions at
	// most.
	askTime  = 2 * time.Second
	beatTime = 2 * time.Second
	// askGap is the least time between two questions of one process.
	askGap = 5 * time.Millisecond
	// askMost bounds how many buckets one question is about, saveMost how many are
	// told of at once.
	askMost  = 500
	saveMost = 5_000
	// leaveTime bounds the last word of a process that ends.
	leaveTime = 2 * time.Second
	// tidyEvery is how often buckets that are not used any more are removed.
	tidyEvery = time.Minute
)

// Store keeps what the processes count together.
type Store interface {
	// Beat notes that the process lives and returns its [Beat.Standing]. Those whose
	// lease is over are forgotten. No two beats overlap.
	Beat(ctx context.Context, b Beat) (Standing, error)
	// Claim makes the claims, of different buckets in the order of [Compare]: grants in
	// the same order.
	Claim(ctx context.Context, claims []Claim) ([]Grant, error)
	// Save keeps levels, in the order of [Compare], by [Level.Over].
	Save(ctx context.Context, levels []Level) error
	// Leave forgets a process.
	Leave(ctx context.Context, name string) error
	// Tidy removes buckets that are not used any more.
	Tidy(ctx context.Context) error
}

// Compare orders keys. Who changes several buckets does so in this order.
func Compare(a, b Key) int {
	return cmp.Or(
		cmp.Compare(a.MerchantID, b.MerchantID), cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.PerMinute, b.PerMinute),
		cmp.Compare(a.Burst, b.Burst),
	)
}

// Join counts together with the other processes on the store, as soon as there are
// any. [Limiter.Run] has to follow.
func Join(ctx context.Context, o Options) (*Limiter, error) {
	l := newLimiter(o)
	l.mode = together
	if err := l.beat(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// Run keeps in touch with the other processes until ctx ends, when nobody takes
// anything any more. Then it gives back what the process holds.
func (l *Limiter) Run(ctx context.Context) {
	timer := time.NewTimer(l.untilBeat())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			l.leave(context.WithoutCancel(ctx))
			return
		case <-timer.C:
			if err := l.beat(ctx); err != nil && ctx.Err() == nil {
				l.o.Log.Warn("other processes could not be told that this one lives", "error", err)
			}
			timer.Reset(l.untilBeat())
		case <-l.wake:
			l.ask(ctx)
			l.pause(ctx)
		}
	}
}

func (l *Limiter) untilBeat() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mode == together && !l.joined {
		return joinEvery
	}
	return clock.UntilNext(beatEvery)
}

func (l *Limiter) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(askGap):
	}
}

// beat says that the process lives and takes its place among the others.
func (l *Limiter) beat(ctx context.Context) error {
	standing, err := l.sendBeat(ctx)
	if err == nil && standing.Alone && standing.Live > 1 {
		standing, err = l.handOver(ctx, standing.Live)
	}
	if err != nil {
		l.o.Observer.Failed()
		l.count(func() {
			if l.mode == together && !l.joined && l.joinTimeIsOver() {
				l.countApart()
			}
		})
		return err
	}
	l.countsAlone = standing.Alone
	l.count(func() { l.stand(standing) })
	l.tidy(ctx)
	return nil
}

func (l *Limiter) sendBeat(ctx context.Context) (Standing, error) {
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	return l.o.Store.Beat(ctx, Beat{Name: l.o.Name, Alone: l.countsAlone, Lease: lease})
}

func (l *Limiter) count(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	l.o.Observer.Live(l.live, l.mode == together && l.joined)
}

func (l *Limiter) joinTimeIsOver() bool { return !time.Now().Before(l.joinsUntil) }

// stand takes over how the process stands. Who waits is looked at again.
func (l *Limiter) stand(s Standing) {
	more := s.Live > l.live
	l.live, l.joined = s.Live, s.Joined
	switch {
	case s.Alone:
		l.joinsUntil = time.Time{}
		if l.mode != alone {
			l.countAlone(s.Levels)
		}
		return
	case s.Joined:
		l.joinsUntil = time.Time{}
		l.mode = together
	case l.joinsUntil.IsZero():
		l.joinsUntil = time.Now().Add(joinPatience)
		l.mode = together
	case l.joinTimeIsOver():
		l.countApart()
		return
	}
	if more {
		l.giveBackSpare()
	}
	if len(l.queue) > 0 {
		l.nudge()
	}
}

// countAlone begins with what was kept of each bucket and what this process holds.
func (l *Limiter) countAlone(levels []Level) {
	l.mode = alone
	now := l.now().UnixNano()
	for _, b := range l.buckets.Values() {
		b.used = now
	}
	for _, level := range levels {
		l.bucket(level.Key).used = level.Used.UnixNano()
	}
	for _, b := range l.buckets.Values() {
		b.used += int64(b.owed-b.held) * b.rule.each
		b.owed, b.held, b.emptyUntil = 0, 0, 0
	}
	l.lookAgain()
	for _, b := range l.queue {
		b.queued = false
	}
	l.queue = nil
}

// countApart gives the process its share of each bucket, used as far as it heard
// last.
func (l *Limiter) countApart() {
	l.mode = apart
	l.lookAgain()
}

// lookAgain has every request that waits looked at again.
func (l *Limiter) lookAgain() {
	for _, b := range l.queue {
		for _, w := range b.waiting {
			w.answered <- answer{again: true}
		}
		b.waiting = nil
	}
}

// giveBackSpare gives back what the process holds beyond its reserve, which is
// smaller the more processes there are.
func (l *Limiter) giveBackSpare() {
	for _, b := range l.buckets.Values() {
		if b.held > b.key.reserve(l.live) {
			l.want(b)
		}
	}
}

// handOver tells the others how far each limit is used, so that all count together
// from then on. Requests wait meanwhile.
func (l *Limiter) handOver(ctx context.Context, live int) (Standing, error) {
	var levels []Level
	l.count(func() {
		l.mode, l.joined, l.live = together, false, live
		if l.joinsUntil.IsZero() {
			l.joinsUntil = time.Now().Add(joinPatience)
		}
		levels = l.levels()
	})
	err := l.save(ctx, levels)
	if err == nil {
		l.countsAlone = false
		var s Standing
		if s, err = l.sendBeat(ctx); err == nil {
			return s, nil
		}
		l.countsAlone = true
	}
	l.count(l.countApart)
	return Standing{}, err
}

// levels are those of all buckets that are used, as this process knows them.
func (l *Limiter) levels() (levels []Level) {
	now := l.now().UnixNano()
	for _, b := range l.buckets.Values() {
		if b.owed = 0; b.used > now {
			levels = append(levels, Level{b.key, time.Unix(0, b.rule.bound(b.used, now)).UTC()})
		}
	}
	slices.SortFunc(levels, func(a, b Level) int { return Compare(a.Key, b.Key) })
	return levels
}

func (l *Limiter) save(ctx context.Context, levels []Level) error {
	for some := range slices.Chunk(levels, saveMost) {
		ctx, cancel := context.WithTimeout(ctx, beatTime)
		err := l.o.Store.Save(ctx, some)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// ask asks for buckets that something is wanted of, those that waited for longest
// first.
func (l *Limiter) ask(ctx context.Context) {
	asked, claims := l.wanted()
	if len(claims) == 0 {
		return
	}
	l.o.Observer.Asked(len(claims))
	grants, err := l.claimed(ctx, claims)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		for i, b := range asked {
			l.settle(b, claims[i], grants[i])
		}
	} else {
		for _, b := range asked {
			l.want(b)
		}
	}
	if err != nil && ctx.Err() == nil {
		l.o.Observer.Failed()
		l.o.Log.Warn("requests could not be counted with other processes; this one goes by its share", "error", err)
		l.countApart()
	}
	if l.mode == together && len(l.queue) > 0 {
		l.nudge()
	}
}

// wanted are the next buckets and what to ask for each.
func (l *Limiter) wanted() (asked []*bucket, claims []Claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mode != together || !l.joined {
		return nil, nil
	}
	n := min(len(l.queue), askMost)
	asked = slices.Clone(l.queue[:n])
	l.queue = slices.Delete(l.queue, 0, n)
	slices.SortFunc(asked, func(a, b *bucket) int { return Compare(a.key, b.key) })
	// A bucket that was forgotten while it waited may be there twice.
	for i, b := range asked {
		if b.queued = false; i > 0 && b.key == asked[i-1].key {
			l.want(b)
		}
	}
	asked = slices.CompactFunc(asked, func(a, b *bucket) bool { return a.key == b.key })
	for _, b := range asked {
		claims = append(claims, l.claim(b))
	}
	return asked, claims
}

func (l *Limiter) claimed(ctx context.Context, claims []Claim) ([]Grant, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return l.o.Store.Claim(ctx, claims)
}

// tidy removes what nobody uses any more, now and then.
func (l *Limiter) tidy(ctx context.Context) {
	if now := time.Now(); now.Sub(l.tidied) >= tidyEvery {
		l.tidied = now
		ctx, cancel := context.WithTimeout(ctx, beatTime)
		defer cancel()
		if err := l.o.Store.Tidy(ctx); err != nil && ctx.Err() == nil {
			l.o.Log.Warn("limits that are not used any more could not be removed", "error", err)
		}
	}
}

// leave tells what the process knows and gives back what it holds.
func (l *Limiter) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	var err error
	if l.countsAlone {
		var levels []Level
		l.count(func() { levels = l.levels() })
		err = l.save(ctx, levels)
	} else {
		err = l.giveBack(ctx)
	}
	if err == nil {
		err = l.o.Store.Leave(ctx, l.o.Name)
	}
	if err != nil { // the lease ends by itself
		l.o.Log.Warn("other processes could not be told that this one ends", "error", err)
	}
}

func (l *Limiter) giveBack(ctx context.Context) error {
	var claims []Claim
	l.count(func() {
		l.countApart()
		for _, b := range l.buckets.Values() {
			if b.held > 0 || b.owed > 0 {
				claims = append(claims, Claim{Key: b.key, Wants: -b.held, Owes: b.owed})
				b.held, b.owed = 0, 0
			}
		}
	})
	slices.SortFunc(claims, func(a, b Claim) int { return Compare(a.Key, b.Key) })
	for some := range slices.Chunk(claims, saveMost) {
		if _, err := l.claimed(ctx, some); err != nil {
			return err
		}
	}
	return nil
}
