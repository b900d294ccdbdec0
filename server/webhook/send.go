package webhook

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"orderhub/server/batch"
	"orderhub/server/trail"
)

// Outbox keeps what is to be posted. Its methods are for one process among many:
// what one has claimed no other is given until the claim has run out.
type Outbox interface {
	// DueLanes returns the names of lanes in which something is due, but for those that
	// are left alone.
	DueLanes(ctx context.Context, now time.Time) ([]string, error)
	// ClaimDeliveries takes what is due in the lanes, the oldest first, until a time. Of
	// messages that replace each other it takes the newest, ends the others, and
	// takes none while another about the same line is on its way. A lane whose receiver
	// fails belongs to one process: others are given nothing of it, nobody is while it
	// is left alone, and afterwards one message is given.
	ClaimDeliveries(ctx context.Context, claims []Claim) ([][]*Due, error)
	// SettleDeliveries writes what came of attempts, and returns how the receivers of
	// their lanes are after it, in the order of the attempts.
	SettleDeliveries(ctx context.Context, outcomes []Outcome) ([]Health, error)
	// LeaveLanes gives lanes that the process has alone to whoever comes next.
	LeaveLanes(ctx context.Context, holder string) error
	// DisableEndpoint switches an active endpoint off and tells the merchant's log. It
	// does nothing to one that is not active.
	DisableEndpoint(ctx context.Context, merchantID, endpointID int64, reason string) error
}

// Idle is an outbox in which nothing is ever due, for a process beside one that posts.
type Idle struct{ Outbox }

// DueLanes implements Outbox.
func (Idle) DueLanes(context.Context, time.Time) ([]string, error) { return nil, nil }

// ClaimDeliveries implements Outbox.
func (Idle) ClaimDeliveries(_ context.Context, claims []Claim) ([][]*Due, error) {
	return make([][]*Due, len(claims)), nil
}

// Claim asks for what is due in a lane.
type Claim struct {
	Lane   string
	Most   int
	Until  time.Time
	Holder string // the process that asks
}

// Poster makes one HTTP POST. An error to reach the receiver is an answer too.
type Poster interface {
	Post(ctx context.Context, url string, header map[string][]string, body []byte) Answer
}

// Observer watches deliveries. Its methods must be quick.
type Observer interface {
	// Posted reports one attempt.
	Posted(d *Due, a *Answer)
	// Delivered reports how long after its event a message arrived.
	Delivered(format string, lag time.Duration)
	// Lanes reports how many endpoints are being posted to, and how many are left
	// alone because they do not answer.
	Lanes(busy, leftAlone int)
}

const (
	parallel     = 8  // posts to one endpoint at once
	parallelEach = 64 // and to all of one merchant, quick and slow ones each
	claimMost    = 32

	// Endpoints that answer slowly or not at all share a part of the posts, so
	// that however many there are the others have theirs.
	quickPosts = 256
	slowPosts  = 256
	slowAfter  = 2 * time.Second

	// failedTooLong is when an endpoint that never answers is switched off.
	failedTooLong = 5 * 24 * time.Hour

	lookEvery    = time.Second
	writeTimeout = 30 * time.Second
	writeBatch   = 256
	writeWaiting = 16384
)

// ForgetAfter is how long a lane rests until nobody remembers how its receiver was.
const ForgetAfter = 10 * time.Minute

// LongestAsked is how far away a Retry-After may put the next attempt.
const LongestAsked = 24 * time.Hour

// Sender posts deliveries when they are due.
type Sender struct {
	o       SenderOptions
	claims  *batch.Committer[Claim, result[[]*Due]]
	settled *batch.Committer[Outcome, result[Health]] // of its lane, after it
	holder  string                                    // this process
	quick   *semaphore.Weighted
	slow    *semaphore.Weighted

	stop    context.CancelFunc // no more claims
	running sync.WaitGroup     // the look-out and the lanes
	abort   context.CancelFunc // posts under way too
	ctx     context.Context    //nolint:containedctx // of the lanes, which Wake starts
	posting context.Context    //nolint:containedctx // of the posts

	mu        sync.Mutex
	closed    bool
	lanes     map[string]*lane
	merchants map[int64]*share
}

// SenderOptions wire a Sender.
type SenderOptions struct {
	Outbox   Outbox
	Poster   Poster
	Formats  map[string]Format
	Observer Observer
	Tracer   trail.Tracer // nil for nobody
	// Lease is how long a claim holds. A process that dies keeps what it had
	// claimed from being sent for so long.
	Lease     time.Duration
	RequestID func() string
	Now       func() time.Time
	// Spread is a random number from -1 to 1; nil for a good one.
	Spread func() float64
	Log    *slog.Logger
}

