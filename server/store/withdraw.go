package store

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/fault"
)

var (
	selectWithdrawn   = same(`SELECT id, content FROM units WHERE withdrawn_for = $1 ORDER BY id`)
	selectStockOf     = same(`SELECT id FROM products WHERE sku = $1 AND source = 'stock' AND NOT dated`)
	selectWithdrawing = same(
		`SELECT id, content FROM units WHERE product_id = $1 AND status = 'available' ORDER BY id LIMIT $2`,
	).
		locked(` FOR NO KEY UPDATE SKIP LOCKED`)
	withdrawUnits = &change{table: "units", guard: "status = 'available'", columns: []column{
		{name: "status", kind: "text"}, {name: "withdrawn_for", kind: "text"},
	}}
)

// Withdraw implements the units of package dialect/stock.
func (s *Store) Withdraw(ctx context.Context, sku, reference string, quantity int64) (contents []string, err error) {
	if reference == "" {
		return nil, fault.Invalid("reference", "must not be empty")
	}
	err = s.withoutUnreadable(ctx, func() error {
		return s.bulk(ctx, func(tx bulkTx) error {
			contents, err = s.withdraw(ctx, tx, sku, reference, quantity)
			return err
		})
	})
	return contents, during("withdraw units", err)
}

func (s *Store) withdraw(ctx context.Context, tx bulkTx, sku, reference string, quantity int64) (
	contents []string, err error,
) {
	var product int64
	err = tx.read(ctx,
		read{selectWithdrawn, []any{reference}, func(row scanner) error {
			_, content, err := scanContent(row, s.openUnit)
			contents = append(contents, content)
			return err
		}},
		read{selectStockOf, []any{sku}, func(row scanner) error { return row.Scan(&product) }},
	)
	if err != nil || len(contents) > 0 {
		return contents, err
	}
	if product == 0 {
		return nil, catalog.ErrProductNotFound
	}
	taken := update{change: withdrawUnits}
	err = tx.read(ctx, read{selectWithdrawing, []any{product, quantity}, func(row scanner) error {
		id, content, err := scanContent(row, s.openStock)
		taken.add(id, "withdrawn", reference)
		contents = append(contents, content)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return contents, tx.write(ctx, &taken)
}

// scanContent reads a unit and opens it.
func scanContent(row scanner, open func(id int64, sealed []byte) (string, error)) (
	id int64, content string, err error,
) {
	var sealed []byte
	if err := row.Scan(&id, &sealed); err != nil {
		return 0, "", err
	}
	content, err = open(id, sealed)
	return id, content, err
}

var selectLineContents = same(`SELECT id, content FROM units WHERE line_id = $1 ORDER BY id`)

// LineContents implements fulfil.Store.
func (s *Store) LineContents(ctx context.Context, lineID int64) (contents []string, err error) {
	err = s.peek(ctx, read{selectLineContents, []any{lineID}, func(row scanner) error {
		id, content, err := scanContent(row, s.openUnit)
		contents = append(contents, content)
		return s.withoutIt("unit", id, err)
	}})
	return contents, during("read goods of a line", unavailable(err))
}

// Withdrawn implements the units of package dialect/stock.
func (s *Store) Withdrawn(ctx context.Context, reference string) (contents []string, err error) {
	err = s.peek(ctx, read{selectWithdrawn, []any{reference}, func(row scanner) error {
		_, content, err := scanContent(row, s.openUnit)
		contents = append(contents, content)
		return err
	}})
	return contents, during("find withdrawn units", unavailable(err))
}
