package units

import (
	"bytes"
	"context"
	"slices"
	"time"

	"orderhub/ent"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/store"
)

// importChunk is how many units one transaction of an import adds: few enough that an order hardly waits for it on
// SQLite, many enough that the commits hardly cost anything.
const importChunk = 1000

var (
	// The fingerprints of what was added come back.
	importedUnitsTable = &store.Table[importedUnit]{
		Name: "units", Suffix: "ON CONFLICT (product_id, fingerprint) DO NOTHING RETURNING id, fingerprint",
		Columns: []store.Column[importedUnit]{
			store.Bigint("id", func(r *importedUnit) int64 { return r.id }),
			store.Bigint("product_id", func(r *importedUnit) int64 { return r.productID }),
			store.Bigint("import_id", func(r *importedUnit) int64 { return r.importID }),
			store.Bytes("content", func(r *importedUnit) []byte { return r.content }),
			store.Bytes("fingerprint", func(r *importedUnit) []byte { return r.fingerprint }),
			store.Bigint("expires_s", func(r *importedUnit) int64 { return r.expires }),
			store.Time("created_at", func(r *importedUnit) time.Time { return r.at }),
		},
	}
	changeImports = &store.Change[importTotals]{
		Table: "unit_imports", ID: func(r *importTotals) int64 { return r.id }, Columns: []store.Column[importTotals]{
			store.Bigint("imported", func(r *importTotals) int { return r.imported }),
			store.Bigint("refused", func(r *importTotals) int { return r.refused }),
			store.Bigint("first_unit_id", func(r *importTotals) int64 { return r.first }),
			store.Bigint("last_unit_id", func(r *importTotals) int64 { return r.last }),
		},
	}
	// Held by whoever adds to an import or withdraws it.
	lockImport = store.Same(
		`SELECT withdrawn_at, imported, refused, first_unit_id, last_unit_id FROM unit_imports WHERE id = $1`,
	).Locked(store.LockRows)
)

// importedUnit is a unit to be written.
type importedUnit struct {
	id, productID, importID int64
	content, fingerprint    []byte
	expires                 int64
	at                      time.Time
}

// importTotals is what an import has come to.
type importTotals struct {
	id                int64
	imported, refused int
	first, last       int64 // unit; 0 for none
}

func (s *Store) BeginImport(ctx context.Context, productID int64, name string) (imp catalog.UnitImport, err error) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		p, err := tx.Product.Get(ctx, productID)
		if err != nil {
			return store.Translate(err, catalog.ErrProductNotFound)
		}
		if catalog.Source(p.Source) != catalog.SourceStock || p.Dated {
			return errs.Invalid("product", "must be one that sells units of our own stock, without a day of use")
		}
		row, err := tx.UnitImport.Create().SetProductID(productID).SetName(name).SetCreatedAt(s.db.Now()).Save(ctx)
		if err != nil {
			return err
		}
		imp = fromDBImport(row)
		return nil
	})
	return imp, store.During("begin import", err)
}

func (s *Store) AddUnits(ctx context.Context, imp *catalog.UnitImport, units []catalog.NewUnit, bad int) (
	added int, repeated []int, err error,
) {
	a := &addition{store: s, imp: imp, bad: bad}
	for done := 0; done == 0 || done < len(units); { // where there are none the totals are written
		if done > 0 {
			s.db.LetOthersWrite(ctx, a.took)
		}
		chunk := units[done:min(done+importChunk, len(units))]
		if err := s.db.Patiently(ctx, func() error { return a.add(ctx, chunk) }); err != nil {
			return a.added, a.repeated, store.During("import units", err)
		}
		if done += len(chunk); len(chunk) == 0 {
			break
		}
	}
	return a.added, a.repeated, nil
}

// addition is units on their way into an import.
type addition struct {
	store    *Store
	imp      *catalog.UnitImport
	bad      int           // lines that are no units and not counted yet
	took     time.Duration // by the last chunk
	added    int
	repeated []int
}

// stored is what a transaction has found out.
type stored struct {
	added  map[string]bool // by fingerprint
	former map[string]bool // fingerprints that older units have
	totals importTotals
}

// add stores one chunk in a transaction of its own and counts it.
func (a *addition) add(ctx context.Context, units []catalog.NewUnit) error {
	ids, err := store.ReserveUnitIDs(ctx, a.store.db, len(units))
	if err != nil {
		return store.Unavailable(err)
	}
	// Encryption takes about as long as the database does, which must not wait for it.
	rows, prints := a.rowsOf(units, ids)
	started := time.Now()
	var result *stored
	err = a.store.db.Bulk(ctx, func(tx store.BulkTx) (err error) {
		result, err = a.write(ctx, tx, rows, prints)
		return err
	})
	if err != nil {
		return store.Unavailable(err)
	}
	a.took, a.bad = time.Since(started), 0
	for i, p := range prints {
		// What was added is the first line with it.
		if result.added[p.mark] && !p.known(result.former) {
			delete(result.added, p.mark)
			a.added++
			continue
		}
		a.repeated = append(a.repeated, units[i].Line)
	}
	return nil
}

