package fulfil

import (
	"fmt"
	"slices"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/exchange"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
)

// Funds are what is known of our money at a provider.
type Funds struct {
	ProviderID int64
	Balance    dialect.Balance // as it was read last; no currency where it never was
	ReadAt     time.Time       // when that reading began
	ReadAfter  int64           // the highest attempt's id then: what costs money later has a higher one
	AskedAt    time.Time       // when a reading last began; zero for never
	Problem    string          // why the last reading failed; "" when it did not
	Refusal    *FundsRefusal   // nil while nothing is refused for want of money
	Refusals   int             // how often in a row a purchase was refused so after a pause
	Low        bool            // below the provider's low balance, which was told
	// UnderWay is what purchases may cost that the reading does not know of, by currency.
	UnderWay []dialect.Balance
}

// FundsRefusal says that a provider refuses purchases for want of money.
type FundsRefusal struct {
	Since time.Time
	Last  time.Time       // when one was refused last
	Cost  dialect.Balance // of the cheapest that was
	TryAt time.Time       // when one may be tried again though no balance shows that there is money
}

// Converter converts an amount; false where no rate is known.
type Converter func(amount money.Amount, from, to money.Currency) (money.Amount, bool)

// Convert is for who may have no rates: a nil converter knows what is in the currency already.
func (x Converter) Convert(amount money.Amount, from, to money.Currency) (money.Amount, bool) {
	if x == nil || from == to {
		return amount, from == to
	}
	return x(amount, from, to)
}

// ConverterAt goes by the rates that hold at a moment.
func ConverterAt(rates *exchange.Rates, at time.Time) Converter {
	return func(amount money.Amount, from, to money.Currency) (money.Amount, bool) {
		return rates.Convert(amount, from, to, at)
	}
}

// What operators are told of our money at providers.
const (
	KindOutOfFunds      operatorevent.Kind = "provider.out_of_funds"
	KindFundsBack       operatorevent.Kind = "provider.funds_back"
	KindBalanceLow      operatorevent.Kind = "provider.balance_low"
	KindBalanceRestored operatorevent.Kind = "provider.balance_restored"
)

const (
	// staleAfter is how many intervals of reading a balance is relied on.
	staleAfter = 3
	// firstPause is how long nothing is bought after a refusal for want of money; the
	// pause doubles with each one in a row, up to longestPause.
	firstPause   = time.Minute
	longestPause = 30 * time.Minute
)

// read takes over a balance, of a reading that began at that moment, and says what
// operators are to be told.
func (f *Funds) read(b dialect.Balance, began time.Time, after int64, p *Provider, x Converter) []operatorevent.Event {
	f.Balance, f.ReadAt, f.ReadAfter = b, began, after
	f.Problem, f.UnderWay = "", nil
	var told []operatorevent.Event
	if r := f.Refusal; r != nil && began.After(r.Last) {
		cost, known := x(r.Cost.Amount, r.Cost.Currency, b.Currency)
		// A provider that goes on refusing although it says that there is enough is
		// believed the longer the less.
		if known && b.Amount >= cost && (f.Refusals <= 1 || !began.Before(r.TryAt)) {
			f.Refusal = nil
			told = append(told, f.newEvent(p, KindFundsBack, "%s has money of ours again: %s", p.Name, shown(b)))
		}
	}
	if p.LowBalanceCurrency == "" {
		f.Low = false
		return told
	}
	amount, known := x(b.Amount, b.Currency, p.LowBalanceCurrency)
	low := amount < p.LowBalance
	if !known || low == f.Low {
		return told
	}
	f.Low = low
	kind, format := KindBalanceRestored, "Our balance at %s is %s, no longer below %s"
	if low {
		kind, format = KindBalanceLow, "Our balance at %s is %s, below %s"
	}
	least := shown(dialect.Balance{Amount: p.LowBalance, Currency: p.LowBalanceCurrency})
	return append(told, f.newEvent(p, kind, format, p.Name, shown(b), least))
}

// refused notes a purchase that the provider refused for want of money.
func (f *Funds) refused(cost dialect.Balance, submitted, now time.Time, p *Provider) []operatorevent.Event {
	r := f.Refusal
	if r == nil {
		f.Refusals++
		f.Refusal = &FundsRefusal{Since: now, Last: now, Cost: cost, TryAt: now.Add(f.pause())}
		return []operatorevent.Event{f.newEvent(
			p, KindOutOfFunds, "%s refuses purchases for want of money: one of %s", p.Name, shown(cost),
		)}
	}
	if cost.Currency == r.Cost.Currency && cost.Amount < r.Cost.Amount {
		r.Cost = cost
	}
	if !submitted.Before(r.Last) { // not one of those that were under way together
		f.Refusals++
		r.TryAt = now.Add(f.pause())
	}
	r.Last = now
	return nil
}

