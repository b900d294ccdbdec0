package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/money"
)

// Source says where a product's goods come from.
type Source string

// The sources of goods.
const (
	SourceStock    Source = "stock"    // our own units, or our own allotment of dated tickets
	SourceProvider Source = "provider" // bought from an upstream provider through an offer
)

// Status says whether a product or coupon can be used.
type Status string

// The states of products and coupons. Nothing is ever deleted: orders name it.
const (
	StatusActive   Status = "active"
	StatusArchived Status = "archived"
)

// UnlimitedStock is the stock shown where a number must stand for a product
// that a provider delivers without telling how many there are.
const UnlimitedStock int64 = 1_000_000

// MaxQuantity is the most units that a line may ask for, and what a product allows
// unless told otherwise: what limits it by default is its stock.
const MaxQuantity int64 = 1_000_000

// Category groups products for browsing.
type Category struct {
	ID          int64
	Slug        string
	Name        string
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Product is one sellable thing, priced in one currency. Version grows with
// every change, so that a price read earlier can be recognised as stale.
type Product struct {
	ID          int64
	SKU         string
	Slug        string
	Name        string
	Description string
	Category    Category
	Currency    money.Currency
	Price       money.Amount // of one unit, whole minor units
	Source      Source
	Format      string // of a unit's content, e.g. "user|pass|2fa"; empty when a provider decides
	Status      Status
	Fields      []Field // what the customer must tell us to be served
	MinQuantity int64   // per line, at least 1
	MaxQuantity int64   // per line
	// FulfilWithin is how long after the order a line may wait for a provider that
	// can be reached, in whole seconds; 0 for not at all.
	FulfilWithin time.Duration
	Dated        bool // a line must name the day of use
	// ExpiryMargin is how long before they expire units are not sold any more, in whole
	// seconds.
	ExpiryMargin time.Duration
	// LowStock is the threshold: operators are told once when fewer units can be sold,
	// and once when there are enough again; 0 for never.
	LowStock int64
	// MaxLoss is what share of its cost may be lost by selling a unit for less, in
	// hundredths of a percent, and LossPolicy what becomes of a line that could only be
	// bought at a greater loss.
	MaxLoss    int
	LossPolicy LossPolicy
	// RecipientCheckWithin is how old a check of an order's recipient may be, in whole seconds;
	// 0 where none is asked for.
	RecipientCheckWithin time.Duration
	// Attributes are what partners need to know of the product, such as their own
	// codes for it. Keys begin with the dialect's name: "axcloud.product_code".
	Attributes map[string]string
	Version    int64
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// LossPolicy says what becomes of a line that could only be bought at a loss.
type LossPolicy string

// The policies.
const (
	LossFails LossPolicy = "fail"
	LossWaits LossPolicy = "wait" // for a better offer, as long as FulfilWithin says
)

// Active reports whether the product can be ordered at all.
func (p *Product) Active() bool { return p.Status == StatusActive }

// UsesUnits reports whether the product's goods are units of our own stock.
func (p *Product) UsesUnits() bool { return p.Source == SourceStock && !p.Dated }

// NeedsAllotment reports whether a line can only be sold against an allotment
// of its day. A provider's dated product is limited only on days that have one.
func (p *Product) NeedsAllotment() bool { return p.Source == SourceStock && p.Dated }

// Field is one value a product asks of the customer, such as a game user id.
type Field struct {
	ID         int64    `json:"id"`
	Identifier string   `json:"identifier"` // unique within the product, compared without regard to case
	Title      string   `json:"title"`
	Type       string   `json:"type"` // "text" or "select"
	Required   bool     `json:"required"`
	MinLength  int      `json:"minLength,omitempty"` // characters; 0 means no bound
	MaxLength  int      `json:"maxLength,omitempty"` // characters; 0 means no bound
	Options    []string `json:"options,omitempty"`   // of a select
}

// The types of customer fields.
const (
	FieldText   = "text"
	FieldSelect = "select"
)

// Check returns why value is not acceptable, or "" when it is. The answer
// never repeats the value: it may be personal.
func (f *Field) Check(value string) string {
	if value == "" {
		if f.Required {
			return "is required"
		}
		return ""
	}
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return "must be text without control characters"
	}
	length := utf8.RuneCountInString(value)
	switch {
	case f.MinLength > 0 && length < f.MinLength:
		return fmt.Sprintf("must have at least %d characters", f.MinLength)
	case f.MaxLength > 0 && length > f.MaxLength:
		return fmt.Sprintf("must have at most %d characters", f.MaxLength)
	case f.Type == FieldSelect && !slices.Contains(f.Options, value):
		return "must be one of the options"
	}
	return ""
}

// SlugOf is the slug a SKU has unless another is given: lower case, "-" for "_"
// and for ":", which a slug may not hold.
func SlugOf(sku string) string {
	return strings.NewReplacer("_", "-", ":", "-").Replace(strings.ToLower(sku))
}

// Listing is a merchant's own name for a product, with an optional own price.
type Listing struct {
	ID               int64
	MerchantID       int64
	ProductID        int64
	ExternalID       string
	ExternalOptionID string        // "" unless the partner names options of a product
	Price            *money.Amount // nil: the product's own price
	CreatedAt        time.Time
}

// Allotment is how many tickets of a dated product exist for one day.
type Allotment struct {
	ProductID int64
	UseDate   string // YYYY-MM-DD
	Capacity  int64
	Sold      int64 // or held
	Held      int64 // of these; only where days are listed
}
