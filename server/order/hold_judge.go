package order

import (
	"fmt"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
)

// HoldState is what a placement transaction reads for drafts that are to be held and
// for holds that are to become orders.
type HoldState struct {
	References map[ReferenceKey]*ExistingOrder // holds of the drafts' references, also those that have ended
	Open       map[int64]int                   // open holds by merchant
	Confirming map[int64]*Confirming           // by the hold's id
}

// Confirming is a hold as it is once its merchant's wallet is locked.
type Confirming struct {
	Hold   Hold                            // without what never changes
	Units  map[int][]Unit                  // by line, from 0, in the order of their ids
	Order  *ExistingOrder                  // what it became; nil while it is none
	MadeBy func(fingerprint [32]byte) bool // as that of an order

	contents map[int64]string // of its units, once they were opened
}

// Taking is a hold to be written, with what it takes.
type Taking struct {
	Hold            Hold
	Fingerprint     [32]byte
	Units           []UnitClaim
	Days            []HeldDay
	Coupon          *CouponState // nil without one
	WalletAccountID int64
	Balance         money.Amount // of the wallet, after it
	Events          []event.Event
}

// HeldDay is places of a day that a hold takes.
type HeldDay struct {
	LineIndex int
	Key       AllotmentKey
	Quantity  int64
}

// Confirmation is what an order has that was a hold.
type Confirmation struct {
	Hold     *Hold
	Released money.Amount // the wallet's balance after its money came back, before the charge
}

// hold takes what the candidate needs from s and keeps it, rather than make an order of
// it. After an error s is worth nothing.
func (s *State) hold(c *Candidate, wallet *WalletState, b *bill) (*Taking, error) {
	d, before := c.Draft, wallet.Balance
	after, err := before.Sub(b.total)
	if err != nil {
		return nil, fmt.Errorf("balance: %w", err)
	}
	t := &Taking{
		Hold: Hold{
			ID: s.NewOrderID(), Number: c.Number, MerchantID: d.MerchantID, Reference: d.Reference, Status: HoldOpen,
			Currency: d.Currency, Total: b.total,
			HoldTerms: HoldTerms{
				Door: d.Door, Subtotal: c.Subtotal, Discount: b.discount, Lines: make([]HoldLine, len(c.Lines)),
			},
			Draft: HeldDraft{
				Recipient: d.Recipient, NotifyURL: d.NotifyURL, Metadata: d.Metadata, Private: d.Private,
				Lines: make([]HeldDraftLine, len(c.Lines)),
			},
			CreatedAt: s.Now, ExpiresAt: s.Now.Add(c.HoldFor),
		},
		Fingerprint: c.Fingerprint, Coupon: b.coupon, WalletAccountID: wallet.AccountID, Balance: after,
	}
	for i := range c.Lines {
		if err := s.holdLine(t, c, i, b.lines[i]); err != nil {
			return nil, err
		}
	}
	if b.coupon != nil {
		t.Hold.CouponID, t.Hold.CouponCode = b.coupon.ID, b.coupon.Code
		b.coupon.use(d.MerchantID)
	}
	wallet.Balance = after
	t.Events = wallet.LowBalanceEvents(d.MerchantID, before, s.Now)
	return t, nil
}

// holdLine keeps what our own stock has. What a provider sells is bought when the hold
// is an order.
func (s *State) holdLine(t *Taking, c *Candidate, i int, b billLine) error {
	priced, wanted := &c.Lines[i], &c.Draft.Lines[i]
	p := priced.Product
	t.Hold.Lines[i] = HoldLine{
		ProductID: p.ID, SKU: p.SKU, ProductName: p.Name, Source: p.Source, Dated: p.Dated, Quantity: priced.Quantity,
		UseDate: wanted.UseDate, UnitPrice: priced.UnitPrice, PriceRule: priced.PriceRule, Subtotal: priced.Subtotal,
		Discount: b.discount, Total: b.total,
	}
	t.Hold.Draft.Lines[i] = HeldDraftLine{
		ExternalReference: wanted.ExternalReference, Fields: priced.Fields, Code: wanted.Code, DoorState: wanted.DoorState,
	}
	key := AllotmentKey{p.ID, wanted.UseDate}
	if day := s.Allotments[key]; day != nil {
		day.Sold += priced.Quantity
		day.Used = true
		t.Days = append(t.Days, HeldDay{LineIndex: i, Key: key, Quantity: priced.Quantity})
	}
	if !p.UsesUnits() {
		return nil
	}
	// With the time for which it is held, as far as there are such: whoever confirms late wants no dead code.
	lasting := catalog.SellsUntil(s.Now, p.ExpiryMargin+c.HoldFor)
	for _, u := range s.Units[p.ID].takeLasting(priced.Quantity, lasting) {
		if _, err := s.Open(u); err != nil { // a damaged one is no good later either
			return fmt.Errorf("unit %d: %w", u.ID, err)
		}
		t.Units = append(t.Units, UnitClaim{UnitID: u.ID, LineIndex: i})
		t.Hold.EndBefore(u, p.ExpiryMargin)
	}
	return nil
}

