package orders

import (
	"context"
	"fmt"

	"orderhub/ent"
	entorder "orderhub/ent/order"
	"orderhub/server/order"
	"orderhub/server/store"
)

// Erasable implements order.EraseStore.
func (s *Store) Erasable(ctx context.Context, v order.Viewer, afterID int64, limit int) ([]order.Order, error) {
	var orders []*order.Order
	err := s.db.Snapshot(ctx, func(c *ent.Client) error {
		rows, err := c.Order.Query().Where(append(visibleTo(v), entorder.IDGT(afterID), entorder.ErasedAtIsNil())...).
			Order(entorder.ByID()).Limit(limit).All(ctx)
		if err != nil {
			return err
		}
		orders = make([]*order.Order, len(rows))
		for i, row := range rows {
			if orders[i], err = s.fromDBOrder(row); err != nil {
				return err
			}
			orders[i].Private, err = s.db.Vault.OpenPrivate(row.ID, row.Private)
			if err = s.db.Vault.WithoutIt("a door's data of order", row.ID, err); err != nil {
				return fmt.Errorf("order %s: %w", row.Number, err)
			}
		}
		if len(orders) == 0 {
			return nil
		}
		return s.addLines(ctx, c, orders)
	})
	if err != nil {
		return nil, store.During("read orders", store.Unavailable(err))
	}
	listed := make([]order.Order, len(orders))
	for i, o := range orders {
		listed[i] = *o
	}
	return listed, nil
}
