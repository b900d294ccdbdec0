package orders

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"orderhub/server/order"
	"orderhub/server/store"
)

var listedOrder = store.Selected(orderFields)

// conditions are what orders of a table o must meet.
type conditions struct {
	from             store.Statement // what is the table o; empty for all orders
	postgres, sqlite []string
	args             []any
}

// parameter is what stands for one more argument.
func (c *conditions) parameter(arg any) string {
	c.args = append(c.args, arg)
	return "$" + strconv.Itoa(len(c.args))
}

// add takes a condition in both databases' words, in which ? stands for the arguments, one after the other.
func (c *conditions) add(postgres, sqlite string, args ...any) {
	for _, arg := range args {
		parameter := c.parameter(arg)
		postgres, sqlite = strings.Replace(postgres, "?", parameter, 1), strings.Replace(sqlite, "?", parameter, 1)
	}
	c.postgres, c.sqlite = append(c.postgres, postgres), append(c.sqlite, sqlite)
}

// both is add of a condition that has the same words.
func (c *conditions) both(condition string, args ...any) { c.add(condition, condition, args...) }

// statement is one that reads fields of orders and goes on after its conditions.
func (c *conditions) statement(fields, after string) store.Statement {
	text := func(from string, conditions []string) string {
		text := `SELECT ` + fields + ` FROM ` + cmp.Or(from, `orders o`)
		if len(conditions) > 0 {
			text += ` WHERE ` + strings.Join(conditions, ` AND `)
		}
		return text + after
	}
	return store.Statement{Postgres: text(c.from.Postgres, c.postgres), SQLite: text(c.from.SQLite, c.sqlite)}
}

// mostOpen is more than a list among open orders is asked for. A limit also keeps both databases
// from going by another index.
const mostOpen = 10_000

var openOrders = store.Same(fmt.Sprintf(`(SELECT * FROM orders WHERE status IN ('pending', 'processing')
	ORDER BY updated_at LIMIT %d) AS o`, mostOpen))

// choose says which orders are read, where an index has them that the list is not sorted by.
func (c *conditions) choose(v order.Viewer, f *order.Filter) {
	if f.AmongOpen {
		c.from = openOrders
	}
	if _, all := v.Merchant(); all && f.Reference != "" {
		// The index of references begins with the merchant.
		reference := c.parameter(f.Reference)
		c.from = store.Statement{
			Postgres: `merchants m CROSS JOIN LATERAL (SELECT * FROM orders r
				WHERE r.merchant_id = m.id AND r.reference = ` + reference + ` LIMIT 1) AS o`,
			SQLite: `merchants m CROSS JOIN orders o ON o.merchant_id = m.id AND o.reference = ` + reference,
		}
	}
}

func (c *conditions) visibleTo(v order.Viewer) {
	if merchantID, all := v.Merchant(); !all {
		c.both(`o.merchant_id = ?`, merchantID)
	}
}

func (c *conditions) narrow(f *order.Filter) {
	if len(f.Statuses) > 0 {
		c.add(`o.status = ANY(?::text[])`, `o.status IN (SELECT value FROM json_each(?))`, store.Strings(f.Statuses))
	}
	if f.Door != "" {
		c.both(`o.door = ?`, f.Door)
	}
	if f.Number != "" {
		c.both(`o.number = ?`, f.Number)
	}
	if len(f.IDs) > 0 {
		c.add(`o.id = ANY(?::bigint[])`, `o.id IN (SELECT value FROM json_each(?))`, f.IDs)
	}
	if f.Reference != "" && c.from == (store.Statement{}) {
		c.both(`o.reference = ?`, f.Reference)
	}
	if f.ReferencePrefix != "" {
		// It compares text exactly, as LIKE on SQLite does not.
		c.both(`substr(o.reference, 1, ?) = ?`, utf8.RuneCountInString(f.ReferencePrefix), f.ReferencePrefix)
	}
	if f.NumberPrefix != "" {
		c.both(`substr(o.number, 1, ?) = ?`, utf8.RuneCountInString(f.NumberPrefix), f.NumberPrefix)
	}
	if f.SKU != "" {
		// A value, which is asked for of each order: of an EXISTS PostgreSQL may make a
		// list of all lines with the SKU first.
		c.both(`(SELECT true FROM order_lines l WHERE l.order_id = o.id AND l.sku = ? LIMIT 1)`, f.SKU)
	}
	c.between(f)
}

