package units

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/store"
)

var (
	selectWithdrawn = store.Same(`SELECT id, content FROM units WHERE withdrawn_for = $1 ORDER BY id`)
	selectStockOf   = store.Same(`SELECT id, expiry_margin_s FROM products
		WHERE sku = $1 AND source = 'stock' AND NOT dated`)
	selectWithdrawing = store.FromPostgres(`SELECT id, content FROM units WHERE product_id = $1
		AND status = 'available' AND expires_s > $2 ORDER BY expires_s, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`)
	withdrawUnits = &store.Change[withdrawnUnit]{
		Table: "units", Guard: stillAvailable, ID: func(r *withdrawnUnit) int64 { return r.id },
		Columns: []store.Column[withdrawnUnit]{
			store.Text("status", func(*withdrawnUnit) string { return "withdrawn" }),
			store.Text("withdrawn_for", func(r *withdrawnUnit) string { return r.reference }),
		},
	}
)

// withdrawnUnit is a unit that the hub sells to itself.
type withdrawnUnit struct {
	id        int64
	reference string
}

// stillAvailable guards changes of units that are to be sold.
const stillAvailable = "status = 'available'"

// Withdraw implements the units of package dialect/stock.
func (s *Store) Withdraw(ctx context.Context, sku, reference string, quantity int64) (contents []string, err error) {
	if reference == "" {
		return nil, errs.Invalid("reference", "must not be empty")
	}
	err = s.db.Vault.WithoutUnreadable(ctx, func() error {
		return s.db.Bulk(ctx, func(tx store.BulkTx) error {
			contents, err = s.withdraw(ctx, tx, sku, reference, quantity)
			return err
		})
	})
	return contents, store.During("withdraw units", err)
}

func (s *Store) withdraw(ctx context.Context, tx store.BulkTx, sku, reference string, quantity int64) (
	contents []string, err error,
) {
	var product, margin int64
	err = tx.Query(ctx,
		store.NewQuery(selectWithdrawn, []any{reference}, store.Append(&contents, s.scanWithdrawn)),
		store.NewQuery(selectStockOf, []any{sku}, store.Into(&product, &margin)),
	)
	if err != nil || len(contents) > 0 {
		return contents, err
	}
	if product == 0 {
		return nil, catalog.ErrProductNotFound
	}
	taken := withdrawUnits.Update()
	args := []any{product, s.db.Now().Unix() + margin, quantity}
	err = tx.Query(ctx, store.NewQuery(selectWithdrawing, args, func(row store.Scanner) error {
		id, content, err := store.ScanContent(row, s.db.Vault.OpenStock)
		taken.Add(withdrawnUnit{id, reference})
		contents = append(contents, content)
		return err
	}))
	if err != nil {
		return nil, err
	}
	return contents, tx.Write(ctx, &taken)
}

// Withdrawn implements the units of package dialect/stock.
func (s *Store) Withdrawn(ctx context.Context, reference string) (contents []string, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectWithdrawn, []any{reference}, store.Append(&contents, s.scanWithdrawn)))
	return contents, store.During("find withdrawn units", err)
}

func (s *Store) scanWithdrawn(row store.Scanner) (content string, err error) {
	_, content, err = store.ScanContent(row, s.db.Vault.OpenUnit)
	return content, err
}
