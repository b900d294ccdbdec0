package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"entgo.io/ent/dialect"

	"orderhub/ent"
	entallotment "orderhub/ent/allotment"
	"orderhub/server/catalog"
	"orderhub/server/fault"
)

// longestPause is the longest time between two looks of a process that waits for SQLite's lock.
const longestPause = 100 * time.Millisecond

// importChunk is how many units one transaction of an import adds: few enough that an order hardly waits for it on SQLite,
// many enough that the commits hardly cost anything.
const importChunk = 1000

var (
	selectStockLevels = same(`SELECT u.product_id, count(*) FROM units u JOIN products p ON p.id = u.product_id
		WHERE u.status = 'available' AND p.source = 'stock' AND NOT p.dated GROUP BY u.product_id`)

	// The fingerprints of what was added come back.
	importedUnitsTable = &table{
		name: "units",
		columns: []column{
			{name: "product_id", kind: "bigint"},
			{name: "import_id", kind: "bigint"},
			{name: "content", kind: "bytea"},
			{name: "fingerprint", kind: "bytea"},
			{name: "created_at", kind: "timestamptz"},
		},
		suffix: "ON CONFLICT (product_id, fingerprint) DO NOTHING RETURNING fingerprint",
	}
	changeImports = &change{table: "unit_imports", columns: []column{
		{name: "imported", kind: "bigint"}, {name: "refused", kind: "bigint"},
	}}

	// Everyone who changes the days of a product holds its row, so that no day can appear meanwhile.
	lockProduct = same(`SELECT dated FROM products WHERE id = $1`).locked(lockRows)
	// In the order in which placement locks them.
	lockDays = statement{
		postgres: `SELECT id, use_date, sold FROM allotments WHERE product_id = $1 AND use_date = ANY($2::text[]) ORDER BY use_date`,
		sqlite:   `SELECT id, use_date, sold FROM allotments WHERE product_id = $1 AND use_date IN (SELECT value FROM json_each($2))`,
	}.locked(lockRows)
	allotmentsTable = &table{name: "allotments", columns: []column{
		{name: "product_id", kind: "bigint"}, {name: "use_date", kind: "text"}, {name: "capacity", kind: "bigint"},
	}}
	changeCapacities = &change{table: "allotments", columns: []column{{name: "capacity", kind: "bigint"}}}
)

// StockLevels implements catalog.Store.
func (s *Store) StockLevels(ctx context.Context) (map[int64]int64, error) {
	levels := make(map[int64]int64)
	err := s.peek(ctx, read{selectStockLevels, nil, func(row scanner) error {
		var product, available int64
		err := row.Scan(&product, &available)
		levels[product] = available
		return err
	}})
	if err != nil {
		return nil, fmt.Errorf("count available units: %w", wrap(err, nil))
	}
	return levels, nil
}

// unitImport is an import under way.
type unitImport struct {
	store     *Store
	id        int64
	productID int64
	purpose   string        // of the fingerprints
	took      time.Duration // by the last chunk
	report    catalog.ImportReport
}

// ImportUnits implements catalog.Store. Further errors: catalog.ErrProductNotFound, and *fault.InvalidError on "product"
// when it does not sell units of our own stock. With an error the report tells what was stored before it.
func (s *Store) ImportUnits(
	ctx context.Context, productID int64, name string, units []catalog.ImportedUnit, progress func(done int),
) (catalog.ImportReport, error) {
	imp, err := s.beginImport(ctx, productID, name)
	if err != nil {
		return catalog.ImportReport{}, during("import units", err)
	}
	for done := 0; done < len(units); {
		if done > 0 {
			s.letOthersWrite(ctx, imp.took)
		}
		chunk := units[done:min(done+importChunk, len(units))]
		if err := imp.add(ctx, chunk); err != nil {
			return imp.report, during("import units", err)
		}
		done += len(chunk)
		if progress != nil {
			progress(done)
		}
	}
	return imp.report, nil
}

// letOthersWrite waits between two long writes. SQLite's lock has no queue: another process that waits for it looks every
// now and then, and would hardly ever find it free.
func (s *Store) letOthersWrite(ctx context.Context, took time.Duration) {
	if s.dialect != dialect.SQLite {
		return
	}
	select {
	case <-ctx.Done(): // the next statement says so
	case <-time.After(min(took/2, longestPause)):
	}
}

// beginImport records an import that has added nothing yet.
func (s *Store) beginImport(ctx context.Context, productID int64, name string) (*unitImport, error) {
	imp := &unitImport{store: s, productID: productID, purpose: fmt.Sprintf("unit %d", productID)}
	err := s.inTx(ctx, func(tx *ent.Tx) error {
		p, err := tx.Product.Get(ctx, productID)
		if err != nil {
			return wrap(err, catalog.ErrProductNotFound)
		}
		if catalog.Source(p.Source) != catalog.SourceStock || p.Dated {
			return fault.Invalid("product", "must be one that sells units of our own stock, without a day of use")
		}
		row, err := tx.UnitImport.Create().SetProductID(productID).SetName(name).SetCreatedAt(s.now()).Save(ctx)
		if err != nil {
			return err
		}
		imp.id = row.ID
		return nil
	})
	return imp, err
}

