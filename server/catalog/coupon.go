package catalog

import (
	"slices"
	"strings"
	"time"

	"orderhub/server/money"
)

// CouponKind says how a coupon's discount is computed.
type CouponKind string

// The kinds of coupons.
const (
	CouponPercent CouponKind = "percent"
	CouponAmount  CouponKind = "amount"
)

// Coupon is a discount that an order may name by its code.
type Coupon struct {
	ID                 int64
	Code               string // upper case; compared without regard to case
	Kind               CouponKind
	PercentBasisPoints int64          // 1000 is 10 %; only of a percent coupon
	Amount             money.Amount   // only of an amount coupon
	Currency           money.Currency // of Amount and MinSubtotal; empty for a percent coupon of any currency
	MinSubtotal        money.Amount   // of the lines in scope
	ProductIDs         []int64        // scope; both lists empty: every product
	CategoryIDs        []int64
	StartsAt           *time.Time
	EndsAt             *time.Time
	MaxUses            *int64 // in all; nil: no limit
	MaxUsesPerMerchant *int64
	Uses               int64
	Status             Status
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// NormalizeCouponCode is the form in which codes are stored and compared.
func NormalizeCouponCode(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

// Covers reports whether the coupon's scope takes in p.
func (c *Coupon) Covers(p *Product) bool {
	return len(c.ProductIDs) == 0 && len(c.CategoryIDs) == 0 ||
		slices.Contains(c.ProductIDs, p.ID) || slices.Contains(c.CategoryIDs, p.Category.ID)
}
