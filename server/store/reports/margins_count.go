package reports

import (
	"context"
	"time"

	"orderhub/server/money"
	"orderhub/server/report"
	"orderhub/server/store"
)

var (
	finalLine = `l.completed + l.failed + l.cancelled >= l.quantity`
	linesIn   = ` FROM orders o JOIN order_lines l ON l.order_id = o.id `
	placedIn  = ` WHERE o.created_at >= $1 AND o.created_at < $2 `
	// Attempts of a version that kept no books cost what their offer said.
	costOf         = `CASE WHEN a.booked_micros IS NULL THEN a.cost_micros * a.delivered ELSE a.booked_micros END`
	costCurrencyOf = `CASE WHEN a.booked_micros IS NULL THEN a.currency ELSE a.booked_currency END`
	unpricedOf     = `CASE WHEN a.charged_micros IS NULL AND (a.cost_micros = 0 OR a.currency = '')
			THEN a.delivered ELSE 0 END`
	net = `l.total_micros - l.refunded_micros`
	// What was bought for a line may be more than it has: units are paid back after claims, and tickets cancelled.
	// What took the place of units that did not work costs, and brings in nothing.
	boughtOf = `(SELECT coalesce(sum(b.delivered), 0) FROM attempts b WHERE b.line_id = l.id
		AND b.settled_at IS NOT NULL
			AND b.replacement_id IS NULL)`
	ordered = `a.replacement_id IS NULL`
	// What that costs comes later, as for a line that is not final.
	replacing = `EXISTS (SELECT 1 FROM replacements r WHERE r.order_id = o.id AND r.line_id = l.id
		AND r.ended_at IS NULL)`
	aloneOf = `(a.delivered >= l.completed AND a.delivered = ` + boughtOf + `)`
	ownOf   = `CASE WHEN l.source <> 'provider' THEN l.completed
			WHEN l.completed > ` + boughtOf + ` THEN l.completed - ` + boughtOf + ` ELSE 0 END`

	countSold = store.Same(`SELECT l.product_id, o.merchant_id, o.currency,
			CAST(sum(CASE WHEN ` + finalLine + ` THEN ` + ownOf + ` ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN ` + finalLine + ` THEN l.failed ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN ` + finalLine + ` THEN ` + net + ` ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN ` + finalLine + ` AND NOT ` + replacing + ` THEN 0 ELSE 1 END) AS bigint)` +
		linesIn + placedIn + `GROUP BY 1, 2, 3`)
	// What one attempt delivered of a line alone has all of its revenue; the rest is shared out below.
	countBought = store.Same(`SELECT l.product_id, o.merchant_id, o.currency, a.provider_id, ` + costCurrencyOf + `,
			CAST(sum(CASE WHEN ` + ordered + ` THEN a.delivered ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN ` + ordered + ` THEN a.quantity - a.delivered ELSE 0 END) AS bigint),
			CAST(sum(` + unpricedOf + `) AS bigint),
			CAST(sum(CASE WHEN a.delivered > 0 AND ` + ordered + ` AND ` + aloneOf + ` THEN ` + net + `
			ELSE 0 END) AS bigint),
			CAST(sum(` + costOf + `) AS bigint)` +
		linesIn + `JOIN attempts a ON a.line_id = l.id` + placedIn + `AND ` + finalLine + ` AND a.settled_at IS NOT NULL
		GROUP BY 1, 2, 3, 4, 5`)
	countShared = store.Same(`SELECT l.product_id, o.merchant_id, o.currency, a.provider_id, ` + costCurrencyOf + `,
			a.delivered, l.completed, ` + boughtOf + `, ` + net +
		linesIn + `JOIN attempts a ON a.line_id = l.id` + placedIn + `AND ` + finalLine + ` AND a.settled_at IS NOT NULL
			AND a.delivered > 0 AND ` + ordered + ` AND NOT ` + aloneOf)
)

// sold is what the lines of one product, merchant and currency add up to.
type sold struct {
	own, failed int64 // units: from our own stock, and of all
	revenue     money.Amount
	bought      []*report.MarginFigures
}

func (s *Store) CountMargins(ctx context.Context, from, to time.Time) (
	figures []report.MarginFigures, open int64, err error,
) {
	all := make(map[report.MarginKey]*sold)
	day := from.UTC().Truncate(24 * time.Hour)
	args := []any{from.UTC(), to.UTC()}
	err = s.db.Peek(
		ctx,
		store.NewQuery(countSold, args, func(row store.Scanner) error {
			key, of, unfinished := report.MarginKey{Day: day}, &sold{}, int64(0)
			err := row.Scan(
				&key.ProductID, &key.MerchantID, &key.Currency, &of.own, &of.failed, &of.revenue, &unfinished,
			)
			all[key], open = of, open+unfinished
			return err
		}),
		store.NewQuery(countBought, args, func(row store.Scanner) error {
			f := &report.MarginFigures{MarginKey: report.MarginKey{Day: day}, OfProvider: true}
			err := row.Scan(
				&f.ProductID, &f.MerchantID, &f.Currency, &f.ProviderID, &f.CostCurrency, &f.Units, &f.Failed,
				&f.Unpriced,
				&f.Revenue, &f.Cost,
			)
			if of := soldOf(all, f); of != nil {
				of.bought = append(of.bought, f)
			}
			return err
		}),
		store.NewQuery(countShared, args, func(row store.Scanner) error {
			f := &report.MarginFigures{MarginKey: report.MarginKey{Day: day}}
			var delivered, completed, bought int64
			var whole money.Amount
			err := row.Scan(
				&f.ProductID, &f.MerchantID, &f.Currency, &f.ProviderID, &f.CostCurrency, &delivered, &completed,
				&bought,
				&whole,
			)
			if of := soldOf(all, f); of != nil {
				of.share(f, whole, delivered, max(bought, completed))
			}
			return err
		}),
	)
	if err != nil {
		return nil, 0, store.During("count margins", err)
	}
	for key, of := range all {
		figures = append(figures, of.figures(key)...)
	}
	return figures, open, nil
}

// soldOf is what the lines that figures are about add up to; nil where they came between two reads.
func soldOf(all map[report.MarginKey]*sold, f *report.MarginFigures) *sold {
	key := f.MarginKey
	key.ProviderID = 0
	return all[key]
}

// share adds the part of a line's revenue that so many of its units have.
func (s *sold) share(f *report.MarginFigures, whole money.Amount, units, of int64) {
	parts := money.ShareOut(whole, []money.Amount{money.Amount(units), money.Amount(of - units)}, f.Currency)
	for _, b := range s.bought {
		if b.ProviderID == f.ProviderID && b.CostCurrency == f.CostCurrency {
			b.Revenue = b.Revenue.AddCapped(parts[0])
			return
		}
	}
}

// figures are what is kept of it: what each provider delivered, and the rest, which was our own.
func (s *sold) figures(key report.MarginKey) []report.MarginFigures {
	own := report.MarginFigures{MarginKey: key, Units: s.own, Failed: s.failed, Revenue: s.revenue}
	all := make([]report.MarginFigures, 0, len(s.bought)+1)
	for _, b := range s.bought {
		own.Revenue = own.Revenue.SubCapped(b.Revenue)
		all = append(all, *b)
	}
	if own.Units == 0 && len(all) > 0 { // what rounding left over, or was cancelled since
		all[0].Revenue = all[0].Revenue.AddCapped(own.Revenue)
		own.Revenue = 0
	}
	own.Unpriced = own.Units
	if own.Units != 0 || own.Failed != 0 || own.Revenue != 0 {
		all = append(all, own)
	}
	return all
}