// add stores one chunk in a transaction of its own and adds it to the report.
func (imp *unitImport) add(ctx context.Context, units []catalog.ImportedUnit) error {
	// Encryption takes about as long as the database does, which must not wait for it.
	rows, fingerprints := imp.seal(units)
	started := time.Now()
	var added map[string]bool
	err := imp.store.bulk(ctx, func(tx bulkTx) error {
		added = make(map[string]bool, len(units))
		err := tx.write(ctx, &insert{table: importedUnitsTable, rows: rows, each: func(row scanner) error {
			var fingerprint []byte
			err := row.Scan(&fingerprint)
			added[string(fingerprint)] = true
			return err
		}})
		if err != nil {
			return err
		}
		totals := update{change: changeImports}
		totals.add(imp.id, imp.report.Imported+len(added), len(imp.report.Duplicates)+len(units)-len(added))
		return tx.write(ctx, &totals)
	})
	if err != nil {
		return wrap(err, nil)
	}
	imp.took = time.Since(started)
	for i, fingerprint := range fingerprints {
		// What was added is the first line with it.
		if added[fingerprint] {
			delete(added, fingerprint)
			imp.report.Imported++
			continue
		}
		imp.report.Duplicates = append(imp.report.Duplicates, units[i].Line)
	}
	return nil
}

// seal makes the rows of units, and says the fingerprint of each.
func (imp *unitImport) seal(units []catalog.ImportedUnit) (rows [][]any, fingerprints []string) {
	now := imp.store.now()
	rows, fingerprints = make([][]any, len(units)), make([]string, len(units))
	for i := range units {
		content := []byte(units[i].Content)
		fingerprint := imp.store.sealer.Fingerprint(content, imp.purpose)
		rows[i] = []any{imp.productID, imp.id, imp.store.sealer.Seal(content, sealUnit), fingerprint, now}
		fingerprints[i] = string(fingerprint)
	}
	return rows, fingerprints
}

// SetAllotments implements catalog.Store. Further errors: catalog.ErrProductNotFound, and *fault.InvalidError on "product"
// when it has no day of use, and on days that are no days or are given twice.
func (s *Store) SetAllotments(ctx context.Context, productID int64, allotments []catalog.Allotment) error {
	days, err := daysOf(allotments)
	if err != nil {
		return err
	}
	err = s.bulk(ctx, func(tx bulkTx) error {
		if err := lockDatedProduct(ctx, tx, productID); err != nil {
			return err
		}
		present := make(map[string]presentDay)
		err := tx.read(ctx, read{lockDays, []any{productID, days}, func(row scanner) error {
			var day string
			var known presentDay
			err := row.Scan(&known.id, &day, &known.sold)
			present[day] = known
			return err
		}})
		if err != nil {
			return err
		}
		added, changed, err := capacities(productID, allotments, present)
		if err != nil {
			return err
		}
		return tx.write(ctx, added, changed)
	})
	return during("set allotments", wrap(err, nil))
}

func daysOf(allotments []catalog.Allotment) ([]string, error) {
	days, seen, bad := make([]string, len(allotments)), make(map[string]bool, len(allotments)), &fault.InvalidError{}
	for i, a := range allotments {
		days[i] = a.UseDate
		at := fmt.Sprintf("allotments[%d].use_date", i)
		if _, err := time.Parse(time.DateOnly, a.UseDate); err != nil {
			bad.Add(at, "must be a day, YYYY-MM-DD")
		} else if seen[a.UseDate] {
			bad.Add(at, "is given twice")
		}
		seen[a.UseDate] = true
	}
	return days, bad.OrNil()
}

func lockDatedProduct(ctx context.Context, tx bulkTx, id int64) error {
	var dated sql.NullBool
	err := tx.read(ctx, read{lockProduct, []any{id}, func(row scanner) error { return row.Scan(&dated) }})
	switch {
	case err != nil:
		return err
	case !dated.Valid:
		return catalog.ErrProductNotFound
	case !dated.Bool:
		return fault.Invalid("product", "must be one with a day of use")
	}
	return nil
}

// presentDay is an allotment that exists.
type presentDay struct{ id, sold int64 }

// capacities is what has to be written, or an *fault.InvalidError.
func capacities(productID int64, allotments []catalog.Allotment, present map[string]presentDay) (*insert, *update, error) {
	added, changed, bad := &insert{table: allotmentsTable}, &update{change: changeCapacities}, &fault.InvalidError{}
	for i, a := range allotments {
		day, exists := present[a.UseDate]
		switch {
		case a.Capacity < day.sold:
			bad.Add(fmt.Sprintf("allotments[%d].capacity", i), "must not be below the %d that are sold", day.sold)
		case exists:
			changed.add(day.id, a.Capacity)
		default:
			added.add(productID, a.UseDate, a.Capacity)
		}
	}
	return added, changed, bad.OrNil()
}

// ListAllotments implements catalog.Store.
func (s *Store) ListAllotments(ctx context.Context, productID int64, from, to string, limit int) ([]catalog.Allotment, error) {
	query := s.reader.Allotment.Query().Where(entallotment.ProductID(productID))
	if from != "" {
		query.Where(entallotment.UseDateGTE(from))
	}
	if to != "" {
		query.Where(entallotment.UseDateLTE(to))
	}
	rows, err := query.Order(entallotment.ByUseDate()).Limit(limitOf(limit)).All(ctx)
	return mapped(rows, func(row *ent.Allotment) catalog.Allotment {
		return catalog.Allotment{ProductID: row.ProductID, UseDate: row.UseDate, Capacity: row.Capacity, Sold: row.Sold}
	}), during("list allotments", wrap(err, nil))
}
