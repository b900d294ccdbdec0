package orders

import (
	"context"
	"fmt"

	"orderhub/server/order"
	"orderhub/server/store"
)

var _ order.FindStore = (*Store)(nil)

// keyOfNth is the n-th order of a part of the list.
func keyOfNth(v order.Viewer, f *order.Filter, n int) (statement store.Statement, args []any) {
	var c conditions
	c.visibleTo(v)
	c.between(f)
	return c.statement(
		`o.created_at, o.id`, fmt.Sprintf(` ORDER BY o.created_at DESC, o.id DESC LIMIT 1 OFFSET %d`, n-1),
	), c.args
}

func (s *Store) KeyOfNth(ctx context.Context, v order.Viewer, f order.Filter, n int) (
	last order.Key, ok bool, err error,
) {
	statement, args := keyOfNth(v, &f, n)
	err = s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) error {
		ok = false
		return r.Peek(ctx, store.NewQuery(statement, args, func(row store.Scanner) error {
			ok = true
			err := row.Scan(&last.CreatedAt, &last.ID)
			return err
		}))
	})
	return last, ok, store.During("find orders", err)
}

// The order keeps both databases to the index of orders that are not final.
var countOpen = store.Same(`SELECT count(*) FROM (SELECT 1 FROM orders WHERE status IN ('pending', 'processing')
	ORDER BY updated_at LIMIT $1) AS open`)

func (s *Store) OpenOrders(ctx context.Context, most int) (count int, err error) {
	counting := store.NewQuery(countOpen, []any{most}, store.Into(&count))
	err = s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) error { return r.Peek(ctx, counting) })
	return count, store.During("count orders", err)
}

func recipientFields(r *readOrder) store.Fields {
	return store.Fields{
		"o.id", &r.ID, "o.personal", &r.sealed, "o.recipient_user_id", &r.inClear.UserID,
		"o.recipient_server_id", &r.inClear.ServerID, "o.recipient_character_id", &r.inClear.CharacterID,
	}
}

// recipients reads who gets the orders of a part of the list.
func recipients(v order.Viewer, f *order.Filter) (statement store.Statement, args []any) {
	var c conditions
	c.visibleTo(v)
	c.between(f)
	return c.statement(store.Selected(recipientFields), ` ORDER BY o.created_at DESC, o.id DESC`), c.args
}

func (s *Store) OfRecipient(ctx context.Context, v order.Viewer, f order.Filter, wanted order.Recipient) (
	ids []int64, err error,
) {
	statement, args := recipients(v, &f)
	err = s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) error {
		ids = nil
		return r.Peek(ctx, store.NewQuery(statement, args, store.EachOf(recipientFields, func(row *readOrder) error {
			p, err := s.db.Vault.OpenPersonal(row.ID, row.sealed, row.inClear)
			if err == nil && wanted.In(p.Recipient()) {
				ids = append(ids, row.ID)
			}
			return s.db.Vault.WithoutIt("personal data of order", row.ID, err)
		})))
	})
	return ids, store.During("find orders", err)
}
