package webhook

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"

	"orderhub/server/batch"
	"orderhub/server/clock"
	"orderhub/server/event"
	"orderhub/server/order"
)

// Outbox keeps what is to be posted. Its methods are for one process among many:
// what one has claimed no other is given until the claim has run out.
type Outbox interface {
	// DueLanes returns the names of lanes in which something is due.
	DueLanes(ctx context.Context, now time.Time) ([]string, error)
	// ClaimDeliveries takes what is due in the lanes, the oldest first, until a time. Of
	// messages that replace each other it takes the newest, ends the others, and
	// takes none while another about the same line is on its way.
	ClaimDeliveries(ctx context.Context, claims []Claim) ([][]*Due, error)
	// SettleDeliveries writes what came of attempts.
	SettleDeliveries(ctx context.Context, outcomes []Outcome) error
	// DisableEndpoint switches an active endpoint off and tells the merchant's log. It
	// does nothing to one that is not active.
	DisableEndpoint(ctx context.Context, merchantID, endpointID int64, reason string) error
}

// Claim asks for what is due in a lane.
type Claim struct {
	Lane  string
	Most  int
	Until time.Time
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

	// An endpoint that failed so often in a row is left alone for a while; then a
	// single message finds out whether it is back.
	tripAfter  = 10
	leaveAlone = 10 * time.Second

	// failedTooLong is when an endpoint that never answers is switched off.
	failedTooLong = 5 * 24 * time.Hour

	lookEvery    = time.Second
	forgetAfter  = 10 * time.Minute // a lane that rests
	writeTimeout = 30 * time.Second
	writeBatch   = 256
	writeWaiting = 16384
)

// LongestAsked is how far away a Retry-After may put the next attempt.
const LongestAsked = 24 * time.Hour

// Sender posts deliveries when they are due.
type Sender struct {
	o       SenderOptions
	claims  *batch.Committer[Claim, claimed]
	settled *batch.Committer[Outcome, error]
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
	// Lease is how long a claim holds. A process that dies keeps what it had
	// claimed from being sent for so long.
	Lease     time.Duration
	RequestID func() string
	Now       func() time.Time
	// Spread is a random number from -1 to 1; nil for a good one.
	Spread func() float64
	Log    *slog.Logger
}

type claimed struct {
	due []*Due
	err error
}

// lane is the way to one endpoint. It belongs to one process.
type lane struct {
	name    string
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]

	// Of the Sender's mutex.
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

// NewSender starts to post; Close ends it.
func NewSender(o SenderOptions) *Sender {
	if o.Spread == nil {
		o.Spread = func() float64 { return 2*rand.Float64() - 1 }
	}
	s := &Sender{
		o: o, quick: semaphore.NewWeighted(quickPosts), slow: semaphore.NewWeighted(slowPosts),
		lanes: make(map[string]*lane), merchants: make(map[int64]*share),
	}
	options := batch.Options{Max: writeBatch, Waiting: writeWaiting, Timeout: writeTimeout}
	s.claims = batch.New(options, s.claimAll)
	s.settled = batch.New(options, s.settleAll)
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
	return err
}

func (s *Sender) claimAll(ctx context.Context, claims []Claim) []claimed {
	due, err := s.o.Outbox.ClaimDeliveries(ctx, claims)
	out := make([]claimed, len(claims))
	for i := range out {
		out[i].err = err
		if err == nil {
			out[i].due = due[i]
		}
	}
	return out
}

func (s *Sender) settleAll(ctx context.Context, outcomes []Outcome) []error {
	err := s.o.Outbox.SettleDeliveries(ctx, outcomes)
	out := make([]error, len(outcomes))
	for i := range out {
		out[i] = err
	}
	return out
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

// Wake has lanes looked into now.
func (s *Sender) Wake(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for _, name := range names {
		l := s.lanes[name]
		if l == nil {
			l = s.newLane(name)
			s.lanes[name] = l
		}
		switch {
		case l.running:
			l.again = true
		case l.breaker.State() != gobreaker.StateOpen:
			l.running = true
			s.running.Go(func() { s.work(l) })
		}
	}
}

func (s *Sender) newLane(name string) *lane {
	return &lane{name: name, breaker: gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: name, Timeout: leaveAlone,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
	})}
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
		case l.breaker.State() == gobreaker.StateOpen:
			leftAlone++
		case s.o.Now().Sub(l.rested) > forgetAfter:
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
		if !found && (!l.again || s.ctx.Err() != nil) || l.breaker.State() == gobreaker.StateOpen {
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
	case l.breaker.State() == gobreaker.StateHalfOpen, !l.proven && !l.slow:
		// However many endpoints begin with not answering, each holds one post of
		// those that are for quick ones.
		most = 1
	case l.slow:
		most = parallel
	}
	s.mu.Unlock()
	got, err := s.claims.Do(s.ctx, Claim{Lane: l.name, Most: most, Until: s.o.Now().Add(s.o.Lease)})
	if err == nil {
		err = got.err
	}
	if err != nil {
		if s.ctx.Err() == nil {
			s.o.Log.Warn("claiming deliveries", "error", err)
		}
		return false // the look-out comes back
	}
	s.postAll(l, got.due)
	return len(got.due) > 0
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
	timeout := min(formats[d.Endpoint.Format].timeout, s.o.Lease*4/5)
	leave, err := s.enter(l, d, timeout)
	if err != nil {
		return
	}
	defer leave()
	done, err := l.breaker.Allow()
	if err != nil {
		return
	}
	answer := s.attempt(s.posting, d, timeout)
	if s.posting.Err() != nil {
		done(nil)
		return // broken off by us: it says nothing of the endpoint
	}
	var failure error
	if !answer.OK() {
		failure = errNotTaken
	}
	done(failure)
	s.mu.Lock()
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

