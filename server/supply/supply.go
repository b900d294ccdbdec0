// Package supply has the catalogue follow what providers list. A sync reads a
// provider's list to its end, plans what it changes ([MakePlan], which asks nobody),
// and is then applied, held for a person, or refused; never in part. What it changes is
// kept with what was before, and can be undone.
package supply

import (
	"cmp"
	"errors"
	"time"

	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// NewItems says what becomes of listed items that no offer is about.
type NewItems string

// The ways to deal with them.
const (
	Propose NewItems = "propose"
	Import  NewItems = "import" // by the first rule that fits, else proposed
)

// What holds a list unless its policy says otherwise, in per cent.
const (
	defaultGone = 20
	defaultRise = 20
)

// leastLeft is what has to be left of a cost, in per cent, whatever the policy says: what
// costs less than half is a misplaced decimal point more often than a bargain, and prices
// that go from costs would follow it.
const leastLeft = 50

// fewSoldOut may run out at once whatever the share: to who lists few items that is an ordinary day.
const fewSoldOut = 5

// Policy is how a provider's list is followed.
type Policy struct {
	ProviderID int64
	Interval   time.Duration // 0 for only when somebody asks
	NewItems   NewItems
	HoldGone   int // per cent of the active offers that it would switch off; 0 for the default
	HoldRise   int // per cent of a cost; 0 for the default
	Rules      []Rule
	NextAt     *time.Time // when the list is read next
	ReadAt     *time.Time // when one was last read and dealt with
	Listed     int64      // how many items that one had
}

// Rule says which items are imported, and as what. Empty patterns fit everything.
type Rule struct {
	Category string         `json:"category,omitempty"`
	Name     string         `json:"name,omitempty"`
	Currency money.Currency `json:"currency,omitempty"` // of the cost; "" for any
	Terms    Terms          `json:"terms"`
}

// Terms are what becomes of an item that is imported.
type Terms struct {
	CategoryID int64 `json:"categoryId"`
	Markup     int64 `json:"markup,omitempty"` // on the cost, in basis points
	// Currency is that of the price; "" for the cost's. Another one is reached by the
	// operators' rates.
	Currency  money.Currency `json:"currency,omitempty"`
	RoundUpTo money.Amount   `json:"roundUpTo,omitempty"` // 0 for the minor unit
	SKUPrefix string         `json:"skuPrefix,omitempty"` // "" for the provider's name and a colon
	Dated     bool           `json:"dated,omitempty"`
}

// Bounds of a policy.
const (
	minInterval  = time.Minute
	maxInterval  = 30 * 24 * time.Hour
	maxRules     = 100
	maxPattern   = 200     // characters
	maxMarkup    = 999_999 // basis points
	maxSKUPrefix = 50
)

// Check finds everything about a policy that is not allowed; the error is an
// *errs.InvalidError.
func (p *Policy) Check() error {
	bad := &errs.InvalidError{}
	if p.Interval != 0 && (p.Interval < minInterval || p.Interval > maxInterval || p.Interval%time.Second != 0) {
		bad.Add("interval", "must be whole seconds, from a minute to 30 days, or 0")
	}
	if p.NewItems != Propose && p.NewItems != Import {
		bad.Add("new_items", `must be "propose" or "import"`)
	}
	if p.HoldGone < 0 || p.HoldGone > 100 {
		bad.Add("hold_gone_percent", "must be from 0 to 100")
	}
	if p.HoldRise < 0 || p.HoldRise > 1000 {
		bad.Add("hold_rise_percent", "must be from 0 to 1000")
	}
	if len(p.Rules) > maxRules {
		bad.Add("rules", "must have at most %d entries", maxRules)
	}
	for i := range p.Rules {
		p.Rules[i].check(bad)
	}
	return bad.OrNil()
}

func (r *Rule) check(bad *errs.InvalidError) {
	bad.CheckLine("rules.match_category", r.Category, 0, maxPattern)
	bad.CheckLine("rules.match_name", r.Name, 0, maxPattern)
	if _, err := money.ParseCurrency(string(r.Currency)); r.Currency != "" && err != nil {
		bad.Add("rules.currency", "must be an ISO 4217 code")
	}
	r.Terms.check(bad, "rules.terms")
}

func (t *Terms) check(bad *errs.InvalidError, at string) {
	if t.Markup < 0 || t.Markup > maxMarkup {
		bad.Add(at+".markup_percent", "must be from 0 to 9999.99")
	}
	if t.RoundUpTo < 0 {
		bad.Add(at+".round_up_to", "must not be negative")
	}
	if _, err := money.ParseCurrency(string(t.Currency)); t.Currency != "" && err != nil {
		bad.Add(at+".currency", "must be an ISO 4217 code")
	}
	bad.CheckLine(at+".sku_prefix", t.SKUPrefix, 0, maxSKUPrefix)
}

// Status is what became of a sync.
type Status string

// The states of syncs.
const (
	Planning Status = "planning"
	Applying Status = "applying"
	Applied  Status = "applied"
	Held     Status = "held"
	Rejected Status = "rejected"
	Refused  Status = "refused" // the list is bad
	Failed   Status = "failed"  // the list could not be read
	Undone   Status = "undone"
)

// Sync is one reading of a provider's list, and what became of it.
type Sync struct {
	ID         int64
	ProviderID int64
	Status     Status
	Reason     string // why it is held, was refused or failed
	AskedBy    string // "" for the schedule
	DecidedBy  string
	Listed     int
	Proposed   int
	Changes    int
	Skipped    int
	Times      int // how often in a row the list was as bad as this
	CreatedAt  time.Time
	EndedAt    *time.Time
}

// Kind is what a change changes.
type Kind string

// The kinds of changes.
const (
	Cost     Kind = "cost"
	Off      Kind = "off"
	On       Kind = "on"
	Imported Kind = "import"
)

// State is what became of a change.
type State string

// The states of changes.
const (
	Planned State = "planned"
	Made    State = "applied"
	Skipped State = "skipped"
	PutBack State = "undone"
	Kept    State = "kept" // was to be undone and could not
)

// Change is one change of a sync, with what was before.
type Change struct {
	ID          int64
	SyncID      int64
	Kind        Kind
	State       State
	Note        string // why it was skipped or kept
	OfferID     int64
	ProductID   int64
	ProviderSKU string
	Name        string // of the item
	OldCost     money.Amount
	OldCurrency money.Currency
	NewCost     money.Amount
	NewCurrency money.Currency
	OldMark     int64   // which sync had switched the offer off
	Product     Product // of an import
}

// Product is what an import makes.
type Product struct {
	SKU        string       `json:"sku,omitempty"`
	Slug       string       `json:"slug,omitempty"`
	Name       string       `json:"name,omitempty"`
	CategoryID int64        `json:"categoryId,omitempty"`
	Price      money.Amount `json:"price,omitempty"`
	// Currency is that of the price; "" for the cost's.
	Currency money.Currency `json:"currency,omitempty"`
	Dated    bool           `json:"dated,omitempty"`
	Active   bool           `json:"active,omitempty"` // whether the offer is used from the beginning
}

// PriceCurrency is the currency of what an import is sold for.
func (c *Change) PriceCurrency() money.Currency { return cmp.Or(c.Product.Currency, c.NewCurrency) }

// ProposalStatus is what became of a proposal.
type ProposalStatus string

// The states of proposals.
const (
	Open      ProposalStatus = "open"
	Accepted  ProposalStatus = "accepted"
	Dismissed ProposalStatus = "dismissed"
	Gone      ProposalStatus = "gone"
)

// Proposal is an item that a provider lists and no offer is about.
type Proposal struct {
	ID          int64
	ProviderID  int64
	ProviderSKU string
	Name        string
	Category    string
	Cost        money.Amount
	Currency    money.Currency
	Stock       int64
	Available   bool
	Status      ProposalStatus
	Note        string
	CreatedAt   time.Time
}

// What a caller can act on.
var (
	ErrNotFound       = errors.New("sync not found")
	ErrChangeNotFound = errors.New("change of a sync not found")
	ErrRunning        = errors.New("the provider's list is being read, or taken over")
	ErrNotHeld        = errors.New("the sync is not held")
	ErrNotApplied     = errors.New("nothing of the sync is in force")
	// ErrLost: another process goes on with the provider's list.
	ErrLost = errors.New("another process has taken over")
)

// Known is a proposal as planning has to know it.
type Known struct {
	ID          int64
	ProviderSKU string
	Status      ProposalStatus
	// Sum is of what it says, so that one that is as before is not written.
	Sum uint64
}

// Offer is a provider's offer, as planning has to know it.
type Offer = fulfil.Offer
