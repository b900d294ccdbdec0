package report

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/money"
)

// MarginKey is what margins are told apart by. What is not told apart is zero.
type MarginKey struct {
	Day        time.Time // its beginning, UTC
	ProductID  int64
	ProviderID int64 // 0 for our own stock, too
	MerchantID int64
	Currency   money.Currency // of the sale
}

// MarginFigures are what is kept of a day by product, merchant, provider and the currency
// of what it cost: of lines that are final, in orders that were placed on the day.
type MarginFigures struct {
	MarginKey
	CostCurrency money.Currency // "" where no cost is known
	Units        int64          // delivered and not cancelled
	// Failed are units that the provider was asked for and did not deliver; without a
	// provider those that the orders lack.
	Failed   int64
	Unpriced int64 // of the units and of what replaced some of them: their cost is not known
	Revenue  money.Amount
	Cost     money.Amount // in CostCurrency
	// OfProvider says that Failed is of providers, also where they are not told apart.
	OfProvider bool
}

// Margin is what was earned with some units, in the currency of the sale.
type Margin struct {
	MarginKey
	Units    int64
	Failed   int64
	Unpriced int64 // of the units: their cost is not in Cost
	Revenue  money.Amount
	Cost     money.Amount
}

func (m *Margin) Earned() money.Amount { return m.Revenue.SubCapped(m.Cost) }

// MarginQuery says what margins are wanted of, and by what they are told apart.
type MarginQuery struct {
	From, To                                 time.Time // days, [From, To)
	ByDay, ByProduct, ByProvider, ByMerchant bool
	ProductID, ProviderID, MerchantID        int64 // 0 for all
}

// MarginStore keeps what margins are made of, and counts it.
type MarginStore interface {
	// CountMargins counts orders that were placed in [from, to), which is a part of one
	// day, and says how many of their lines are not final yet.
	CountMargins(ctx context.Context, from, to time.Time) (figures []MarginFigures, open int64, err error)
	// KeepMargins writes a day in the place of what is kept of it.
	KeepMargins(ctx context.Context, day time.Time, figures []MarginFigures, counted time.Time, due *time.Time) error
	// MarginSpan is the first and the last day that is kept; zero for none.
	MarginSpan(ctx context.Context) (first, last time.Time, err error)
	// MarginsDue returns days that are due to be counted again, the latest first.
	MarginsDue(ctx context.Context, now time.Time, limit int) ([]time.Time, error)
	// MarginsCounted is when the newest of some days was counted; zero for never.
	MarginsCounted(ctx context.Context, from, to time.Time) (time.Time, error)
	// Margins returns what is kept, added up by what is told apart, by day and by both
	// currencies.
	Margins(ctx context.Context, q *MarginQuery) ([]MarginFigures, error)
	// LastBefore and Turn are those of Store; a turn has a name of its own.
	LastBefore(ctx context.Context, at time.Time) (time.Time, error)
	MarginTurn(ctx context.Context, now, until time.Time) (bool, error)
}

// day is how long a day is.
const day = 24 * time.Hour

// dayOf is the beginning of the day that a moment is in.
func dayOf(at time.Time) time.Time { return at.UTC().Truncate(day) }

// todayAgain is how soon at least the day that it is now is counted again, and todayFactor
// how many times as long as the counting took.
const (
	todayAgain  = 2 * time.Minute
	todayFactor = 20
)

// MarginCounter counts margins by the day, beside everything else, as [Counter] counts
// figures.
type MarginCounter struct {
	paced
	store MarginStore
}

// NewMarginCounter counts nothing yet.
func NewMarginCounter(s MarginStore, now func() time.Time, log *slog.Logger) *MarginCounter {
	return &MarginCounter{paced{now: now, log: log, atOnce: time.Hour, most: day}, s}
}

// Run counts until ctx ends. Any number of processes may: one of them counts.
func (c *MarginCounter) Run(ctx context.Context) { c.run(ctx, "margins", c.store.MarginTurn, c.Step) }

// Step counts what there is to count now: days that are new, days that are due, and then
// back to the first order. What takes too long the next time.
func (c *MarginCounter) Step(ctx context.Context) error {
	c.begin()
	first, last, err := c.store.MarginSpan(ctx)
	if err != nil {
		return err
	}
	today := dayOf(c.now())
	if first.IsZero() {
		first, last = today, today.Add(-day)
	}
	for d := last.Add(day); !d.After(today) && c.goesOn(); d = d.Add(day) {
		if err := c.count(ctx, d); err != nil {
			return err
		}
	}
	due, err := c.store.MarginsDue(ctx, c.now(), dueAtOnce)
	if err != nil {
		return err
	}
	for _, d := range due {
		if !c.goesOn() {
			return nil
		}
		if err := c.count(ctx, d); err != nil {
			return err
		}
	}
	for c.goesOn() {
		placed, err := c.store.LastBefore(ctx, first)
		if err != nil || placed.IsZero() {
			return err
		}
		first = dayOf(placed)
		if err := c.count(ctx, first); err != nil {
			return err
		}
	}
	return nil
}

// count counts a day piece by piece, and keeps it.
func (c *MarginCounter) count(ctx context.Context, of time.Time) error {
	began, counted := time.Now(), c.now()
	sums := make(map[marginRow]*MarginFigures)
	open := int64(0)
	err := c.each(ctx, of, of.Add(day), func(from, to time.Time) error {
		piece, unfinished, err := c.store.CountMargins(ctx, from, to)
		open += unfinished
		addMargins(sums, piece)
		return err
	})
	if err != nil {
		return err
	}
	figures := make([]MarginFigures, 0, len(sums))
	for _, f := range sums {
		figures = append(figures, *f)
	}
	return c.store.KeepMargins(ctx, of, figures, counted, c.due(of, counted, open > 0, time.Since(began)))
}

