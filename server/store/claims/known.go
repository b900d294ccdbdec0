package claims

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/store"
)

var (
	selectUnprinted = store.FromPostgres(`SELECT id, product_id, content FROM units WHERE id = ANY($1::bigint[])
		AND fingerprint IS NULL AND ticket_code IS NULL ORDER BY id`)
	// Where another unit of the product is known by the content already, that is enough.
	printUnit = store.Same(`UPDATE units SET fingerprint = $3 WHERE id = $1 AND NOT EXISTS
		(SELECT 1 FROM units o WHERE o.product_id = $2 AND o.fingerprint = $3) RETURNING id`)
	voidPrinted = store.Same(`UPDATE units SET status = 'void' WHERE product_id = $1 AND fingerprint = $2
		AND status IN ('available', 'set_aside') RETURNING id`)
)

// know has units that do not work known by their contents, as those are that were imported: an import refuses them
// then, and what our stock has of them is sold no more. Before anything is taken from stock in their place.
func (w *answering) know(ctx context.Context, units []*claim.Unit) error {
	var writes []store.Query
	vault := w.store.db.Vault
	err := w.tx.Query(ctx, store.NewQuery(selectUnprinted, []any{idsOf(units)}, func(row store.Scanner) error {
		var id, product int64
		var sealed []byte
		if err := row.Scan(&id, &product, &sealed); err != nil {
			return err
		}
		content, err := vault.OpenUnit(id, sealed)
		mark := catalog.MarkOf(content)
		if err != nil || mark == "" { // of an order that is erased, perhaps
			return vault.WithoutIt("unit", id, err)
		}
		fingerprint := vault.UnitFingerprint(product, mark)
		writes = append(writes,
			store.NewQuery(voidPrinted, []any{product, fingerprint}, w.voided(ctx, id)),
			store.NewQuery(printUnit, []any{id, product, fingerprint}, store.IgnoreRow))
		return nil
	}))
	if err != nil || len(writes) == 0 {
		return err
	}
	err = w.tx.Query(ctx, writes...)
	if store.IsUniqueViolation(err, "unit_product_id_fingerprint") {
		return store.LostRace(err) // it is imported in this moment
	}
	return err
}

// voided tells of units that were in stock with the content of one that does not work.
func (w *answering) voided(ctx context.Context, bad int64) func(row store.Scanner) error {
	return store.Each1(func(id int64) {
		w.store.db.Log.WarnContext(ctx, "a unit in stock is void, because one with its content does not work",
			"unit", id, "claimed", bad)
	})
}

// checkGoods makes sure that what is given for units is none of them, nor anything that the product has or had.
func (s *Store) checkGoods(
	ctx context.Context, tx store.BulkTx, c *claim.Claim, taken []*claim.Unit, a *claim.Answer,
) error {
	if len(a.Goods) == 0 {
		return nil
	}
	had, err := s.hadBefore(ctx, tx, c)
	if err != nil {
		return err
	}
	marks, prints := make([]string, len(a.Goods)), make([]string, len(a.Goods))
	byProduct := make(map[int64][]string)
	for i, u := range taken {
		marks[i] = catalog.MarkOf(a.Goods[i])
		prints[i] = string(s.db.Vault.UnitFingerprint(u.ProductID, marks[i]))
		byProduct[u.ProductID] = append(byProduct[u.ProductID], prints[i])
	}
	known := make(map[string]bool) // prints of two products are never the same
	for product, wanted := range byProduct {
		found, err := store.Printed(ctx, tx.Query, product, wanted)
		if err != nil {
			return err
		}
		for fingerprint := range found {
			known[fingerprint] = true
		}
	}
	return a.CheckGoods(func(i int) bool { return had[marks[i]] || known[prints[i]] })
}

// hadBefore are the contents, by their marks, of the claim's units and of what was given for them.
func (s *Store) hadBefore(ctx context.Context, tx store.BulkTx, c *claim.Claim) (map[string]bool, error) {
	had := make(map[string]bool)
	for i := range c.Units {
		had[catalog.MarkOf(c.Units[i].Given)] = true
	}
	return had, s.db.Vault.UnitContents(ctx, tx.Query, idsOf(pointers(c)), func(content string) {
		had[catalog.MarkOf(content)] = true
	})
}
