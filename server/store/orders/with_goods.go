package orders

import (
	"context"

	"orderhub/ent"
	entorder "orderhub/ent/order"
	"orderhub/server/order"
	"orderhub/server/store"
)

// WithGoods are the orders that there are of these, by id, with what was delivered.
func (s *Store) WithGoods(ctx context.Context, ids []int64) (map[int64]*order.Order, error) {
	found := make(map[int64]*order.Order)
	if len(ids) == 0 {
		return found, nil
	}
	err := s.db.Snapshot(ctx, func(c *ent.Client) error {
		clear(found)
		rows, err := c.Order.Query().Where(entorder.IDIn(store.Distinct(ids)...)).All(ctx)
		if err != nil {
			return err
		}
		orders := make([]*order.Order, len(rows))
		for i, row := range rows {
			if orders[i], err = s.fromDBOrder(row); err != nil {
				return err
			}
			found[row.ID] = orders[i]
		}
		if err := s.addLines(ctx, c, orders); err != nil {
			return err
		}
		return s.addGoods(ctx, c, orders)
	})
	return found, store.During("read orders", store.Unavailable(err))
}
