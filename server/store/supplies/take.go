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
	"orderhub/server/operatorevent"
	"orderhub/server/store"
	"orderhub/server/supply"
)

var (
	offerColumns         = store.Selected(offerFields)
	selectProviderOffers = store.Same(`SELECT ` + offerColumns + ` FROM offers WHERE provider_id = $1 AND id > $2
		ORDER BY id LIMIT $3`)
	selectOffers = store.FromPostgres(`SELECT ` + offerColumns + ` FROM offers WHERE id = ANY($1::bigint[])
		ORDER BY id FOR UPDATE`)
	selectChanges = store.FromPostgres(`SELECT ` + store.Selected((*readChange).fields) + ` FROM supply_changes
		WHERE sync_id = $1 AND id > $2 AND ($3 = 0 OR id = $3) AND state = ANY($4::text[]) ORDER BY id LIMIT $5`)
	selectUntouched = store.FromPostgres(`SELECT id, true FROM products WHERE id = ANY($1::bigint[]) AND version = 1
		AND status = 'active' FOR UPDATE`)
	archive = store.FromPostgres(`UPDATE products SET status = 'archived', version = version + 1, updated_at = $2
		WHERE id = ANY($1::bigint[]) RETURNING id`)
	// The lock on its row makes changes of the catalogue follow one another.
	moveCatalog = store.Same(`INSERT INTO counters (name, value) VALUES ('catalog', 1)
		ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING name`)
)

func offerFields(o *fulfil.Offer) store.Fields {
	return store.Fields{
		"id", &o.ID, "product_id", &o.ProductID, "provider_id", &o.ProviderID, "provider_sku", &o.ProviderSKU,
		"cost_micros", &o.Cost, "currency", &o.Currency, "priority", &o.Priority, "status", &o.Status,
		"price_locked", &o.PriceLocked, "state_locked", &o.StateLocked, "off_by_sync", &o.OffBySync,
		"listed_cost_micros", &o.ListedCost, "created_at", &o.CreatedAt, "updated_at", &o.UpdatedAt,
	}
}

func scanOffer(row store.Scanner) (o fulfil.Offer, err error) {
	err = offerFields(&o).Scan(row)
	return o, err
}

// readChange is a change as it is read.
type readChange struct {
	supply.Change

	product string // JSON
}

func (r *readChange) fields() store.Fields {
	return store.Fields{
		"id", &r.ID, "sync_id", &r.SyncID, "kind", &r.Kind, "state", &r.State, "note", &r.Note, "offer_id", &r.OfferID,
		"product_id", &r.ProductID, "provider_sku", &r.ProviderSKU, "name", &r.Name, "old_cost_micros", &r.OldCost,
		"old_currency", &r.OldCurrency, "new_cost_micros", &r.NewCost, "new_currency", &r.NewCurrency,
		"old_mark", &r.OldMark, "CAST(product AS text)", &r.product,
	}
}

func (s *Store) Offers(ctx context.Context, providerID, after int64, limit int) (offers []supply.Offer, err error) {
	args := []any{providerID, after, limit}
	err = s.db.Peek(ctx, store.NewQuery(selectProviderOffers, args, store.Append(&offers, scanOffer)))
	return offers, store.During("list offers", err)
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
		return t.write(ctx, &step)
	})
	s.db.LetOthersWrite(ctx, time.Since(began))
	return done, store.During("take over a part of a list", err)
}

// read locks the catalogue where products may be made or archived, then the offers.
func (t *taking) read(ctx context.Context, step *supply.Step) error {
	args := []any{step.SyncID, step.After, step.ChangeID, store.Strings(step.States), step.Limit}
	each := store.EachOf((*readChange).fields, func(row *readChange) error {
		err := json.Unmarshal([]byte(row.product), &row.Product)
		t.changes = append(t.changes, row.Change)
		return err
	})
	err := t.tx.Query(ctx, store.NewQuery(selectChanges, args, each))
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
			store.NewQuery(selectUntouched, []any{products}, store.Keyed(t.untouched)))
	}
	return t.tx.Query(ctx, append(queries, store.NewQuery(selectOffers, []any{offers}, func(row store.Scanner) error {
		o, err := scanOffer(row)
		t.before[o.ID], t.offers[o.ID] = o, &o
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
	err = t.tx.Query(ctx, store.NewQuery(providerOf, []any{step.SyncID}, store.Into(&provider)))
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

// selectOffered reads which items a provider's offers are about.
var selectOffered = store.FromPostgres(`SELECT provider_sku, true FROM offers WHERE provider_id = $1
	AND provider_sku = ANY($2::text[])`)

// wanted are the imports of which products are to be made: those whose item nobody has made an offer of since they were
// planned. While the provider is locked nobody does.
func (t *taking) wanted(ctx context.Context, provider int64) (imports []*supply.Change, err error) {
	var skus []string
	for i := range t.changes {
		if c := &t.changes[i]; c.Kind == supply.Imported && c.State == supply.Made && c.ProductID == 0 {
			imports, skus = append(imports, c), append(skus, c.ProviderSKU)
		}
	}
	if len(imports) == 0 {
		return nil, nil
	}
	offered := map[string]bool{}
	err = t.tx.Query(ctx, store.NewQuery(store.LockProvider, []any{provider}, store.IgnoreRow),
		store.NewQuery(selectOffered, []any{provider, skus}, store.Keyed(offered)))
	return slices.DeleteFunc(imports, func(c *supply.Change) bool {
		if offered[c.ProviderSKU] {
			c.State, c.Note = supply.Skipped, supply.NoteOffered
		}
		return offered[c.ProviderSKU]
	}), err
}

// makeProducts makes what is imported.
func (t *taking) makeProducts(ctx context.Context, provider int64) error {
	imports, err := t.wanted(ctx, provider)
	if err != nil || len(imports) == 0 {
		return err
	}
	bySKU := make(map[string]*supply.Change, len(imports))
	products, offers := productsTable.Insert(), offersTable.Insert()
	for _, c := range imports {
		bySKU[c.Product.SKU] = c
		products.Add(making{Change: c, at: t.now})
	}
	made := map[int64]*supply.Change{}
	products.Each = store.Each2(func(id int64, sku string) {
		if c := bySKU[sku]; c != nil {
			c.ProductID, made[id] = id, c
			offers.Add(making{c, provider, t.now, id})
		}
	})
	offers.Each = store.Each4(func(id, product, _ int64, _ string) {
		if c := made[product]; c != nil {
			c.OfferID = id
		}
	})
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
func (t *taking) write(ctx context.Context, step *supply.Step) error {
	offers, changes := offersChange.Update(), changesChange.Update()
	for id, o := range t.offers {
		if *o != t.before[id] {
			offers.Add(offerRow{o, t.now})
		}
	}
	var events []operatorevent.Event
	for i := range t.changes {
		changes.Add(changeRow{&t.changes[i], "", t.now})
		if step.Tell != nil {
			events = append(events, step.Tell(&t.changes[i]))
		}
	}
	if len(t.archived) > 0 {
		slices.Sort(t.archived)
		if err := t.tx.Query(ctx, store.NewQuery(archive, []any{t.archived, t.now.UTC()},
			store.IgnoreRow)); err != nil {
			return err
		}
	}
	return t.tx.Commit(ctx, &offers, &changes, store.OperatorEvents(t.now, events...))
}
