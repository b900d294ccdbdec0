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

	heldColumns = `SELECT ` + store.Selected((*readHeld).fields) + ` FROM order_lines l
		JOIN units u ON u.line_id = l.id LEFT JOIN claimed_units x ON x.unit_id = u.id WHERE l.order_id = $1 `
	selectHeld    = store.FromPostgres(heldColumns + `AND u.id = ANY($2::bigint[])`)
	selectAllHeld = store.Same(heldColumns + `AND u.status IN ('delivered', 'used') AND x.id IS NULL
		ORDER BY u.id LIMIT $2`)
	selectPolicies = store.FromPostgres(`SELECT id, claim_within_s, answer_within_s, answer, answer_claimed_within_s,
		answer_per_month, time_zone, updated_at FROM claim_policies WHERE id = ANY($1::bigint[])`)
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
		store.NewQuery(selectOrder, args, store.Into(&a.order.ID, &a.order.MerchantID, &a.order.Currency)),
		store.NewQuery(selectLines, args, store.Gather(&a.lines)),
	)
	if err == nil && a.order.ID == 0 {
		err = order.ErrNotFound
	}
	return a, err
}

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
		return claim.Claim{}, store.During("claim units", err)
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
	c.MerchantID, c.Currency = o.order.MerchantID, o.order.Currency
	c.OrderID, c.OrderNumber = o.order.ID, d.OrderNumber
	// Erasing waits for the wallet that is locked now.
	err = tx.Query(ctx, store.NewQuery(selectErased, []any{c.OrderID}, store.Into(&c.Erased)))
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
	if err := w.noteUnits(ctx, event.ClaimCreated, pointers(c)); err != nil {
		return nil, err
	}
	for _, verdict := range []claim.Verdict{claim.Refund, claim.Replace} {
		if err := w.automatically(ctx, verdict, automatic[verdict]); err != nil {
			return nil, err
		}
	}
	k.SetDeadline(c)
	return c, w.commitNew(ctx)
}

// commitNew writes the units of a claim that was made, and tells operators if it waits for them.
func (w *answering) commitNew(ctx context.Context) error {
	c := w.claim
	rows := unitsTable.Insert()
	for i := range c.Units {
		rows.Add(unitRow{&c.Units[i], c, c.CreatedAt})
	}
	update := changeCreated.Update(changed{c, c.UpdatedAt})
	writes := []store.Write{&update, &rows, &w.stock}
	if asking, asks := c.Asks(); asks {
		writes = append(writes, store.OperatorEvents(c.CreatedAt, asking))
	}
	return w.t.Commit(ctx, w.tx, writes...)
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
		err = tx.Query(ctx, store.NewQuery(selectMore, []any{found[0].ID}, store.Into(&more)))
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
	each := store.EachOf((*readHeld).fields, func(row *readHeld) error {
		row.DeliveredAt = store.Value(row.delivered)
		k.Units = append(k.Units, row.Held)
		return nil
	})
	held := store.NewQuery(selectAllHeld, []any{o.order.ID, claim.MaxUnits + 1}, each)
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
		store.NewQuery(countAutomatic, []any{o.order.MerchantID, claim.Month(now)}, store.Keyed(k.Used)),
	)
}

// readHeld is a unit as it is read.
type readHeld struct {
	claim.Held

	delivered *time.Time
}

func (r *readHeld) fields() store.Fields {
	return store.Fields{
		"u.id", &r.UnitID, "u.line_id", &r.LineID, "u.product_id", &r.ProductID, "l.position", &r.Position,
		"l.sku", &r.SKU,
		"l.use_date <> ''", &r.Ticketed, "u.status", &r.Status, "u.delivered_at", &r.delivered,
		"coalesce(x.claim_id, 0)", &r.ClaimID,
	}
}

func scanPolicy(row store.Scanner) (p claim.Policy, err error) {
	var claimS, answerS, automaticS int64
	err = row.Scan(&p.ProductID, &claimS, &answerS, &p.Answer, &automaticS, &p.PerMonth, &p.TimeZone, &p.UpdatedAt)
	p.ClaimWithin, p.AnswerWithin = time.Duration(claimS)*time.Second, time.Duration(answerS)*time.Second
	p.AutomaticWithin = time.Duration(automaticS) * time.Second
	return p, err
}

// insert writes the claim with what was said, which is sealed for its number.
func (s *Store) insert(ctx context.Context, tx store.BulkTx, c *claim.Claim) error {
	insert := claimsTable.Insert(*c)
	insert.Each = store.Into(&c.ID)
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
