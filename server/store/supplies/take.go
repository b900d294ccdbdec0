package supplies

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/store"
	"orderhub/server/supply"
)

var (
	offerColumns = `id, product_id, provider_id, provider_sku, cost_micros, currency, priority, status, price_locked,
		state_locked, off_by_sync, listed_cost_micros, created_at, updated_at`
	selectProviderOffers = store.Same(`SELECT ` + offerColumns + ` FROM offers WHERE provider_id = $1 AND id > $2
		ORDER BY id LIMIT $3`)
	selectOffers = store.Statement{
		Postgres: `SELECT ` + offerColumns + ` FROM offers WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE`,
		SQLite:   `SELECT ` + offerColumns + ` FROM offers WHERE id IN (SELECT value FROM json_each($1))`,
	}
	selectChanges = store.Statement{
		Postgres: takeChanges + `state = ANY($4::text[]) ORDER BY id LIMIT $5`,
		SQLite:   takeChanges + `state IN (SELECT value FROM json_each($4)) ORDER BY id LIMIT $5`,
	}
	selectUntouched = store.Statement{
		Postgres: `SELECT id FROM products WHERE id = ANY($1::bigint[]) AND version = 1 AND status = 'active' FOR UPDATE`,
		SQLite: `SELECT id FROM products WHERE id IN (SELECT value FROM json_each($1)) AND version = 1
			AND status = 'active'`,
	}
	archive = store.Statement{
		Postgres: archiving + `= ANY($1::bigint[]) RETURNING id`,
		SQLite:   archiving + `IN (SELECT value FROM json_each($1)) RETURNING id`,
	}
	// The lock on its row makes changes of the catalogue follow one another.
	moveCatalog = store.Same(`INSERT INTO counters (name, value) VALUES ('catalog', 1)
		ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING name`)
)

const (
	takeChanges = `SELECT id, sync_id, kind, state, note, offer_id, product_id, provider_sku, name, old_cost_micros,
		old_currency, new_cost_micros, new_currency, old_mark, CAST(product AS text) FROM supply_changes
		WHERE sync_id = $1 AND id > $2 AND ($3 = 0 OR id = $3) AND `
	archiving = `UPDATE products SET status = 'archived', version = version + 1, updated_at = $2 WHERE id `
)

func scanOffer(row store.Scanner, o *fulfil.Offer) error {
	err := row.Scan(&o.ID, &o.ProductID, &o.ProviderID, &o.ProviderSKU, &o.Cost, &o.Currency, &o.Priority, &o.Status,
		&o.PriceLocked, &o.StateLocked, &o.OffBySync, &o.ListedCost, &o.CreatedAt, &o.UpdatedAt)
	o.CreatedAt, o.UpdatedAt = store.UTC(o.CreatedAt), store.UTC(o.UpdatedAt)
	return err
}

// Offers implements supply.Store.
func (s *Store) Offers(ctx context.Context, providerID, after int64, limit int) (offers []supply.Offer, err error) {
	args := []any{providerID, after, limit}
	err = s.db.Peek(ctx, store.NewQuery(selectProviderOffers, args, func(row store.Scanner) error {
		var o fulfil.Offer
		err := scanOffer(row, &o)
		offers = append(offers, o)
		return err
	}))
	return offers, store.During("list offers", store.Unavailable(err))
}

// taking is a step under way.
type taking struct {
	tx  store.BulkTx
	now time.Time

	changes   []supply.Change
	before    map[int64]fulfil.Offer
	offers    map[int64]*fulfil.Offer
	untouched map[int64]bool
	archived  []int64
}

// Take implements supply.Store.
func (s *Store) Take(ctx context.Context, step supply.Step) (done supply.Stepped, err error) {
	began := time.Now()
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		done = supply.Stepped{Next: step.After}
		t := &taking{
			tx: tx, now: s.db.Now(), before: map[int64]fulfil.Offer{}, offers: map[int64]*fulfil.Offer{},
			untouched: map[int64]bool{},
		}
		if err := t.read(ctx, &step); err != nil || len(t.changes) == 0 {
			return err
		}
		provider, err := t.decide(ctx, &step)
		if err != nil {
			return err
		}
		if err := t.makeProducts(ctx, provider); err != nil {
			return err
		}
		for i := range t.changes {
			c := &t.changes[i]
			done.Looked, done.Next = done.Looked+1, c.ID
			if c.State == supply.Skipped || c.State == supply.Kept {
				done.Skipped++
			}
		}
		return t.write(ctx)
	})
	s.db.LetOthersWrite(ctx, time.Since(began))
	return done, store.During("take over a part of a list", store.Unavailable(err))
}

