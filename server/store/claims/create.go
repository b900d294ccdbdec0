package claims

import (
	"context"
	"time"

	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	selectOrder = store.Same(`SELECT o.id, o.merchant_id, o.currency FROM orders o
		WHERE o.number = $1 AND ($2 = 0 OR o.merchant_id = $2)`)
	selectErased = store.Same(`SELECT erased_at IS NOT NULL FROM orders WHERE id = $1`)
	selectLines  = store.Same(`SELECT l.id FROM orders o JOIN order_lines l ON l.order_id = o.id
		WHERE o.number = $1 AND ($2 = 0 OR o.merchant_id = $2)`)

	heldColumns = `SELECT u.id, u.line_id, u.product_id, l.position, l.sku, l.use_date <> '', u.status,
		u.delivered_at, coalesce(x.claim_id, 0)
		FROM order_lines l JOIN units u ON u.line_id = l.id LEFT JOIN claimed_units x ON x.unit_id = u.id
		WHERE l.order_id = $1 `
	selectHeld = store.Statement{
		Postgres: heldColumns + `AND u.id = ANY($2::bigint[])`,
		SQLite:   heldColumns + `AND u.id IN (SELECT value FROM json_each($2))`,
	}
	selectAllHeld = store.Same(heldColumns + `AND u.status IN ('delivered', 'used') AND x.id IS NULL
		ORDER BY u.id LIMIT $2`)
	policyColumns = `SELECT id, claim_within_s, answer_within_s, answer, answer_claimed_within_s, answer_per_month,
		time_zone, updated_at FROM claim_policies WHERE id `
	selectPolicies = store.Statement{
		Postgres: policyColumns + `= ANY($1::bigint[])`, SQLite: policyColumns + `IN (SELECT value FROM json_each($1))`,
	}
	// Was delivered before the claim, and is not claimed, or was by a later one.
	selectMore = store.Same(`SELECT EXISTS (SELECT 1 FROM claims c JOIN order_lines l ON l.order_id = c.order_id
		JOIN units u ON u.line_id = l.id LEFT JOIN claimed_units x ON x.unit_id = u.id
		WHERE c.id = $1 AND u.delivered_at < c.created_at
			AND ((x.id IS NULL AND u.status IN ('delivered', 'used')) OR x.claim_id > c.id))`)
	countAutomatic = store.Same(`SELECT product_id, count(*) FROM claimed_units
		WHERE merchant_id = $1 AND answered_kind = 'policy' AND answered_at >= $2 GROUP BY product_id`)
	keepWords = store.Same(`UPDATE claims SET said = $2 WHERE id = $1 RETURNING id`)
)

// about is the order that a claim is about, as much of it as never changes.
type about struct {
	order *order.Order
	lines []int64
}

func (s *Store) find(ctx context.Context, v order.Viewer, number string) (*about, error) {
	merchantID, ok := v.Sees()
	if !ok {
		return nil, order.ErrNotFound
	}
	a := &about{order: &order.Order{Number: number}}
	args := []any{number, merchantID}
	err := s.db.Peek(ctx,
		store.NewQuery(selectOrder, args, func(row store.Scanner) error {
			return row.Scan(&a.order.ID, &a.order.MerchantID, &a.order.Currency)
		}),
		store.NewQuery(selectLines, args, func(row store.Scanner) error {
			var id int64
			err := row.Scan(&id)
			a.lines = append(a.lines, id)
			return err
		}),
	)
	if err == nil && a.order.ID == 0 {
		err = order.ErrNotFound
	}
	return a, err
}

// Create implements claim.Store.
func (s *Store) Create(ctx context.Context, d claim.Draft) (claim.Claim, error) {
	var made *claim.Claim
	o, err := s.find(ctx, d.Viewer, d.OrderNumber)
	if err == nil {
		err = s.db.Bulk(ctx, func(tx store.BulkTx) (err error) {
			made, err = s.create(ctx, tx, o, &d)
			return err
		})
	}
	if err != nil {
		return claim.Claim{}, store.During("claim units", store.Unavailable(err))
	}
	return *made, nil
}

