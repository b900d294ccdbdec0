package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect"

	"orderhub/ent"
	"orderhub/server/catalog"
	"orderhub/server/fault"
)

// longestPause is the longest time between two looks of a process that waits for SQLite's lock.
const longestPause = 100 * time.Millisecond

// importChunk is how many units one transaction of an import adds: few enough that an order hardly waits for it on
// SQLite, many enough that the commits hardly cost anything.
const importChunk = 1000

var (
	// The fingerprints of what was added come back.
	importedUnitsTable = &table{
		name: "units",
		columns: []column{
			{name: "id", kind: "bigint"},
			{name: "product_id", kind: "bigint"},
			{name: "import_id", kind: "bigint"},
			{name: "content", kind: "bytea"},
			{name: "fingerprint", kind: "bytea"},
			{name: "created_at", kind: "timestamptz"},
		},
		suffix: "ON CONFLICT (product_id, fingerprint) DO NOTHING RETURNING id, fingerprint",
	}
	changeImports = &change{table: "unit_imports", columns: []column{
		{name: "imported", kind: "bigint"},
		{name: "refused", kind: "bigint"},
		{name: "first_unit_id", kind: "bigint"},
		{name: "last_unit_id", kind: "bigint"},
	}}
	// Held by whoever adds to an import or withdraws it.
	lockImport = same(`SELECT withdrawn_at, first_unit_id, last_unit_id FROM unit_imports WHERE id = $1`).locked(lockRows)

	selectFingerprints = statement{
		postgres: `SELECT fingerprint FROM units WHERE product_id = $1
			AND fingerprint = ANY(ARRAY(SELECT decode(f, 'hex') FROM unnest($2::text[]) AS f))`,
		sqlite: `SELECT fingerprint FROM units WHERE product_id = $1 AND fingerprint IN (SELECT unhex(value) FROM ` +
			`json_each($2))`,
	}
)

// BeginImport implements catalog.UnitStore.
func (s *Store) BeginImport(ctx context.Context, productID int64, name string) (imp catalog.UnitImport, err error) {
	err = s.inTx(ctx, func(tx *ent.Tx) error {
		p, err := tx.Product.Get(ctx, productID)
		if err != nil {
			return translate(err, catalog.ErrProductNotFound)
		}
		if catalog.Source(p.Source) != catalog.SourceStock || p.Dated {
			return fault.Invalid("product", "must be one that sells units of our own stock, without a day of use")
		}
		row, err := tx.UnitImport.Create().SetProductID(productID).SetName(name).SetCreatedAt(s.now()).Save(ctx)
		if err != nil {
			return err
		}
		imp = fromDBImport(row)
		return nil
	})
	return imp, during("begin import", err)
}

// AddUnits implements catalog.UnitStore.
func (s *Store) AddUnits(
	ctx context.Context, imp *catalog.UnitImport, units []catalog.NewUnit, progress func(done int),
) (repeated []int, err error) {
	a := &addition{store: s, imp: imp, purpose: unitPurpose(imp.ProductID)}
	for done := 0; done == 0 || done < len(units); {
		if done > 0 {
			s.letOthersWrite(ctx, a.took)
		}
		chunk := units[done:min(done+importChunk, len(units))]
		if err := a.add(ctx, chunk); err != nil {
			return a.repeated, during("import units", err)
		}
		if done += len(chunk); len(chunk) == 0 {
			break // there were none: only the totals are written
		}
		if progress != nil {
			progress(done)
		}
	}
	return a.repeated, nil
}

// unitPurpose is what units of a product are fingerprinted for.
func unitPurpose(productID int64) string { return fmt.Sprintf("unit %d", productID) }

// letOthersWrite waits between two long writes. SQLite's lock has no queue: another process that waits for it looks
// every now and then, and would hardly ever find it free.
func (s *Store) letOthersWrite(ctx context.Context, took time.Duration) {
	if s.dialect != dialect.SQLite {
		return
	}
	select {
	case <-ctx.Done(): // the next statement says so
	case <-time.After(min(took/2, longestPause)):
	}
}

// addition is units on their way into an import.
type addition struct {
	store    *Store
	imp      *catalog.UnitImport
	purpose  string        // of the fingerprints
	took     time.Duration // by the last chunk
	repeated []int
}

// stored is what a transaction has found out.
type stored struct {
	added       map[string]bool // by fingerprint
	former      map[string]bool // fingerprints that older units have
	first, last int64           // unit of the import; 0 for none
}

// add stores one chunk in a transaction of its own and counts it.
func (a *addition) add(ctx context.Context, units []catalog.NewUnit) error {
	ids, err := a.store.reserveUnitIDs(ctx, len(units))
	if err != nil {
		return unavailable(err)
	}
	// Encryption takes about as long as the database does, which must not wait for it.
	rows, prints := a.rowsOf(units, ids)
	started := time.Now()
	var result *stored
	err = a.store.bulk(ctx, func(tx bulkTx) (err error) {
		result, err = a.write(ctx, tx, rows, prints)
		return err
	})
	if err != nil {
		return unavailable(err)
	}
	a.took = time.Since(started)
	for i, p := range prints {
		// What was added is the first line with it.
		if result.added[p.mark] && !p.known(result.former) {
			delete(result.added, p.mark)
			a.imp.Imported++
			continue
		}
		a.imp.Refused++
		a.repeated = append(a.repeated, units[i].Line)
	}
	return nil
}

