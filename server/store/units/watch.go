package units

import (
	"context"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/store"
)

const levelColumns = `id, sku, source, dated, status, coalesce(low_stock, 0), low_since, expiry_margin_s,
	created_at FROM products `

var (
	selectLevels = store.Same(`SELECT ` + levelColumns + `WHERE low_stock IS NOT NULL OR low_since IS NOT NULL
		ORDER BY id`)
	// Whoever tells holds the row; placement reads it without a lock.
	selectLevel = store.Same(`SELECT ` + levelColumns + `WHERE id = $1`)
	lockLevel   = selectLevel.Locked(` FOR NO KEY UPDATE`)

	countAvailable = store.Same(`SELECT count(*) FROM (SELECT 1 FROM units WHERE product_id = $1
		AND status = 'available'
		AND expires_s > $2 ORDER BY expires_s, id LIMIT $3) AS available`)

	changeLevels = &store.Change[levelChange]{
		Table: "products", ID: func(r *levelChange) int64 { return r.id }, Columns: []store.Column[levelChange]{
			store.NullTime("low_since", func(r *levelChange) *time.Time { return r.lowSince }),
		},
	}

	selectExpiring = store.Same(`SELECT p.id FROM products p WHERE p.source = 'stock' AND NOT p.dated AND EXISTS
		(SELECT 1 FROM units u WHERE u.product_id = p.id AND u.status = 'available' AND u.expires_s <= $1)
		ORDER BY p.id LIMIT $2`)
	// What a placement holds it sells; what it gives back is found the next time.
	expireUnits = store.FromPostgres(`UPDATE units SET status = 'expired' WHERE id IN (SELECT id FROM units WHERE
		product_id = $1 AND status = 'available' AND expires_s <= $2 ORDER BY expires_s, id LIMIT $3
		FOR UPDATE SKIP LOCKED)
		RETURNING id`)

	selectOutlook = store.Same(`SELECT low_since, (SELECT count(*) FROM units WHERE product_id = p.id
			AND status = 'available' AND expires_s > $2),
		(SELECT expires_s FROM units WHERE product_id = p.id AND status = 'available' AND expires_s > $2
			ORDER BY expires_s, id LIMIT 1),
		(SELECT CAST(coalesce(sum(quantity), 0) AS bigint) FROM hold_parts WHERE product_id = p.id)
		FROM products p WHERE id = $1`)
	firstOrder = store.Same(`SELECT created_at FROM orders ORDER BY created_at, id LIMIT 1`)
	nthOrder   = store.Same(`SELECT created_at FROM orders WHERE created_at >= $1
		ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET $2`)
	countSold = store.Same(`SELECT CAST(coalesce(sum(l.completed), 0) AS bigint) FROM orders o
		JOIN order_lines l ON l.order_id = o.id WHERE o.created_at >= $1 AND l.product_id = $2`)
)

// levelChange notes what operators were told of a product.
type levelChange struct {
	id       int64
	lowSince *time.Time
}

// scanLevel reads what a threshold is judged by, but for how many units there are.
func scanLevel(row store.Scanner) (catalog.StockLevel, error) {
	l := catalog.StockLevel{Product: &catalog.Product{}}
	var margin int64
	err := row.Scan(&l.ID, &l.SKU, &l.Source, &l.Dated, &l.Status, &l.LowStock, &l.LowSince, &margin, &l.CreatedAt)
	l.ExpiryMargin = time.Duration(margin) * time.Second
	return l, err
}

// countLevel counts as many units as the threshold needs.
func countLevel(l *catalog.StockLevel, now time.Time) store.Query {
	args := []any{l.ID, catalog.SellsUntil(now, l.ExpiryMargin), l.LowStock}
	return store.NewQuery(countAvailable, args, store.Into(&l.Available))
}

