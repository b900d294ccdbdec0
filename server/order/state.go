package order

import (
	"cmp"
	"errors"
	"slices"
	"sort"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/recipient"
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
	Versions       map[int64]int64         // of every product drafts name, and of catalog.PricesVersion
	Coupons        map[string]*CouponState // by normalised code; absent: no such coupon
	Units          map[int64]*UnitPool     // by product; only undated stock products
	Allotments     map[AllotmentKey]*AllotmentState
	// Checks are those of the recipients of lines whose product wants one.
	Checks map[recipient.Mark]*recipient.Check
	// Withheld are the drafts that want so many units that these are read only
	// once it is known that the draft can be paid; see Sift.
	Withheld map[*Candidate]bool
	// Holds is only read where a draft is to be held or a hold to become an order.
	Holds HoldState

	NewOrderID    func() int64
	NewLineID     func() int64
	NewTicketCode func() string
	// Open makes a unit's content readable. Only units that are delivered are opened.
	Open func(Unit) (string, error)

	handedOut int64 // units and tickets of the drafts accepted so far
}

// WalletState is a merchant's locked wallet.
type WalletState struct {
	AccountID     int64
	Currency      money.Currency
	Balance       money.Amount
	CreditLimit   money.Amount
	EventSequence int64
	Suspended     bool
	LowBalance    *money.Amount // a charge, a hold or an adjustment that takes the balance below it is told; nil for never
}

// available is what can still be spent; below zero when more was spent than may be.
func (w *WalletState) available() money.Amount { return w.Balance.AddCapped(w.CreditLimit) }

// ReferenceKey names an order as its merchant does.
type ReferenceKey struct {
	MerchantID int64
	Reference  string
}

// ExistingOrder is what a reference already belongs to.
type ExistingOrder struct {
	ID     int64
	Number string
	Held   bool // it is a hold
	// MadeBy reports whether a request with this fingerprint made it.
	MadeBy func(fingerprint [32]byte) bool
}

// CouponState is a coupon with its uses: Uses is exact only where MaxUses is
// set, because only then is the coupon's row locked.
type CouponState struct {
	catalog.Coupon
	UsesByMerchant map[int64]int64
	Used           bool // by a draft of this batch
}

// use counts one more use, by an order or a hold of the merchant.
func (s *CouponState) use(merchantID int64) {
	s.Used = true
	s.Uses++
	s.UsesByMerchant[merchantID]++
}

// UnitPool is the available units of one product that this transaction has
// locked, in the order in which they are sold.
type UnitPool struct {
	Units []Unit
	// Counted is how many there are where nothing is locked, only looked at.
	Counted int64
	// Contended: there are more available units, but other transactions hold
	// them and may yet give them back.
	Contended bool
}

// take takes the first units from the pool, which has as many.
func (p *UnitPool) take(n int64) []Unit {
	taken := p.Units[:n]
	p.Units = p.Units[n:]
	return taken
}

// takeLasting takes n units from the pool, which has as many: of those that expire after
// a moment what expires first, and where they are too few what lasts longest.
func (p *UnitPool) takeLasting(n, after int64) []Unit {
	first := sort.Search(len(p.Units), func(i int) bool { return p.Units[i].Expires > after })
	first = min(first, len(p.Units)-int(n))
	taken := slices.Clone(p.Units[first : first+int(n)])
	p.Units = slices.Delete(p.Units, first, first+int(n))
	return taken
}

// AddLater adds those of more units, in the order in which they are sold, that are sold
// after all that are there.
func (p *UnitPool) AddLater(more []Unit) {
	if len(p.Units) > 0 {
		last := p.Units[len(p.Units)-1]
		more = more[sort.Search(len(more), func(i int) bool {
			return cmp.Or(cmp.Compare(more[i].Expires, last.Expires), cmp.Compare(more[i].ID, last.ID)) > 0
		}):]
	}
	p.Units = append(p.Units, more...)
}

func (p *UnitPool) size() int64 { return int64(len(p.Units)) + p.Counted }

// Unit is one piece of stock, its content as the store keeps it.
type Unit struct {
	ID      int64
	Expires int64 // as catalog.ExpirySeconds
	Sealed  []byte
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

// ErrDeferred: the transaction hands out as many units as one may; judge the
// draft again in the next one.
var ErrDeferred = errors.New("the order is too large for this transaction")
