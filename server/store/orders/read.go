package orders

import (
	"context"
	"fmt"

	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	wholeOrder = store.Selected(wholeFields)
	withLines  = store.Selected(lineFields)
	withGoods  = store.Selected(goodsFields)
)

// selection reads one order, its lines and its goods.
type selection struct{ order, lines, goods store.Statement }

// selectOne reads the order that a condition on a table o is about.
func selectOne(condition string) selection {
	return selection{
		order: store.Same(`SELECT ` + wholeOrder + ` FROM orders o WHERE ` + condition),
		lines: store.Same(`SELECT ` + withLines + ` FROM orders o JOIN order_lines l ON l.order_id = o.id
			WHERE ` + condition + ` ORDER BY l.position`),
		goods: store.Same(`SELECT ` + withGoods + ` FROM orders o JOIN order_lines l ON l.order_id = o.id
			JOIN units u ON u.line_id = l.id WHERE ` + condition + ` ORDER BY u.id`),
	}
}

var (
	orderOf          = selectOne(`o.number = $1 AND o.merchant_id = $2`)
	orderOfAnybody   = selectOne(`o.number = $1`)
	orderByReference = selectOne(`o.merchant_id = $1 AND o.reference = $2`)
	orderByID        = selectOne(`o.merchant_id = $1 AND o.id = $2`)
	orderByLine      = selectOne(`o.merchant_id = $1 AND o.id = (SELECT order_id FROM order_lines WHERE id = $2)`)
	orderByLineCode  = selectOne(`o.merchant_id = $1 AND o.id = (SELECT order_id FROM order_lines WHERE code = $2)`)
)

func (s *Store) Order(ctx context.Context, v order.Viewer, number string) (*order.Order, error) {
	merchantID, all := v.Merchant()
	if all {
		return s.one(ctx, &orderOfAnybody, number)
	}
	return s.one(ctx, &orderOf, number, merchantID)
}

func (s *Store) OrderByReference(ctx context.Context, merchantID int64, reference string) (*order.Order, error) {
	return s.one(ctx, &orderByReference, merchantID, reference)
}

func (s *Store) OrderByID(ctx context.Context, merchantID, orderID int64) (*order.Order, error) {
	return s.one(ctx, &orderByID, merchantID, orderID)
}

func (s *Store) OrderByLine(ctx context.Context, merchantID, lineID int64) (*order.Order, error) {
	return s.one(ctx, &orderByLine, merchantID, lineID)
}

func (s *Store) OrderByLineCode(ctx context.Context, merchantID int64, code string) (*order.Order, error) {
	return s.one(ctx, &orderByLineCode, merchantID, code)
}

// one reads an order in one round trip.
func (s *Store) one(ctx context.Context, which *selection, args ...any) (*order.Order, error) {
	var found *gathered
	err := s.db.Together(ctx, func(ctx context.Context, reads store.Agreeing) error {
		found = s.gather(1)
		return reads.Last(
			ctx,
			store.NewQuery(which.order, args, found.readWhole()),
			store.NewQuery(which.lines, args, found.readLine()),
			store.NewQuery(which.goods, args, found.readGoods()),
		)
	})
	if err != nil {
		return nil, store.Unavailable(fmt.Errorf("read an order: %w", err))
	}
	if len(found.orders) == 0 {
		return nil, order.ErrNotFound
	}
	return found.orders[0], nil
}

// gathered are orders whose parts are being read, one kind after the other.
type gathered struct {
	store  *Store
	orders []*order.Order
	byID   map[int64]*order.Order
	places map[int64]place // of lines, by id
}

// place is where a line is.
type place struct {
	order *order.Order
	index int
}

// mostAhead bounds what is made ready for orders that may not be there.
const mostAhead = 100

// gather begins to read about so many orders.
func (s *Store) gather(about int) *gathered {
	about = min(about, mostAhead)
	return &gathered{
		store: s, orders: make([]*order.Order, 0, about), byID: make(map[int64]*order.Order, about),
		places: make(map[int64]place, about),
	}
}

func (g *gathered) ids() []int64 {
	ids := make([]int64, len(g.orders))
	for i, o := range g.orders {
		ids[i] = o.ID
	}
	return ids
}

// listed are the orders as a list has them.
func (g *gathered) listed() []order.Order {
	return store.Mapped(g.orders, func(o *order.Order) order.Order { return *o })
}

// readWhole takes rows of wholeOrder.
func (g *gathered) readWhole() func(store.Scanner) error {
	return store.EachOf(wholeFields, g.addOrder)
}

// readListed takes rows of orderFields.
func (g *gathered) readListed() func(store.Scanner) error {
	return store.EachOf(orderFields, g.addOrder)
}

func (g *gathered) addOrder(row *readOrder) error {
	o, err := g.store.fromDBOrder(row)
	if err != nil {
		return err
	}
	g.orders = append(g.orders, o)
	g.byID[o.ID] = o
	return nil
}

// readLine takes rows of lineFields, in the order of their positions.
func (g *gathered) readLine() func(store.Scanner) error {
	return store.EachOf(lineFields, func(row *readLine) error {
		line, err := g.store.fromDBLine(row)
		if err != nil {
			return err
		}
		o := g.byID[line.OrderID]
		g.places[line.ID] = place{o, len(o.Lines)}
		o.Lines = append(o.Lines, line)
		return nil
	})
}

// readGoods takes rows of goodsFields, in the order of their ids.
func (g *gathered) readGoods() func(store.Scanner) error {
	return store.EachOf(goodsFields, func(row *readGoods) error {
		goods, err := g.store.fromDBGoods(row)
		if err != nil {
			return err
		}
		at := g.places[row.lineID]
		line := &at.order.Lines[at.index]
		line.Goods = append(line.Goods, goods)
		return nil
	})
}

var (
	linesOfOrders = store.FromPostgres(`SELECT ` + withLines + ` FROM order_lines l WHERE l.order_id = ANY($1::bigint[])
		ORDER BY l.order_id, l.position`)
	goodsOfOrders = store.FromPostgres(`SELECT ` + withGoods + ` FROM order_lines l JOIN units u ON u.line_id = l.id
		WHERE l.order_id = ANY($1::bigint[]) ORDER BY u.id`)
)

// addParts reads the lines of the orders that were read, and their goods if they are wanted; nothing may be read after.
func (g *gathered) addParts(ctx context.Context, reads store.Agreeing, goods bool) error {
	if len(g.orders) == 0 {
		return nil
	}
	ids := []any{g.ids()}
	parts := []store.Query{store.NewQuery(linesOfOrders, ids, g.readLine())}
	if goods {
		parts = append(parts, store.NewQuery(goodsOfOrders, ids, g.readGoods()))
	}
	return reads.Last(ctx, parts...)
}
