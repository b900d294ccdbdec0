package fulfil

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"orderhub/server/audit"
	"orderhub/server/batch"
	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/trail"
)

const (
	defaultCallTimeout = 30 * time.Second
	firstCheck         = time.Second     // after an acceptance that names no moment, and after an unknown outcome
	lastCheck          = 5 * time.Minute // the growing interval's end
	lastRetry          = time.Minute     // the same, where providers could not be reached
	soon               = 100 * time.Millisecond
)

// settling and routing bound the group commits of outcomes and of jobs' orders.
var (
	settling = batch.Options{Max: 512, Waiting: 8192, Timeout: 30 * time.Second}
	routing  = batch.Options{Max: 8, Waiting: 1024, Timeout: 30 * time.Second}
)

// Directory finds providers, and the connectors that reach them.
type Directory interface {
	// Connect returns the provider and its connector, that of a disabled provider
	// too: what was bought there has to be followed to its end.
	// ErrProviderNotFound, or what is wrong with its configuration.
	Connect(ctx context.Context, providerID int64) (*Provider, dialect.Connector, error)
}

// Rates tells what currencies are worth in one another.
type Rates interface {
	Rates(ctx context.Context) (*exchange.Rates, error)
}

// noRates has none.
type noRates struct{}

func (noRates) Rates(context.Context) (*exchange.Rates, error) { return nil, nil }

// Options wires an engine.
type Options struct {
	Store     Store
	Providers ProviderStore
	Directory Directory
	Observer  Observer     // nil for nobody
	Tracer    trail.Tracer // nil for nobody
	Rates     Rates        // by which costs are compared; nil for none
	Log       *slog.Logger
	Now       func() time.Time
	// CallTimeout is the longest that a call to a provider may take; 0 means 30
	// seconds.
	CallTimeout time.Duration
	// Balances are what is known of our money at providers; nil where nothing is.
	Balances *Balances
	// Committers is how many settlements may be committed at once; 0 means 1.
	Committers int
}

// Engine brings orders to their end: it routes lines to providers, calls those,
// and settles what they say.
type Engine struct {
	Options

	throttles *throttles
	settlers  []*batch.Committer[Result, settled]
	router    *batch.Committer[toRoute, routed]
	dears     dears
}

// toRoute are a job's orders.
type toRoute struct {
	orderIDs []int64
	trails   trail.Orders
}

// routed is when to route orders again.
type routed struct {
	next time.Time
	err  error
}

// settled is what became of a result.
type settled struct {
	applied bool
	err     error
}

// NewEngine starts an engine; Close ends it.
func NewEngine(o Options) *Engine {
	o.CallTimeout = cmp.Or(o.CallTimeout, defaultCallTimeout)
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	if o.Rates == nil {
		o.Rates = noRates{}
	}
	e := &Engine{Options: o, throttles: newThrottles(o.CallTimeout, o.Observer, o.Providers, o.Log)}
	for range max(o.Committers, 1) {
		e.settlers = append(e.settlers, batch.New(settling, e.commit))
	}
	e.router = batch.New(routing, e.routeAll)
	return e
}

// Close settles what is waiting. Nothing may be asked of the engine afterwards.
func (e *Engine) Close() {
	e.router.Close()
	for _, s := range e.settlers {
		s.Close()
	}
	e.throttles.keepers.close()
}

// lease is how long an attempt is one caller's: until then nobody else asks for
// it. A call with its wait fits in, and a repetition.
func (e *Engine) lease() time.Duration { return 2 * e.throttles.timeout }

// partnerOf finds a provider, and its connector as what it says may be relied on.
func partnerOf(ctx context.Context, d Directory, providerID int64) (*Provider, dialect.Partner, error) {
	provider, connector, err := d.Connect(ctx, providerID)
	return provider, dialect.NewPartner(connector), err
}