// read locks the catalogue where products may be made or archived, then the offers.
func (t *taking) read(ctx context.Context, step *supply.Step) error {
	states := make([]string, len(step.States))
	for i, state := range step.States {
		states[i] = string(state)
	}
	args := []any{step.SyncID, step.After, step.ChangeID, states, step.Limit}
	err := t.tx.Query(ctx, store.NewQuery(selectChanges, args, func(row store.Scanner) error {
		var c supply.Change
		var product string
		err := row.Scan(&c.ID, &c.SyncID, &c.Kind, &c.State, &c.Note, &c.OfferID, &c.ProductID, &c.ProviderSKU, &c.Name,
			&c.OldCost, &c.OldCurrency, &c.NewCost, &c.NewCurrency, &c.OldMark, &product)
		if err == nil {
			err = json.Unmarshal([]byte(product), &c.Product)
		}
		t.changes = append(t.changes, c)
		return err
	}))
	if err != nil || len(t.changes) == 0 {
		return err
	}
	offers, products := []int64{}, []int64{}
	for i := range t.changes {
		c := &t.changes[i]
		if c.OfferID != 0 {
			offers = append(offers, c.OfferID)
		}
		if c.Kind == supply.Imported {
			products = append(products, c.ProductID)
		}
	}
	queries := []store.Query{store.NewQuery(store.MovePrices, nil, store.IgnoreRow)}
	if len(products) > 0 {
		queries = append(queries, store.NewQuery(moveCatalog, nil, store.IgnoreRow),
			store.NewQuery(selectUntouched, []any{products}, func(row store.Scanner) error {
				var id int64
				err := row.Scan(&id)
				t.untouched[id] = true
				return err
			}))
	}
	return t.tx.Query(ctx, append(queries, store.NewQuery(selectOffers, []any{offers}, func(row store.Scanner) error {
		o := new(fulfil.Offer)
		err := scanOffer(row, o)
		t.before[o.ID], t.offers[o.ID] = *o, o
		return err
	}))...)
}

var providerOf = store.Same(`SELECT provider_id FROM supply_syncs WHERE id = $1`)

// decide asks what becomes of each change.
func (t *taking) decide(ctx context.Context, step *supply.Step) (provider int64, err error) {
	for i := range t.changes {
		c := &t.changes[i]
		target := supply.Target{Offer: t.offers[c.OfferID], Untouched: t.untouched[c.ProductID]}
		step.Decide(c, &target)
		if target.Archived {
			t.archived = append(t.archived, c.ProductID)
		}
		if step.ChangeID != 0 {
			audit.Changed(ctx, "change", nil, map[string]any{
				"id": c.ID, "offer": c.OfferID, "kind": string(c.Kind), "status": string(c.State),
			})
		}
	}
	err = t.tx.Query(ctx, store.NewQuery(providerOf, []any{step.SyncID}, func(row store.Scanner) error {
		return row.Scan(&provider)
	}))
	return provider, err
}

// making is a product and its offer to be made.
type making struct {
	*supply.Change

	provider int64
	at       time.Time
	productN int64
}

var (
	productsTable = &store.Table[making]{
		Name: "products", Suffix: "ON CONFLICT DO NOTHING RETURNING id, sku", Columns: []store.Column[making]{
			store.Text("sku", func(r *making) string { return r.Product.SKU }),
			store.Text("slug", func(r *making) string { return r.Product.Slug }),
			store.Text("name", func(r *making) string { return r.Product.Name }),
			store.Bigint("category_id", func(r *making) int64 { return r.Product.CategoryID }),
			store.Text("currency", func(r *making) money.Currency { return r.PriceCurrency() }),
			store.Bigint("price_micros", func(r *making) money.Amount { return r.Product.Price }),
			store.Text("source", func(*making) catalog.Source { return catalog.SourceProvider }),
			store.Bigint("max_quantity", func(*making) int64 { return catalog.MaxQuantity }),
			store.Bool("dated", func(r *making) bool { return r.Product.Dated }),
			store.Bigint("version", func(*making) int64 { return 1 }),
			store.Time("created_at", func(r *making) time.Time { return r.at }),
			store.Time("updated_at", func(r *making) time.Time { return r.at }),
		},
	}
	offersTable = &store.Table[making]{
		Name: "offers", Suffix: "ON CONFLICT DO NOTHING RETURNING id, product_id, provider_id, provider_sku",
		Columns: []store.Column[making]{
			store.Bigint("product_id", func(r *making) int64 { return r.productN }),
			store.Bigint("provider_id", func(r *making) int64 { return r.provider }),
			store.Text("provider_sku", func(r *making) string { return r.ProviderSKU }),
			store.Bigint("cost_micros", func(r *making) money.Amount { return r.NewCost }),
			store.Text("currency", func(r *making) money.Currency { return r.NewCurrency }),
			store.Text("status", func(r *making) fulfil.Status {
				if r.Product.Active {
					return fulfil.StatusActive
				}
				return fulfil.StatusDisabled
			}),
			store.Bigint("off_by_sync", func(r *making) int64 {
				if r.Product.Active {
					return 0
				}
				return r.SyncID
			}),
			store.Time("created_at", func(r *making) time.Time { return r.at }),
			store.Time("updated_at", func(r *making) time.Time { return r.at }),
		},
	}
)

