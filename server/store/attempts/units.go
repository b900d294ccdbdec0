package attempts

import (
	"context"

	"orderhub/server/order"
	"orderhub/server/store"
)

// Delivered is a transaction about units of one order that were delivered: claims are
// answered and tickets redeemed in it. The merchant's wallet is locked, so that nothing
// else is settled, cancelled or placed for it meanwhile.
type Delivered struct{ t *settlement }

// OpenDelivered locks the wallet and reads the order with all its lines. newUnits is how
// many units [Delivered.Deliver] may add. order.ErrNotFound.
func (s *Store) OpenDelivered(
	ctx context.Context, tx store.BulkTx, merchantID, orderID int64, lineIDs []int64, newUnits int,
) (*Delivered, error) {
	about := []order.Settlement{{MerchantID: merchantID, OrderID: orderID, Delivered: make([]order.Goods, newUnits)}}
	for _, line := range lineIDs {
		about = append(about, order.Settlement{MerchantID: merchantID, OrderID: orderID, LineID: line})
	}
	t, err := s.loadSettlement(ctx, tx, about)
	if err != nil {
		return nil, err
	}
	if t.state.Orders[orderID] == nil {
		return nil, order.ErrNotFound
	}
	return &Delivered{t}, nil
}

// State is what was read.
func (d *Delivered) State() *order.SettleState { return d.t.state }

// Order is the order, with its lines, without goods.
func (d *Delivered) Order(id int64) *order.Order { return d.t.state.Orders[id] }

// Add takes what the state has changed.
func (d *Delivered) Add(ctx context.Context, settled *order.Settled) error {
	return d.t.gather(ctx, settled)
}

// Deliver adds a unit to a line, whose counters stay: it takes the place of another one.
func (d *Delivered) Deliver(line *order.Line, content string) (unitID int64) {
	id := d.t.unitIDs.Next()
	d.t.units.Add(store.DeliveredUnit{
		ID: id, ProductID: line.ProductID, OrderID: line.OrderID, LineID: line.ID,
		Content: d.t.store.db.Vault.SealUnit(id, content), Status: order.GoodsDelivered, UseDate: line.UseDate,
		CreatedAt: d.t.state.Now, DeliveredAt: &d.t.state.Now,
	})
	return id
}

// Commit brings what was added to the database, with more beside it. Nothing may follow.
func (d *Delivered) Commit(ctx context.Context, tx store.BulkTx, more ...store.Write) error {
	if err := d.t.write(ctx, tx.Write); err != nil {
		return err
	}
	return tx.Commit(ctx, more...)
}
