package verification

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"orderhub/server/order"
	"orderhub/server/store"
)

// holdPasses check that holds have what they took, and nothing once they have ended.
var holdPasses = []pass{
	{
		from: `holds h LEFT JOIN (SELECT t.hold_id, ` + moved(`t.kind = 'hold'`) + ` AS taken,
			` + moved(`t.kind = 'release'`) + ` AS released, count(*) AS transfers
			FROM transfers t WHERE t.hold_id IS NOT NULL GROUP BY t.hold_id) AS t ON t.hold_id = h.id
			LEFT JOIN orders o ON o.id = h.order_id`,
		row: `'hold ', h.number`,
		rules: []rule{
			{
				1, "hold-money", `h.total_micros < 0 OR coalesce(t.taken, 0) <> h.total_micros
					OR coalesce(t.released, 0) <> CASE h.status WHEN 'held' THEN 0 ELSE h.total_micros END
					OR coalesce(t.transfers, 0) <> CASE WHEN h.total_micros = 0 THEN 0 WHEN h.status = 'held' THEN 1 ELSE 2 END`,
				`h.status, ', total ', h.total_micros, ', taken ', coalesce(t.taken, 0), ', released ', coalesce(t.released, 0),
					' in ', coalesce(t.transfers, 0), ' transfers'`,
			},
			{
				3, "hold-status", `h.status NOT IN ('held', 'confirmed', 'released', 'expired')
					OR (h.status = 'held') <> (h.ended_at IS NULL) OR (h.status = 'held') <> (h.draft IS NOT NULL)
					OR (h.status = 'confirmed') <> (h.order_id IS NOT NULL)`,
				`h.status, ', order ', coalesce(concat(h.order_id), 'none')`,
			},
			{
				2, "hold-order", `CASE WHEN h.order_id IS NULL THEN EXISTS (SELECT 1 FROM orders x WHERE x.number = h.number)
					ELSE o.id IS NULL OR o.number <> h.number OR o.merchant_id <> h.merchant_id OR o.reference <> h.reference
						OR o.total_micros <> h.total_micros OR o.currency <> h.currency OR o.created_at >= h.expires_at END`,
				`h.status, ' with a total of ', h.total_micros, '; order ', coalesce(o.number, 'none'), ' has ', o.total_micros`,
			},
			{
				4, "hold-stock", `h.status <> 'held' AND EXISTS (SELECT 1 FROM hold_parts p WHERE p.hold_id = h.id)`,
				`h.status, ', but has stock'`,
			},
			{
				6, "hold-coupon", `(h.status = 'held' AND h.coupon_id IS NOT NULL) <> EXISTS (SELECT 1 FROM coupon_uses u
					WHERE u.order_id = -h.id AND u.coupon_id = h.coupon_id AND u.merchant_id = h.merchant_id)`,
				`h.status, ', coupon ', coalesce(concat(h.coupon_id), 'none')`,
			},
		},
	},
	{
		from:  `coupon_uses u LEFT JOIN holds h ON h.id = -u.order_id`,
		where: `u.order_id < 0`,
		row:   `'coupon use ', u.id`,
		rules: []rule{{
			6, "hold-coupon-use", `h.id IS NULL OR h.status <> 'held' OR h.coupon_id IS NULL OR h.coupon_id <> u.coupon_id`,
			`'coupon ', u.coupon_id, ' for hold ', coalesce(h.number, concat(-u.order_id))`,
		}},
	},
	{
		from: `hold_parts p LEFT JOIN holds h ON h.id = p.hold_id LEFT JOIN units u ON u.id = p.unit_id`,
		row:  `'part ', p.id, ' of hold ', coalesce(h.number, concat(p.hold_id))`,
		rules: []rule{{
			4, "hold-part", `h.id IS NULL OR p.quantity < 1 OR (p.unit_id IS NULL) <> (p.use_date <> '')
				OR (p.unit_id IS NOT NULL AND (p.quantity <> 1 OR u.id IS NULL OR u.status <> 'held'
					OR u.product_id <> p.product_id))`,
			`'unit ', p.unit_id, ', which is ', u.status, ', day ', p.use_date, ', quantity ', p.quantity`,
		}},
	},
	{
		// Also when holds are no longer kept.
		from:  `accounts a`,
		where: `a.kind = 'held'`,
		row:   `'account ', a.id`,
		rules: []rule{{
			1, "held-sum", heldMoney + ` <> ` + openHolds,
			`'has ', ` + heldMoney + `, ', open holds in ', a.currency, ' have ', ` + openHolds,
		}},
	},
}

const (
	heldMoney = `coalesce((SELECT wide_sum(CASE t.kind WHEN 'hold' THEN CAST(t.amount_micros AS numeric)
		ELSE -CAST(t.amount_micros AS numeric) END) FROM transfers t
		WHERE t.kind IN ('hold', 'release') AND t.currency = a.currency), 0)`
	openHolds = `coalesce((SELECT wide_sum(h.total_micros) FROM holds h
		WHERE h.status = 'held' AND h.currency = a.currency), 0)`
)

// selectLastEvent finds about when a hub was last at work: nobody gives anything back while none is.
const selectLastEvent = `SELECT created_at FROM events ORDER BY id DESC LIMIT 1`

// overdueHolds checks that nothing stays held: what is past its time is given back soon.
func (v *verification) overdueHolds(ctx context.Context, now time.Time) error {
	v.summary.Rules++
	var last time.Time
	switch err := v.tx.QueryRowContext(ctx, selectLastEvent).Scan(&last); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("rule hold-overdue: %w", err)
	case last.Before(now):
		now = last
	}
	return v.rows(ctx, "hold-overdue", func(row store.Scanner) error {
		var number string
		var expires time.Time
		if err := row.Scan(&number, &expires); err != nil {
			return err
		}
		if now.Sub(expires) > order.HoldGrace {
			v.report(Finding{
				Invariant: 4, Rule: "hold-overdue", Row: "hold " + number,
				Detail: "it is held, but expired at " + expires.UTC().Format(time.RFC3339),
			})
		}
		return nil
	}, `SELECT number, expires_at FROM holds WHERE status = 'held'`)
}
