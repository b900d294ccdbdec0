package orders

import (
	"context"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"

	"orderhub/ent"
	entevent "orderhub/ent/event"
	entorder "orderhub/ent/order"
	"orderhub/ent/orderline"
	"orderhub/ent/predicate"
	"orderhub/ent/unit"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

// Reference implements order.Store.
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

// LineReferences implements order.Store.
func (s *Store) LineReferences(ctx context.Context, merchantID int64, references []string) (
	map[string]*order.ExistingOrder, error,
) {
	var wanted store.Pairs
	for _, reference := range references {
		wanted.Add(merchantID, reference)
	}
	found := make(map[order.ReferenceKey]*order.ExistingOrder)
	err := s.db.Peek(ctx, store.NewQuery(
		selectLineReferences, []any{&wanted}, func(row store.Scanner) error { return s.scanReference(row, found) },
	))
	known := make(map[string]*order.ExistingOrder, len(found))
	for key, existing := range found {
		known[key.Reference] = existing
	}
	return known, store.Unavailable(err)
}

var selectChargedBalance = store.Same(`SELECT coalesce((SELECT t.balance_micros FROM transfers t
	WHERE t.order_id = $1 AND t.merchant_id = $2 AND t.kind = 'charge' ORDER BY t.id LIMIT 1), a.balance_micros)
	FROM accounts a WHERE a.merchant_id = $2`)

// ChargedBalance implements order.Store.
func (s *Store) ChargedBalance(ctx context.Context, merchantID, orderID int64) (money.Amount, error) {
	var balance money.Amount
	err := s.db.Peek(ctx, store.NewQuery(
		selectChargedBalance, []any{orderID, merchantID}, func(row store.Scanner) error { return row.Scan(&balance) },
	))
	return balance, store.Unavailable(err)
}

var selectSold = store.Same(`SELECT product_id, sum(completed) FROM order_lines GROUP BY product_id`)

// SoldUnits implements order.Store.
func (s *Store) SoldUnits(ctx context.Context) (map[int64]int64, error) {
	sold := make(map[int64]int64)
	err := s.db.Peek(ctx, store.NewQuery(selectSold, nil, func(row store.Scanner) error {
		var product, units int64
		err := row.Scan(&product, &units)
		sold[product] = units
		return err
	}))
	if err != nil {
		return nil, store.Unavailable(fmt.Errorf("count what was sold: %w", err))
	}
	return sold, nil
}

// OrderByID implements order.Store.
func (s *Store) OrderByID(ctx context.Context, merchantID, orderID int64) (*order.Order, error) {
	return s.oneOrder(ctx, entorder.MerchantID(merchantID), entorder.ID(orderID))
}

// OrderByLine implements order.Store.
func (s *Store) OrderByLine(ctx context.Context, merchantID, lineID int64) (*order.Order, error) {
	return s.orderOfLine(ctx, merchantID, orderline.ID(lineID))
}

// OrderByLineCode implements order.Store.
func (s *Store) OrderByLineCode(ctx context.Context, merchantID int64, code string) (*order.Order, error) {
	return s.orderOfLine(ctx, merchantID, orderline.Code(code))
}

func (s *Store) orderOfLine(ctx context.Context, merchantID int64, which predicate.OrderLine) (*order.Order, error) {
	var o *order.Order
	err := s.db.SnapshotAnywhere(ctx, func(ctx context.Context, c *ent.Client) error {
		row, err := c.OrderLine.Query().Where(which, orderline.MerchantID(merchantID)).
			Select(orderline.FieldOrderID).Only(ctx)
		if err != nil {
			return store.Translate(err, order.ErrNotFound)
		}
		o, err = s.readOrder(ctx, c, entorder.MerchantID(merchantID), entorder.ID(row.OrderID))
		return err
	})
	return o, err
}

// SetDoorState implements order.Store.
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

// CountOrders implements order.Store.
func (s *Store) CountOrders(ctx context.Context, v order.Viewer, f order.Filter) (int64, error) {
	var count int
	err := s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) (err error) {
		count, err = r.Client.Order.Query().Where(append(visibleTo(v), filtered(f)...)...).Count(ctx)
		return err
	})
	return int64(count), store.Unavailable(err)
}

// Order implements order.Store.
func (s *Store) Order(ctx context.Context, v order.Viewer, number string) (*order.Order, error) {
	return s.oneOrder(ctx, append(visibleTo(v), entorder.Number(number))...)
}

// OrderByReference implements order.Store.
func (s *Store) OrderByReference(ctx context.Context, merchantID int64, reference string) (*order.Order, error) {
	return s.oneOrder(ctx, entorder.MerchantID(merchantID), entorder.Reference(reference))
}

func visibleTo(v order.Viewer) []predicate.Order {
	merchantID, all := v.Merchant()
	if all {
		return nil
	}
	return []predicate.Order{entorder.MerchantID(merchantID)}
}

func (s *Store) oneOrder(ctx context.Context, where ...predicate.Order) (o *order.Order, err error) {
	err = s.db.SnapshotAnywhere(ctx, func(ctx context.Context, c *ent.Client) (err error) {
		o, err = s.readOrder(ctx, c, where...)
		return err
	})
	return o, err
}

