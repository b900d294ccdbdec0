package store

import (
	"context"
	"fmt"

	"orderhub/ent"
	entcounter "orderhub/ent/counter"
	entlist "orderhub/ent/pricelist"
)

// MovePrices is what MoveCosts does, as a query of a transaction in bulk.
var MovePrices = Same(`UPDATE counters SET value = value + 1 WHERE name IN ('catalog', 'prices')
	AND EXISTS (SELECT 1 FROM price_lists WHERE status = 'active' AND by_cost) RETURNING name`)

// LockProvider is taken where offers are made: an import of an item waits for whoever makes one of it by hand.
var LockProvider = Same(`SELECT id FROM providers WHERE id = $1`).Locked(` FOR NO KEY UPDATE`)

// PricesCounter is the counter whose value is the version of all prices that price lists make.
const PricesCounter = "prices"

// MoveCosts tells that costs change in this transaction: where a price list goes from costs, prices change with them.
// It comes first, as the catalogue's version does in every change of it.
func MoveCosts(ctx context.Context, tx *ent.Tx) error {
	byCost, err := tx.PriceList.Query().Where(entlist.Status("active"), entlist.ByCost(true)).Exist(ctx)
	if err == nil && byCost {
		err = tx.Counter.Update().Where(entcounter.IDIn("catalog", PricesCounter)).AddValue(1).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("move the version of prices: %w", err)
	}
	return nil
}
