package webhook

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"orderhub/server/clock"
)

// lane is this process's way to one endpoint.
type lane struct {
	name string

	// Of the Sender's mutex.
	health  Health // as this process heard last
	running bool
	again   bool // woken while it ran
	proven  bool // it has answered in good time since it was first posted to
	slow    bool
	rested  time.Time
}

// share bounds one merchant's posts. Those to its slow endpoints are apart: they
// must not keep its others waiting either.
type share struct {
	quick, slow, tests *semaphore.Weighted

	users int
}

// lookOut wakes the lanes that have something due, whoever made it so.
func (s *Sender) lookOut() {
	look := func() {
		names, err := s.dueLanes()
		if err != nil && s.ctx.Err() == nil {
			s.o.Log.Warn("looking for deliveries that are due", "error", err)
		}
		s.Wake(names...)
		s.tidy()
	}
	look()
	clock.Every(s.ctx, lookEvery, look)
}

func (s *Sender) dueLanes() ([]string, error) {
	ctx, cancel := context.WithTimeout(s.ctx, writeTimeout)
	defer cancel()
	return s.o.Outbox.DueLanes(ctx, s.o.Now())
}

func (s *Sender) Wake(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for _, name := range names {
		l := s.lanes[name]
		if l == nil {
			l = &lane{name: name}
			s.lanes[name] = l
		}
		switch {
		case l.running:
			l.again = true
		case !l.health.leftAlone(s.o.Now()):
			l.running = true
			s.running.Go(func() { s.work(l) })
		}
	}
}

// tidy forgets lanes that have rested for long.
func (s *Sender) tidy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	busy, leftAlone := 0, 0
	for name, l := range s.lanes {
		switch {
		case l.running:
			busy++
		case l.health.leftAlone(s.o.Now()):
			leftAlone++
		case s.o.Now().Sub(l.rested) > ForgetAfter:
			delete(s.lanes, name)
		}
	}
	s.o.Observer.Lanes(busy, leftAlone)
}

// work posts what is due in a lane until nothing is, or the endpoint is left
// alone.
func (s *Sender) work(l *lane) {
	for {
		found := s.ctx.Err() == nil && s.pass(l)
		s.mu.Lock()
		if !found && (!l.again || s.ctx.Err() != nil) || l.health.leftAlone(s.o.Now()) {
			l.running, l.again, l.rested = false, false, s.o.Now()
			s.mu.Unlock()
			return
		}
		l.again = false
		s.mu.Unlock()
	}
}

// pass claims and posts once; false when nothing was due.
func (s *Sender) pass(l *lane) bool {
	most := claimMost
	s.mu.Lock()
	switch {
	case l.health.tripped(), !l.proven && !l.slow:
		// However many endpoints begin with not answering, each holds one post of
		// those that are for quick ones.
		most = 1
	case l.slow:
		most = parallel
	}
	s.mu.Unlock()
	got, err := s.claims.Do(s.ctx, Claim{
		Lane: l.name, Most: most, Until: s.o.Now().Add(s.o.Lease), Holder: s.holder,
	})
	if err == nil {
		err = got.err
	}
	if err != nil {
		if s.ctx.Err() == nil {
			s.o.Log.Warn("claiming deliveries", "error", err)
		}
		return false // the look-out comes back
	}
	s.postAll(l, got.of)
	return len(got.of) > 0
}

// share is the merchant's part of the posts, until leave.
func (s *Sender) share(merchantID int64) (leave func(), mine *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine = s.merchants[merchantID]
	if mine == nil {
		mine = &share{
			quick: semaphore.NewWeighted(parallelEach), slow: semaphore.NewWeighted(parallelEach),
			tests: semaphore.NewWeighted(testsAtOnce),
		}
		s.merchants[merchantID] = mine
	}
	mine.users++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if mine.users--; mine.users == 0 {
			delete(s.merchants, merchantID)
		}
	}, mine
}
