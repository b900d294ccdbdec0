// Package claims keeps what is said of units that do not work, and which tickets are
// used: claim.Store. What moves money or units is done with package attempts, in the
// transaction of the claim.
package claims

import (
	"context"
	"time"

	"orderhub/server/claim"
	"orderhub/server/money"
	"orderhub/server/order"
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

var _ claim.Store = (*Store)(nil)

const (
	claimColumns = `SELECT c.id, c.merchant_id, c.order_id, o.number, o.currency, coalesce(c.reference, ''), c.reason,
		c.said, c.asked_kind, c.asked_by, c.answer_by, c.overdue_at, c.created_at, c.updated_at, o.erased_at IS NOT NULL
		FROM claims c JOIN orders o ON o.id = c.order_id `
	unitColumns = `SELECT x.id, x.claim_id, x.unit_id, x.line_id, x.product_id, l.position, l.sku, l.use_date <> '',
		x.status, x.answered_kind, x.answered_by, x.answer, x.answered_at, x.refund_micros,
		coalesce(x.replacement_unit_id, 0), x.dispute, x.dispute_reference, coalesce(x.dispute_attempt_id, 0),
		x.disputed_at, x.credit_micros, x.credit_currency, x.dispute_ended_at
		FROM claimed_units x JOIN order_lines l ON l.id = x.line_id WHERE x.claim_id `
	// $1 is the merchant, 0 for all; $2 the order, $3 the reference, $4 the last one of the page before.
	filtered = `WHERE ($1 = 0 OR c.merchant_id = $1) AND ($2 = '' OR o.number = $2)
		AND ($3 = '' OR c.reference = $3) `
	oldestFirst = `AND c.id > $4 ORDER BY c.id LIMIT $5`
	newestFirst = `AND ($4 = 0 OR c.id < $4) ORDER BY c.id DESC LIMIT $5`
)

var (
	selectClaim       = store.Same(claimColumns + `WHERE c.id = $1`)
	selectByReference = store.Same(claimColumns + `WHERE c.merchant_id = $1 AND c.reference = $2`)
	selectUnits       = store.Statement{
		Postgres: unitColumns + `= ANY($1::bigint[]) ORDER BY x.claim_id, x.unit_id`,
		SQLite:   unitColumns + `IN (SELECT value FROM json_each($1)) ORDER BY x.claim_id, x.unit_id`,
	}
	selectByStatus = map[claim.Status]store.Statement{
		"":                   store.Same(claimColumns + filtered + newestFirst),
		claim.StatusWaiting:  store.Same(claimColumns + filtered + `AND c.waiting > 0 ` + oldestFirst),
		claim.StatusAnswered: store.Same(claimColumns + filtered + `AND c.waiting = 0 ` + newestFirst),
	}
)

// gathered are claims whose units are being read.
type gathered struct {
	store  *Store
	claims []*claim.Claim
	byID   map[int64]*claim.Claim
}

func (s *Store) gather() *gathered { return &gathered{store: s, byID: make(map[int64]*claim.Claim)} }

func (g *gathered) ids() []int64 {
	ids := make([]int64, len(g.claims))
	for i, c := range g.claims {
		ids[i] = c.ID
	}
	return ids
}

func (g *gathered) readClaim(row store.Scanner) error {
	c := &claim.Claim{}
	var said []byte
	err := row.Scan(
		&c.ID, &c.MerchantID, &c.OrderID, &c.OrderNumber, &c.Currency, &c.Reference, &c.Reason, &said, &c.By.Kind, &c.By.Name,
		&c.AnswerBy, &c.OverdueAt, &c.CreatedAt, &c.UpdatedAt, &c.Erased,
	)
	if err != nil {
		return err
	}
	c.AnswerBy, c.OverdueAt = store.UTCOrNil(c.AnswerBy), store.UTCOrNil(c.OverdueAt)
	c.CreatedAt, c.UpdatedAt = store.UTC(c.CreatedAt), store.UTC(c.UpdatedAt)
	g.claims, g.byID[c.ID] = append(g.claims, c), c
	vault := g.store.db.Vault
	return vault.WithoutIt("words of claim", c.ID, vault.OpenJSON(said, store.ClaimWords.At(c.ID), &c.Said))
}

func (g *gathered) readUnit(row store.Scanner) error {
	var u claim.Unit
	var claimID int64
	var credit money.Amount
	var currency money.Currency
	d := &u.Dispute
	err := row.Scan(
		&u.ID, &claimID, &u.UnitID, &u.LineID, &u.ProductID, &u.Position, &u.SKU, &u.Ticketed, &u.Status, &u.AnsweredBy.Kind,
		&u.AnsweredBy.Name, &u.Answer, &u.AnsweredAt, &u.Refund, &u.ReplacementID, &d.Status, &d.Reference, &d.AttemptID,
		&d.OpenedAt, &credit, &currency, &d.EndedAt,
	)
	if err != nil {
		return err
	}
	u.AnsweredAt = store.UTCOrNil(u.AnsweredAt)
	d.OpenedAt, d.EndedAt = store.UTCOrNil(d.OpenedAt), store.UTCOrNil(d.EndedAt)
	d.Credit = money.Sum{Amount: credit, Currency: currency}
	if c := g.byID[claimID]; c != nil {
		c.Units = append(c.Units, u)
	}
	return nil
}

// runner runs queries, in a transaction or outside of one.
type runner func(ctx context.Context, queries ...store.Query) error

// read reads claims with their units.
func (s *Store) read(ctx context.Context, run runner, query store.Statement, args ...any) ([]*claim.Claim, error) {
	found := s.gather()
	if err := run(ctx, store.NewQuery(query, args, found.readClaim)); err != nil || len(found.claims) == 0 {
		return nil, err
	}
	return found.claims, run(ctx, store.NewQuery(selectUnits, []any{found.ids()}, found.readUnit))
}

// one reads one claim. claim.ErrNotFound.
func (s *Store) one(ctx context.Context, run runner, id int64) (*claim.Claim, error) {
	found, err := s.read(ctx, run, selectClaim, id)
	if err == nil && len(found) == 0 {
		err = claim.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// Claim implements claim.Store.
func (s *Store) Claim(ctx context.Context, v order.Viewer, id int64) (claim.Claim, error) {
	found, err := s.one(ctx, s.db.Peek, id)
	if err != nil {
		return claim.Claim{}, store.During("find claim", store.Unavailable(err))
	}
	if merchantID, all := v.Merchant(); !all && found.MerchantID != merchantID {
		return claim.Claim{}, claim.ErrNotFound
	}
	return *found, nil
}

// Claims implements claim.Store.
func (s *Store) Claims(ctx context.Context, v order.Viewer, f claim.Filter) ([]claim.Claim, error) {
	merchantID, ok := v.Sees()
	if !ok {
		return nil, nil
	}
	args := []any{merchantID, f.OrderNumber, f.Reference, f.PastID, store.LimitOf(f.Limit)}
	found, err := s.read(ctx, s.db.Peek, selectByStatus[f.Status], args...)
	return store.Mapped(found, func(c *claim.Claim) claim.Claim { return *c }),
		store.During("list claims", store.Unavailable(err))
}

var claimsTable = &store.Table[claim.Claim]{
	Name: "claims", Suffix: "RETURNING id", Columns: []store.Column[claim.Claim]{
		store.Bigint("merchant_id", func(c *claim.Claim) int64 { return c.MerchantID }),
		store.Bigint("order_id", func(c *claim.Claim) int64 { return c.OrderID }),
		store.NullText("reference", func(c *claim.Claim) string { return c.Reference }),
		store.Text("reason", func(c *claim.Claim) claim.Reason { return c.Reason }),
		store.Text("asked_kind", func(c *claim.Claim) string { return c.By.Kind }),
		store.Text("asked_by", func(c *claim.Claim) string { return c.By.Name }),
		store.NullTime("answer_by", func(c *claim.Claim) *time.Time { return c.AnswerBy }),
		store.Time("created_at", func(c *claim.Claim) time.Time { return c.CreatedAt }),
		store.Time("updated_at", func(c *claim.Claim) time.Time { return c.UpdatedAt }),
	},
}

// changed is a claim after an answer.
type changed struct {
	*claim.Claim

	at time.Time
}

var changeClaims = &store.Change[changed]{
	Table: "claims", ID: func(c *changed) int64 { return c.ID }, Columns: []store.Column[changed]{
		store.Bigint("waiting", func(c *changed) int { return c.Waiting() }),
		store.Time("updated_at", func(c *changed) time.Time { return c.at }),
	},
}

// unitRow is a claimed unit as it is kept.
type unitRow struct {
	*claim.Unit

	claim *claim.Claim
	at    time.Time
}

// answered are the columns that answers change.
var answered = []store.Column[unitRow]{
	store.Text("status", func(r *unitRow) claim.UnitStatus { return r.Status }),
	store.Text("answered_kind", func(r *unitRow) string { return r.AnsweredBy.Kind }),
	store.Text("answered_by", func(r *unitRow) string { return r.AnsweredBy.Name }),
	store.Text("answer", func(r *unitRow) string { return r.Answer }),
	store.NullTime("answered_at", func(r *unitRow) *time.Time { return r.AnsweredAt }),
	store.Bigint("refund_micros", func(r *unitRow) money.Amount { return r.Refund }),
	store.NullBigint("replacement_unit_id", func(r *unitRow) int64 { return r.ReplacementID }),
	store.Time("updated_at", func(r *unitRow) time.Time { return r.at }),
}

var (
	unitsTable = &store.Table[unitRow]{
		Name: "claimed_units", Columns: append([]store.Column[unitRow]{
			store.Bigint("claim_id", func(r *unitRow) int64 { return r.claim.ID }),
			store.Bigint("merchant_id", func(r *unitRow) int64 { return r.claim.MerchantID }),
			store.Bigint("order_id", func(r *unitRow) int64 { return r.claim.OrderID }),
			store.Bigint("line_id", func(r *unitRow) int64 { return r.LineID }),
			store.Bigint("product_id", func(r *unitRow) int64 { return r.ProductID }),
			store.Bigint("unit_id", func(r *unitRow) int64 { return r.UnitID }),
			store.Time("created_at", func(r *unitRow) time.Time { return r.claim.CreatedAt }),
		}, answered...),
	}
	changeUnits = &store.Change[unitRow]{
		Table: "claimed_units", ID: func(r *unitRow) int64 { return r.ID }, Columns: answered,
		Guard: "status = 'waiting'",
	}
)

// stockUnit is a unit of the stock that takes the place of another one.
type stockUnit struct {
	id, orderID, lineID int64
	at                  time.Time
}

var deliverStock = &store.Change[stockUnit]{
	Table: "units", Guard: "status = 'available'", ID: func(r *stockUnit) int64 { return r.id },
	Columns: []store.Column[stockUnit]{
		store.Text("status", func(*stockUnit) order.GoodsStatus { return order.GoodsDelivered }),
		store.Bigint("order_id", func(r *stockUnit) int64 { return r.orderID }),
		store.Bigint("line_id", func(r *stockUnit) int64 { return r.lineID }),
		store.Time("delivered_at", func(r *stockUnit) time.Time { return r.at }),
	},
}
