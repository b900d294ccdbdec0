package claims

import (
	"context"

	"orderhub/server/claim"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	// What expires first is sold first, also here. What the transaction holds already,
	// and changes only as it commits, is $4.
	takeStock = store.FromPostgres(`SELECT u.id FROM units u WHERE u.product_id = $1 AND u.status = 'available'
		AND u.expires_s > $2 + (SELECT p.expiry_margin_s FROM products p WHERE p.id = $1)
		AND u.id <> ALL($4::bigint[]) ORDER BY u.expires_s, u.id LIMIT $3 FOR UPDATE SKIP LOCKED`)
	selectSold = store.Same(`SELECT EXISTS (SELECT 1 FROM order_lines l
		JOIN offers f ON f.product_id = l.product_id AND f.status = 'active'
		JOIN providers p ON p.id = f.provider_id AND p.status = 'active' WHERE l.id = $1 AND l.source = 'provider')`)
)

// replace has another unit take the place of each: one that was given, one of the stock, or one that is bought.
func (w *answering) replace(ctx context.Context, units []*claim.Unit, a *claim.Answer) error {
	line := w.line(units[0].LineID)
	if len(a.Goods) > 0 {
		for i, u := range units {
			u.ReplacementID = w.t.Deliver(line, a.Goods[i])
		}
		return w.replaced(ctx, line, units, a)
	}
	stock, err := w.look(ctx, line, len(units))
	if err != nil {
		return err
	}
	if len(stock) < len(units) {
		may, err := w.mayBuy(ctx, line)
		switch {
		case err != nil:
			return err
		case may:
		case a.InPart():
			units = units[:len(stock)]
		default:
			return claim.ErrOutOfStock
		}
	}
	for i, id := range stock {
		units[i].ReplacementID = id
		w.stock.Add(stockUnit{id, line.OrderID, line.ID, w.t.State().Now})
	}
	w.taken = append(w.taken, stock...)
	if len(stock) > 0 {
		if err := w.replaced(ctx, line, units[:len(stock)], a); err != nil {
			return err
		}
	}
	return w.buy(ctx, line, units[len(stock):], a)
}

// replaced says of units that others took their place.
func (w *answering) replaced(ctx context.Context, line *order.Line, units []*claim.Unit, a *claim.Answer) error {
	for _, u := range units {
		u.FailureCode = ""
		u.Put(a, claim.Replaced, w.t.State().Now)
	}
	settled, err := w.t.State().ChangeUnits(order.UnitChange{
		MerchantID: w.claim.MerchantID, OrderID: w.claim.OrderID, LineID: line.ID, Units: idsOf(units),
		Status: order.GoodsReplaced, Note: w.note(event.ClaimReplaced),
	})
	if err != nil {
		return err
	}
	return w.t.Add(ctx, settled)
}

// buy has other units bought in the place of these, which the customer keeps until they come.
func (w *answering) buy(ctx context.Context, line *order.Line, units []*claim.Unit, a *claim.Answer) error {
	if len(units) == 0 {
		return nil
	}
	id, err := w.t.Replace(ctx, order.Replacement{
		ClaimID: w.claim.ID, OrderID: w.claim.OrderID, LineID: line.ID, Quantity: int64(len(units)),
	})
	if err != nil {
		return err
	}
	for _, u := range units {
		u.BoughtBy, u.FailureCode = id, ""
		u.Put(a, claim.Replacing, w.t.State().Now)
	}
	return w.noteUnits(ctx, event.ClaimReplacing, units)
}

// mayBuy reports whether units of a line can be bought: the line was bought itself, so that what a provider has to know
// is there, its customer is not erased, and somebody sells the product now.
func (w *answering) mayBuy(ctx context.Context, line *order.Line) (may bool, err error) {
	if w.claim.Erased {
		return false, nil
	}
	err = w.tx.Query(ctx, store.NewQuery(selectSold, []any{line.ID}, store.Into(&may)))
	return may, err
}

// look locks units of the stock: as many as are wanted, or as there are.
func (w *answering) look(ctx context.Context, line *order.Line, n int) (ids []int64, err error) {
	args := []any{line.ProductID, w.t.State().Now.Unix(), n, w.taken}
	err = w.tx.Query(ctx, store.NewQuery(takeStock, args, store.Gather(&ids)))
	return ids, err
}