// share is the merchant's part of the posts, until leave.
func (s *Sender) share(merchantID int64) (leave func(), mine *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine = s.merchants[merchantID]
	if mine == nil {
		mine = &share{
			quick: semaphore.NewWeighted(parallelEach), slow: semaphore.NewWeighted(parallelEach), tests: semaphore.NewWeighted(testsAtOnce),
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

// attempt posts a delivery once and writes down what came of it.
func (s *Sender) attempt(ctx context.Context, d *Due, timeout time.Duration) Answer {
	began := s.o.Now()
	d.Parcel.At = began
	requestID := s.o.RequestID()
	header := s.o.Formats[d.Endpoint.Format].Header(&d.Parcel)
	header["X-Request-Id"] = []string{requestID}
	postCtx, cancel := context.WithTimeout(ctx, timeout)
	answer := s.o.Poster.Post(postCtx, d.Endpoint.URL, header, d.Parcel.Body)
	cancel()
	if ctx.Err() != nil {
		return answer
	}
	s.o.Observer.Posted(d, &answer)
	if answer.OK() && !d.HappenedAt.IsZero() {
		s.o.Observer.Delivered(d.Endpoint.Format, s.o.Now().Sub(d.HappenedAt))
	}
	outcome := s.judge(d, Attempt{Number: d.Attempts + 1, RequestID: requestID, Answer: answer, At: began})
	// Not the post's context: what was answered is written down while we stop.
	settleErr, err := s.settled.Do(context.WithoutCancel(ctx), outcome)
	if err == nil {
		err = settleErr
	}
	if err != nil {
		s.o.Log.Error("a delivery's attempt is not written down; it will be posted again", "delivery_id", d.ID, "error", err)
		return answer
	}
	if reason := s.disabling(d, &answer); reason != "" {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
		defer cancel()
		if err := s.o.Outbox.DisableEndpoint(ctx, d.Endpoint.MerchantID, d.Endpoint.ID, reason); err != nil {
			s.o.Log.Error("an endpoint is not switched off", "endpoint_id", d.Endpoint.ID, "error", err)
		}
	}
	return answer
}

// judge says what an attempt means.
func (s *Sender) judge(d *Due, a Attempt) Outcome {
	o := Outcome{Due: d, Attempt: a, Status: DeliveryDelivered}
	if a.OK() {
		return o
	}
	o.Status = DeliveryFailed
	if d.Parcel.Type == TestType {
		return o
	}
	gap, more := d.Endpoint.gap(a.Number, s.o.Spread())
	if !more {
		return o
	}
	if formats[d.Endpoint.Format].obeys {
		gap = max(gap, min(a.RetryAfter, LongestAsked))
	}
	at := s.o.Now().Add(gap)
	o.Status, o.NextAt = DeliveryPending, &at
	return o
}

// disabling is why an endpoint is to be switched off after an answer, "" when it
// is not.
func (s *Sender) disabling(d *Due, a *Answer) string {
	const gone = 410
	switch {
	case d.Endpoint.ID == OwnAddress || !formats[d.Endpoint.Format].obeys || a.OK() || d.Parcel.Type == TestType:
		return ""
	case a.Status == gone:
		return "it answered 410 Gone"
	case d.Endpoint.FailingSince != nil && s.o.Now().Sub(*d.Endpoint.FailingSince) >= failedTooLong:
		return "nothing was delivered to it for 5 days"
	default:
		return ""
	}
}

// errNotTaken tells a breaker of an attempt that failed.
var errNotTaken = errors.New("not answered by a 2xx")

// testsAtOnce bounds the tests of one merchant: each is a call that waits for a
// receiver, which may take its time.
const testsAtOnce = 2

// ErrTesting: the merchant has as many tests under way as it may have.
var ErrTesting = errors.New("tests of the merchant's endpoints are under way; wait for their answers")

// test makes one attempt for a caller that waits, whatever the state of the
// endpoint's lane. *order.RetryLaterError with ErrTesting.
func (s *Sender) test(ctx context.Context, merchantID int64, begin func() (*Due, error)) (*Due, error) {
	leave, tests := s.share(merchantID)
	defer leave()
	if !tests.tests.TryAcquire(1) {
		return nil, &order.RetryLaterError{Err: ErrTesting, After: time.Second}
	}
	defer tests.tests.Release(1)
	d, err := begin()
	if err == nil {
		// A caller that goes away must not leave a delivery that nobody settles.
		s.attempt(context.WithoutCancel(ctx), d, formats[d.Endpoint.Format].timeout)
	}
	return d, err
}

// TestType is the type of messages that tell of nothing.
const TestType = string(event.WebhookTest)
