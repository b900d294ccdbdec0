package order

import (
	"context"
	"errors"
	"maps"
	"slices"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

// A quote is judged while prices and stock move. Both pass quickly.
const quoteTries = 3

// Quote is what a draft would cost and get now. Nothing is reserved.
type Quote struct {
	Currency                  money.Currency
	Lines                     []QuoteLine // those of the draft, in its order
	Subtotal, Discount, Total money.Amount
	Missing                   money.Amount // in the wallet and its credit, for the total
}

// QuoteLine is one line with everything that is to be said of it, also where it
// would be refused.
type QuoteLine struct {
	Product                              *catalog.Product // nil where the merchant can buy none of the SKU
	UnitPrice, Subtotal, Discount, Total money.Amount
	PriceRule                            string       // what made the price; see catalog.Price
	Problem                              *LineProblem // nil for a line that can be ordered now
}

// Orderable reports whether the draft would be placed.
func (q *Quote) Orderable() bool { return q.Missing == 0 && len(q.Problems()) == 0 }

// Problems are those of all lines, in their order.
func (q *Quote) Problems() (problems []LineProblem) {
	for i := range q.Lines {
		if p := q.Lines[i].Problem; p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// Quote prices every line of the draft and says what is wrong with each, where
// placing would stop at the first kind of problem. A balance that does not reach
// is told in the quote; what else refuses the draft as a whole is the error. Errors:
// *errs.InvalidError, *CouponError, *TooManyUnitsError, *TotalTooLargeError,
// ErrMerchantSuspended, *RetryLaterError.
func (s *Service) Quote(ctx context.Context, d *Draft) (*Quote, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	for range quoteTries {
		if err := s.catalog.Refresh(ctx); err != nil {
			return nil, err
		}
		snapshot, now := s.catalog.Snapshot(), s.now()
		orderable, problems := sortOut(d, snapshot)
		c, err := price(orderable.draft, snapshot, s.limits, now)
		if err != nil {
			return nil, err
		}
		state, err := s.store.Preview(ctx, c)
		if err != nil {
			return nil, err
		}
		q, err := quote(d, snapshot, state, c, &orderable, problems)
		if !errors.Is(err, ErrStale) && !errors.Is(err, ErrContended) {
			return q, err
		}
	}
	return nil, &RetryLaterError{Err: ErrContended, After: staleRetry}
}

// LineProblems are those of all lines, in their order, whatever the draft costs.
// Errors: errs.ErrUnavailable, the context's.
func (s *Service) LineProblems(ctx context.Context, d *Draft) ([]LineProblem, error) {
	snapshot, now := s.catalog.Snapshot(), s.now()
	orderable, problems := sortOut(d, snapshot)
	if c, err := price(orderable.draft, snapshot, s.limits, now); err == nil && len(c.Lines) > 0 {
		state, err := s.store.Preview(ctx, c)
		if err != nil {
			return nil, err
		}
		orderable.note(problems, state.checkLines(c))
	}
	inOrder := make([]LineProblem, 0, len(problems))
	for _, i := range slices.Sorted(maps.Keys(problems)) {
		inOrder = append(inOrder, *problems[i])
	}
	return inOrder, nil
}

// part is a draft of some lines of another.
type part struct {
	draft   *Draft
	indexes []int // of its lines in the whole draft
}

// note adds to the problems of the whole draft those that refuse the part;
// false when it is refused for something else.
func (p *part) note(problems map[int]*LineProblem, refusal error) bool {
	refused, ok := errors.AsType[*LinesError](refusal)
	if !ok {
		return refusal == nil
	}
	for _, problem := range refused.Problems {
		problem.Index = p.indexes[problem.Index]
		problems[problem.Index] = &problem
	}
	return true
}

// sortOut parts the lines that can be ordered, stock apart, from those that
// cannot, whose problems it returns by index.
func sortOut(d *Draft, snapshot *catalog.Snapshot) (part, map[int]*LineProblem) {
	orderable, problems := *d, make(map[int]*LineProblem)
	orderable.Lines = nil
	var indexes []int
	for i := range d.Lines {
		line := &d.Lines[i]
		product := snapshot.ProductBySKU(line.SKU)
		problem := refuse(i, line, product, d.Currency)
		if problem == nil {
			_, problem = matchFields(i, line, product)
		}
		if problem != nil {
			problems[i] = problem
			continue
		}
		orderable.Lines, indexes = append(orderable.Lines, *line), append(indexes, i)
	}
	return part{&orderable, indexes}, problems
}

// quote is the draft's, of which c has the lines that can be ordered and the others
// have problems. ErrStale and ErrContended when it has to be made again.
func quote(
	d *Draft, snapshot *catalog.Snapshot, state *State, c *Candidate, orderable *part, problems map[int]*LineProblem,
) (*Quote, error) {
	wallet := state.Wallets[d.MerchantID]
	if wallet == nil || wallet.Suspended {
		return nil, ErrMerchantSuspended
	}
	q := &Quote{Currency: d.Currency, Lines: make([]QuoteLine, len(d.Lines)), Subtotal: c.Subtotal}
	if len(c.Lines) > 0 { // a coupon of no lines is out of scope, and hides what is wrong with them
		if err := q.assess(state, c, wallet, orderable, problems); err != nil {
			return nil, err
		}
	}
	for i, problem := range problems {
		q.Lines[i].Problem = problem
		product := snapshot.ProductBySKU(d.Lines[i].SKU)
		if q.Lines[i].Product == nil && product != nil && product.Currency == d.Currency {
			unitPrice := snapshot.PriceFor(d.MerchantID, product, state.Now)
			q.priceRefused(&q.Lines[i], product, unitPrice, d.Lines[i].Quantity)
		}
	}
	q.Total = q.Subtotal.SubCapped(q.Discount) // no discount is above its subtotal
	if err := c.Limits.check(0, q.Total, d.Currency); err != nil {
		return nil, err
	}
	q.Missing = max(q.Total.SubCapped(wallet.available()), 0)
	return q, nil
}

// assess fills in the lines that can be ordered, and adds to the problems which
// of them are out of stock.
func (q *Quote) assess(
	state *State, c *Candidate, wallet *WalletState, orderable *part, problems map[int]*LineProblem,
) error {
	bill, err := state.bill(c)
	if err != nil {
		return err
	}
	_, refusal := state.assess(c, wallet.available())
	_, short := errors.AsType[*InsufficientBalanceError](refusal)
	if !short && !orderable.note(problems, refusal) {
		return refusal
	}
	q.Discount = bill.discount
	for i := range c.Lines {
		l := &c.Lines[i]
		q.Lines[orderable.indexes[i]] = QuoteLine{
			Product: l.Product, UnitPrice: l.UnitPrice, PriceRule: l.PriceRule, Subtotal: l.Subtotal,
			Discount: bill.lines[i].discount, Total: bill.lines[i].total,
		}
	}
	return nil
}

// priceRefused is what a refused line would cost if it were not.
func (q *Quote) priceRefused(l *QuoteLine, product *catalog.Product, unitPrice catalog.Price, quantity int64) {
	subtotal, err := unitPrice.Amount.Mul(quantity)
	if err != nil {
		subtotal = money.MaxAmount // which no order may cost
	}
	l.Product = product
	l.UnitPrice, l.PriceRule = unitPrice.Amount, unitPrice.Rule
	l.Subtotal = subtotal
	l.Total = subtotal
	q.Subtotal = q.Subtotal.AddCapped(subtotal)
}
