package fulfil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"orderhub/server/dialect"
	"orderhub/server/order"
)

const (
	defaultCallTimeout = 30 * time.Second
	concurrentCalls    = 16              // at one provider, from one Advance
	firstCheck         = time.Second     // after an acceptance that names no moment, and after an unknown outcome
	lastCheck          = 5 * time.Minute // the growing interval's end
	maxRounds          = 20              // of one Advance: routes tried one after the other
)

// Connectors finds the connector of a provider by its id, or nil.
type Connectors interface {
	Connector(ctx context.Context, providerID int64) (dialect.Connector, error)
}

// Engine advances orders until they are final.
type Engine struct {
	store      Store
	connectors Connectors
	log        *slog.Logger
	now        func() time.Time

	callTimeout time.Duration
	// resumeAfter is when an attempt whose call never answered counts as one
	// whose caller has died. It is well above callTimeout.
	resumeAfter time.Duration
}

// NewEngine wires an engine whose calls may take 30 seconds.
func NewEngine(store Store, connectors Connectors, log *slog.Logger, now func() time.Time) *Engine {
	return (&Engine{store: store, connectors: connectors, log: log, now: now}).WithCallTimeout(defaultCallTimeout)
}

// WithCallTimeout bounds each call to a provider; twice as much is when the call
// of a process that died is made up for. It returns e, which must not be at work.
func (e *Engine) WithCallTimeout(timeout time.Duration) *Engine {
	e.callTimeout, e.resumeAfter = timeout, 2*timeout
	return e
}

// Advance does everything that can be done for the orders now, and returns when
// the next thing can be, or the zero time when all of them are final. Orders
// that wait for an operator wake nobody.
func (e *Engine) Advance(ctx context.Context, orderIDs []int64) (next time.Time, err error) {
	for range maxRounds {
		works, err := e.store.OpenWork(ctx, orderIDs)
		if err != nil {
			return time.Time{}, fmt.Errorf("read open orders: %w", err)
		}
		round, err := e.plan(ctx, works)
		if err != nil {
			return time.Time{}, err
		}
		if round.idle() {
			return round.next, nil
		}
		if err := e.work(ctx, round); err != nil {
			return time.Time{}, err
		}
	}
	return e.now().Add(firstCheck), nil
}

// step is one attempt with the line it serves.
type step struct {
	order   *order.Order
	line    *order.Line
	attempt Attempt
	fresh   bool // not written yet
}

// round is what can be done for a set of orders at one moment.
type round struct {
	begin  []step // attempts to write, then submit
	ask    []step // attempts whose outcome is due to be asked for
	giveUp []Result
	next   time.Time // when the earliest of the rest is due
}

func (r *round) idle() bool { return len(r.begin)+len(r.ask)+len(r.giveUp) == 0 }

func (r *round) wakeAt(t time.Time) {
	if r.next.IsZero() || t.Before(r.next) {
		r.next = t
	}
}

func (e *Engine) plan(ctx context.Context, works []Work) (*round, error) {
	offers, err := e.offers(ctx, works)
	if err != nil {
		return nil, err
	}
	r, now := &round{}, e.now()
	for _, w := range works {
		for i := range w.Order.Lines {
			line := &w.Order.Lines[i]
			if line.Status.Final() {
				continue
			}
			e.planLine(r, now, w, line, offers)
		}
	}
	return r, nil
}

func (e *Engine) offers(ctx context.Context, works []Work) (offerBook, error) {
	var products []int64
	for _, w := range works {
		for i := range w.Order.Lines {
			products = append(products, w.Order.Lines[i].ProductID)
		}
	}
	offers, err := e.store.ActiveOffers(ctx, products)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return offers, nil
}

// offerBook is the active offers by product, best first.
type offerBook map[int64][]Offer

// untried is the best offer for the line that no attempt has used yet.
func (b offerBook) untried(line *order.Line, attempts []Attempt) (Offer, bool) {
	for _, o := range b[line.ProductID] {
		used := false
		for _, a := range attempts {
			used = used || a.OfferID == o.ID
		}
		if !used {
			return o, true
		}
	}
	return Offer{}, false
}

