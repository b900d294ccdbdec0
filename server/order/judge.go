package order

import (
	"errors"
	"iter"
	"slices"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
)

// State is what a placement transaction read after it took its locks. Judge
// changes it as it accepts drafts, so that afterwards it is what has to be
// written.
type State struct {
	Now        time.Time // UTC, microseconds
	Wallets    map[int64]*WalletState
	References map[ReferenceKey]*ExistingOrder
	// LineReferences are those of the lines of drafts with UniqueLines.
	LineReferences map[ReferenceKey]*ExistingOrder
	Versions       map[int64]int64         // of every product drafts name
	Coupons        map[string]*CouponState // by normalised code; absent: no such coupon
	Units          map[int64]*UnitPool     // by product; only undated stock products
	Allotments     map[AllotmentKey]*AllotmentState

	NewOrderID    func() int64
	NewLineID     func() int64
	NewTicketCode func() string
}

// WalletState is a merchant's locked wallet.
type WalletState struct {
	AccountID     int64
	Currency      money.Currency
	Balance       money.Amount
	CreditLimit   money.Amount
	EventSequence int64
	Suspended     bool
	LowBalance    *money.Amount // a charge that takes the balance below it is told; nil for never
}

// ReferenceKey names an order as its merchant does.
type ReferenceKey struct {
	MerchantID int64
	Reference  string
}

// ExistingOrder is what a reference already belongs to.
type ExistingOrder struct {
	ID          int64
	Number      string
	Fingerprint [32]byte
}

// CouponState is a coupon with its uses: Uses is exact only where MaxUses is
// set, because only then is the coupon's row locked.
type CouponState struct {
	catalog.Coupon
	UsesByMerchant map[int64]int64
	Used           bool // by a draft of this batch
}

// UnitPool is the available units of one product that this transaction has
// locked, oldest first.
type UnitPool struct {
	Units []Unit
	// Contended: there are more available units, but other transactions hold
	// them and may yet give them back.
	Contended bool
}

// Unit is one piece of stock; Content is as it is delivered.
type Unit struct {
	ID      int64
	Content string
}

// AllotmentKey names a product's day.
type AllotmentKey struct {
	ProductID int64
	UseDate   string
}

// AllotmentState is a locked allotment.
type AllotmentState struct {
	ID       int64
	Capacity int64
	Sold     int64
	Used     bool // by a draft of this batch
}

// ErrStale: a product changed since the snapshot; price the draft again.
var ErrStale = errors.New("a product changed since the draft was priced")

// ErrContended: the stock that would be needed is held by a placement that is
// not committed yet; judge the draft again.
var ErrContended = errors.New("stock is held by an order that is not committed yet")

// Verdict is what becomes of one candidate: exactly one of Err, Replayed and
// Accepted is set.
type Verdict struct {
	Err      error
	Replayed *ExistingOrder // the reference's order, asked for with the same content
	Accepted *Accepted
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
	Goods     Goods
}

// Judge decides each candidate in arrival order against the running balances,
// coupons and stock in s. A refusal changes nothing in s.
func Judge(s *State, candidates []*Candidate) []Verdict {
	verdicts := make([]Verdict, len(candidates))
	for i, c := range candidates {
		verdicts[i] = s.judge(c)
	}
	return verdicts
}

