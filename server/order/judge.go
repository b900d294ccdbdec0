package order

import (
	"fmt"
	"iter"
	"slices"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
)

// Verdict is what becomes of one candidate: exactly one of Err, Replayed, Accepted and
// Taking is set.
type Verdict struct {
	Err      error
	Refusal  *Refusal       // of Err, to be kept; nil where it is not
	Replayed *ExistingOrder // the reference's order, asked for with the same content
	Accepted *Accepted
	Taking   *Taking // a draft that is held
}

// Accepted is an order to be written, with everything that belongs to it.
type Accepted struct {
	Order    Order
	Coupon   *CouponState // nil without one
	Claims   []UnitClaim
	Tickets  []NewTicket
	Charge   Charge
	Events   []event.Event
	Unplaced bool // at least one line has to be bought from a provider
	// Fingerprint is the request's, by which a repeat of it is known.
	Fingerprint [32]byte
	Trail       string // the candidate's
	// Confirmation is that of an order that was a hold; nil for others.
	Confirmation *Confirmation

	uniqueLines bool
}

// LineReferences yields the references of lines that now belong to this order
// alone, each once and in order.
func (a *Accepted) LineReferences() iter.Seq[string] {
	var references []string
	if a.uniqueLines {
		for i := range a.Order.Lines {
			references = append(references, a.Order.Lines[i].ExternalReference)
		}
	}
	slices.Sort(references)
	return slices.Values(slices.Compact(references))
}

// Charge is the transfer that pays for the order.
type Charge struct {
	WalletAccountID int64
	Amount          money.Amount
	Balance         money.Amount // of the wallet, after it
}

// UnitClaim gives one unit of stock to one line.
type UnitClaim struct {
	UnitID    int64
	LineIndex int
}

// NewTicket is a dated ticket made for one line: delivered from our own
// allotment, or pending until its provider confirms it.
type NewTicket struct {
	LineIndex int
	Index     int // among the line's goods
	Goods     Goods
}

// Judging is what [Judge] does.
type Judging func(s *State, candidates []*Candidate) ([]Verdict, error)