func (e *Engine) planLine(r *round, now time.Time, w Work, line *order.Line, offers offerBook) {
	attempts := w.Attempts[line.ID]
	if len(attempts) > 0 {
		last := attempts[len(attempts)-1]
		switch {
		case last.Status == AttemptParked:
			return
		case last.Status.Settled():
		case last.NextCheckAt != nil && last.NextCheckAt.After(now):
			r.wakeAt(*last.NextCheckAt)
			return
		default:
			r.ask = append(r.ask, step{order: w.Order, line: line, attempt: last})
			return
		}
	}
	offer, ok := offers.untried(line, attempts)
	if !ok {
		r.giveUp = append(r.giveUp, giveUp(w.Order, line, attempts))
		return
	}
	number := len(attempts) + 1
	due := now.Add(e.resumeAfter)
	r.begin = append(r.begin, step{order: w.Order, line: line, fresh: true, attempt: Attempt{
		OrderID: w.Order.ID, LineID: line.ID, MerchantID: w.Order.MerchantID,
		ProviderID: offer.ProviderID, OfferID: offer.ID, ProviderSKU: offer.ProviderSKU, Number: number,
		// Derived from the attempt, so that after a crash the call is repeated
		// under the name the provider may already know.
		Reference: fmt.Sprintf("%s-%d-%d", w.Order.Number, line.Position, number),
		Quantity:  line.Open(), Status: AttemptSubmitting, SubmittedAt: now, NextCheckAt: &due,
	}})
}

// giveUp fails what is left of a line that nobody can serve.
func giveUp(o *order.Order, line *order.Line, attempts []Attempt) Result {
	failureCode, message := dialect.CodeNoProvider, "No provider sells this product"
	if len(attempts) > 0 {
		last := attempts[len(attempts)-1]
		failureCode, message = last.FailureCode, last.FailureMessage
	}
	return Result{Settlement: order.Settlement{
		MerchantID: o.MerchantID, OrderID: o.ID, LineID: line.ID,
		Failed: line.Open(), FailureCode: failureCode, FailureMessage: message,
	}}
}

// work carries a round out: attempts are written, then every call is made, then
// all outcomes are settled together.
func (e *Engine) work(ctx context.Context, r *round) error {
	calls, err := e.begin(ctx, r.begin)
	if err != nil {
		return err
	}
	calls = append(calls, r.ask...)
	results := append(e.callAll(ctx, calls), r.giveUp...)
	if len(results) == 0 {
		return nil
	}
	// The providers have answered: what they said is kept even when the job
	// that asked is being stopped.
	settleCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.callTimeout)
	defer cancel()
	if _, err := e.store.Settle(settleCtx, results); err != nil {
		return fmt.Errorf("settle %d outcomes: %w", len(results), err)
	}
	return nil
}

func (e *Engine) begin(ctx context.Context, steps []step) ([]step, error) {
	if len(steps) == 0 {
		return nil, nil
	}
	byReference := make(map[string]step, len(steps))
	attempts := make([]Attempt, len(steps))
	for i, s := range steps {
		attempts[i] = s.attempt
		byReference[s.attempt.Reference] = s
	}
	begun, err := e.store.Begin(ctx, attempts)
	if err != nil {
		return nil, fmt.Errorf("begin %d attempts: %w", len(attempts), err)
	}
	calls := make([]step, 0, len(begun))
	for _, a := range begun {
		s := byReference[a.Reference]
		s.attempt = a
		calls = append(calls, s)
	}
	return calls, nil
}

// callAll asks the providers, each a bounded number of calls at a time.
func (e *Engine) callAll(ctx context.Context, calls []step) []Result {
	results := make([]Result, len(calls))
	byProvider := make(map[int64][]int)
	for i, c := range calls {
		byProvider[c.attempt.ProviderID] = append(byProvider[c.attempt.ProviderID], i)
	}
	var providers sync.WaitGroup
	for id, indexes := range byProvider {
		providers.Go(func() {
			connector, err := e.connectors.Connector(ctx, id)
			var group errgroup.Group
			group.SetLimit(concurrentCalls)
			for _, i := range indexes {
				group.Go(func() error {
					results[i] = e.call(ctx, connector, err, calls[i])
					return nil
				})
			}
			_ = group.Wait() // the calls report through results
		})
	}
	providers.Wait()
	return results
}

