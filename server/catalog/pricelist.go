package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// ErrPriceListNotFound says that there is no such price list.
var ErrPriceListNotFound = errors.New("price list not found")

// PriceProblemsError says that a price list would not do what it says for some products.
type PriceProblemsError struct {
	Name     string
	Products int // with a problem
}

func (e *PriceProblemsError) Error() string {
	return fmt.Sprintf(
		"price list %q has problems with %s", e.Name, errs.Counted(int64(e.Products), "product", "products"),
	)
}

// ListStatus says whether a price list makes prices.
type ListStatus string

// The states of a price list.
const (
	ListDraft    ListStatus = "draft" // only looked at
	ListActive   ListStatus = "active"
	ListArchived ListStatus = "archived"
)

// PriceList says what products of one currency cost its merchants. A merchant has at most
// one; the price of a listing of its own still wins.
type PriceList struct {
	ID          int64
	Name        string
	Description string
	Currency    money.Currency
	Status      ListStatus
	From, Until *time.Time // it makes prices in [From, Until); nil for no bound
	Rules       []PriceRule
	Merchants   int   // how many have it; only where it is read
	Version     int64 // grows with every change
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// PriceBase is what a rule goes from.
type PriceBase string

// What rules go from.
const (
	OnCost PriceBase = "cost" // the lowest cost among the product's active offers
	OnList PriceBase = "list" // the product's own price
)

// Rounding is how a price that a rule made is rounded.
type Rounding string

// The ways to round. Without one a price is rounded half up to the minor unit.
const (
	RoundNone    Rounding = ""
	RoundNearest Rounding = "nearest" // to the nearest multiple of the step, half up
	RoundUp      Rounding = "up"      // up to a multiple of the step
	RoundEnding  Rounding = "ending"  // up to the next price that ends in the step, such as 0.99
)

// PriceRule makes the prices of some products. Of those that a product is in, the rule
// of the product itself counts, else that of its category, else that of all; of several
// the first.
type PriceRule struct {
	Number     int64        `json:"number"`             // unique within the list, from 1
	ProductID  int64        `json:"product,omitempty"`  // 0: not of one product
	CategoryID int64        `json:"category,omitempty"` // 0: not of one category
	Base       PriceBase    `json:"base"`
	Percent    int64        `json:"percent_bp,omitempty"` // markup, in hundredths of a per cent; below zero takes off
	Amount     money.Amount `json:"amount,omitempty"`     // markup of one unit, besides
	Rounding   Rounding     `json:"rounding,omitempty"`
	Step       money.Amount `json:"step,omitempty"`
	Floor      money.Amount `json:"floor,omitempty"` // no price is below it
}

// What price lists may have.
const (
	maxRules    = 1000
	mostMarkup  = 100_000 // 1000 %, in hundredths of a per cent
	leastMarkup = -10_000
	maxMarkup   = 1_000_000 * money.Unit
)

// MaxPriceLists is how many price lists there may be.
const MaxPriceLists = 1000

// Normalize fills in what may be left out and checks the rest; the error is an
// *errs.InvalidError.
func (l *PriceList) Normalize() error {
	l.Status = cmp.Or(l.Status, ListDraft)
	bad := &errs.InvalidError{}
	if !slugPattern.MatchString(l.Name) {
		bad.Add("name", "must be 1 to 100 lower-case letters, digits or . _ -")
	}
	bad.CheckText("description", l.Description, maxDescription)
	if _, err := money.ParseCurrency(string(l.Currency)); err != nil {
		bad.Add("currency", "must be an ISO 4217 code")
		return bad
	}
	if l.From != nil && l.Until != nil && !l.From.Before(*l.Until) {
		bad.Add("end_time", "must be after %s", errs.Field("start_time"))
	}
	if len(l.Rules) > maxRules {
		bad.Add("rules", "must have at most %d entries", maxRules)
		return bad
	}
	l.Rules = slices.Clone(l.Rules)
	numbers := make(map[int64]bool)
	for i := range l.Rules {
		r, at := &l.Rules[i], fmt.Sprintf("rules[%d]", i)
		r.Number = cmp.Or(r.Number, int64(i+1))
		if r.Number < 0 || numbers[r.Number] {
			bad.Add(at+".number", "must be above 0 and of this rule alone")
		}
		numbers[r.Number] = true
		r.check(bad, at, l.Currency)
	}
	return bad.OrNil()
}

func (r *PriceRule) check(bad *errs.InvalidError, at string, c money.Currency) {
	if r.ProductID != 0 && r.CategoryID != 0 {
		bad.Add(at+".category", "must not be given with a product")
	}
	if r.Base != OnCost && r.Base != OnList {
		bad.Add(at+".base", `must be "cost" or "list"`)
	}
	if r.Percent < leastMarkup || r.Percent > mostMarkup {
		bad.Add(at+".percent", "must be from -100 to 1000")
	}
	if r.Amount < -maxMarkup || r.Amount > maxMarkup {
		bad.Add(at+".amount", "must be at most a million, up or down")
	}
	checkWhole(bad, at+".amount", r.Amount, c)
	checkPrice(bad, at+".floor", r.Floor, c)
	checkWhole(bad, at+".step", r.Step, c)
	switch r.Rounding {
	case RoundNone:
		if r.Step != 0 {
			bad.Add(at+".step", "must not be given without a rounding")
		}
	case RoundNearest, RoundUp:
		if r.Step <= 0 || r.Step > maxMarkup {
			bad.Add(at+".step", "must be above 0 and at most a million")
		}
	case RoundEnding:
		if r.Step < 0 || r.Step >= money.Unit {
			bad.Add(at+".step", "must be what prices end in, below 1")
		}
	default:
		bad.Add(at+".rounding", `must be "nearest", "up" or "ending"`)
	}
}

// ByCost reports whether a rule goes from costs.
func (l *PriceList) ByCost() bool {
	return slices.ContainsFunc(l.Rules, func(r PriceRule) bool { return r.Base == OnCost })
}

// holds reports whether the list makes prices at a moment.
func (l *PriceList) holds(at time.Time) bool {
	return l.Status == ListActive && (l.From == nil || !at.Before(*l.From)) && (l.Until == nil || at.Before(*l.Until))
}

// errTooDear says that a price has more digits than prices may have.
var errTooDear = errors.New("the price is too large")

// price is what the rule makes of a base, in the list's currency: the percentage is taken
// of the base, the amount added, and the sum rounded half up to the minor unit, then as
// the rule says; last comes the floor, and nothing is below zero. raised says that the
// floor, or zero, was above what the rule made.
func (r *PriceRule) price(base money.Amount, c money.Currency) (price money.Amount, raised bool, err error) {
	price, err = money.Percent(base, 10_000+r.Percent, c)
	if err == nil {
		price, err = price.Add(r.Amount)
	}
	if err == nil {
		price, err = r.round(price)
	}
	if err != nil || price >= tooDear {
		return 0, false, errTooDear
	}
	if lowest := max(r.Floor, 0); price < lowest {
		return lowest, true, nil
	}
	return price, false, nil
}

func (r *PriceRule) round(price money.Amount) (money.Amount, error) {
	switch r.Rounding {
	case RoundNearest:
		half, err := price.Add(r.Step / 2)
		if err != nil {
			return 0, err
		}
		return half.Down(r.Step)
	case RoundUp:
		return price.Up(r.Step)
	case RoundEnding:
		whole, err := price.Down(money.Unit)
		if err != nil {
			return 0, err
		}
		ending, err := whole.Add(r.Step)
		if err == nil && ending < price {
			return ending.Add(money.Unit)
		}
		return ending, err
	default:
		return price, nil
	}
}

// DirectPriceLists is what the service leaves to the store as it is.
type DirectPriceLists interface {
	// PriceLists returns all lists by name, with how many merchants have each.
	PriceLists(ctx context.Context) ([]PriceList, error)
	// PriceListMerchants returns the ids of merchants that have a list, ascending.
	PriceListMerchants(ctx context.Context, listID int64, limit int) ([]int64, error)
}

// PriceListStore keeps price lists.
type PriceListStore interface {
	DirectPriceLists

	// CreatePriceList fails with *AlreadyExistsError on the name.
	CreatePriceList(ctx context.Context, l PriceList) (PriceList, error)
	// UpdatePriceList writes all but name, currency, who has it, and version, which it
	// increments. A
	// version other than 0 must be the current one, else ErrStaleVersion.
	// ErrPriceListNotFound.
	UpdatePriceList(ctx context.Context, l PriceList) (PriceList, error)
	// SetPriceList gives a merchant a list, or none with 0. ErrPriceListNotFound,
	// account.ErrMerchantNotFound; *errs.InvalidError on "price_list" when the merchant's
	// wallet has another currency.
	SetPriceList(ctx context.Context, merchantID, listID int64) error
}
