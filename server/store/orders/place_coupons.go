package orders

import (
	"encoding/json"
	"fmt"

	"orderhub/server/order"
	"orderhub/server/store"
)

var couponColumns = `SELECT id, code, kind, percent_bp, amount_micros, currency, min_subtotal_micros, product_ids,
		category_ids,
			starts_at, ends_at, max_uses, max_uses_per_merchant, uses, status FROM coupons `

// Only a coupon with a limit in all is locked against other placements: an
// unlimited one would otherwise be a row that every order waits for. It is
// shared, so that its limits do not change under the placement.
var selectLimitedCoupons = store.Statement{
	Postgres: couponColumns + `WHERE code = ANY($1::text[]) AND max_uses IS NOT NULL ORDER BY id`,
	SQLite:   couponColumns + `WHERE code IN (SELECT value FROM json_each($1)) AND max_uses IS NOT NULL ORDER BY id`,
}

var selectUnlimitedCoupons = store.Statement{
	Postgres: couponColumns + `WHERE code = ANY($1::text[]) AND max_uses IS NULL`,
	SQLite:   couponColumns + `WHERE code IN (SELECT value FROM json_each($1)) AND max_uses IS NULL`,
}

// The merchants' wallets are locked, so that their own uses stand still.
var selectCouponUses = store.Statement{
	Postgres: `SELECT c.code, u.merchant_id, count(*) FROM coupon_uses u JOIN coupons c ON c.id = u.coupon_id
			WHERE c.code = ANY($1::text[]) AND c.max_uses_per_merchant IS NOT NULL AND u.merchant_id = ANY($2::bigint[])
			GROUP BY c.code, u.merchant_id`,
	SQLite: `SELECT c.code, u.merchant_id, count(*) FROM coupon_uses u JOIN coupons c ON c.id = u.coupon_id
			WHERE c.code IN (SELECT value FROM json_each($1)) AND c.max_uses_per_merchant IS NOT NULL
			AND u.merchant_id IN (SELECT value FROM json_each($2)) GROUP BY c.code, u.merchant_id`,
}

func couponReads(n *needs, state *order.State, locking bool) []store.Query {
	if len(n.coupons) == 0 {
		return nil
	}
	each := func(row store.Scanner) error { return scanCoupon(row, state.Coupons) }
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

func scanCoupon(row store.Scanner, coupons map[string]*order.CouponState) error {
	c := &order.CouponState{UsesByMerchant: make(map[int64]int64)}
	var products, categories []byte
	err := row.Scan(
		&c.ID, &c.Code, &c.Kind, &c.PercentBasisPoints, &c.Amount, &c.Currency, &c.MinSubtotal, &products, &categories,
		&c.StartsAt, &c.EndsAt, &c.MaxUses, &c.MaxUsesPerMerchant, &c.Uses, &c.Status,
	)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(products, &c.ProductIDs); err != nil {
		return fmt.Errorf("products of coupon %d: %w", c.ID, err)
	}
	if err := json.Unmarshal(categories, &c.CategoryIDs); err != nil {
		return fmt.Errorf("categories of coupon %d: %w", c.ID, err)
	}
	coupons[c.Code] = c
	return nil
}
