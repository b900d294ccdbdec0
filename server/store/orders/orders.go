package orders

import (
	"context"
	"fmt"

	"orderhub/ent"
	entevent "orderhub/ent/event"
	entorder "orderhub/ent/order"
	"orderhub/ent/orderline"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

func (s *Store) Reference(ctx context.Context, key order.ReferenceKey) (*order.ExistingOrder, error) {
	row, err := s.db.Reader.Order.Query().
		Where(entorder.MerchantID(key.MerchantID), entorder.Reference(key.Reference)).
		Select(entorder.FieldID, entorder.FieldNumber, entorder.FieldFingerprint).
		Only(ctx)
	if err != nil {
		return nil, store.Translate(err, order.ErrNotFound)
	}
	return &order.ExistingOrder{ID: row.ID, Number: row.Number, MadeBy: s.db.Vault.SameRequest(row.Fingerprint)}, nil
}

func (s *Store) LineReferences(ctx context.Context, merchantID int64, references []string) (
	map[string]*order.ExistingOrder, error,
) {
	var wanted store.Pairs
	for _, reference := range references {
		wanted.Add(merchantID, reference)
	}
	found := make(map[order.ReferenceKey]*order.ExistingOrder)
	err := s.db.Peek(ctx, store.NewQuery(selectLineReferences, []any{&wanted}, referencesInto(s.db.Vault, found)))
	known := make(map[string]*order.ExistingOrder, len(found))
	for key, existing := range found {
		known[key.Reference] = existing
	}
	return known, store.Unavailable(err)
}

var selectChargedBalance = store.Same(`SELECT coalesce((SELECT t.balance_micros FROM transfers t
	WHERE t.order_id = $1 AND t.merchant_id = $2 AND t.kind = 'charge' ORDER BY t.id LIMIT 1), a.balance_micros)
	FROM accounts a WHERE a.merchant_id = $2`)

func (s *Store) ChargedBalance(ctx context.Context, merchantID, orderID int64) (money.Amount, error) {
	var balance money.Amount
	err := s.db.Peek(ctx, store.NewQuery(selectChargedBalance, []any{orderID, merchantID}, store.Into(&balance)))
	return balance, store.Unavailable(err)
}

var selectSold = store.Same(`SELECT product_id, sum(completed) FROM order_lines GROUP BY product_id`)

func (s *Store) SoldUnits(ctx context.Context) (map[int64]int64, error) {
	sold := make(map[int64]int64)
	err := s.db.Peek(ctx, store.NewQuery(selectSold, nil, store.Keyed(sold)))
	return sold, store.During("count what was sold", err)
}

func (s *Store) SetDoorState(ctx context.Context, merchantID, lineID int64, state string) error {
	var changed int
	err := s.db.InTx(ctx, func(tx *ent.Tx) (err error) {
		sealed, inClear := s.db.Vault.SealText(state, store.LineDoorStates.At(lineID))
		update := tx.OrderLine.Update().Where(orderline.ID(lineID), orderline.MerchantID(merchantID)).
			SetDoorState(inClear).SetUpdatedAt(s.db.Now())
		if sealed == nil {
			update.ClearSealedDoorState()
		} else {
			update.SetSealedDoorState(sealed)
		}
		changed, err = update.Save(ctx)
		return err
	})
	if err == nil && changed == 0 {
		return order.ErrNotFound
	}
	return store.Unavailable(err)
}

func (s *Store) OrderEvents(ctx context.Context, merchantID, orderID, afterSequence int64, limit int) (
	[]event.Event, error,
) {
	var rows []*ent.Event
	err := s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) (err error) {
		rows, err = r.Client.Event.Query().
			Where(entevent.MerchantID(merchantID), entevent.OrderID(orderID), entevent.SequenceGT(afterSequence)).
			Order(entevent.BySequence()).Limit(limit).All(ctx)
		return err
	})
	if err != nil {
		return nil, store.Unavailable(fmt.Errorf("read order events: %w", err))
	}
	return store.Converted(rows, store.FromDBEvent)
}
