package units

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"orderhub/ent"
	entunitimport "orderhub/ent/unitimport"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/store"
)

// What a unit that was imported is for operators, at $1, in seconds.
const (
	unitStates = `CASE WHEN u.status = 'available' AND u.expires_s <= $1 + p.expiry_margin_s THEN 'expired'
		WHEN u.status IN ('available', 'held', 'void', 'set_aside', 'expired') THEN u.status ELSE 'sold' END`

	selectUnitList = `SELECT u.id, u.product_id, u.import_id, ` + unitStates +
		`, coalesce(o.number, ''), u.created_at, u.delivered_at, u.expires_s
		FROM units u JOIN products p ON p.id = u.product_id LEFT JOIN orders o ON o.id = u.order_id `
)

var (
	selectUnitPage = store.Same(
		selectUnitList + `WHERE u.product_id = $2 AND u.id > $3 AND u.id >= $4 AND u.id <= $5
		AND u.import_id IS NOT NULL AND ($6 = 0 OR u.import_id = $6) AND ($7 = '' OR ` + unitStates + ` = $7)
		ORDER BY u.id LIMIT $8`,
	)
	selectUnit = store.Same(selectUnitList + `WHERE u.id = $2 AND u.import_id IS NOT NULL`)
	// The product is not locked: only an operator's own change moves its margin.
	lockUnit = store.Same(`SELECT u.status, u.expires_s, p.expiry_margin_s FROM units u JOIN products p
		ON p.id = u.product_id WHERE u.id = $1 AND u.import_id IS NOT NULL`).Locked(` FOR NO KEY UPDATE OF u`)

	countImportUnits = store.Same(`SELECT ` + unitStates + `, count(*)
		FROM units u JOIN products p ON p.id = u.product_id
		WHERE u.id BETWEEN $3 AND $4 AND u.import_id = $2 AND u.product_id = $5 GROUP BY 1`)

	changeUnits = &store.Change[unitChange]{
		Table: "units", Guard: "status IN ('available', 'set_aside', 'expired')",
		ID: func(r *unitChange) int64 { return r.id },
		Columns: []store.Column[unitChange]{
			store.Text("status", func(r *unitChange) catalog.UnitState { return r.to }),
		},
	}
	// A placement that holds one of them is waited for: then it is sold, or still available.
	voidImportUnits = store.FromPostgres(`UPDATE units SET status = 'void', fingerprint = NULL WHERE id IN (SELECT id
		FROM units WHERE id BETWEEN $2 AND $3 AND import_id = $1 AND product_id = $4
			AND status IN ('available', 'set_aside', 'expired') ORDER BY id LIMIT $5 FOR UPDATE) RETURNING id`)
	markWithdrawn = &store.Change[withdrawnImport]{
		Table: "unit_imports", ID: func(r *withdrawnImport) int64 { return r.id },
		Columns: []store.Column[withdrawnImport]{
			store.Time("withdrawn_at", func(r *withdrawnImport) time.Time { return r.at }),
		},
	}
)

// unitChange takes a unit that is not sold into another state.
type unitChange struct {
	id int64
	to catalog.UnitState
}

// withdrawnImport is an import that was taken back.
type withdrawnImport struct {
	id int64
	at time.Time
}

func (s *Store) ListUnits(ctx context.Context, f catalog.UnitFilter) (units []catalog.Unit, err error) {
	first, last := int64(0), int64(math.MaxInt64)
	if f.ImportID != 0 {
		imp, err := s.db.Client.UnitImport.Get(ctx, f.ImportID)
		if err != nil {
			return nil, store.During("list units", store.Translate(err, catalog.ErrImportNotFound))
		}
		first, last = idsOfImport(imp)
	}
	args := []any{s.db.Now().Unix(), f.ProductID, f.AfterID, first, last, f.ImportID, string(f.State), f.Limit}
	err = s.db.Peek(ctx, store.NewQuery(selectUnitPage, args, store.Append(&units, scanListedUnit)))
	return units, store.During("list units", err)
}

// idsOfImport bounds the ids of an import's units.
func idsOfImport(imp *ent.UnitImport) (first, last int64) {
	if imp.FirstUnitID == 0 && imp.Imported > 0 {
		return 0, math.MaxInt64 // from before this was kept
	}
	return imp.FirstUnitID, imp.LastUnitID
}

func scanListedUnit(row store.Scanner) (u catalog.Unit, err error) {
	var expires int64
	err = row.Scan(&u.ID, &u.ProductID, &u.ImportID, &u.State, &u.OrderNumber, &u.CreatedAt, &u.DeliveredAt, &expires)
	u.ExpiresAt = catalog.ExpiryOf(expires)
	return u, err
}