// result is what came of one part of a batch, or why nothing came of the whole.
type result[T any] struct {
	of  T
	err error
}

// each has a batch's results one by one.
func each[I, O any](do func(context.Context, []I) ([]O, error)) func(context.Context, []I) []result[O] {
	return func(ctx context.Context, batch []I) []result[O] {
		all, err := do(ctx, batch)
		out := make([]result[O], len(batch))
		for i := range out {
			if out[i].err = err; err == nil {
				out[i].of = all[i]
			}
		}
		return out
	}
}

// NewSender starts to post; Close ends it.
func NewSender(o SenderOptions) *Sender {
	if o.Spread == nil {
		o.Spread = func() float64 { return 2*rand.Float64() - 1 }
	}
	s := &Sender{
		o: o, holder: o.RequestID(), quick: semaphore.NewWeighted(quickPosts), slow: semaphore.NewWeighted(slowPosts),
		lanes: make(map[string]*lane), merchants: make(map[int64]*share),
	}
	options := batch.Options{Max: writeBatch, Waiting: writeWaiting, Timeout: writeTimeout}
	s.claims = batch.New(options, each(o.Outbox.ClaimDeliveries))
	s.settled = batch.New(options, each(o.Outbox.SettleDeliveries))
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.posting, s.abort = context.WithCancel(context.Background())
	s.running.Go(s.lookOut)
	return s
}

// Close claims nothing more and waits for what is under way, until ctx ends:
// what is broken off then is posted again by whoever comes next.
func (s *Sender) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.abort()
	<-ended
	s.claims.Close()
	s.settled.Close()
	s.leaveLanes(ctx)
	return err
}

// leaveTimeout bounds what a process that ends does for those that go on.
const leaveTimeout = 2 * time.Second

// leaveLanes lets others post at once to receivers that failed; else they wait until this process counts as dead.
func (s *Sender) leaveLanes(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := s.o.Outbox.LeaveLanes(ctx, s.holder); err != nil {
		s.o.Log.WarnContext(ctx, "endpoints that fail are left alone for a while", "error", err)
	}
}

// postAll posts what was claimed, a few at a time.
func (s *Sender) postAll(l *lane, due []*Due) {
	var posting sync.WaitGroup
	next := make(chan *Due)
	for range min(parallel, len(due)) {
		posting.Go(func() {
			for d := range next {
				s.post(l, d)
			}
		})
	}
	for _, d := range due {
		next <- d
	}
	close(next)
	posting.Wait()
}

// post makes one attempt, unless the endpoint is to be left alone or no post is
// free in time: then the claim runs out by itself.
func (s *Sender) post(l *lane, d *Due) {
	timeout := min(formats[d.Endpoint.Format].Timeout, s.o.Lease*4/5)
	leave, err := s.enter(l, d, timeout)
	if err != nil {
		return
	}
	defer leave()
	s.mu.Lock()
	alone := l.health.leftAlone(s.o.Now())
	s.mu.Unlock()
	if alone {
		return
	}
	answer, health := s.attempt(s.posting, d, timeout)
	if s.posting.Err() != nil {
		return // broken off by us: it says nothing of the endpoint
	}
	s.mu.Lock()
	if health == nil { // nobody else has heard of it
		health = new(l.health.After(answer.OK(), s.o.Now()))
	}
	l.health = l.health.or(*health)
	l.slow = answer.Took > slowAfter || !answer.OK()
	l.proven = l.proven || !l.slow
	s.mu.Unlock()
}

// enter waits for a post to be free, as long as there is time for one.
func (s *Sender) enter(l *lane, d *Due, timeout time.Duration) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(s.posting, d.Until.Sub(s.o.Now())-timeout)
	defer cancel()
	s.mu.Lock()
	posts := s.quick
	if l.slow {
		posts = s.slow
	}
	s.mu.Unlock()
	part, mine := s.share(d.Endpoint.MerchantID)
	own := mine.quick
	if posts == s.slow {
		own = mine.slow
	}
	if err := own.Acquire(ctx, 1); err != nil {
		part()
		return nil, err
	}
	if err := posts.Acquire(ctx, 1); err != nil {
		own.Release(1)
		part()
		return nil, err
	}
	return func() {
		posts.Release(1)
		own.Release(1)
		part()
	}, nil
}