func (s *Store) readOrder(ctx context.Context, c *ent.Client, where ...predicate.Order) (*order.Order, error) {
	row, err := c.Order.Query().Where(where...).Only(ctx)
	if err != nil {
		return nil, store.Translate(err, order.ErrNotFound)
	}
	o, err := s.fromDBOrder(row)
	if err != nil {
		return nil, err
	}
	o.Private, err = s.db.Vault.OpenPrivate(row.ID, row.Private)
	if err = s.db.Vault.WithoutIt("a door's data of order", row.ID, err); err != nil {
		return nil, fmt.Errorf("order %s: %w", o.Number, err)
	}
	if err := s.addLines(ctx, c, []*order.Order{o}); err != nil {
		return nil, err
	}
	return o, s.addGoods(ctx, c, []*order.Order{o})
}

// addLines reads the lines of all the orders with one query.
func (s *Store) addLines(ctx context.Context, c *ent.Client, orders []*order.Order) error {
	ids := make([]int64, len(orders))
	byID := make(map[int64]*order.Order, len(orders))
	for i, o := range orders {
		ids[i], byID[o.ID] = o.ID, o
	}
	rows, err := c.OrderLine.Query().Where(orderline.OrderIDIn(ids...)).
		Order(orderline.ByOrderID(), orderline.ByPosition()).All(ctx)
	if err != nil {
		return fmt.Errorf("read order lines: %w", err)
	}
	for _, row := range rows {
		line, err := s.fromDBLine(row)
		if err != nil {
			return err
		}
		o := byID[row.OrderID]
		o.Lines = append(o.Lines, line)
	}
	return nil
}

// addGoods reads what was delivered for the orders' lines.
func (s *Store) addGoods(ctx context.Context, c *ent.Client, orders []*order.Order) error {
	var ids []int64
	byID := make(map[int64]*order.Line)
	for _, o := range orders {
		for i := range o.Lines {
			line := &o.Lines[i]
			byID[line.ID] = line
			ids = append(ids, line.ID)
		}
	}
	rows, err := c.Unit.Query().Where(unit.LineIDIn(ids...)).Order(unit.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("read goods: %w", err)
	}
	for _, row := range rows {
		goods, err := s.fromDBGoods(row)
		if err != nil {
			return err
		}
		line := byID[*row.LineID]
		line.Goods = append(line.Goods, goods)
	}
	return nil
}

// ListOrders implements order.Store.
func (s *Store) ListOrders(ctx context.Context, v order.Viewer, f order.Filter) ([]order.Order, error) {
	where := append(visibleTo(v), filtered(f)...)
	var orders []*order.Order
	err := s.db.SnapshotAnywhere(ctx, func(ctx context.Context, c *ent.Client) error {
		rows, err := c.Order.Query().Where(where...).
			Order(entorder.ByCreatedAt(entsql.OrderDesc()), entorder.ByID(entsql.OrderDesc())).
			Limit(f.Limit).Offset(f.Offset).All(ctx)
		if err != nil {
			return fmt.Errorf("list orders: %w", err)
		}
		orders = make([]*order.Order, len(rows))
		for i, row := range rows {
			if orders[i], err = s.fromDBOrder(row); err != nil {
				return err
			}
		}
		if len(orders) == 0 {
			return nil
		}
		if err := s.addLines(ctx, c, orders); err != nil || !f.WithGoods {
			return err
		}
		return s.addGoods(ctx, c, orders)
	})
	if err != nil {
		return nil, err
	}
	listed := make([]order.Order, len(orders))
	for i, o := range orders {
		listed[i] = *o
	}
	return listed, nil
}

func filtered(f order.Filter) []predicate.Order {
	var where []predicate.Order
	if len(f.Statuses) > 0 {
		statuses := make([]string, len(f.Statuses))
		for i, status := range f.Statuses {
			statuses[i] = string(status)
		}
		where = append(where, entorder.StatusIn(statuses...))
	}
	if !f.From.IsZero() {
		where = append(where, entorder.CreatedAtGTE(f.From.UTC()))
	}
	if !f.To.IsZero() {
		where = append(where, entorder.CreatedAtLT(f.To.UTC()))
	}
	if f.Door != "" {
		where = append(where, entorder.Door(f.Door))
	}
	if f.Reference != "" {
		where = append(where, entorder.Reference(f.Reference))
	}
	if f.ReferencePrefix != "" {
		where = append(where, startsWith(entorder.FieldReference, f.ReferencePrefix))
	}
	if !f.BeforeTime.IsZero() {
		// A row comparison, not an OR: only then is it one range of the index.
		before, id := f.BeforeTime.UTC(), f.BeforeID
		where = append(where, func(s *entsql.Selector) {
			s.Where(entsql.P(func(b *entsql.Builder) {
				b.WriteString("(").Ident(s.C(entorder.FieldCreatedAt)).Comma().Ident(s.C(entorder.FieldID)).WriteString(") < (").
					Args(before, id).WriteString(")")
			}))
		})
	}
	return where
}

// startsWith compares text exactly, as LIKE on SQLite does not.
func startsWith(column, prefix string) predicate.Order {
	return func(s *entsql.Selector) {
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.WriteString("substr(").Ident(s.C(column)).WriteString(", 1, ").
				Arg(len([]rune(prefix))).WriteString(") = ").Arg(prefix)
		}))
	}
}

// OrderEvents implements order.Store.
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
	events := make([]event.Event, len(rows))
	for i, row := range rows {
		if events[i], err = store.FromDBEvent(row); err != nil {
			return nil, err
		}
	}
	return events, nil
}