func (s *Store) Crossing(ctx context.Context) (ids []int64, err error) {
	var levels []catalog.StockLevel
	err = s.db.Peek(ctx, store.NewQuery(selectLevels, nil, store.Append(&levels, scanLevel)))
	now := s.db.Now()
	counts := make([]store.Query, len(levels))
	for i := range levels {
		counts[i] = countLevel(&levels[i], now)
	}
	if err == nil && len(counts) > 0 {
		err = s.db.Peek(ctx, counts...)
	}
	for i := range levels {
		if _, _, changed := levels[i].Told(now); changed {
			ids = append(ids, levels[i].ID)
		}
	}
	return ids, store.During("look for stock that is low", err)
}

func (s *Store) TellLevel(ctx context.Context, productID int64) error {
	perDay, err := s.soldPerDay(ctx, productID)
	if err != nil {
		return err
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		var found []catalog.StockLevel
		err := tx.Query(ctx, store.NewQuery(lockLevel, []any{productID}, store.Append(&found, scanLevel)))
		if err != nil || len(found) == 0 {
			return err
		}
		l := &found[0]
		l.PerDay = perDay
		// Counted while the row is held: who told before has seen no older stock.
		now := s.db.Now()
		if err := tx.Query(ctx, countLevel(l, now)); err != nil {
			return err
		}
		events, since, changed := l.Told(now)
		if !changed {
			return nil
		}
		noted := changeLevels.Update(levelChange{productID, since})
		return tx.Write(ctx, &noted, store.OperatorEvents(now, events...))
	})
	return store.During("tell of stock that is low", err)
}

// soldPerDay is counted before the row is held: it reads many orders, for which nobody who sells should wait.
func (s *Store) soldPerDay(ctx context.Context, productID int64) (float64, error) {
	var found []catalog.StockLevel
	err := s.db.Peek(ctx, store.NewQuery(selectLevel, []any{productID}, store.Append(&found, scanLevel)))
	if err != nil || len(found) == 0 || found[0].LowSince != nil {
		return 0, store.During("look for stock that is low", err)
	}
	outlook, err := s.Outlook(ctx, found[0].Product)
	return outlook.PerDay(), err
}

func (s *Store) Expiring(ctx context.Context, most int) (ids []int64, err error) {
	args := []any{s.db.Now().Unix(), most}
	err = s.db.Peek(ctx, store.NewQuery(selectExpiring, args, store.Gather(&ids)))
	return ids, store.During("look for units that have expired", err)
}

func (s *Store) ExpireUnits(ctx context.Context, productID int64, most int) (units int, err error) {
	now := s.db.Now()
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		units = 0
		p := &catalog.Product{}
		err := tx.Query(ctx,
			store.NewQuery(store.Same(`SELECT id, sku FROM products WHERE id = $1`), []any{productID},
				store.Into(&p.ID, &p.SKU)),
			store.NewQuery(expireUnits, []any{productID, now.Unix(), most}, store.Count(&units)),
		)
		if err != nil || units == 0 {
			return err
		}
		return tx.Write(ctx, store.OperatorEvents(now, catalog.ExpiredUnits(p, units)))
	})
	return units, store.During("take expired units off sale", err)
}

func (s *Store) Outlook(ctx context.Context, p *catalog.Product) (o catalog.Outlook, err error) {
	now := s.db.Now()
	since := now.Add(-catalog.OutlookOver)
	if p.CreatedAt.After(since) {
		since = p.CreatedAt
	}
	found := false
	later := store.Each1(func(at time.Time) {
		if found = true; at.After(since) {
			since = at
		}
	})
	err = s.db.Peek(
		ctx,
		store.NewQuery(selectOutlook, []any{p.ID, catalog.SellsUntil(now, p.ExpiryMargin)}, store.Each4(
			func(low *time.Time, available int64, expires *int64, held int64) {
				o.LowSince, o.Available, o.Held = low, available, held
				if expires != nil {
					o.NextExpiry = catalog.ExpiryOf(*expires)
				}
			},
		)),
		store.NewQuery(firstOrder, nil, later),
		store.NewQuery(nthOrder, []any{since.UTC(), catalog.OutlookOrders}, later),
	)
	if err == nil && found {
		o.Over = now.Sub(since)
		err = s.db.Peek(ctx, store.NewQuery(countSold, []any{since.UTC(), p.ID}, store.Into(&o.Sold)))
	}
	return o, store.During("look at the stock of a product", err)
}