// between is in which part of the list, newest first, orders must be.
func (c *conditions) between(f *order.Filter) {
	if !f.From.IsZero() {
		c.both(`o.created_at >= ?`, f.From.UTC())
	}
	if !f.To.IsZero() {
		c.both(`o.created_at < ?`, f.To.UTC())
	}
	// Row comparisons, not an OR: only then are they one range of the index.
	if !f.BeforeTime.IsZero() {
		c.both(`(o.created_at, o.id) < (?, ?)`, f.BeforeTime.UTC(), f.BeforeID)
	}
	if f.Last != (order.Key{}) {
		c.both(`(o.created_at, o.id) >= (?, ?)`, f.Last.CreatedAt.UTC(), f.Last.ID)
	}
}

// page reads the orders of a page, without their lines.
func page(v order.Viewer, f *order.Filter) (statement store.Statement, args []any) {
	var c conditions
	c.choose(v, f)
	c.visibleTo(v)
	c.narrow(f)
	// The limit is part of the text: PostgreSQL's plan for any limit would suppose a far higher one.
	after := fmt.Sprintf(` ORDER BY o.created_at DESC, o.id DESC LIMIT %d`, store.LimitOf(f.Limit))
	if f.Offset > 0 {
		after += ` OFFSET ` + c.parameter(f.Offset)
	}
	return c.statement(listedOrder, after), c.args
}

func (s *Store) ListOrders(ctx context.Context, v order.Viewer, f order.Filter) ([]order.Order, error) {
	statement, args := page(v, &f)
	var found *gathered
	err := s.db.Together(ctx, func(ctx context.Context, reads store.Agreeing) error {
		found = s.gather(f.Limit)
		if err := reads.Query(ctx, store.NewQuery(statement, args, found.readListed())); err != nil {
			return err
		}
		return found.addParts(ctx, reads, f.WithGoods)
	})
	if err != nil {
		return nil, store.Unavailable(fmt.Errorf("list orders: %w", err))
	}
	return found.listed(), nil
}

func (s *Store) CountOrders(ctx context.Context, v order.Viewer, f order.Filter) (count int64, err error) {
	var c conditions
	c.visibleTo(v)
	c.narrow(&f)
	counting := store.NewQuery(c.statement(`count(*)`, ``), c.args, store.Into(&count))
	err = s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) error { return r.Peek(ctx, counting) })
	return count, store.Unavailable(err)
}

var ordersByID = store.FromPostgres(`SELECT ` + listedOrder + ` FROM orders o WHERE o.id = ANY($1::bigint[])`)

// WithGoods are the orders that there are of these, by id, with what was delivered.
func (s *Store) WithGoods(ctx context.Context, ids []int64) (map[int64]*order.Order, error) {
	if len(ids) == 0 {
		return make(map[int64]*order.Order), nil
	}
	var found *gathered
	err := s.db.Together(ctx, func(ctx context.Context, reads store.Agreeing) error {
		found = s.gather(len(ids))
		if err := reads.Query(
			ctx, store.NewQuery(ordersByID, []any{store.Distinct(ids)}, found.readListed()),
		); err != nil {
			return err
		}
		return found.addParts(ctx, reads, true)
	})
	if err != nil {
		return nil, store.During("read orders", err)
	}
	return found.byID, nil
}

func (s *Store) Erasable(ctx context.Context, v order.Viewer, afterID int64, limit int) ([]order.Order, error) {
	var c conditions
	c.visibleTo(v)
	c.both(`o.id > ? AND o.erased_at IS NULL`, afterID)
	page := c.statement(wholeOrder, fmt.Sprintf(` ORDER BY o.id LIMIT %d`, store.LimitOf(limit)))
	var found *gathered
	err := s.db.Together(ctx, func(ctx context.Context, reads store.Agreeing) error {
		found = s.gather(limit)
		if err := reads.Query(ctx, store.NewQuery(page, c.args, found.readWhole())); err != nil {
			return err
		}
		return found.addParts(ctx, reads, false)
	})
	if err != nil {
		return nil, store.During("read orders", err)
	}
	return found.listed(), nil
}