func (e *Engine) call(ctx context.Context, connector dialect.Connector, missing error, s step) Result {
	if missing != nil {
		// The provider was removed or its configuration is broken: whether it
		// knows an attempt made earlier cannot be found out by itself.
		if s.fresh {
			return e.interpret(s, dialect.Outcome{}, fmt.Errorf("%w: %w", missing, dialect.ErrNotSent))
		}
		return e.interpret(s, dialect.Outcome{}, missing)
	}
	ctx, cancel := context.WithTimeout(ctx, e.callTimeout)
	defer cancel()
	purchase := purchaseOf(s)
	if s.fresh {
		outcome, err := connector.Place(ctx, purchase)
		return e.interpret(s, outcome, err)
	}
	if inquirer, ok := connector.(dialect.Inquirer); ok {
		outcome, err := inquirer.Inquire(ctx, purchase)
		if errors.Is(err, dialect.ErrNotSent) {
			err = errors.New("inquiry not answered") // proves nothing about the purchase itself
		}
		return e.interpret(s, outcome, err)
	}
	if connector.Idempotent() {
		outcome, err := connector.Place(ctx, purchase)
		if errors.Is(err, dialect.ErrNotSent) {
			err = errors.New("repetition not answered")
		}
		return e.interpret(s, outcome, err)
	}
	return park(s, "the provider can neither be asked nor safely repeated")
}

func purchaseOf(s step) dialect.Purchase {
	return dialect.Purchase{
		Reference: s.attempt.Reference, SKU: s.attempt.ProviderSKU, Quantity: s.attempt.Quantity,
		Recipient: dialect.Recipient(s.order.Recipient), Fields: s.line.Fields,
		UseDate: s.line.UseDate, SubmittedAt: s.attempt.SubmittedAt,
	}
}

// interpret turns a provider's answer into what is to be written.
func (e *Engine) interpret(s step, outcome dialect.Outcome, err error) Result {
	now := e.now()
	a := s.attempt
	if outcome.ProviderReference != "" {
		a.ProviderReference = outcome.ProviderReference
	}
	r := Result{Attempt: &a, Settlement: order.Settlement{MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID}}
	switch {
	case errors.Is(err, dialect.ErrNotSent):
		a.Status, a.FailureCode, a.FailureMessage = AttemptRefused, dialect.CodeProviderUnavailable, "The provider could not be reached"
		a.NextCheckAt = nil
	case err != nil:
		e.log.Warn("purchase outcome unknown", "attempt", a.Reference, "provider", a.ProviderID, "error", err)
		a.Status = AttemptUnknown
		e.checkLater(&a, now, 0)
	case outcome.State == dialect.Accepted:
		a.Status = AttemptAccepted
		e.checkLater(&a, now, outcome.CheckAfter)
	case outcome.State == dialect.Refused:
		a.Status, a.FailureCode, a.FailureMessage, a.NextCheckAt = AttemptRefused, outcome.FailureCode, outcome.FailureMessage, nil
	case outcome.State == dialect.Cancelled:
		a.Status, a.NextCheckAt = AttemptCancelled, nil
		r.Settlement.Cancelled = a.Quantity
	case outcome.State == dialect.Delivered && int64(len(outcome.Goods)) <= a.Quantity:
		a.Status, a.NextCheckAt = AttemptDelivered, nil
		a.FailureCode, a.FailureMessage = outcome.FailureCode, outcome.FailureMessage
		r.Settlement = delivered(r.Settlement, a.Quantity, outcome)
	default:
		return park(s, "the provider delivered more units than were bought")
	}
	return r
}

func delivered(s order.Settlement, quantity int64, outcome dialect.Outcome) order.Settlement {
	for _, g := range outcome.Goods {
		s.Delivered = append(s.Delivered, order.Goods{Content: g.Content, TicketCode: g.TicketCode})
	}
	if s.Failed = quantity - int64(len(outcome.Goods)); s.Failed > 0 {
		s.FailureCode, s.FailureMessage = outcome.FailureCode, outcome.FailureMessage
	}
	return s
}

func park(s step, reason string) Result {
	a := s.attempt
	a.Status, a.FailureMessage, a.NextCheckAt = AttemptParked, reason, nil
	return Result{Attempt: &a, Settlement: order.Settlement{
		MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID, Parked: reason,
	}}
}

// checkLater sets the next check: when the provider said, else at a growing
// interval.
func (e *Engine) checkLater(a *Attempt, now time.Time, after time.Duration) {
	if after <= 0 {
		after = min(firstCheck<<min(a.Checks, 10), lastCheck)
	}
	a.Checks++
	due := now.Add(after)
	a.NextCheckAt = &due
}
