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

// readClaim is a claim as it is read.
type readClaim struct {
	claim.Claim

	said []byte // sealed
}

func (r *readClaim) fields() store.Fields {
	return store.Fields{
		"c.id", &r.ID, "c.merchant_id", &r.MerchantID, "c.order_id", &r.OrderID, "o.number", &r.OrderNumber,
		"o.currency", &r.Currency, "coalesce(c.reference, '')", &r.Reference, "c.reason", &r.Reason, "c.said", &r.said,
		"c.asked_kind", &r.By.Kind, "c.asked_by", &r.By.Name, "c.answer_by", &r.AnswerBy, "c.overdue_at", &r.OverdueAt,
		"c.created_at", &r.CreatedAt, "c.updated_at", &r.UpdatedAt, "o.erased_at IS NOT NULL", &r.Erased,
	}
}

// readUnit is a claimed unit as it is read.
type readUnit struct {
	claim.Unit

	claimID int64
}

func (r *readUnit) fields() store.Fields {
	d := &r.Dispute
	return store.Fields{
		"x.id", &r.ID, "x.claim_id", &r.claimID, "x.unit_id", &r.UnitID, "x.line_id", &r.LineID,
		"x.product_id", &r.ProductID, "l.position", &r.Position, "l.sku", &r.SKU, "l.use_date <> ''", &r.Ticketed,
		"x.status", &r.Status, "x.answered_kind", &r.AnsweredBy.Kind, "x.answered_by", &r.AnsweredBy.Name,
		"x.answer", &r.Answer, "x.answered_at", &r.AnsweredAt, "x.refund_micros", &r.Refund,
		"coalesce(x.replacement_unit_id, 0)", &r.ReplacementID, "coalesce(x.replacement_id, 0)", &r.BoughtBy,
		"x.failure_code", &r.FailureCode, "x.dispute", &d.Status, "x.dispute_reference", &d.Reference,
		"coalesce(x.dispute_attempt_id, 0)", &d.AttemptID, "x.disputed_at", &d.OpenedAt,
		"x.credit_micros", &d.Credit.Amount, "x.credit_currency", &d.Credit.Currency, "x.dispute_ended_at", &d.EndedAt,
	}
}

var (
	claimColumns = `SELECT ` + store.Selected((*readClaim).fields) +
		` FROM claims c JOIN orders o ON o.id = c.order_id `

	selectClaim       = store.Same(claimColumns + `WHERE c.id = $1`)
	selectByReference = store.Same(claimColumns + `WHERE c.merchant_id = $1 AND c.reference = $2`)
	selectUnits       = store.FromPostgres(`SELECT ` + store.Selected((*readUnit).fields) + ` FROM claimed_units x
		JOIN order_lines l ON l.id = x.line_id WHERE x.claim_id = ANY($1::bigint[]) ORDER BY x.claim_id, x.unit_id`)
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

func (g *gathered) addClaim(row *readClaim) error {
	c := row.Claim
	g.claims, g.byID[c.ID] = append(g.claims, &c), &c
	vault := g.store.db.Vault
	return vault.WithoutIt("words of claim", c.ID, vault.OpenJSON(row.said, store.ClaimWords.At(c.ID), &c.Said))
}

func (g *gathered) addUnit(row *readUnit) error {
	if c := g.byID[row.claimID]; c != nil {
		c.Units = append(c.Units, row.Unit)
	}
	return nil
}

// read reads claims with their units.
func (s *Store) read(ctx context.Context, run store.Runner, query store.Statement, args ...any) (
	[]*claim.Claim, error,
) {
	found := s.gather()
	each := store.EachOf((*readClaim).fields, found.addClaim)
	if err := run(ctx, store.NewQuery(query, args, each)); err != nil || len(found.claims) == 0 {
		return nil, err
	}
	units := store.EachOf((*readUnit).fields, found.addUnit)
	return found.claims, run(ctx, store.NewQuery(selectUnits, []any{found.ids()}, units))
}

// one reads one claim. claim.ErrNotFound.
func (s *Store) one(ctx context.Context, run store.Runner, id int64) (*claim.Claim, error) {
	found, err := s.read(ctx, run, selectClaim, id)
	if err == nil && len(found) == 0 {
		err = claim.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func (s *Store) Claim(ctx context.Context, v order.Viewer, id int64) (claim.Claim, error) {
	found, err := s.one(ctx, s.db.Peek, id)
	if err != nil {
		return claim.Claim{}, store.During("find claim", err)
	}
	if merchantID, all := v.Merchant(); !all && found.MerchantID != merchantID {
		return claim.Claim{}, claim.ErrNotFound
	}
	return *found, nil
}

func (s *Store) Claims(ctx context.Context, v order.Viewer, f claim.Filter) ([]claim.Claim, error) {
	merchantID, ok := v.Sees()
	if !ok {
		return nil, nil
	}
	statement, args := pageOf(merchantID, f)
	found, err := s.read(ctx, s.db.Peek, statement, args...)
	return store.Mapped(found, func(c *claim.Claim) claim.Claim { return *c }),
		store.During("list claims", err)
}

var claimsTable = &store.Table[claim.Claim]{
	Name: "claims", Suffix: "RETURNING id", Columns: []store.Column[claim.Claim]{
		store.Bigint("merchant_id", func(c *claim.Claim) int64 { return c.MerchantID }),
		store.Bigint("order_id", func(c *claim.Claim) int64 { return c.OrderID }),
		store.NullText("reference", func(c *claim.Claim) string { return c.Reference }),
		store.Text("reason", func(c *claim.Claim) claim.Reason { return c.Reason }),
		store.Text("asked_kind", func(c *claim.Claim) string { return c.By.Kind }),
		store.Text("asked_by", func(c *claim.Claim) string { return c.By.Name }),
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

// changeCreated also has what is known only when policies have answered a new claim.
var changeCreated = &store.Change[changed]{
	Table: "claims", ID: changeClaims.ID, Columns: append([]store.Column[changed]{
		store.NullTime("answer_by", func(c *changed) *time.Time { return c.AnswerBy }),
	}, changeClaims.Columns...),
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
	store.NullBigint("replacement_id", func(r *unitRow) int64 { return r.BoughtBy }),
	store.Text("failure_code", func(r *unitRow) string { return r.FailureCode }),
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