// due is when a day is counted again: soon while it goes on, then as figures are.
func (c *MarginCounter) due(of, counted time.Time, open bool, took time.Duration) *time.Time {
	at := due(of.Add(day), counted, open)
	if counted.Before(of.Add(day)) {
		at = counted.Add(max(todayAgain, todayFactor*took))
	}
	return unlessZero(at)
}

// marginRow is what rows of a day are told apart by.
type marginRow struct {
	key  MarginKey
	cost money.Currency
}

func addMargins(sums map[marginRow]*MarginFigures, piece []MarginFigures) {
	for i := range piece {
		f := &piece[i]
		key := marginRow{f.MarginKey, f.CostCurrency}
		into := sums[key]
		if into == nil {
			sums[key] = new(*f)
			continue
		}
		into.Units += f.Units
		into.Failed += f.Failed
		into.Unpriced += f.Unpriced
		into.Revenue, into.Cost = into.Revenue.AddCapped(f.Revenue), into.Cost.AddCapped(f.Cost)
	}
}

// Margins answers with margins. Safe for concurrent use.
type Margins struct {
	store MarginStore
	rates Rates
	now   func() time.Time
}

// Rates tells what currencies are worth in one another.
type Rates interface {
	Rates(ctx context.Context) (*exchange.Rates, error)
}

// NewMargins answers from a store.
func NewMargins(s MarginStore, rates Rates, now func() time.Time) *Margins {
	return &Margins{s, rates, now}
}

// mostDays is of how many days margins are told at once.
const mostDays = 366

// Earned is what was earned.
type Earned struct {
	Rows   []Margin  // by day, product, provider, merchant and currency
	Totals []Margin  // by currency
	AsOf   time.Time // of when the newest of the days is; zero while none is counted
	// From is the first day that is counted, where earlier ones are yet to come; zero
	// where none is.
	From time.Time
}

// Earned adds up what is asked for. Costs in another currency than the sale are told in
// it by the rate at the end of their day, or now; what has none is not in the cost.
// *errs.InvalidError.
func (m *Margins) Earned(ctx context.Context, q *MarginQuery) (*Earned, error) {
	if !q.From.Before(q.To) {
		return nil, errs.Invalid("from_date", "must not be after %s", errs.Field("to_date"))
	}
	if q.To.Sub(q.From) > mostDays*day {
		return nil, errs.Invalid("from_date", "must be at most %d days before %s", mostDays-1, errs.Field("to_date"))
	}
	rates, err := m.rates.Rates(ctx)
	if err != nil {
		return nil, err
	}
	figures, err := m.store.Margins(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, totals := make(map[MarginKey]*Margin), make(map[MarginKey]*Margin)
	for i := range figures {
		f := &figures[i]
		key := f.MarginKey
		if !q.ByDay {
			key.Day = time.Time{}
		}
		converted := m.converted(f, rates, q.ByProvider || q.ProviderID != 0)
		addMargin(rows, key, &converted)
		addMargin(totals, MarginKey{Currency: f.Currency}, &converted)
	}
	e := &Earned{Rows: sortedMargins(rows), Totals: sortedMargins(totals)}
	if e.AsOf, err = m.store.MarginsCounted(ctx, q.From, q.To); err != nil {
		return nil, err
	}
	first, _, err := m.store.MarginSpan(ctx)
	if err != nil || !first.After(q.From) {
		return e, err
	}
	missing, err := m.store.LastBefore(ctx, first)
	if !missing.IsZero() {
		e.From = first
	}
	return e, err
}

// converted tells figures in the currency of the sale. Units that failed count where they
// are asked for: with the providers, or once for the orders.
func (m *Margins) converted(f *MarginFigures, rates *exchange.Rates, byProvider bool) Margin {
	margin := Margin{
		Units: f.Units, Failed: f.Failed, Unpriced: f.Unpriced, Revenue: f.Revenue,
	}
	if f.OfProvider && !byProvider {
		margin.Failed = 0
	}
	if f.CostCurrency == "" {
		return margin
	}
	cost, known := rates.Convert(f.Cost, f.CostCurrency, f.Currency, earlier(f.Day.Add(day-1), m.now()))
	if !known {
		margin.Unpriced = f.Units
	}
	margin.Cost = cost
	return margin
}

func addMargin(sums map[MarginKey]*Margin, key MarginKey, add *Margin) {
	into := sums[key]
	if into == nil {
		into = &Margin{MarginKey: key}
		sums[key] = into
	}
	into.Units += add.Units
	into.Failed += add.Failed
	into.Unpriced += add.Unpriced
	into.Revenue, into.Cost = into.Revenue.AddCapped(add.Revenue), into.Cost.AddCapped(add.Cost)
}

func sortedMargins(sums map[MarginKey]*Margin) []Margin {
	all := make([]Margin, 0, len(sums))
	for _, m := range sums {
		m.Cost = m.Cost.Round(m.Currency)
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b Margin) int {
		return cmp.Or(
			a.Day.Compare(b.Day), cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.ProviderID, b.ProviderID),
			cmp.Compare(a.MerchantID, b.MerchantID), cmp.Compare(a.Currency, b.Currency),
		)
	})
	return all
}