func (a *addition) write(ctx context.Context, tx store.BulkTx, rows []importedUnit, prints []prints) (*stored, error) {
	r := &stored{added: make(map[string]bool, len(rows)), totals: importTotals{id: a.imp.ID}}
	if err := lockOpen(ctx, tx, &r.totals); err != nil {
		return nil, err
	}
	var err error
	if r.former, err = store.Printed(ctx, tx.Query, a.imp.ProductID, formerOf(prints)); err != nil {
		return nil, err
	}
	fresh := make([]importedUnit, 0, len(rows))
	for i, row := range rows {
		if !prints[i].known(r.former) {
			fresh = append(fresh, row)
		}
	}
	// Two who import the same wait for each other's units in one order, so neither for the other's last.
	slices.SortFunc(fresh, func(a, b importedUnit) int { return bytes.Compare(a.fingerprint, b.fingerprint) })
	added := importedUnitsTable.Insert(fresh...)
	added.Each = store.Each2(func(id int64, fingerprint []byte) {
		r.added[string(fingerprint)] = true
		if r.totals.first == 0 || id < r.totals.first {
			r.totals.first = id
		}
		r.totals.last = max(r.totals.last, id)
	})
	if err := tx.Write(ctx, &added); err != nil {
		return nil, err
	}
	r.totals.imported += len(r.added)
	r.totals.refused += a.bad + len(rows) - len(r.added)
	totals := changeImports.Update(r.totals)
	return r, tx.Write(ctx, &totals)
}

// lockOpen holds an import, which must not have been withdrawn meanwhile, and reads what it has come to.
func lockOpen(ctx context.Context, tx store.BulkTx, t *importTotals) error {
	found := false
	err := tx.Query(ctx, store.NewQuery(lockImport, []any{t.id}, func(row store.Scanner) error {
		var withdrawn *time.Time
		err := row.Scan(&withdrawn, &t.imported, &t.refused, &t.first, &t.last)
		if found = true; err == nil && withdrawn != nil {
			return catalog.ErrImportWithdrawn
		}
		return err
	}))
	if err == nil && !found {
		return catalog.ErrImportNotFound
	}
	return err
}

// prints are the fingerprints of one content.
type prints struct {
	mark   string
	former []string // that older units with it may have
}

func (p *prints) known(fingerprints map[string]bool) bool {
	return slices.ContainsFunc(p.former, func(f string) bool { return fingerprints[f] })
}

func formerOf(all []prints) (fingerprints []string) {
	for i := range all {
		fingerprints = append(fingerprints, all[i].former...)
	}
	return fingerprints
}

// rowsOf makes the rows of units, and says the fingerprints of each.
func (a *addition) rowsOf(units []catalog.NewUnit, ids *store.UnitIDs) ([]importedUnit, []prints) {
	now := a.store.db.Now()
	rows, all := make([]importedUnit, len(units)), make([]prints, len(units))
	for i := range units {
		all[i] = a.store.printsOf(&units[i].Content, a.imp.ProductID)
		id := ids.Next()
		rows[i] = importedUnit{
			id: id, productID: a.imp.ProductID, importID: a.imp.ID,
			content: a.store.db.Vault.SealUnit(id, units[i].Content.Text), fingerprint: []byte(all[i].mark),
			expires: catalog.ExpirySeconds(units[i].ExpiresAt), at: now,
		}
	}
	return rows, all
}

func (s *Store) printsOf(c *catalog.Content, productID int64) prints {
	p := prints{mark: string(s.db.Vault.UnitFingerprint(productID, c.Mark))}
	for _, former := range c.Former {
		p.former = append(p.former, string(s.db.Vault.UnitFingerprint(productID, former)))
	}
	return p
}

func (s *Store) KnownUnits(ctx context.Context, productID int64, units []catalog.NewUnit) ([]bool, error) {
	known := make([]bool, len(units))
	for from := 0; from < len(units); from += importChunk {
		chunk := units[from:min(from+importChunk, len(units))]
		all := make([]prints, len(chunk))
		for i := range chunk {
			all[i] = s.printsOf(&chunk[i].Content, productID)
			all[i].former = append(all[i].former, all[i].mark)
		}
		present, err := store.Printed(ctx, s.db.Peek, productID, formerOf(all))
		if err != nil {
			return nil, store.During("look for units", err)
		}
		for i := range all {
			known[from+i] = all[i].known(present)
		}
	}
	return known, nil
}