func (s *Store) ListImports(ctx context.Context, f catalog.ImportFilter) ([]catalog.UnitImport, error) {
	rows, err := s.db.Client.UnitImport.Query().
		Where(store.Given(entunitimport.ProductID, f.ProductID), store.Given(entunitimport.IDLT, f.BeforeID)).
		Order(ent.Desc(entunitimport.FieldID)).Limit(f.Limit).All(ctx)
	if err != nil {
		return nil, store.During("list imports", err)
	}
	return s.withUnits(ctx, rows)
}

// withUnits counts what became of the units of each.
func (s *Store) withUnits(ctx context.Context, rows []*ent.UnitImport) ([]catalog.UnitImport, error) {
	imports, reads := make([]catalog.UnitImport, len(rows)), make([]store.Query, len(rows))
	for i, row := range rows {
		imports[i] = fromDBImport(row)
		first, last := idsOfImport(row)
		args := []any{s.db.Now().Unix(), row.ID, first, last, row.ProductID}
		reads[i] = store.NewQuery(countImportUnits, args, countInto(&imports[i].Units))
	}
	if len(reads) == 0 {
		return imports, nil
	}
	return imports, store.During("count units of imports", s.db.Peek(ctx, reads...))
}

func countInto(c *catalog.UnitCounts) func(store.Scanner) error {
	counts := map[catalog.UnitState]*int{
		catalog.UnitAvailable: &c.Available, catalog.UnitHeld: &c.Held, catalog.UnitVoid: &c.Void,
		catalog.UnitSetAside: &c.SetAside, catalog.UnitExpired: &c.Expired,
	}
	return store.Each2(func(state catalog.UnitState, n int) { *cmp.Or(counts[state], &c.Sold) = n })
}

func (s *Store) UnitImport(ctx context.Context, id int64) (catalog.UnitImport, error) {
	row, err := s.db.Client.UnitImport.Get(ctx, id)
	if err != nil {
		return catalog.UnitImport{}, store.During("find import", store.Translate(err, catalog.ErrImportNotFound))
	}
	return fromDBImport(row), nil
}

func fromDBImport(row *ent.UnitImport) catalog.UnitImport {
	return catalog.UnitImport{
		ID: row.ID, ProductID: row.ProductID, Name: row.Name, Imported: row.Imported, Refused: row.Refused,
		CreatedAt: row.CreatedAt, WithdrawnAt: row.WithdrawnAt,
	}
}

func (s *Store) WithdrawImport(ctx context.Context, id int64) (imp catalog.UnitImport, voided int, err error) {
	if err := s.endImport(ctx, id); err != nil {
		return imp, 0, store.During("withdraw import", err)
	}
	row, err := s.db.Client.UnitImport.Get(ctx, id)
	if err != nil {
		return imp, 0, store.During("withdraw import", store.Translate(err, catalog.ErrImportNotFound))
	}
	for first, last := idsOfImport(row); ; {
		started := time.Now()
		ids, err := s.voidSome(ctx, row, first, last)
		if err != nil {
			return imp, voided, store.During("withdraw import", err)
		}
		if voided += len(ids); len(ids) > 0 {
			first = slices.Max(ids)
			s.db.LetOthersWrite(ctx, time.Since(started))
			continue
		}
		// A placement that was given up meanwhile may have left some behind.
		if row, err = s.db.Client.UnitImport.Get(ctx, id); err != nil {
			return imp, voided, store.During("withdraw import", store.Translate(err, catalog.ErrImportNotFound))
		}
		imports, err := s.withUnits(ctx, []*ent.UnitImport{row})
		if imp = imports[0]; err != nil || imp.Units.Left() == 0 {
			return imp, voided, err
		}
		first, last = idsOfImport(row)
	}
}

// endImport marks an import as withdrawn, after which nothing is added to it.
func (s *Store) endImport(ctx context.Context, id int64) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		if err := lockOpen(ctx, tx, &importTotals{id: id}); err != nil {
			return err
		}
		mark := markWithdrawn.Update(withdrawnImport{id, s.db.Now()})
		return tx.Write(ctx, &mark)
	})
	if errors.Is(err, catalog.ErrImportWithdrawn) {
		return nil
	}
	return store.Unavailable(err)
}

// voidSome voids the next units of an import in one transaction.
func (s *Store) voidSome(ctx context.Context, imp *ent.UnitImport, first, last int64) (ids []int64, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		ids = ids[:0]
		err := tx.Query(ctx, store.NewQuery(
			voidImportUnits, []any{imp.ID, first, last, imp.ProductID, importChunk}, store.Gather(&ids),
		))
		audit.Changed(ctx, "unitsVoided", 0, len(ids))
		return err
	})
	return ids, store.Unavailable(err)
}
