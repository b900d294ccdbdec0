package recipient

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"orderhub/server/catalog"
	"orderhub/server/clock"
	"orderhub/server/errs"
)

const (
	// keptFor is how long an answer is given again without asking.
	keptFor = time.Minute
	// mostKept is how many answers are kept. The oldest go first.
	mostKept = 10_000
	// forgetEvery is how often those go that are too old: there is a name in them.
	forgetEvery = time.Second
	// AskedFor is the longest that a check takes.
	AskedFor = 10 * time.Second
)

// Asker asks those who supply a product.
type Asker interface {
	// AskRecipient asks them in the order in which they would be bought from. What cannot be told is an answer, too;
	// an error is the hub's own.
	AskRecipient(ctx context.Context, p *catalog.Product, w *Who) (Answer, error)
}

// Observer counts checks. Its methods must be quick.
type Observer interface {
	// Checked is for an answer; again says that it was given before, and nobody was asked.
	Checked(r Result, again bool)
}

// Options wires a Service.
type Options struct {
	Store    Store
	Asker    Asker
	Observer Observer // nil for nobody
	Now      func() time.Time
}

// Service checks recipients. Safe for concurrent use.
type Service struct {
	Options

	flights singleflight.Group
	mu      sync.Mutex
	answers *simplelru.LRU[Mark, answered] // in the order in which they came
}

// answered is an answer of a product as it was. One that is changed may have another supplier, or want checks that it
// did not want before.
type answered struct {
	Checked

	version int64
	until   time.Time // by what the machine has passed, which nobody can set
}

// NewService returns a service that keeps nothing yet. While it is used Run has to run.
func NewService(o Options) *Service {
	answers, err := simplelru.NewLRU[Mark, answered](mostKept, nil)
	if err != nil {
		panic("recipient: " + err.Error()) // mostKept is above 0
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	return &Service{Options: o, answers: answers}
}

// Run forgets answers that are too old until ctx ends.
func (s *Service) Run(ctx context.Context) { clock.Every(ctx, forgetEvery, s.forgetOld) }

func (s *Service) forgetOld() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		_, oldest, some := s.answers.GetOldest()
		if !some || time.Now().Before(oldest.until) {
			return
		}
		s.answers.RemoveOldest()
	}
}

// Forget forgets the answer that is kept for the mark.
func (s *Service) Forget(m Mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers.Remove(m)
}

func (s *Service) known(m Mark, version int64) (Checked, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, found := s.answers.Peek(m) // asking makes none younger
	return a.Checked, found && a.version == version
}

func (s *Service) keep(m Mark, version int64, c *Checked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers.Add(m, answered{*c, version, time.Now().Add(keptFor)})
}

// Checked is what was found out, and when.
type Checked struct {
	Answer
	At time.Time
	// Until is when it counts no more for an order; zero where it never does.
	Until time.Time
}

// Check finds out whether there is such a recipient, for a merchant, or for nobody where the id is 0. Concurrent
// questions for the same are one. Errors: *errs.InvalidError where nothing is said of anybody, errs.ErrUnavailable.
func (s *Service) Check(ctx context.Context, merchantID int64, p *catalog.Product, w Who) (Checked, error) {
	if w.Empty() {
		return Checked{}, errs.Invalid("recipient", "must say who receives it, or a field of the product must")
	}
	mark := MarkOf(merchantID, p.ID, &w)
	if kept, found := s.known(mark, p.Version); found && s.Now().Sub(kept.At) < lifeOf(p) {
		s.Observer.Checked(kept.Result, true)
		return kept, nil
	}
	// Whoever asks first asks for all, and is not stopped by going away.
	shared, err, _ := s.flights.Do(string(mark[:])+fmt.Sprint(p.Version), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), AskedFor)
		defer cancel()
		return s.ask(ctx, merchantID, p, &w, mark)
	})
	if err != nil {
		return Checked{}, err
	}
	return shared.(Checked), nil
}

// lifeOf is how long an answer is given again: less than it counts for an order, so that who asks anew in time is
// never late.
func lifeOf(p *catalog.Product) time.Duration {
	if p.RecipientCheckWithin == 0 {
		return keptFor
	}
	return min(keptFor, p.RecipientCheckWithin/2)
}

func (s *Service) ask(ctx context.Context, merchantID int64, p *catalog.Product, w *Who, mark Mark) (Checked, error) {
	c := Checked{At: s.Now()}
	var err error
	if c.Answer, err = s.Asker.AskRecipient(ctx, p, w); err != nil {
		return Checked{}, err
	}
	s.Observer.Checked(c.Result, false)
	if c.Result == Unknown {
		return c, nil // says nothing, and takes nothing back
	}
	if merchantID != 0 && p.RecipientCheckWithin > 0 {
		c.Until = c.At.Add(p.RecipientCheckWithin)
		err := s.Store.Keep(ctx, Kept{
			MerchantID: merchantID, Mark: mark, Check: Check{Found: c.Result == Exists, At: c.At}, Until: c.Until,
		})
		if err != nil {
			return Checked{}, err
		}
	}
	s.keep(mark, p.Version, &c)
	return c, nil
}

// nobody observes nothing.
type nobody struct{}

func (nobody) Checked(Result, bool) {}