func (s *State) judge(c *Candidate) Verdict {
	d := c.Draft
	wallet := s.Wallets[d.MerchantID]
	if wallet == nil || wallet.Suspended {
		return Verdict{Err: ErrMerchantSuspended}
	}
	key := ReferenceKey{d.MerchantID, d.Reference}
	if existing := s.References[key]; existing != nil {
		return replayOrConflict(c, existing)
	}
	if d.UniqueLines {
		existing, err := knownLines(d, c.Fingerprint, func(reference string) *ExistingOrder {
			return s.LineReferences[ReferenceKey{d.MerchantID, reference}]
		})
		if existing != nil || err != nil {
			return Verdict{Replayed: existing, Err: err}
		}
	}
	if s.stale(c) {
		return Verdict{Err: ErrStale}
	}
	coupon, err := s.coupon(d)
	if err != nil {
		return Verdict{Err: err}
	}
	discount, shares, err := c.discount(coupon, s.Now)
	if err != nil {
		return Verdict{Err: err}
	}
	if err := s.checkStock(c); err != nil {
		return Verdict{Err: err}
	}
	total := c.Subtotal - discount
	if d.ExpectedTotal != nil && *d.ExpectedTotal != total {
		return Verdict{Err: &PriceChangedError{Currency: d.Currency, Expected: *d.ExpectedTotal, Actual: total}}
	}
	if missing := total - wallet.Balance - wallet.CreditLimit; missing > 0 {
		return Verdict{Err: &InsufficientBalanceError{Currency: d.Currency, Missing: missing}}
	}
	accepted := s.accept(c, wallet, coupon, discount, shares)
	placed := &ExistingOrder{ID: accepted.Order.ID, Number: c.Number, Fingerprint: c.Fingerprint}
	s.References[key] = placed
	if d.UniqueLines {
		for i := range d.Lines {
			s.LineReferences[ReferenceKey{d.MerchantID, d.Lines[i].ExternalReference}] = placed
		}
	}
	return Verdict{Accepted: accepted}
}

func replayOrConflict(c *Candidate, existing *ExistingOrder) Verdict {
	if existing.Fingerprint == c.Fingerprint {
		return Verdict{Replayed: existing}
	}
	return Verdict{Err: &DuplicateReferenceError{Reference: c.Draft.Reference, OrderNumber: existing.Number}}
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
			Index: i, SKU: d.Lines[i].SKU, Reason: ReasonReferenceUsed, Message: "the line's reference belongs to an earlier order",
		})
	}
	switch {
	case existing == nil:
		return nil, nil
	case len(problems) == len(d.Lines) && existing.Fingerprint == fingerprint:
		return existing, nil
	default:
		return nil, &LinesError{Problems: problems}
	}
}

