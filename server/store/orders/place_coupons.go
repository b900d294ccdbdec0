package orders

import (
	"encoding/json"
	"fmt"

	"orderhub/server/order"
	"orderhub/server/store"
)

// readCoupon is a coupon as it is read.
type readCoupon struct {
	order.CouponState

	products, categories []byte // JSON
}

func (r *readCoupon) fields() store.Fields {
	return store.Fields{
		"id", &r.ID, "code", &r.Code, "kind", &r.Kind, "percent_bp", &r.PercentBasisPoints, "amount_micros", &r.Amount,
		"currency", &r.Currency, "min_subtotal_micros", &r.MinSubtotal, "product_ids", &r.products,
		"category_ids", &r.categories, "starts_at", &r.StartsAt, "ends_at", &r.EndsAt, "max_uses", &r.MaxUses,
		"max_uses_per_merchant", &r.MaxUsesPerMerchant, "uses", &r.Uses, "status", &r.Status,
	}
}

var couponColumns = `SELECT ` + store.Selected((*readCoupon).fields) + ` FROM coupons `

// Only a coupon with a limit in all is locked against other placements: an
// unlimited one would otherwise be a row that every order waits for. It is
// shared, so that its limits do not change under the placement.
var selectLimitedCoupons = store.FromPostgres(couponColumns + `WHERE code = ANY($1::text[]) AND max_uses IS NOT NULL
	ORDER BY id`)

var selectUnlimitedCoupons = store.FromPostgres(couponColumns + `WHERE code = ANY($1::text[]) AND max_uses IS NULL`)

// The merchants' wallets are locked, so that their own uses stand still.
var selectCouponUses = store.FromPostgres(`SELECT c.code, u.merchant_id, count(*) FROM coupon_uses u
	JOIN coupons c ON c.id = u.coupon_id WHERE c.code = ANY($1::text[]) AND c.max_uses_per_merchant IS NOT NULL
	AND u.merchant_id = ANY($2::bigint[]) GROUP BY c.code, u.merchant_id`)

func couponReads(n *needs, state *order.State, locking bool) []store.Query {
	if len(n.coupons) == 0 {
		return nil
	}
	each := store.EachOf((*readCoupon).fields, func(row *readCoupon) error { return addCoupon(row, state.Coupons) })
	return []store.Query{
		store.NewQuery(selectLimitedCoupons.Locked(lock(store.LockRows, locking)), []any{n.coupons}, each),
		store.NewQuery(selectUnlimitedCoupons.Locked(lock(shareRows, locking)), []any{n.coupons}, each),
		store.NewQuery(selectCouponUses, []any{n.coupons, n.merchants}, func(row store.Scanner) error {
			var code string
			var merchant, uses int64
			if err := row.Scan(&code, &merchant, &uses); err != nil {
				return err
			}
			if coupon := state.Coupons[code]; coupon != nil {
				coupon.UsesByMerchant[merchant] = uses
			}
			return nil
		}),
	}
}

func addCoupon(row *readCoupon, coupons map[string]*order.CouponState) error {
	c := row.CouponState
	c.UsesByMerchant = make(map[int64]int64)
	if err := json.Unmarshal(row.products, &c.ProductIDs); err != nil {
		return fmt.Errorf("products of coupon %d: %w", c.ID, err)
	}
	if err := json.Unmarshal(row.categories, &c.CategoryIDs); err != nil {
		return fmt.Errorf("categories of coupon %d: %w", c.ID, err)
	}
	coupons[c.Code] = &c
	return nil
}