// settle writes a result together with others that are there, and reports
// whether it took effect. The provider has answered: what it said is kept even
// when the job that asked is being stopped.
func (e *Engine) settle(ctx context.Context, r Result) (applied bool, err error) {
	if e.Tracer == nil {
		return e.write(ctx, r)
	}
	r.Trail = trail.In(ctx)[r.Settlement.OrderID]
	ctx, end := e.Tracer.Begin(ctx, trail.Span{Name: "settle"})
	applied, err = e.write(ctx, r)
	if err != nil {
		end("UNSETTLED")
		return false, err
	}
	end("")
	return applied, nil
}

func (e *Engine) write(ctx context.Context, r Result) (applied bool, err error) {
	ctx = context.WithoutCancel(ctx)
	var out settled
	if audit.In(ctx) != nil { // recorded in its transaction, in which others' results have no part
		ctx, cancel := context.WithTimeout(ctx, settling.Timeout)
		defer cancel()
		out = e.commit(ctx, []Result{r})[0]
	} else {
		out, err = e.settlers[uint64(r.Settlement.MerchantID)%uint64(len(e.settlers))].Do(ctx, r)
	}
	if err = errors.Join(err, out.err); err != nil {
		return false, fmt.Errorf("settle line %d: %w", r.Settlement.LineID, err)
	}
	return out.applied, nil
}

// commit writes results. Those that the database refuses together are split, so
// that one that it does not take fails alone.
func (e *Engine) commit(ctx context.Context, results []Result) []settled {
	applied, err := e.Store.Settle(withTrails(ctx, results), results)
	if err != nil && len(results) > 1 && !errors.Is(err, errs.ErrUnavailable) && ctx.Err() == nil {
		half := len(results) / 2
		return append(e.commit(ctx, results[:half]), e.commit(ctx, results[half:])...)
	}
	out := make([]settled, len(results))
	for i := range out {
		if err == nil {
			out[i].applied = applied[i]
			continue
		}
		out[i].err = err
		e.unsettled(&results[i], err)
	}
	return out
}

// withTrails carries the trails of the results beside what is carried already.
func withTrails(ctx context.Context, results []Result) context.Context {
	var trails trail.Orders
	for i := range results {
		trails.Add(results[i].Settlement.OrderID, results[i].Trail)
	}
	return trail.With(ctx, trails)
}

// unsettled tells of a result that was not written. Whoever found it out finds it
// out again.
func (e *Engine) unsettled(r *Result, err error) {
	attempt := ""
	if r.Attempt != nil {
		attempt = r.Attempt.Reference
	}
	e.Log.Error("what became of a line could not be written and is tried again",
		"order", r.Settlement.OrderID, "line", r.Settlement.LineID, "attempt", attempt, "error", err)
	e.throttles.observer.Unsettled()
}

// Route finds providers for what is open of the orders and nobody is asked for,
// together with those of other jobs that are there: it writes the attempts and
// leaves the calls to the jobs inserted with them. Lines for which there is nobody
// left fail. It returns when to route again, the zero time where that is not
// before something happens to an attempt.
func (e *Engine) Route(ctx context.Context, orderIDs []int64) (next time.Time, err error) {
	out, err := e.router.Do(ctx, toRoute{orderIDs, trail.In(ctx)})
	return out.next, errors.Join(err, out.err)
}

// routeAll routes the orders of several jobs, each job's by themselves when that
// does not work out together.
func (e *Engine) routeAll(ctx context.Context, jobs []toRoute) []routed {
	out := make([]routed, len(jobs))
	var all toRoute
	for _, j := range jobs {
		all.orderIDs = append(all.orderIDs, j.orderIDs...)
		for id, left := range j.trails {
			all.trails.Add(id, left)
		}
	}
	ctx = trail.With(ctx, all.trails)
	next, err := e.route(ctx, all.orderIDs)
	for i := range jobs {
		if err != nil && len(jobs) > 1 {
			out[i].next, out[i].err = e.route(ctx, jobs[i].orderIDs)
			continue
		}
		out[i] = routed{next, err}
	}
	return out
}

// noObserver observes nothing.
type noObserver struct{}

func (noObserver) Called(string, string, string, time.Duration) {}
func (noObserver) BreakerChanged(string, string)                {}
func (noObserver) Unsettled()                                   {}
