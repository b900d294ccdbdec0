package units

import (
	"context"
	"encoding/hex"

	"orderhub/server/catalog"
	"orderhub/server/store"
)

const selectFound = `SELECT u.id, u.product_id, u.status, coalesce(o.number, ''), coalesce(o.merchant_id, 0),
	coalesce(l.position, 0), u.delivered_at
	FROM units u LEFT JOIN orders o ON o.id = u.order_id LEFT JOIN order_lines l ON l.id = u.line_id `

var (
	// A fingerprint belongs to a product, and so does the index of them.
	findPrinted = store.FromPostgres(selectFound + `WHERE u.id = ANY(ARRAY(SELECT p.id
		FROM unnest($1::bigint[], $2::text[]) AS pair(id, text) CROSS JOIN units p
		WHERE p.product_id = pair.id AND p.fingerprint = decode(pair.text, 'hex'))) ORDER BY u.id`)
	findByID = store.FromPostgres(selectFound + `WHERE u.id = ANY($1::bigint[]) ORDER BY u.id DESC`)
	// What has a fingerprint is found by it, and not opened.
	selectUnprinted = store.Same(`SELECT id, CASE WHEN fingerprint IS NULL THEN content END FROM units WHERE id < $1
		ORDER BY id DESC LIMIT $2`)
)

// lookedUpAtOnce is how many fingerprints one statement looks for.
const lookedUpAtOnce = 500

func (s *Store) ImportedUnits(ctx context.Context, c *catalog.Content, productIDs []int64) (
	found []catalog.FoundUnit, err error,
) {
	var wanted store.Pairs
	for i, id := range productIDs {
		p := s.printsOf(c, id)
		for _, mark := range append(p.former, p.mark) {
			wanted.Add(id, hex.EncodeToString([]byte(mark)))
		}
		if len(wanted.IDs) < lookedUpAtOnce && i < len(productIDs)-1 {
			continue
		}
		into := store.All(&found, unitPlaces)
		if err := s.db.Peek(ctx, store.NewQuery(findPrinted, []any{&wanted}, into)); err != nil {
			return nil, store.During("find units", err)
		}
		wanted = store.Pairs{}
	}
	return found, nil
}

func (s *Store) OpenedUnits(ctx context.Context, text string, before int64, n int) (
	found []catalog.FoundUnit, next int64, err error,
) {
	rows, same := 0, []int64(nil)
	err = s.db.Peek(ctx, store.NewQuery(selectUnprinted, []any{before, n}, func(row store.Scanner) error {
		var sealed []byte
		if err := row.Scan(&next, &sealed); err != nil {
			return err
		}
		rows++
		content, err := s.db.Vault.OpenUnit(next, sealed)
		if content == text && len(sealed) > 0 && err == nil {
			same = append(same, next)
		}
		return s.db.Vault.WithoutIt("unit", next, err)
	}))
	if rows < n {
		next = 0
	}
	if err == nil && len(same) > 0 {
		err = s.db.Peek(ctx, store.NewQuery(findByID, []any{same}, store.All(&found, unitPlaces)))
	}
	return found, next, store.During("find units", err)
}

func unitPlaces(u *catalog.FoundUnit) []any {
	return []any{&u.ID, &u.ProductID, &u.Status, &u.OrderNumber, &u.MerchantID, &u.Position, &u.DeliveredAt}
}