func (a *addition) write(ctx context.Context, tx bulkTx, rows [][]any, prints []prints) (*stored, error) {
	r := &stored{added: make(map[string]bool, len(rows))}
	if err := a.lock(ctx, tx, r); err != nil {
		return nil, err
	}
	var err error
	if r.former, err = a.store.present(ctx, tx.read, a.imp.ProductID, formerOf(prints)); err != nil {
		return nil, err
	}
	fresh := make([][]any, 0, len(rows))
	for i, row := range rows {
		if !prints[i].known(r.former) {
			fresh = append(fresh, row)
		}
	}
	// Two who import the same wait for each other's units in one order, so neither for the other's last.
	slices.SortFunc(fresh, func(a, b []any) int { return bytes.Compare(a[unitMark].([]byte), b[unitMark].([]byte)) })
	err = tx.write(ctx, &insert{table: importedUnitsTable, rows: fresh, each: func(row scanner) error {
		var id int64
		var fingerprint []byte
		err := row.Scan(&id, &fingerprint)
		r.added[string(fingerprint)] = true
		if r.first == 0 || id < r.first {
			r.first = id
		}
		r.last = max(r.last, id)
		return err
	}})
	if err != nil {
		return nil, err
	}
	totals := update{change: changeImports}
	totals.add(a.imp.ID, a.imp.Imported+len(r.added), a.imp.Refused+len(rows)-len(r.added), r.first, r.last)
	return r, tx.write(ctx, &totals)
}

// lock holds the import, which must not have been withdrawn meanwhile.
func (a *addition) lock(ctx context.Context, tx bulkTx, r *stored) error {
	found := false
	err := tx.read(ctx, read{lockImport, []any{a.imp.ID}, func(row scanner) error {
		var withdrawn *time.Time
		err := row.Scan(&withdrawn, &r.first, &r.last)
		if found = true; err == nil && withdrawn != nil {
			return catalog.ErrImportWithdrawn
		}
		return err
	}})
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

// unitMark is where a row of rowsOf has its fingerprint.
const unitMark = 4

// rowsOf makes the rows of units, and says the fingerprints of each.
func (a *addition) rowsOf(units []catalog.NewUnit, ids *unitIDs) ([][]any, []prints) {
	now := a.store.now()
	rows, all := make([][]any, len(units)), make([]prints, len(units))
	for i := range units {
		all[i] = a.store.printsOf(&units[i].Content, a.purpose)
		id := ids.next()
		rows[i] = []any{id, a.imp.ProductID, a.imp.ID, a.store.sealUnit(id, units[i].Content.Text), []byte(all[i].mark), now}
	}
	return rows, all
}

func (s *Store) printsOf(c *catalog.Content, purpose string) prints {
	p := prints{mark: string(s.sealer.Fingerprint([]byte(c.Mark), purpose))}
	for _, former := range c.Former {
		p.former = append(p.former, string(s.sealer.Fingerprint([]byte(former), purpose)))
	}
	return p
}

// present returns which of these fingerprints a product's units have.
func (s *Store) present(
	ctx context.Context, run func(context.Context, ...read) error, productID int64, fingerprints []string,
) (map[string]bool, error) {
	present := make(map[string]bool)
	if len(fingerprints) == 0 {
		return present, nil
	}
	texts := make([]string, len(fingerprints))
	for i, fingerprint := range fingerprints {
		texts[i] = hex.EncodeToString([]byte(fingerprint))
	}
	return present, run(ctx, read{selectFingerprints, []any{productID, texts}, func(row scanner) error {
		var fingerprint []byte
		err := row.Scan(&fingerprint)
		present[string(fingerprint)] = true
		return err
	}})
}

// KnownUnits implements catalog.UnitStore.
func (s *Store) KnownUnits(ctx context.Context, productID int64, units []catalog.NewUnit) ([]bool, error) {
	known := make([]bool, len(units))
	purpose := unitPurpose(productID)
	for from := 0; from < len(units); from += importChunk {
		chunk := units[from:min(from+importChunk, len(units))]
		all := make([]prints, len(chunk))
		for i := range chunk {
			all[i] = s.printsOf(&chunk[i].Content, purpose)
			all[i].former = append(all[i].former, all[i].mark)
		}
		present, err := s.present(ctx, s.peek, productID, formerOf(all))
		if err != nil {
			return nil, during("look for units", unavailable(err))
		}
		for i := range all {
			known[from+i] = all[i].known(present)
		}
	}
	return known, nil
}
