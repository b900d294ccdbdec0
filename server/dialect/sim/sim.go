// Package sim is the built-in simulator: a provider that answers like a real
// asynchronous supplier and sells nothing real. It accepts at once and finishes
// each purchase a fixed time after it was submitted, as a script per SKU says,
// and its calls go wrong as the script's faults say.
//
// An answer follows from the purchase, the clock and the faults alone, so that a
// purchase can be repeated and looked up for ever, across restarts too. What it
// remembers is bounded and only for faults: how often it was called, and which
// purchases never arrived.
package sim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"orderhub/server/clock"
	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// Simulator implements the connector interfaces over a Config.
type Simulator struct {
	config Config
	now    func() time.Time
	faults *Picker
	lost   *lru.Cache[string, bool] // by reference: whether no call of the purchase has arrived
	funds  *funds                   // nil where money is no object
	stock  *stock                   // nil where it lists nothing that it counts
}

var (
	_ dialect.Connector = (*Simulator)(nil)
	_ dialect.Inquirer  = (*Simulator)(nil)
	_ dialect.Canceller = (*Simulator)(nil)
	_ dialect.Lister    = (*Simulator)(nil)

	_ dialect.TicketCanceller = (*Simulator)(nil)
	_ dialect.BalanceReader   = (*Simulator)(nil)

	_ dialect.RecipientChecker = (*Simulator)(nil)
)

// New reads the stored configuration; unknown names in it are an error.
func New(config json.RawMessage, now func() time.Time) (*Simulator, error) {
	parsed, err := ParseConfig(config)
	if err != nil {
		return nil, err
	}
	lost, err := lru.New[string, bool](remembered)
	if err != nil {
		return nil, err
	}
	s := &Simulator{config: parsed, now: now, faults: NewPicker(&parsed), lost: lost}
	if s.stock, err = newStock(parsed.Items); err == nil && parsed.Balance != nil {
		s.funds, err = newFunds(parsed.Balance)
	}
	return s, err
}

// Idempotent is true unless the configuration says otherwise: the answer follows
// from the purchase alone.
func (s *Simulator) Idempotent() bool { return !s.config.NotIdempotent }

// Place accepts, or finishes at once where the delay is zero.
func (s *Simulator) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return s.faulty(ctx, Place, &p, func() dialect.Outcome {
		if len(s.config.Faults) > 0 {
			s.lost.Add(p.Reference, false)
		}
		if !s.stock.take(&p) {
			return outbound.Refused("OUT_OF_STOCK", "The provider is out of stock")
		}
		if !s.funds.cover(&p, s.good(&p)) {
			s.stock.putBack(&p)
			return outbound.OutOfFunds()
		}
		return s.answer(&p)
	})
}

// Inquire answers like Place: the simulator has seen every purchase, but for those
// that a fault kept from arriving.
func (s *Simulator) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	if s.config.NotAskable {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	return s.faulty(ctx, Inquire, &p, func() dialect.Outcome {
		if lost, _ := s.lost.Get(p.Reference); lost || s.funds.refused(p.Reference) || s.stock.refused(p.Reference) {
			return outbound.Refused(dialect.CodeNotReceived, "The provider has no such order")
		}
		return s.answer(&p)
	})
}

// Cancel takes a purchase back while it is unfinished and its script allows it.
func (s *Simulator) Cancel(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return s.faulty(ctx, Cancel, &p, func() dialect.Outcome {
		outcome := s.answer(&p)
		if outcome.State == dialect.Accepted && s.config.Scripts[p.SKU].Cancellable {
			return dialect.Outcome{State: dialect.Cancelled, ProviderReference: outcome.ProviderReference}
		}
		return outcome
	})
}

// CancelTickets takes back any tickets that the simulator has not refused.
func (s *Simulator) CancelTickets(ctx context.Context, p dialect.Purchase, _ []dialect.Goods) error {
	_, err := s.faulty(ctx, Cancel, &p, func() dialect.Outcome { return dialect.Outcome{State: dialect.Cancelled} })
	if err == nil && !s.config.Scripts[p.SKU].Tickets {
		return dialect.ErrNotCancellable
	}
	return err
}

func (s *Simulator) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	_, err := dialect.Again(ctx, func() (struct{}, error) { return struct{}{}, s.fault(ctx, List, "") })
	if err != nil {
		return err
	}
	items := make([]dialect.Item, len(s.config.Items))
	for i, listed := range s.config.Items {
		item := dialect.Item{
			SKU: listed.SKU, Name: listed.Name, Category: listed.Category, Currency: money.Currency(listed.Currency),
			Stock: -1, Available: true,
		}
		if listed.Stock != nil {
			item.Stock = s.stock.of(listed.SKU)
			item.Available = item.Stock > 0
		}
		var err error
		if item.Cost, err = money.Parse(listed.Cost, item.Currency); err != nil {
			return fmt.Errorf("the cost of %s: %w: %w", listed.SKU, err, dialect.ErrMalformed)
		}
		items[i] = item
	}
	return take(items)
}

// fault makes a call that is about no purchase go wrong as its fault says.
func (s *Simulator) fault(ctx context.Context, op Operation, sku string) error {
	_, err := s.faulty(ctx, op, &dialect.Purchase{SKU: sku}, func() dialect.Outcome { return dialect.Outcome{} })
	return err
}