func (s *Store) create(ctx context.Context, tx store.BulkTx, o *about, d *claim.Draft) (*claim.Claim, error) {
	t, err := s.attempts.OpenDelivered(ctx, tx, o.order.MerchantID, o.order.ID, o.lines, 0)
	if err != nil {
		return nil, err
	}
	if found, err := s.repeated(ctx, tx, o, d); found != nil || err != nil {
		return found, err
	}
	k, err := s.readCase(ctx, tx, o, d, t.State().Now)
	if err != nil {
		return nil, err
	}
	c, automatic, err := k.Judge(d)
	if err != nil {
		return nil, err
	}
	c.MerchantID, c.OrderID, c.OrderNumber, c.Currency = o.order.MerchantID, o.order.ID, d.OrderNumber, o.order.Currency
	// Erasing waits for the wallet that is locked now.
	err = tx.Query(ctx, store.NewQuery(selectErased, []any{c.OrderID}, func(row store.Scanner) error {
		return row.Scan(&c.Erased)
	}))
	if err != nil {
		return nil, err
	}
	if c.Erased { // what is said now nobody would erase any more
		c.Said = claim.Said{}
	}
	if err := s.insert(ctx, tx, c); err != nil {
		return nil, err
	}
	w := s.answering(tx, t, c)
	if err := w.tell(ctx, event.ClaimCreated, pointers(c)); err != nil {
		return nil, err
	}
	for _, verdict := range []claim.Verdict{claim.Refund, claim.Replace} {
		if err := w.automatically(ctx, verdict, automatic[verdict]); err != nil {
			return nil, err
		}
	}
	rows := unitsTable.Insert()
	for i := range c.Units {
		rows.Add(unitRow{&c.Units[i], c, c.CreatedAt})
	}
	update := changeClaims.Update()
	update.Add(changed{c, c.UpdatedAt})
	return c, t.Commit(ctx, tx, &update, &rows, &w.stock)
}

// repeated is the claim that the draft repeats, or nil. claim.ErrReferenceReused.
func (s *Store) repeated(ctx context.Context, tx store.BulkTx, o *about, d *claim.Draft) (*claim.Claim, error) {
	if d.Reference == "" {
		return nil, nil
	}
	found, err := s.read(ctx, tx.Query, selectByReference, o.order.MerchantID, d.Reference)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	more := false
	if len(d.Units) == 0 {
		err = tx.Query(ctx, store.NewQuery(selectMore, []any{found[0].ID}, func(row store.Scanner) error {
			return row.Scan(&more)
		}))
	}
	if err == nil && !d.Repeats(found[0], more) {
		err = claim.ErrReferenceReused
	}
	return found[0], err
}

func (s *Store) readCase(
	ctx context.Context, tx store.BulkTx, o *about, d *claim.Draft, now time.Time,
) (*claim.Case, error) {
	k := &claim.Case{Now: now, Policies: make(map[int64]claim.Policy), Used: make(map[int64]int)}
	held := store.NewQuery(selectAllHeld, []any{o.order.ID, claim.MaxUnits + 1}, func(row store.Scanner) error {
		return scanHeld(row, k)
	})
	if len(d.Units) > 0 {
		held.Statement, held.Args = selectHeld, []any{o.order.ID, d.Units}
	}
	if err := tx.Query(ctx, held); err != nil {
		return nil, err
	}
	var products []int64
	for i := range k.Units {
		products = append(products, k.Units[i].ProductID)
	}
	return k, tx.Query(ctx,
		store.NewQuery(selectPolicies, []any{store.Distinct(products)}, func(row store.Scanner) error {
			p, err := scanPolicy(row)
			k.Policies[p.ProductID] = p
			return err
		}),
		store.NewQuery(countAutomatic, []any{o.order.MerchantID, claim.Month(now)}, func(row store.Scanner) error {
			var product int64
			var used int
			err := row.Scan(&product, &used)
			k.Used[product] = used
			return err
		}),
	)
}

func scanHeld(row store.Scanner, k *claim.Case) error {
	var h claim.Held
	var delivered *time.Time
	err := row.Scan(
		&h.UnitID, &h.LineID, &h.ProductID, &h.Position, &h.SKU, &h.Ticketed, &h.Status, &delivered, &h.ClaimID,
	)
	h.DeliveredAt = store.UTC(store.Value(delivered))
	k.Units = append(k.Units, h)
	return err
}

func scanPolicy(row store.Scanner) (p claim.Policy, err error) {
	var claimS, answerS, automaticS int64
	err = row.Scan(&p.ProductID, &claimS, &answerS, &p.Answer, &automaticS, &p.PerMonth, &p.TimeZone, &p.UpdatedAt)
	p.ClaimWithin, p.AnswerWithin = time.Duration(claimS)*time.Second, time.Duration(answerS)*time.Second
	p.AutomaticWithin, p.UpdatedAt = time.Duration(automaticS)*time.Second, store.UTC(p.UpdatedAt)
	return p, err
}

// insert writes the claim with what was said, which is sealed for its number.
func (s *Store) insert(ctx context.Context, tx store.BulkTx, c *claim.Claim) error {
	insert := claimsTable.Insert()
	insert.Each = func(row store.Scanner) error { return row.Scan(&c.ID) }
	insert.Add(*c)
	if err := tx.Write(ctx, &insert); err != nil {
		return err
	}
	audit.Changed(ctx, "claim", nil, c.ID)
	if c.Said == (claim.Said{}) {
		return nil
	}
	said, err := s.db.Vault.SealJSON(c.Said, store.ClaimWords.At(c.ID))
	if err != nil {
		return err
	}
	return tx.Query(ctx, store.NewQuery(keepWords, []any{c.ID, said}, store.IgnoreRow))
}

func pointers(c *claim.Claim) []*claim.Unit {
	all := make([]*claim.Unit, len(c.Units))
	for i := range c.Units {
		all[i] = &c.Units[i]
	}
	return all
}