// judgeConfirmation decides whether a hold becomes an order, and makes it.
func (s *State) judgeConfirmation(c *Candidate, wallet *WalletState) (Verdict, error) {
	now := s.Holds.Confirming[c.Confirms.ID]
	switch {
	case now == nil:
		return Verdict{Err: ErrHoldNotFound}, nil
	case now.Order != nil:
		return Verdict{Replayed: now.Order}, nil
	}
	if err := now.Hold.Open(s.Now); err != nil {
		return Verdict{Err: err}, nil //nolint:nilerr // the verdict carries it
	}
	key := ReferenceKey{c.Draft.MerchantID, c.Draft.Reference}
	if other := s.References[key]; other != nil && !other.Held { // of a version that knows no holds
		return Verdict{Err: &DuplicateReferenceError{Reference: key.Reference, OrderNumber: other.Number}}, nil
	}
	if !fits(s.handedOut, c) {
		return Verdict{Err: ErrDeferred}, nil
	}
	if err := s.openHeld(now); err != nil {
		return Verdict{Err: err}, nil //nolint:nilerr // no other order suffers from it
	}
	released, err := wallet.Balance.Add(c.Confirms.Total)
	if err != nil {
		return Verdict{}, fmt.Errorf("hold %s: %w", c.Number, err)
	}
	wallet.Balance = released
	accepted, err := s.accept(c, wallet, c.Confirms.bill())
	if err != nil {
		return Verdict{}, fmt.Errorf("hold %s: %w", c.Number, err)
	}
	accepted.Confirmation = &Confirmation{Hold: c.Confirms, Released: released}
	s.handedOut += c.Units()
	now.Order = &ExistingOrder{ID: accepted.Order.ID, Number: c.Number, MadeBy: now.MadeBy}
	s.References[key] = now.Order
	return Verdict{Accepted: accepted}, nil
}

// openHeld opens the units of the hold. *HoldDamagedError where that cannot be done: others
// may be put in their place.
func (s *State) openHeld(c *Confirming) error {
	c.contents = make(map[int64]string)
	for _, units := range c.Units {
		for _, u := range units {
			content, err := s.Open(u)
			if err != nil {
				return &HoldDamagedError{Number: c.Hold.Number}
			}
			c.contents[u.ID] = content
		}
	}
	return nil
}

// knownHold finds the hold that the candidate's reference already belongs to.
func (s *State) knownHold(c *Candidate) (*ExistingOrder, error) {
	d := c.Draft
	existing := s.Holds.References[ReferenceKey{d.MerchantID, d.Reference}]
	switch {
	case existing == nil:
		return nil, nil
	case d.Reference == c.Number:
		return nil, ErrNumberTaken
	case existing.MadeBy(c.Fingerprint):
		return existing, nil
	default:
		return nil, &DuplicateReferenceError{Reference: d.Reference, OrderNumber: existing.Number, Held: true}
	}
}

// judgeHold is what becomes of a draft that is to be held, that can be paid and has all
// that it needs.
func (s *State) judgeHold(c *Candidate, wallet *WalletState, b *bill) (Verdict, error) {
	merchant := c.Draft.MerchantID
	if s.Holds.Open[merchant] >= MaxOpenHolds {
		return Verdict{Err: &TooManyHoldsError{Max: MaxOpenHolds}}, nil
	}
	taking, err := s.hold(c, wallet, b)
	if err != nil {
		return Verdict{}, fmt.Errorf("hold %s: %w", c.Number, err)
	}
	s.handedOut += c.Units()
	s.Holds.Open[merchant]++
	held := &ExistingOrder{
		ID: taking.Hold.ID, Number: c.Number, Held: true, MadeBy: func(f [32]byte) bool { return f == c.Fingerprint },
	}
	key := ReferenceKey{merchant, c.Draft.Reference}
	s.References[key], s.Holds.References[key] = held, held
	return Verdict{Taking: taking}, nil
}