// faulty makes one call go wrong as its fault says.
func (s *Simulator) faulty(ctx context.Context, op Operation, p *dialect.Purchase, do func() dialect.Outcome) (
	dialect.Outcome, error,
) {
	if s.config.Down {
		return dialect.Outcome{}, fmt.Errorf("simulator is down: %w", dialect.ErrNotSent)
	}
	f := s.faults.Pick(op, p.Reference, []string{p.SKU})
	if f == nil {
		return do(), nil
	}
	if f.Do == TimeoutBefore || f.Do == StatusBefore {
		if op == Place {
			s.lost.ContainsOrAdd(p.Reference, true)
		}
		return dialect.Outcome{}, s.fail(ctx, f)
	}
	outcome := do()
	switch f.Do {
	case MoreUnits:
		if outcome.State == dialect.Delivered {
			outcome.Goods = append(outcome.Goods, dialect.Goods{Content: "SIM-" + code(p.Reference, p.Quantity)})
		}
		return outcome, nil
	case FewerUnits:
		if outcome.State == dialect.Delivered && len(outcome.Goods) > 1 {
			outcome.Goods = outcome.Goods[:len(outcome.Goods)-1]
		}
		return outcome, nil
	case Slow:
		return outcome, clock.Sleep(ctx, time.Duration(f.DelayMS)*time.Millisecond)
	default:
		return dialect.Outcome{}, s.fail(ctx, f)
	}
}

// fail is how the caller sees a fault.
func (s *Simulator) fail(ctx context.Context, f *Fault) error {
	switch {
	case f.Do == TimeoutBefore || f.Do == TimeoutAfter:
		<-ctx.Done()
		return fmt.Errorf("no answer: %w", ctx.Err())
	case f.Do == Malformed:
		return dialect.ErrMalformed
	case f.Do == StatusBefore && (f.StatusOr() == http.StatusTooManyRequests ||
		(f.StatusOr() == http.StatusServiceUnavailable && f.RetryAfterSeconds > 0)):
		return &dialect.BusyError{After: time.Duration(f.RetryAfterSeconds) * time.Second}
	default:
		return fmt.Errorf("status %d", f.StatusOr())
	}
}

func (s *Simulator) answer(p *dialect.Purchase) dialect.Outcome {
	script := s.config.Scripts[p.SKU]
	outcome := dialect.Outcome{ProviderReference: "sim-" + p.Reference}
	age, delay := s.now().Sub(p.SubmittedAt), s.delay(&script)
	reversed := time.Duration(script.ReverseAfterMS) * time.Millisecond
	switch {
	case script.Reject:
		outcome.State = dialect.Refused
		outcome.FailureCode, outcome.FailureMessage = script.failure()
		return outcome
	case age < delay:
		outcome.State, outcome.CheckAfter = dialect.Accepted, delay-age
		outcome.Charged = script.charged(p, p.Quantity)
		return outcome
	case reversed > 0 && age >= delay+reversed:
		outcome.State = dialect.Cancelled
		return outcome
	}
	good := s.good(p)
	if good < p.Quantity {
		outcome.FailureCode, outcome.FailureMessage = script.failure()
	}
	if good == 0 {
		outcome.State = dialect.Refused
		return outcome
	}
	outcome.State, outcome.Charged = dialect.Delivered, script.charged(p, good)
	for i := range good {
		goods := dialect.Goods{Content: "SIM-" + code(p.Reference, i)}
		if script.Tickets {
			goods.TicketCode = ticketCode(p.Reference, i)
		}
		outcome.Goods = append(outcome.Goods, goods)
	}
	return outcome
}

// charged is what it charges for so many units; none where that cannot be told in the offer's currency.
func (s *Script) charged(p *dialect.Purchase, units int64) money.Sum {
	charged, err := s.charge(p.Currency, units)
	if err != nil {
		return money.Sum{}
	}
	return charged
}

// good is how many units of the purchase do not fail.
func (s *Simulator) good(p *dialect.Purchase) int64 {
	script := s.config.Scripts[p.SKU]
	if script.FailCode != "" && script.FailLast == 0 {
		return 0
	}
	return max(p.Quantity-script.FailLast, 0)
}

func (s *Simulator) delay(script *Script) time.Duration {
	return time.Duration(cmp.Or(script.DelayMS, s.config.DelayMS)) * time.Millisecond
}

func (s *Script) failure() (failureCode, message string) {
	if s.FailCode == "" {
		return dialect.CodeProviderError, "The provider could not deliver"
	}
	return s.FailCode, s.FailMessage
}

const receiptLength = 12

// code is 12 of 0-9A-Z, the same for the same unit of the same purchase.
func code(reference string, unit int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", reference, unit))
	text := strings.ToUpper(new(big.Int).SetBytes(sum[:]).Text(36))
	return text[len(text)-receiptLength:]
}

// ticketCode is a UUID, version 4 in form, the same for the same unit of the
// same purchase.
func ticketCode(reference string, unit int64) string {
	b := sha256.Sum256(fmt.Appendf(nil, "ticket %s/%d", reference, unit))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