// Judge decides each candidate in arrival order against the running balances,
// coupons and stock in s. A refusal changes nothing in s. After an error, which is
// that of a unit that cannot be opened, s is worth nothing.
func Judge(s *State, candidates []*Candidate) ([]Verdict, error) {
	verdicts := make([]Verdict, len(candidates))
	for i, c := range candidates {
		var err error
		if verdicts[i], err = s.judge(c); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

func (s *State) judge(c *Candidate) (Verdict, error) {
	d := c.Draft
	wallet := s.Wallets[d.MerchantID]
	if wallet == nil || wallet.Suspended {
		return Verdict{Err: ErrMerchantSuspended}, nil
	}
	if c.Confirms != nil {
		return s.judgeConfirmation(c, wallet)
	}
	existing, err := s.known(c)
	if existing != nil || err != nil {
		return Verdict{Replayed: existing, Err: err}, nil //nolint:nilerr // the verdict carries it
	}
	bill, err := s.assess(c, wallet.available())
	if err != nil {
		return Verdict{Err: err}, nil //nolint:nilerr // the verdict carries it
	}
	if s.Withheld[c] || !fits(s.handedOut, c) {
		return Verdict{Err: ErrDeferred}, nil
	}
	if c.HoldFor > 0 {
		return s.judgeHold(c, wallet, bill)
	}
	accepted, err := s.accept(c, wallet, bill)
	if err != nil {
		return Verdict{}, fmt.Errorf("order %s: %w", c.Number, err)
	}
	s.handedOut += c.Units()
	placed := &ExistingOrder{
		ID: accepted.Order.ID, Number: c.Number, MadeBy: func(f [32]byte) bool { return f == c.Fingerprint },
	}
	s.References[ReferenceKey{d.MerchantID, d.Reference}] = placed
	if d.UniqueLines {
		for i := range d.Lines {
			s.LineReferences[ReferenceKey{d.MerchantID, d.Lines[i].ExternalReference}] = placed
		}
	}
	return Verdict{Accepted: accepted}, nil
}

// Sift finds the withheld drafts that can be paid, from balances that fall as
// drafts are accepted, as far as one transaction takes them. It withholds them no
// longer and returns how many units they want, by product.
func Sift(s *State, candidates []*Candidate) map[int64]int64 {
	wanted, left, handedOut := make(map[int64]int64), make(map[int64]money.Amount), int64(0)
	for _, c := range candidates {
		merchant := c.Draft.MerchantID
		wallet := s.Wallets[merchant]
		if wallet == nil || wallet.Suspended || c.Confirms != nil { // what is confirmed has its money and its units
			continue
		}
		available, known := left[merchant]
		if !known {
			available = wallet.available()
		}
		existing, err := s.known(c)
		if existing != nil || err != nil {
			continue
		}
		bill, err := s.assess(c, available)
		if err != nil || !fits(handedOut, c) {
			continue
		}
		left[merchant] = available.SubCapped(bill.total)
		handedOut += c.Units()
		if s.Withheld[c] {
			delete(s.Withheld, c)
			c.AddUnits(wanted)
		}
	}
	return wanted
}

// fits says whether a transaction that has handed out so many units and tickets
// may take c too. The first one always may, and small ones are not worth a wait.
func fits(handedOut int64, c *Candidate) bool {
	units := c.Units()
	return handedOut == 0 || units <= SmallOrder || handedOut+units <= batchUnits
}

// known finds the order that the candidate's reference, or those of all its lines,
// already belong to. An error says that they belong to other content, or that
// another order has the number that was made for this one.
func (s *State) known(c *Candidate) (*ExistingOrder, error) {
	d := c.Draft
	if c.HoldFor > 0 {
		if existing, err := s.knownHold(c); existing != nil || err != nil {
			return existing, err
		}
	}
	if existing := s.References[ReferenceKey{d.MerchantID, d.Reference}]; existing != nil {
		switch {
		case d.Reference == c.Number: // which stands for it, and nobody has asked with it before
			return nil, ErrNumberTaken
		case existing.Held == (c.HoldFor > 0) && existing.MadeBy(c.Fingerprint):
			return existing, nil
		default:
			return nil, &DuplicateReferenceError{
				Reference: d.Reference, OrderNumber: existing.Number, Held: existing.Held,
			}
		}
	}
	if !d.UniqueLines {
		return nil, nil
	}
	return knownLines(d, c.Fingerprint, func(reference string) *ExistingOrder {
		return s.LineReferences[ReferenceKey{d.MerchantID, reference}]
	})
}

// assess finds out why the candidate, which is new, cannot be placed with so much
// to spend, or what it costs. Units that are withheld it takes for granted.
func (s *State) assess(c *Candidate, available money.Amount) (*bill, error) {
	if s.stale(c) {
		return nil, ErrStale
	}
	bill, err := s.bill(c)
	if err != nil {
		return nil, err
	}
	if err := s.checkLines(c); err != nil {
		return nil, err
	}
	return bill, c.affordable(bill.total, available)
}

// affordable checks the total, in the order in which callers are told.
func (c *Candidate) affordable(total, available money.Amount) error {
	d := c.Draft
	if d.ExpectedTotal != nil && *d.ExpectedTotal != total {
		return &PriceChangedError{Currency: d.Currency, Expected: *d.ExpectedTotal, Actual: total}
	}
	if err := c.Limits.check(c.Units(), total, d.Currency); err != nil {
		return err
	}
	if total > available {
		return &InsufficientBalanceError{Currency: d.Currency, Missing: total.SubCapped(available)}
	}
	return nil
}

// knownLines looks the lines' references up: the order that all of them belong
// to when it was asked for with the same content, a *LinesError when any belongs
// to an order otherwise, and neither when all are new.
func knownLines(d *Draft, fingerprint [32]byte, find func(reference string) *ExistingOrder) (*ExistingOrder, error) {
	var problems []LineProblem
	var existing *ExistingOrder
	for i := range d.Lines {
		known := find(d.Lines[i].ExternalReference)
		if known == nil {
			continue
		}
		existing = known
		problems = append(problems, LineProblem{
			Index: i, SKU: d.Lines[i].SKU, Reason: ReasonReferenceUsed,
			Message: "the line's reference belongs to an earlier order",
		})
	}
	switch {
	case existing == nil:
		return nil, nil
	case len(problems) == len(d.Lines) && existing.MadeBy(fingerprint):
		return existing, nil
	default:
		return nil, &LinesError{Problems: problems}
	}
}

func (s *State) stale(c *Candidate) bool {
	if s.Versions[catalog.PricesVersion] != c.Held.Version || !c.Held.At(s.Now) {
		return true
	}
	for i := range c.Lines {
		if p := c.Lines[i].Product; s.Versions[p.ID] != p.Version {
			return true
		}
	}
	return false
}

func (s *State) coupon(d *Draft) (*CouponState, error) {
	if d.Coupon == "" {
		return nil, nil
	}
	coupon := s.Coupons[catalog.NormalizeCouponCode(d.Coupon)]
	if coupon == nil {
		return nil, &CouponError{Code: d.Coupon, Cause: CouponUnknown}
	}
	return coupon, nil
}

// checkStock finds every line that cannot be served; a product or day named by
// several lines is counted over all of them.
func (s *State) checkStock(c *Candidate) error {
	var problems []LineProblem
	contended := false
	wantedUnits := make(map[int64]int64)
	wantedDays := make(map[AllotmentKey]int64)
	for i := range c.Lines {
		line, useDate := &c.Lines[i], c.Draft.Lines[i].UseDate
		problem := LineProblem{Index: i, SKU: line.Product.SKU, Reason: ReasonOutOfStock, Message: "out of stock"}
		switch {
		case line.Product.UsesUnits():
			wantedUnits[line.Product.ID] += line.Quantity
			pool := s.Units[line.Product.ID]
			if s.Withheld[c] {
				continue
			}
			if pool == nil || pool.size() < wantedUnits[line.Product.ID] {
				contended = contended || (pool != nil && pool.Contended)
				problems = append(problems, problem)
			}
		case useDate != "":
			key := AllotmentKey{line.Product.ID, useDate}
			wantedDays[key] += line.Quantity
			day := s.Allotments[key]
			if day == nil && line.Product.NeedsAllotment() {
				problem.Reason, problem.Message = ReasonDateNotAvailable, "not sold on this day"
				problems = append(problems, problem)
			} else if day != nil && day.Capacity-day.Sold < wantedDays[key] {
				problems = append(problems, problem)
			}
		}
	}
	switch {
	case contended:
		return ErrContended
	case len(problems) > 0:
		return &LinesError{Problems: problems}
	default:
		return nil
	}
}
