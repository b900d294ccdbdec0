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

var (
	columns = `SELECT ` + store.Selected((*kept).fields) + ` FROM purchases p JOIN attempts a ON a.id = p.id
		JOIN orders o ON o.id = a.order_id JOIN order_lines l ON l.id = a.line_id `

	selectPurchase = store.Same(columns + `WHERE p.id = $1`)
	selectByName   = store.Same(columns + `WHERE a.reference = $1`)
	// $1 is the state, $2 whose, $3 the provider, $4 the last one of the page before.
	selectOpen = store.Same(columns + `WHERE ` + store.OpenPurchase + ` AND a.settled_at IS NULL
		AND ($1 = '' OR p.state = $1) AND ($2 = '' OR p.taken_by = $2) AND ($3 = 0 OR p.provider_id = $3)
		AND p.id > $4 ORDER BY p.id LIMIT $5`)
	selectEnded = store.Same(columns + `WHERE p.state = $1 AND ($2 = '' OR p.taken_by = $2)
		AND ($3 = 0 OR p.provider_id = $3) AND ($4 = 0 OR p.id < $4) ORDER BY p.id DESC LIMIT $5`)
	// What replaces a claimed unit is waited for since the answer, as everywhere: its order may be long ago.
	selectAsked = store.Same(`SELECT a.id, a.provider_id, o.created_at, r.created_at, t.fulfil_within_s FROM attempts a
		JOIN orders o ON o.id = a.order_id JOIN order_lines l ON l.id = a.line_id JOIN products t ON t.id = l.product_id
		LEFT JOIN replacements r ON r.id = a.replacement_id WHERE a.reference = $1`)
	// The attempt is locked before the purchase, as erasing an order does.
	lockAttempt  = store.Same(`SELECT id FROM attempts WHERE id = $1`).Locked(store.LockRows)
	lockPurchase = store.Same(`SELECT id FROM purchases WHERE id = $1`).Locked(store.LockRows)

	purchasesTable = &store.Table[purchase.Purchase]{
		Name: "purchases", Suffix: "ON CONFLICT (id) DO NOTHING RETURNING id",
		Columns: []store.Column[purchase.Purchase]{
			store.Bigint("id", func(p *purchase.Purchase) int64 { return p.ID }),
			store.Bigint("provider_id", func(p *purchase.Purchase) int64 { return p.ProviderID }),
			store.Text("state", func(*purchase.Purchase) purchase.State { return purchase.Waiting }),
			store.NullTime("deliver_by", func(p *purchase.Purchase) *time.Time { return p.DeliverBy }),
			store.Time("created_at", func(p *purchase.Purchase) time.Time { return p.CreatedAt }),
			store.Time("updated_at", func(p *purchase.Purchase) time.Time { return p.CreatedAt }),
		},
	}
	changePurchases = &store.Change[kept]{
		Table: "purchases", ID: func(p *kept) int64 { return p.ID }, Columns: []store.Column[kept]{
			store.Text("state", func(p *kept) purchase.State { return p.State }),
			store.Text("taken_by", func(p *kept) string { return p.TakenBy }),
			store.NullTime("taken_until", func(p *kept) *time.Time { return p.TakenUntil }),
			store.Text("reason", func(p *kept) string { return p.Reason }),
			store.Bytes("goods", func(p *kept) []byte { return p.sealed }),
			store.Time("updated_at", func(p *kept) time.Time { return p.UpdatedAt }),
		},
	}
)

// kept is a purchase with its goods as they are kept.
type kept struct {
	purchase.Purchase

	sealed []byte
}

func (p *kept) fields() store.Fields {
	return store.Fields{
		"p.id", &p.ID, "p.provider_id", &p.ProviderID, "p.state", &p.State, "p.taken_by", &p.TakenBy,
		"p.taken_until", &p.TakenUntil, "p.reason", &p.Reason, "p.goods", &p.sealed, "p.deliver_by", &p.DeliverBy,
		"p.created_at", &p.CreatedAt, "p.updated_at", &p.UpdatedAt, "a.merchant_id", &p.MerchantID,
		"o.number", &p.OrderNumber, "l.position", &p.Position, "a.provider_sku", &p.SKU, "a.quantity", &p.Quantity,
		"l.use_date", &p.UseDate, "a.cost_micros", &p.Cost, "a.currency", &p.Currency,
		"a.settled_at IS NOT NULL", &p.Settled, "a.status = 'parked'", &p.Parked,
	}
}

func (s *Store) scan(row store.Scanner) (p purchase.Purchase, err error) {
	var r kept
	if err = r.fields().Scan(row); err != nil {
		return p, err
	}
	p = r.Purchase
	err = s.db.Vault.OpenJSON(r.sealed, store.PurchaseGoods.At(p.ID), &p.Goods)
	return p, err
}

// one is the query for a purchase, which it puts into p.
func (s *Store) one(query store.Statement, key any, p *purchase.Purchase) store.Query {
	return store.NewQuery(query, []any{key}, func(row store.Scanner) (err error) {
		*p, err = s.scan(row)
		return err
	})
}

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
	return p, store.During("find purchase", err)
}

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
	return found, store.During("list purchases", err)
}

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
