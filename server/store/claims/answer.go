package claims

import (
	"context"
	"strconv"

	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/attempts"
)

var (
	selectGiven = store.Same(`SELECT x.unit_id, u.id, u.content FROM claimed_units x
		JOIN units u ON u.id = x.replacement_unit_id WHERE x.claim_id = $1`)
	selectStatuses = store.FromPostgres(`SELECT id, status FROM units WHERE id = ANY($1::bigint[])`)
)

func (s *Store) Answer(ctx context.Context, id int64, a claim.Answer) (claim.Claim, error) {
	var answered *claim.Claim
	seen, err := s.one(ctx, s.db.Peek, id)
	if err == nil {
		err = s.db.Bulk(ctx, func(tx store.BulkTx) (err error) {
			answered, err = s.answer(ctx, tx, seen, &a)
			return err
		})
	}
	if err != nil {
		return claim.Claim{}, store.During("answer a claim", err)
	}
	return *answered, nil
}

// answer locks what was seen of the claim, which never changes, and reads the rest anew.
func (s *Store) answer(ctx context.Context, tx store.BulkTx, seen *claim.Claim, a *claim.Answer) (*claim.Claim, error) {
	var lines, units []int64
	for i := range seen.Units {
		lines, units = append(lines, seen.Units[i].LineID), append(units, seen.Units[i].UnitID)
	}
	t, err := s.attempts.OpenDelivered(
		ctx, tx, seen.MerchantID, seen.OrderID, store.Distinct(lines), len(a.Goods),
	)
	if err != nil {
		return nil, err
	}
	c, err := s.one(ctx, tx.Query, seen.ID)
	if err != nil {
		return nil, err
	}
	held := make(map[int64]order.GoodsStatus, len(units))
	err = tx.Query(ctx, store.NewQuery(selectStatuses, []any{units}, store.Keyed(held)))
	if err != nil {
		return nil, err
	}
	if len(a.Goods) > 0 {
		if err := s.readGiven(ctx, tx, c); err != nil {
			return nil, err
		}
	}
	taken, err := c.Take(a, held)
	if err != nil || len(taken) == 0 {
		return c, err
	}
	if err := s.checkGoods(ctx, tx, c, taken, a); err != nil {
		return nil, err
	}
	w := s.answering(tx, t, c)
	w.soldFor()
	before, kept := c.Status(), *a
	if c.Erased { // an answer may quote the customer
		kept.Words = ""
	}
	if err := w.apply(ctx, taken, &kept); err != nil {
		return nil, err
	}
	if err := a.MayPay(c, taken); err != nil { // what it costs is known now, and nothing is written
		return nil, err
	}
	audit.Changed(ctx, "status", before, c.Status())
	audit.Changed(ctx, "refunded", nil, c.Refunded().Format(c.Currency))
	return c, w.commit(ctx, taken)
}

// readGiven reads what took the place of units. What cannot be read is not known.
func (s *Store) readGiven(ctx context.Context, tx store.BulkTx, c *claim.Claim) error {
	return tx.Query(ctx, store.NewQuery(selectGiven, []any{c.ID}, func(row store.Scanner) error {
		var unitID, id int64
		var sealed []byte
		if err := row.Scan(&unitID, &id, &sealed); err != nil {
			return err
		}
		for i := range c.Units {
			if u := &c.Units[i]; u.UnitID == unitID {
				if content, err := s.db.Vault.OpenUnit(id, sealed); err == nil {
					u.Given = content
				}
			}
		}
		return nil
	}))
}

// answering is the transaction of an answer.
type answering struct {
	store *Store
	tx    store.BulkTx
	t     *attempts.Delivered
	claim *claim.Claim
	stock store.Update[stockUnit] // that takes the place of others
	taken []int64                 // the ids of stock
}

func (s *Store) answering(tx store.BulkTx, t *attempts.Delivered, c *claim.Claim) *answering {
	return &answering{store: s, tx: tx, t: t, claim: c, stock: deliverStock.Update(), taken: []int64{}}
}

// soldFor says of each unit what it was sold for, after discounts.
func (w *answering) soldFor() {
	for i := range w.claim.Units {
		u := &w.claim.Units[i]
		if line := w.line(u.LineID); line != nil && line.Quantity > 0 {
			u.SoldFor = line.Total / money.Amount(line.Quantity)
		}
	}
}

