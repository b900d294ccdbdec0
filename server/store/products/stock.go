package products

import (
	"context"
	"database/sql"

	"orderhub/ent"
	entallotment "orderhub/ent/allotment"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/store"
)

var (
	selectStockLevels = store.Same(`SELECT u.product_id, count(*) FROM units u JOIN products p ON p.id = u.product_id
		WHERE u.status = 'available' AND u.expires_s > $1 + p.expiry_margin_s AND p.source = 'stock' AND NOT p.dated
		GROUP BY u.product_id`)

	// Everyone who changes the days of a product holds its row, so that no day can appear meanwhile.
	lockProduct = store.Same(`SELECT dated FROM products WHERE id = $1`).Locked(store.LockRows)
	// In the order in which placement locks them.
	lockDays = store.FromPostgres(`SELECT id, use_date, sold, capacity FROM allotments WHERE product_id = $1
		AND use_date = ANY($2::text[]) ORDER BY use_date`).Locked(store.LockRows)
	selectHeldDays = store.Same(`SELECT use_date, CAST(sum(quantity) AS bigint) FROM hold_parts
		WHERE product_id = $1 AND use_date <> '' GROUP BY use_date`)
	allotmentsTable = &store.Table[catalog.Allotment]{Name: "allotments", Columns: []store.Column[catalog.Allotment]{
		store.Bigint("product_id", func(r *catalog.Allotment) int64 { return r.ProductID }),
		store.Text("use_date", func(r *catalog.Allotment) string { return r.UseDate }),
		store.Bigint("capacity", func(r *catalog.Allotment) int64 { return r.Capacity }),
	}}
	changeCapacities = &store.Change[capacity]{
		Table: "allotments", ID: func(r *capacity) int64 { return r.dayID },
		Columns: []store.Column[capacity]{store.Bigint("capacity", func(r *capacity) int64 { return r.tickets })},
	}
)

func (s *Store) StockLevels(ctx context.Context) (map[int64]int64, error) {
	levels := make(map[int64]int64)
	err := s.db.Peek(ctx, store.NewQuery(selectStockLevels, []any{s.db.Now().Unix()}, store.Keyed(levels)))
	return levels, store.During("count available units", err)
}

// SetAllotments implements catalog.Store. Further errors: catalog.ErrProductNotFound, and *errs.InvalidError on
// "product" when it has no day of use.
func (s *Store) SetAllotments(ctx context.Context, productID int64, allotments []catalog.Allotment) error {
	days := make([]string, len(allotments))
	for i, a := range allotments {
		days[i] = a.UseDate
	}
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		if err := lockDatedProduct(ctx, tx, productID); err != nil {
			return err
		}
		present, sold, before := make(map[string]int64), make(map[string]int64), make(map[string]int64)
		err := tx.Query(ctx, store.NewQuery(lockDays, []any{productID, days}, store.Each4(
			func(id int64, day string, tickets, capacity int64) {
				present[day], sold[day], before[day] = id, tickets, capacity
			},
		)))
		if err != nil {
			return err
		}
		if err := catalog.CheckCapacities(allotments, sold); err != nil {
			return err
		}
		recordCapacities(ctx, allotments, before)
		added, changed := capacities(productID, allotments, present)
		return tx.Write(ctx, added, changed)
	})
	return store.During("set allotments", err)
}

func lockDatedProduct(ctx context.Context, tx store.BulkTx, id int64) error {
	var dated sql.NullBool
	err := tx.Query(ctx, store.NewQuery(lockProduct, []any{id}, store.Into(&dated)))
	switch {
	case err != nil:
		return err
	case !dated.Valid:
		return catalog.ErrProductNotFound
	case !dated.Bool:
		return errs.Invalid("product", "must be one with a day of use")
	}
	return nil
}

// capacity is how many tickets there are of a day.
type capacity struct{ dayID, tickets int64 }

// capacities is what has to be written; present are the ids of the days there are.
// mostRecorded bounds what the record has of one change of many days.
const mostRecorded = 100

// recordCapacities notes of the first days that change what they had and have.
func recordCapacities(ctx context.Context, allotments []catalog.Allotment, before map[string]int64) {
	noted := 0
	for _, a := range allotments {
		had, existed := before[a.UseDate]
		if existed && had == a.Capacity || noted == mostRecorded {
			continue
		}
		noted++
		if existed {
			audit.Changed(ctx, a.UseDate, had, a.Capacity)
		} else {
			audit.Changed(ctx, a.UseDate, nil, a.Capacity)
		}
	}
}

func capacities(productID int64, allotments []catalog.Allotment, present map[string]int64) (
	*store.Insert[catalog.Allotment], *store.Update[capacity],
) {
	added, changed := allotmentsTable.Insert(), changeCapacities.Update()
	for _, a := range allotments {
		if id, exists := present[a.UseDate]; exists {
			changed.Add(capacity{id, a.Capacity})
		} else {
			added.Add(catalog.Allotment{ProductID: productID, UseDate: a.UseDate, Capacity: a.Capacity})
		}
	}
	return &added, &changed
}

func (s *Store) ListAllotments(ctx context.Context, productID int64, from, to string, limit int) (
	[]catalog.Allotment, error,
) {
	rows, err := s.db.Reader.Allotment.Query().Where(
		entallotment.ProductID(productID), store.Given(entallotment.UseDateGTE, from),
		store.Given(entallotment.UseDateLTE, to),
	).Order(entallotment.ByUseDate()).Limit(store.LimitOf(limit)).All(ctx)
	held := make(map[string]int64)
	if err == nil {
		err = s.db.Peek(ctx, store.NewQuery(selectHeldDays, []any{productID}, store.Keyed(held)))
	}
	return store.Mapped(rows, func(row *ent.Allotment) catalog.Allotment {
		return catalog.Allotment{
			ProductID: row.ProductID, UseDate: row.UseDate, Capacity: row.Capacity, Sold: row.Sold,
			Held: held[row.UseDate],
		}
	}), store.During("list allotments", err)
}