// lacks notes a purchase that is not tried because the balance does not cover it: the
// balance goes on to decide of each, and operators know.
func (f *Funds) lacks(cost dialect.Balance, now time.Time, p *Provider, x Converter) []operatorevent.Event {
	if !f.tooLittle(cost, x) {
		return nil
	}
	f.Refusal = &FundsRefusal{Since: now, Last: f.ReadAt.Add(-time.Microsecond), Cost: cost, TryAt: now}
	return []operatorevent.Event{f.newEvent(
		p, KindOutOfFunds, "Our balance at %s is %s, which does not cover a purchase of %s", p.Name, shown(f.Balance),
		shown(cost),
	)}
}

// tooLittle reports that the balance as it was read does not cover a purchase, which is
// news.
func (f *Funds) tooLittle(cost dialect.Balance, x Converter) bool {
	if f.Refusal != nil || f.Balance.Currency == "" {
		return false
	}
	needed, known := x(cost.Amount, cost.Currency, f.Balance.Currency)
	return known && f.Balance.Amount < needed
}

func (f *Funds) pause() time.Duration { return min(firstPause<<min(f.Refusals-1, 10), longestPause) }

// bought notes a purchase that the provider took: there is money again, unless it
// is known for how little there is.
func (f *Funds) bought(cost dialect.Balance, submitted time.Time, p *Provider, x Converter) []operatorevent.Event {
	r := f.Refusal
	if r == nil || submitted.Before(r.Last) {
		return nil
	}
	refused, known := x(r.Cost.Amount, r.Cost.Currency, cost.Currency)
	if known && cost.Amount < refused && f.explains(x) {
		return nil
	}
	f.Refusal, f.Refusals = nil, 0
	return []operatorevent.Event{f.newEvent(p, KindFundsBack, "%s takes purchases again", p.Name)}
}

// explains reports that the balance was read after the last refusal and is too
// small for what was refused: then it decides of each purchase.
func (f *Funds) explains(x Converter) bool {
	if f.Refusal == nil || f.Balance.Currency == "" || !f.ReadAt.After(f.Refusal.Last) {
		return false
	}
	cost, known := x(f.Refusal.Cost.Amount, f.Refusal.Cost.Currency, f.Balance.Currency)
	return known && f.Balance.Amount < cost
}

func (f *Funds) newEvent(p *Provider, kind operatorevent.Kind, format string, args ...any) operatorevent.Event {
	e := operatorevent.Event{
		Kind: kind, ProviderID: p.ID, Message: fmt.Sprintf(format, args...) + ".", Data: map[string]any{},
	}
	if f.Balance.Currency != "" {
		e.Data["balance"] = f.Balance.Amount.Format(f.Balance.Currency)
		e.Data["currency"] = string(f.Balance.Currency)
	}
	return e
}

// Reserved is what of the balance purchases under way may cost. Costs without an
// exchange rate are not counted.
func (f *Funds) Reserved(x Converter) (sum money.Amount) {
	for _, cost := range f.UnderWay {
		if converted, known := x(cost.Amount, cost.Currency, f.Balance.Currency); known {
			sum = sum.AddCapped(converted)
		}
	}
	return sum
}

// whyNot says why a purchase of that cost is not to be tried, for people, or "" when
// it may be. fresh is how old a balance may be that is relied on.
func (f *Funds) whyNot(cost dialect.Balance, now time.Time, fresh time.Duration, x Converter) string {
	if f == nil {
		return ""
	}
	relied := f.Balance.Currency != "" && now.Sub(f.ReadAt) <= fresh
	if f.Refusal != nil && (!relied || !f.explains(x)) {
		if now.Before(f.Refusal.TryAt) {
			return "refused a purchase for want of money and is left alone for now"
		}
		return ""
	}
	if !relied {
		return ""
	}
	needed, known := x(cost.Amount, cost.Currency, f.Balance.Currency)
	reserved := f.Reserved(x)
	if !known || needed <= f.Balance.Amount.SubCapped(reserved) {
		return ""
	}
	why := "has a balance of " + shown(f.Balance)
	if reserved > 0 {
		why += ", of which purchases under way may take " + reserved.Format(f.Balance.Currency)
	}
	return why + ", which does not cover " + shown(cost)
}

// reserve notes what a purchase that is begun may cost.
func (f *Funds) reserve(cost dialect.Balance) {
	for i := range f.UnderWay {
		if f.UnderWay[i].Currency == cost.Currency {
			f.UnderWay[i].Amount = f.UnderWay[i].Amount.AddCapped(cost.Amount)
			return
		}
	}
	f.UnderWay = append(f.UnderWay, cost)
}

// clone shares nothing with the original.
func (f *Funds) clone() *Funds {
	c := *f
	c.UnderWay = slices.Clone(f.UnderWay)
	if f.Refusal != nil {
		c.Refusal = new(*f.Refusal)
	}
	return &c
}

// costOf is what so many units cost, as much as can be said.
func costOf(unit money.Amount, quantity int64, c money.Currency) dialect.Balance {
	total, err := unit.Mul(quantity)
	if err != nil {
		total = money.MaxAmount
	}
	return dialect.Balance{Amount: total, Currency: c}
}

func shown(b dialect.Balance) string { return b.Amount.Format(b.Currency) + " " + string(b.Currency) }
