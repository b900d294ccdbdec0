package reports

import (
	"context"
	"time"

	"orderhub/server/metrics"
	"orderhub/server/report"
	"orderhub/server/store"
)

// mostListed bounds each list of what waits.
const mostListed = 100

var (
	// The order keeps both databases to the index of orders that are not final.
	stuckOrders = store.Same(`SELECT updated_at FROM orders WHERE status IN ('pending', 'processing')
		AND updated_at < $1
		ORDER BY updated_at LIMIT 10000`)

	// No more units are counted of each than are few, for the hub or for the product itself.
	lowStock = store.Same(`SELECT id, sku, available FROM (SELECT p.id, p.sku, p.low_since,
			CASE WHEN p.low_since IS NULL THEN (SELECT count(*) FROM (SELECT 1 FROM units u
				WHERE u.product_id = p.id AND u.status = 'available' AND u.expires_s > $3 + p.expiry_margin_s
				ORDER BY u.expires_s, u.id LIMIT $1) AS few)
			ELSE (SELECT count(*) FROM units u
				WHERE u.product_id = p.id AND u.status = 'available' AND u.expires_s > $3 + p.expiry_margin_s)
			END AS available FROM products p WHERE p.status = 'active' AND p.source = 'stock' AND NOT p.dated) AS stock
		WHERE available < $1 OR low_since IS NOT NULL ORDER BY available, sku LIMIT $2`)

	heldLists = store.Same(`SELECT created_at FROM supply_syncs WHERE status = 'held' ORDER BY id LIMIT 10000`)
	// There is a row for each provider.
	poorProviders = store.Same(`SELECT p.name, b.refused_at FROM provider_balances b
		JOIN providers p ON p.id = b.provider_id WHERE p.status = 'active' AND (b.refused_at IS NOT NULL OR b.low)
		ORDER BY b.refused_at IS NULL, b.refused_at, p.name LIMIT $1`)

	// There are as many endpoints and wallets as merchants.
	failingEndpoints = store.Same(`SELECT id, merchant_id, status = 'disabled', failing_since FROM webhook_endpoints
		WHERE status = 'disabled' OR (status = 'active' AND failing_since IS NOT NULL)
		ORDER BY failing_since IS NULL, failing_since, id LIMIT $1`)
	lowWallets = store.Same(`SELECT merchant_id, currency, balance_micros, low_balance_micros FROM accounts
		WHERE merchant_id IS NOT NULL AND balance_micros < low_balance_micros ORDER BY merchant_id LIMIT $1`)

	endpointsOf = store.Same(`SELECT id, merchant_id, failing_since FROM webhook_endpoints
		WHERE id > $1 AND ($2 = 0 OR merchant_id = $2) ORDER BY id LIMIT $3`)
	lastDeliveries = dated(`SELECT status, bucket_of, count(*), min(epoch(happened_at)) FROM (
			SELECT status, happened_at, CASE WHEN status = 'delivered' THEN epoch(updated_at) - (epoch(happened_at)) END
			AS took FROM webhook_deliveries WHERE endpoint_id = $1 ORDER BY id DESC LIMIT $2) AS d
		GROUP BY 1, 2`)
)

func (s *Store) Needs(ctx context.Context, stuckBefore time.Time, low int) (n report.Needs, err error) {
	waiting, err := s.backlog.Backlog(ctx)
	if err != nil {
		return n, err
	}
	now := s.db.Now()
	n.Parked, n.Disputed = waiting.AttemptsParked, waiting.AttemptsDisputed
	n.Claims, n.OverdueClaims = since(waiting.Claims.Count, waiting.Claims.Oldest, now), waiting.ClaimsOverdue
	n.Approvals = since(waiting.Approvals.Count, waiting.Approvals.Oldest, now)
	n.Deliveries = since(waiting.Deliveries.Count, waiting.Deliveries.Oldest, now)
	n.Purchases = since(waiting.Purchases.Count, waiting.Purchases.Oldest, now)
	n.OverduePurchases = waiting.PurchasesOverdue
	var found metrics.Waiting
	for _, w := range waiting.Findings {
		found.Count, found.Oldest = found.Count+w.Count, max(found.Oldest, w.Oldest)
	}
	n.Findings = since(found.Count, found.Oldest, now)
	err = s.db.Peek(
		ctx,
		store.NewQuery(stuckOrders, []any{stuckBefore.UTC()}, addMoments(&n.Stuck)),
		store.NewQuery(heldLists, nil, addMoments(&n.HeldLists)),
		store.NewQuery(poorProviders, []any{mostListed}, store.All(
			&n.PoorProviders, func(p *report.PoorProvider) []any { return []any{&p.Name, &p.Since} },
		)),
		store.NewQuery(lowStock, []any{low, mostListed, now.Unix()}, store.All(
			&n.LowStock, func(p *report.LowStock) []any { return []any{&p.ProductID, &p.SKU, &p.Available} },
		)),
		store.NewQuery(failingEndpoints, []any{mostListed}, store.All(
			&n.FailingEndpoints,
			func(e *report.FailingEndpoint) []any { return []any{&e.ID, &e.MerchantID, &e.Disabled, &e.Since} },
		)),
		store.NewQuery(lowWallets, []any{mostListed}, store.All(
			&n.LowWallets,
			func(w *report.LowWallet) []any { return []any{&w.MerchantID, &w.Currency, &w.Balance, &w.Threshold} },
		)),
	)
	return n, store.During("read what waits for a person", err)
}

// addMoments counts rows of moments, the earliest first.
func addMoments(w *report.Waiting) func(store.Scanner) error {
	return store.Each1(func(at time.Time) {
		if w.Count++; w.Count == 1 {
			w.Since = at
		}
	})
}

func since(count int64, ago time.Duration, now time.Time) report.Waiting {
	if count == 0 {
		return report.Waiting{}
	}
	return report.Waiting{Count: count, Since: now.Add(-ago)}
}

func (s *Store) Endpoints(ctx context.Context, merchantID, afterID int64, limit, deliveries int) (
	all []report.Endpoint, err error,
) {
	into := store.All(&all, func(e *report.Endpoint) []any { return []any{&e.ID, &e.MerchantID, &e.FailingSince} })
	err = s.db.Peek(ctx, store.NewQuery(endpointsOf, []any{afterID, merchantID, limit}, into))
	queries := make([]store.Query, len(all))
	for i := range all {
		queries[i] = store.NewQuery(lastDeliveries, []any{all[i].ID, deliveries}, addDeliveries(&all[i]))
	}
	if err == nil && len(queries) > 0 {
		err = s.db.Peek(ctx, queries...)
	}
	return all, store.During("read figures of endpoints", err)
}

func addDeliveries(e *report.Endpoint) func(store.Scanner) error {
	return store.Each4(func(status string, bucket int, n int64, first *float64) {
		switch status {
		case "delivered":
			e.Delivered += n
		case "failed":
			e.Failed += n
		case "superseded":
			e.Superseded += n
		default:
			e.Pending += n
			if first != nil {
				at := time.UnixMicro(int64(*first * 1e6)).UTC()
				e.PendingSince = &at
			}
		}
		if bucket >= 0 {
			e.Lags[bucket] += n
		}
	})
}
