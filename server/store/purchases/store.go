// Package purchases keeps what people are asked to deliver: purchase.Store, and the
// queue of package dialect/manual.
package purchases

import (
	"context"
	"time"

	"orderhub/server/purchase"
	"orderhub/server/store"
	"orderhub/server/store/attempts"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct {
	db       *store.DB
	attempts *attempts.Store
}

// New works on an open database.
func New(db *store.DB, a *attempts.Store) *Store { return &Store{db, a} }

var _ purchase.Store = (*Store)(nil)

const (
	columns = `SELECT p.id, p.provider_id, p.state, p.taken_by, p.taken_until, p.reason, p.goods, p.deliver_by,
		p.created_at, p.updated_at, a.merchant_id, o.number, l.position, a.provider_sku, a.quantity, l.use_date,
		a.cost_micros, a.currency, a.settled_at IS NOT NULL, a.status = 'parked'
		FROM purchases p JOIN attempts a ON a.id = p.id JOIN orders o ON o.id = a.order_id
		JOIN order_lines l ON l.id = a.line_id `
	open = `p.state IN ('waiting', 'taken')`
)

var (
	selectPurchase = store.Same(columns + `WHERE p.id = $1`)
	selectByName   = store.Same(columns + `WHERE a.reference = $1`)
	// $1 is the state, $2 whose, $3 the provider, $4 the last one of the page before.
	selectOpen = store.Same(columns + `WHERE ` + open + ` AND a.settled_at IS NULL AND ($1 = '' OR p.state = $1)
		AND ($2 = '' OR p.taken_by = $2) AND ($3 = 0 OR p.provider_id = $3) AND p.id > $4 ORDER BY p.id LIMIT $5`)
	selectEnded = store.Same(columns + `WHERE p.state = $1 AND ($2 = '' OR p.taken_by = $2)
		AND ($3 = 0 OR p.provider_id = $3) AND ($4 = 0 OR p.id < $4) ORDER BY p.id DESC LIMIT $5`)
	selectAsked = store.Same(`SELECT a.id, a.provider_id, o.created_at, t.fulfil_within_s FROM attempts a
		JOIN orders o ON o.id = a.order_id JOIN order_lines l ON l.id = a.line_id JOIN products t ON t.id = l.product_id
		WHERE a.reference = $1`)
	// The attempt is locked before the purchase, as erasing an order does.
	lockAttempt  = store.Same(`SELECT id FROM attempts WHERE id = $1`).Locked(store.LockRows)
	lockPurchase = store.Same(`SELECT id FROM purchases WHERE id = $1`).Locked(store.LockRows)

	purchasesTable = &store.Table[purchase.Purchase]{
		Name: "purchases", Suffix: "ON CONFLICT (id) DO NOTHING RETURNING id", Columns: []store.Column[purchase.Purchase]{
			store.Bigint("id", func(p *purchase.Purchase) int64 { return p.ID }),
			store.Bigint("provider_id", func(p *purchase.Purchase) int64 { return p.ProviderID }),
			store.Text("state", func(*purchase.Purchase) purchase.State { return purchase.Waiting }),
			store.NullTime("deliver_by", func(p *purchase.Purchase) *time.Time { return p.DeliverBy }),
			store.Time("created_at", func(p *purchase.Purchase) time.Time { return p.CreatedAt }),
			store.Time("updated_at", func(p *purchase.Purchase) time.Time { return p.CreatedAt }),
		},
	}
	changePurchases = &store.Change[changed]{
		Table: "purchases", ID: func(c *changed) int64 { return c.ID }, Columns: []store.Column[changed]{
			store.Text("state", func(c *changed) purchase.State { return c.State }),
			store.Text("taken_by", func(c *changed) string { return c.TakenBy }),
			store.NullTime("taken_until", func(c *changed) *time.Time { return c.TakenUntil }),
			store.Text("reason", func(c *changed) string { return c.Reason }),
			store.Bytes("goods", func(c *changed) []byte { return c.sealed }),
			store.Time("updated_at", func(c *changed) time.Time { return c.UpdatedAt }),
		},
	}
)

// changed is a purchase with its goods as they are kept.
type changed struct {
	purchase.Purchase

	sealed []byte
}

func (s *Store) scan(row store.Scanner) (p purchase.Purchase, err error) {
	var goods []byte
	err = row.Scan(
		&p.ID, &p.ProviderID, &p.State, &p.TakenBy, &p.TakenUntil, &p.Reason, &goods, &p.DeliverBy, &p.CreatedAt,
		&p.UpdatedAt, &p.MerchantID, &p.OrderNumber, &p.Position, &p.SKU, &p.Quantity, &p.UseDate, &p.Cost, &p.Currency,
		&p.Settled, &p.Parked,
	)
	if err != nil {
		return p, err
	}
	p.TakenUntil, p.DeliverBy = store.UTCOrNil(p.TakenUntil), store.UTCOrNil(p.DeliverBy)
	p.CreatedAt, p.UpdatedAt = store.UTC(p.CreatedAt), store.UTC(p.UpdatedAt)
	return p, s.db.Vault.OpenJSON(goods, store.PurchaseGoods.At(p.ID), &p.Goods)
}

// one is the query for a purchase, which it puts into p.
func (s *Store) one(query store.Statement, key any, p *purchase.Purchase) store.Query {
	return store.NewQuery(query, []any{key}, func(row store.Scanner) (err error) {
		*p, err = s.scan(row)
		return err
	})
}

// Purchase implements purchase.Store.
func (s *Store) Purchase(ctx context.Context, id int64) (p purchase.Purchase, err error) {
	return s.find(ctx, selectPurchase, id)
}

// Find implements the queue of package dialect/manual.
func (s *Store) Find(ctx context.Context, reference string) (purchase.Purchase, error) {
	return s.find(ctx, selectByName, reference)
}

func (s *Store) find(ctx context.Context, query store.Statement, key any) (p purchase.Purchase, err error) {
	err = s.db.Peek(ctx, s.one(query, key, &p))
	if err == nil && p.ID == 0 {
		err = purchase.ErrNotFound
	}
	return p, store.During("find purchase", store.Unavailable(err))
}

// Purchases implements purchase.Store.
func (s *Store) Purchases(ctx context.Context, f purchase.Filter) (found []purchase.Purchase, err error) {
	query := selectOpen
	if f.Ends() {
		query = selectEnded
	}
	args := []any{string(f.State), f.TakenBy, f.ProviderID, f.PastID, store.LimitOf(f.Limit)}
	err = s.db.Peek(ctx, store.NewQuery(query, args, func(row store.Scanner) error {
		p, err := s.scan(row)
		p.Goods = nil
		found = append(found, p)
		return s.db.Vault.WithoutIt("purchase", p.ID, err)
	}))
	return found, store.During("list purchases", store.Unavailable(err))
}

// Details implements purchase.Store.
func (s *Store) Details(ctx context.Context, id int64) (purchase.Details, error) {
	steps, err := s.attempts.Steps(ctx, []int64{id})
	if err != nil {
		return purchase.Details{}, err
	}
	if len(steps) == 0 {
		return purchase.Details{}, purchase.ErrNotFound
	}
	to := &steps[0].Purchase
	return purchase.Details{
		UserID: to.Recipient.UserID, ServerID: to.Recipient.ServerID, CharacterID: to.Recipient.CharacterID,
		Fields: to.Fields,
	}, nil
}