func (s *State) stale(c *Candidate) bool {
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
			if pool == nil || int64(len(pool.Units)) < wantedUnits[line.Product.ID] {
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

// accept turns the candidate into an order and takes what it needs from s.
func (s *State) accept(c *Candidate, wallet *WalletState, coupon *CouponState, discount money.Amount, shares []money.Amount) *Accepted {
	d := c.Draft
	a := &Accepted{
		Order: Order{
			ID: s.NewOrderID(), Number: c.Number, MerchantID: d.MerchantID, Reference: d.Reference, Door: d.Door,
			Currency: d.Currency, Subtotal: c.Subtotal, Discount: discount, Total: c.Subtotal - discount,
			Recipient: d.Recipient, NotifyURL: d.NotifyURL, Metadata: d.Metadata, Private: d.Private,
			Lines: make([]Line, len(c.Lines)), CreatedAt: s.Now, UpdatedAt: s.Now,
		},
		Coupon:      coupon,
		uniqueLines: d.UniqueLines,
	}
	for i := range c.Lines {
		a.Order.Lines[i] = s.acceptLine(a, c, i, shares[i])
	}
	a.Order.Status = statusOf(a.Order.Lines)
	if a.Order.Status.Final() {
		a.Order.CompletedAt = &s.Now
	}
	if coupon != nil {
		a.Order.CouponCode = coupon.Code
		coupon.Used = true
		coupon.Uses++
		coupon.UsesByMerchant[d.MerchantID]++
	}
	wallet.Balance -= a.Order.Total
	a.Charge = Charge{WalletAccountID: wallet.AccountID, Amount: a.Order.Total, Balance: wallet.Balance}
	a.Events = append(a.Events, wallet.tell(&a.Order, s.Now, event.OrderCreated))
	if a.Order.Status != StatusPending {
		a.Events = append(a.Events, wallet.tell(&a.Order, s.Now, eventOf(a.Order.Status)))
	}
	changed := make(map[int64]bool)
	for i := range a.Order.Lines {
		changed[a.Order.Lines[i].ID] = a.Order.Lines[i].Status != StatusPending
	}
	state := a.Order.freeze(changed, 0)
	for i := range a.Events {
		a.Events[i].State = state
	}
	if low := wallet.LowBalance; low != nil && wallet.Balance < *low && wallet.Balance+a.Order.Total >= *low {
		a.Events = append(a.Events, wallet.tellLow(a.Order.MerchantID, s.Now))
	}
	return a
}

// acceptLine serves what our own stock has at once; the rest stays pending.
func (s *State) acceptLine(a *Accepted, c *Candidate, i int, discount money.Amount) Line {
	priced, wanted := &c.Lines[i], &c.Draft.Lines[i]
	p := priced.Product
	line := Line{
		ID: s.NewLineID(), OrderID: a.Order.ID, Position: i + 1,
		ProductID: p.ID, SKU: p.SKU, ProductName: p.Name, FromProvider: p.Source == catalog.SourceProvider,
		Quantity: priced.Quantity, UnitPrice: priced.UnitPrice, Subtotal: priced.Subtotal,
		Discount: discount, Total: priced.Subtotal - discount,
		ExternalReference: wanted.ExternalReference, Fields: priced.Fields, UseDate: wanted.UseDate,
		Code: wanted.Code, DoorState: wanted.DoorState,
	}
	if day := s.Allotments[AllotmentKey{p.ID, wanted.UseDate}]; day != nil {
		day.Sold += priced.Quantity
		day.Used = true
	}
	switch {
	case line.FromProvider:
		a.Unplaced = true
		if line.Ticketed() {
			s.makeTickets(a, &line, i, GoodsPending)
		}
	case p.UsesUnits():
		s.claimUnits(a, &line, i)
	default:
		s.makeTickets(a, &line, i, GoodsDelivered)
		line.Completed = line.Quantity
	}
	line.Status = line.statusOf(false)
	return line
}

func (s *State) claimUnits(a *Accepted, line *Line, index int) {
	pool := s.Units[line.ProductID]
	taken := pool.Units[:line.Quantity]
	pool.Units = pool.Units[line.Quantity:]
	for _, u := range taken {
		a.Claims = append(a.Claims, UnitClaim{UnitID: u.ID, LineIndex: index})
		line.Goods = append(line.Goods, Goods{Content: u.Content, Status: GoodsDelivered, DeliveredAt: s.Now})
	}
	line.Completed = line.Quantity
}

func (s *State) makeTickets(a *Accepted, line *Line, index int, status GoodsStatus) {
	for range line.Quantity {
		goods := Goods{TicketCode: s.NewTicketCode(), UseDate: line.UseDate, Status: status}
		if status == GoodsDelivered {
			goods.Content, goods.DeliveredAt = goods.TicketCode, s.Now
		}
		a.Tickets = append(a.Tickets, NewTicket{LineIndex: index, Goods: goods})
		line.Goods = append(line.Goods, goods)
	}
}

// tell numbers one event of the order for the merchant's log.
func (w *WalletState) tell(o *Order, now time.Time, t event.Type) event.Event {
	w.EventSequence++
	return event.Event{
		MerchantID: o.MerchantID, Sequence: w.EventSequence, OrderID: o.ID, Type: t,
		Data: map[string]string{"order_number": o.Number, "status": string(o.Status)}, CreatedAt: now,
	}
}

func (w *WalletState) tellLow(merchantID int64, now time.Time) event.Event {
	w.EventSequence++
	return event.Event{
		MerchantID: merchantID, Sequence: w.EventSequence, Type: event.WalletLowBalance, CreatedAt: now,
		Data: map[string]string{
			"balance": w.Balance.Format(w.Currency), "threshold": w.LowBalance.Format(w.Currency), "currency": string(w.Currency),
		},
	}
}

func eventOf(s Status) event.Type {
	switch s {
	case StatusProcessing:
		return event.OrderProcessing
	case StatusCompleted:
		return event.OrderCompleted
	case StatusFailed:
		return event.OrderFailed
	default:
		return event.OrderCancelled
	}
}