// makeProducts makes what is imported.
func (t *taking) makeProducts(ctx context.Context, provider int64) error {
	bySKU := map[string]*supply.Change{}
	products, offers := productsTable.Insert(), offersTable.Insert()
	for i := range t.changes {
		if c := &t.changes[i]; c.Kind == supply.Imported && c.State == supply.Made && c.ProductID == 0 {
			bySKU[c.Product.SKU] = c
			products.Add(making{Change: c, at: t.now})
		}
	}
	if len(bySKU) == 0 {
		return nil
	}
	made := map[int64]*supply.Change{}
	products.Each = func(row store.Scanner) error {
		var id int64
		var sku string
		err := row.Scan(&id, &sku)
		if c := bySKU[sku]; c != nil {
			c.ProductID, made[id] = id, c
			offers.Add(making{c, provider, t.now, id})
		}
		return err
	}
	offers.Each = func(row store.Scanner) error {
		var id, product, provider int64
		var sku string
		err := row.Scan(&id, &product, &provider, &sku)
		if c := made[product]; c != nil {
			c.OfferID = id
		}
		return err
	}
	if err := t.tx.Write(ctx, &products); err != nil {
		return fmt.Errorf("make products: %w", err)
	}
	if err := t.tx.Write(ctx, &offers); err != nil {
		return fmt.Errorf("make offers: %w", err)
	}
	sold := make([]string, 0, len(bySKU))
	for _, c := range bySKU {
		if c.ProductID == 0 {
			c.State, c.Note = supply.Skipped, supply.NoteTaken
			continue
		}
		sold = append(sold, c.ProviderSKU)
	}
	slices.Sort(sold) // rows are locked in one order
	return t.tx.Query(ctx, store.NewQuery(acceptImported, []any{provider, t.now.UTC(), sold}, store.IgnoreRow))
}

// offerRow is an offer that changed.
type offerRow struct {
	*fulfil.Offer

	at time.Time
}

var (
	offersChange = &store.Change[offerRow]{
		Table: "offers", ID: func(r *offerRow) int64 { return r.ID }, Columns: []store.Column[offerRow]{
			store.Bigint("cost_micros", func(r *offerRow) money.Amount { return r.Cost }),
			store.Text("currency", func(r *offerRow) money.Currency { return r.Currency }),
			store.Text("status", func(r *offerRow) fulfil.Status { return r.Status }),
			store.Bool("price_locked", func(r *offerRow) bool { return r.PriceLocked }),
			store.Bool("state_locked", func(r *offerRow) bool { return r.StateLocked }),
			store.Bigint("off_by_sync", func(r *offerRow) int64 { return r.OffBySync }),
			store.Bigint("listed_cost_micros", func(r *offerRow) money.Amount { return r.ListedCost }),
			store.Time("updated_at", func(r *offerRow) time.Time { return r.at }),
		},
	}
	changesChange = &store.Change[changeRow]{
		Table: "supply_changes", ID: func(r *changeRow) int64 { return r.ID }, Columns: []store.Column[changeRow]{
			store.Text("state", func(r *changeRow) supply.State { return r.State }),
			store.Text("note", func(r *changeRow) string { return r.Note }),
			store.Bigint("offer_id", func(r *changeRow) int64 { return r.OfferID }),
			store.Bigint("product_id", func(r *changeRow) int64 { return r.ProductID }),
			store.Time("updated_at", func(r *changeRow) time.Time { return r.at }),
		},
	}
)

// write writes what was decided.
func (t *taking) write(ctx context.Context) error {
	offers, changes := offersChange.Update(), changesChange.Update()
	for id, o := range t.offers {
		if *o != t.before[id] {
			offers.Add(offerRow{o, t.now})
		}
	}
	for i := range t.changes {
		changes.Add(changeRow{&t.changes[i], "", t.now})
	}
	if len(t.archived) > 0 {
		slices.Sort(t.archived)
		if err := t.tx.Query(ctx, store.NewQuery(archive, []any{t.archived, t.now.UTC()}, store.IgnoreRow)); err != nil {
			return err
		}
	}
	return t.tx.Commit(ctx, &offers, &changes)
}
