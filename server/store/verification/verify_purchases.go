package verification

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/fulfil"
	"orderhub/server/purchase"
	"orderhub/server/store"
)

// purchasePasses check what people were asked to deliver: what they delivered is the customer's, and was not paid back.
var purchasePasses = []pass{{
	from: `purchases p LEFT JOIN attempts a ON a.id = p.id`,
	row:  `'purchase ', p.id`,
	rules: []rule{
		{
			5, "purchase-attempt", `a.id IS NULL OR a.provider_id <> p.provider_id`,
			`'of provider ', p.provider_id, '; its attempt is of ', coalesce(concat(a.provider_id), 'nobody')`,
		},
		{
			5, "purchase-refunded", `p.state = 'delivered' AND a.status IN ('refused', 'cancelled')`,
			`'delivered by hand, and its attempt is ', a.status`,
		},
	},
}}

// untoldAfter is how long after a purchase was overdue operators should have been told.
const untoldAfter = 10 * time.Minute

const selectUntold = `SELECT a.id, a.status, a.submitted_at, a.updated_at, coalesce(p.state, ''), p.deliver_by,
	p.created_at
	FROM attempts a LEFT JOIN purchases p ON p.id = a.id
	WHERE a.settled_at IS NULL AND a.overdue_at IS NULL AND (p.id IS NOT NULL OR a.status IN ('unknown', 'parked'))`

// untold checks that operators were told of what waits for too long. Only what the hub has seen to since is looked at:
// while it does not run, nobody is told.
func (v *verification) untold(ctx context.Context) error {
	v.summary.Rules++
	return v.rows(ctx, "purchase-untold", func(row store.Scanner) error {
		var id int64
		var status fulfil.AttemptStatus
		var submitted, seen time.Time
		var asked *time.Time
		p := purchase.Purchase{}
		if err := row.Scan(&id, &status, &submitted, &seen, &p.State, &p.DeliverBy, &asked); err != nil {
			return err
		}
		p.CreatedAt = store.Value(asked)
		late := p.Overdue(seen.Add(-untoldAfter))
		if p.State == "" || p.State == purchase.Delivered || p.State == purchase.Refused {
			late = (status == fulfil.AttemptUnknown || status == fulfil.AttemptParked) &&
				seen.Sub(submitted) > purchase.Patience+untoldAfter
		}
		if late {
			v.report(Finding{
				Invariant: 3, Rule: "purchase-untold", Row: fmt.Sprint("attempt ", id),
				Detail: string(status) + ", and operators were not told that it waits for too long",
			})
		}
		return nil
	}, selectUntold)
}