// commit writes the claim with the units that have their answer now.
func (w *answering) commit(ctx context.Context, taken []*claim.Unit) error {
	now := w.t.State().Now
	rows, update := changeUnits.Update(), changeClaims.Update()
	for _, u := range taken {
		rows.Add(unitRow{u, w.claim, now})
	}
	w.claim.UpdatedAt = now
	update.Add(changed{w.claim, now})
	return w.t.Commit(ctx, w.tx, &update, &rows, &w.stock)
}

// automatically answers by the products' policies. Units that can neither be replaced from stock nor bought wait for a
// person.
func (w *answering) automatically(ctx context.Context, verdict claim.Verdict, ids []int64) error {
	a := claim.Answer{Verdict: verdict, By: claim.By{Kind: claim.ByPolicy}}
	for _, line := range byLine(w.units(ids)) {
		if err := w.onLine(ctx, line, &a); err != nil {
			return err
		}
	}
	return nil
}

func (w *answering) units(ids []int64) (units []*claim.Unit) {
	wanted := make(map[int64]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	for _, u := range pointers(w.claim) {
		if wanted[u.UnitID] {
			units = append(units, u)
		}
	}
	return units
}

// byLine are the units of each line, in the order in which the lines come.
func byLine(units []*claim.Unit) (lines [][]*claim.Unit) {
	at := make(map[int64]int)
	for _, u := range units {
		i, found := at[u.LineID]
		if !found {
			i = len(lines)
			at[u.LineID], lines = i, append(lines, nil)
		}
		lines[i] = append(lines[i], u)
	}
	return lines
}

func (w *answering) apply(ctx context.Context, units []*claim.Unit, a *claim.Answer) error {
	goods := a.Goods
	for _, line := range byLine(units) {
		part := *a
		if len(goods) > 0 {
			part.Goods = goodsOf(line, units, goods)
		}
		if err := w.onLine(ctx, line, &part); err != nil {
			return err
		}
	}
	return nil
}

// goodsOf are those of some of the units: goods are in the order of all.
func goodsOf(some, all []*claim.Unit, goods []string) (own []string) {
	for _, u := range some {
		for i := range all {
			if all[i] == u {
				own = append(own, goods[i])
			}
		}
	}
	return own
}

// onLine answers for units of one line.
func (w *answering) onLine(ctx context.Context, units []*claim.Unit, a *claim.Answer) error {
	if a.Verdict != claim.Reject {
		if err := w.know(ctx, units); err != nil {
			return err
		}
	}
	switch a.Verdict {
	case claim.Refund:
		return w.refund(ctx, units, a)
	case claim.Replace:
		return w.replace(ctx, units, a)
	default:
		for _, u := range units {
			u.Put(a, claim.Rejected, w.t.State().Now)
		}
		return w.noteUnits(ctx, event.ClaimRejected, units)
	}
}

func (w *answering) refund(ctx context.Context, units []*claim.Unit, a *claim.Answer) error {
	settled, amounts, err := w.t.State().RefundUnits(order.UnitRefund{
		MerchantID: w.claim.MerchantID, OrderID: w.claim.OrderID, LineID: units[0].LineID, Units: idsOf(units),
		Note: w.note(event.ClaimRefunded),
	})
	if err != nil {
		return err
	}
	for i, u := range units {
		u.Refund = amounts[i]
		u.Put(a, claim.Refunded, w.t.State().Now)
	}
	return w.t.Add(ctx, settled)
}

func (w *answering) line(id int64) *order.Line {
	o := w.t.Order(w.claim.OrderID)
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// noteUnits writes the event of units to which nothing else happens.
func (w *answering) noteUnits(ctx context.Context, kind event.Type, units []*claim.Unit) error {
	for _, line := range byLine(units) {
		settled, err := w.t.State().ChangeUnits(order.UnitChange{
			MerchantID: w.claim.MerchantID, OrderID: w.claim.OrderID, LineID: line[0].LineID, Units: idsOf(line),
			Note: w.note(kind),
		})
		if err != nil {
			return err
		}
		if err := w.t.Add(ctx, settled); err != nil {
			return err
		}
	}
	return nil
}

func (w *answering) note(kind event.Type) order.Note {
	return order.NoteOf(kind, map[string]string{
		"claim": strconv.FormatInt(w.claim.ID, 10), "claim_reason": string(w.claim.Reason),
	})
}

func idsOf(units []*claim.Unit) []int64 {
	ids := make([]int64, len(units))
	for i, u := range units {
		ids[i] = u.UnitID
	}
	return ids
}
