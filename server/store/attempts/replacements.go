package attempts

import (
	"context"
	"fmt"
	"time"

	"orderhub/ent/replacement"
	"orderhub/server/claim"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	// Whoever writes units of a claim locks its row first, as a dispute does.
	selectReplacements = store.FromPostgres(`SELECT ` + store.Selected((*readReplacement).fields) + `
		FROM replacements r JOIN claims c ON c.id = r.claim_id JOIN order_lines l ON l.id = r.line_id
		LEFT JOIN claim_policies p ON p.id = l.product_id WHERE r.id = ANY($1::bigint[])
		ORDER BY c.id FOR NO KEY UPDATE OF c`)
	selectReplacing = store.FromPostgres(`SELECT x.replacement_id, x.id, x.unit_id FROM replacements r
		JOIN claimed_units x ON x.claim_id = r.claim_id AND x.replacement_id = r.id AND x.status = 'replacing'
		WHERE r.id = ANY($1::bigint[]) ORDER BY x.unit_id`)
	countTried = store.FromPostgres(`SELECT line_id, max(number) FROM attempts WHERE line_id = ANY($1::bigint[])
		GROUP BY line_id`)
)

// claimWrites are what settlements for replacements change of their claims.
type claimWrites struct {
	replaced     store.Update[claimedUnit]
	returned     store.Update[claimedUnit]
	replacements store.Update[changedReplacement]
	counters     store.Update[claimCounter]

	claims  map[int64]*claimState
	within  map[int64]time.Duration // by replacement: how long a claim of its product may wait
	changed map[int64]bool
}

// claimState is how a claim waits for an answer.
type claimState struct {
	waiting             int // units
	answerBy, overdueAt *time.Time
}

func newClaimWrites() claimWrites {
	return claimWrites{
		replaced: changeReplaced.Update(), returned: changeReturned.Update(), replacements: changeReplacements.Update(),
		counters: changeClaimCounters.Update(), claims: make(map[int64]*claimState),
		within:  make(map[int64]time.Duration),
		changed: make(map[int64]bool),
	}
}

// claimedUnit is a unit of a claim that another one took the place of, or that waits again.
type claimedUnit struct {
	order.ClaimedUnit

	by          int64  // the unit that took its place
	failureCode string // why none did
	at          time.Time
}

const stillReplacing = "status = 'replacing'"

var (
	changeReplaced = &store.Change[claimedUnit]{
		Table: "claimed_units", Guard: stillReplacing, ID: func(r *claimedUnit) int64 { return r.EntryID },
		Columns: []store.Column[claimedUnit]{
			store.Text("status", func(*claimedUnit) string { return "replaced" }),
			store.NullBigint("replacement_unit_id", func(r *claimedUnit) int64 { return r.by }),
			store.Time("updated_at", func(r *claimedUnit) time.Time { return r.at }),
		},
	}
	changeReturned = &store.Change[claimedUnit]{
		Table: "claimed_units", Guard: stillReplacing, ID: func(r *claimedUnit) int64 { return r.EntryID },
		Columns: []store.Column[claimedUnit]{
			store.Text("status", func(*claimedUnit) string { return "waiting" }),
			store.NullBigint("replacement_id", func(*claimedUnit) int64 { return 0 }),
			store.Text("failure_code", func(r *claimedUnit) string { return r.failureCode }),
			store.Text("answered_kind", func(*claimedUnit) string { return "" }),
			store.Text("answered_by", func(*claimedUnit) string { return "" }),
			store.Text("answer", func(*claimedUnit) string { return "" }),
			store.NullTime("answered_at", func(*claimedUnit) *time.Time { return nil }),
			store.Time("updated_at", func(r *claimedUnit) time.Time { return r.at }),
		},
	}
	changeReplacements = &store.Change[changedReplacement]{
		Table: "replacements", Guard: "ended_at IS NULL", ID: func(r *changedReplacement) int64 { return r.ID },
		Columns: []store.Column[changedReplacement]{
			store.Bigint("completed", func(r *changedReplacement) int64 { return r.Completed }),
			store.Bigint("failed", func(r *changedReplacement) int64 { return r.Failed }),
			store.NullTime("ended_at", func(r *changedReplacement) *time.Time {
				if r.Open() > 0 {
					return nil
				}
				return &r.at
			}),
			store.Time("updated_at", func(r *changedReplacement) time.Time { return r.at }),
		},
	}
	changeClaimCounters = &store.Change[claimCounter]{
		Table: "claims", ID: func(r *claimCounter) int64 { return r.id }, Columns: []store.Column[claimCounter]{
			store.Bigint("waiting", func(r *claimCounter) int { return r.waiting }),
			store.NullTime("answer_by", func(r *claimCounter) *time.Time { return r.answerBy }),
			store.NullTime("overdue_at", func(r *claimCounter) *time.Time { return r.overdueAt }),
			store.Time("updated_at", func(r *claimCounter) time.Time { return r.at }),
		},
	}
	replacementsTable = &store.Table[newReplacement]{
		Name: "replacements", Suffix: "RETURNING id", Columns: []store.Column[newReplacement]{
			store.Bigint("claim_id", func(r *newReplacement) int64 { return r.ClaimID }),
			store.Bigint("merchant_id", func(r *newReplacement) int64 { return r.merchantID }),
			store.Bigint("order_id", func(r *newReplacement) int64 { return r.OrderID }),
			store.Bigint("line_id", func(r *newReplacement) int64 { return r.LineID }),
			store.Bigint("quantity", func(r *newReplacement) int64 { return r.Quantity }),
			store.Time("created_at", func(r *newReplacement) time.Time { return r.at }),
			store.Time("updated_at", func(r *newReplacement) time.Time { return r.at }),
		},
	}
)

// changedReplacement is a replacement after a settlement.
type changedReplacement struct {
	*order.Replacement

	at time.Time
}

// claimCounter is a claim of which units wait again, or another one came.
type claimCounter struct {
	*claimState

	id int64
	at time.Time
}

// newReplacement is one to be written.
type newReplacement struct {
	order.Replacement

	merchantID int64
	at         time.Time
}

// loadReplacements reads what settlements are for, after the wallets were locked: whatever changes a claim holds its
// merchant's.
func (t *settlement) loadReplacements(ctx context.Context, settlements []order.Settlement) error {
	var ids []int64
	for i := range settlements {
		if id := settlements[i].ReplacementID; id != 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	t.state.Replacements = make(map[int64]*order.Replacement)
	args := []any{store.Distinct(ids)}
	err := t.tx.Query(ctx,
		store.NewQuery(selectReplacements, args, store.EachOf((*readReplacement).fields, t.addReplacement)),
		store.NewQuery(selectReplacing, args, func(row store.Scanner) error {
			var id int64
			var u order.ClaimedUnit
			err := row.Scan(&id, &u.EntryID, &u.UnitID)
			if r := t.state.Replacements[id]; r != nil {
				r.Units = append(r.Units, u)
			}
			return err
		}),
	)
	if err != nil {
		return err
	}
	return t.readBad(ctx, settlements)
}

// readReplacement is a replacement with its claim.
type readReplacement struct {
	order.Replacement

	claim  claimState
	within int64 // seconds
}

func (r *readReplacement) fields() store.Fields {
	return store.Fields{
		"r.id", &r.ID, "r.claim_id", &r.ClaimID, "c.reason", &r.ClaimReason, "r.order_id", &r.OrderID,
		"r.line_id", &r.LineID, "r.quantity", &r.Quantity, "r.completed", &r.Completed, "r.failed", &r.Failed,
		"c.waiting", &r.claim.waiting, "c.answer_by", &r.claim.answerBy, "c.overdue_at", &r.claim.overdueAt,
		"coalesce(p.answer_within_s, 0)", &r.within,
	}
}

func (t *settlement) addReplacement(row *readReplacement) error {
	r, c := row.Replacement, row.claim
	t.state.Replacements[r.ID], t.claims.claims[r.ClaimID] = &r, &c
	t.claims.within[r.ID] = time.Duration(row.within) * time.Second
	return nil
}

// readTried reads how far the attempts of lines are numbered, where that may have gone on since these were made:
// attempts for replacements are numbered together with those for what was ordered. The first one of a line is before
// any of these.
func (t *settlement) readTried(ctx context.Context, attempts []fulfil.Attempt) error {
	var lines []int64
	for i := range attempts {
		if attempts[i].Number > 1 || attempts[i].ReplacementID != 0 {
			lines = append(lines, attempts[i].LineID)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	t.tried = make(map[int64]int)
	return t.tx.Query(ctx, store.NewQuery(countTried, []any{store.Distinct(lines)}, store.Keyed(t.tried)))
}

// began takes the number of an attempt.
func (t *settlement) began(a *fulfil.Attempt) {
	if t.tried != nil {
		t.tried[a.LineID] = a.Number
	}
}

// replaced gathers what became of a claim's units: those in whose place others came, by their ids, and those for which
// none could be bought.
func (t *settlement) replaced(settled *order.Settled, came []int64) {
	r := settled.Replacement
	if r == nil {
		return
	}
	for i, u := range settled.Replaced {
		t.claims.replaced.Add(claimedUnit{ClaimedUnit: u, by: came[i], at: t.state.Now})
	}
	for _, u := range settled.Returned {
		t.claims.returned.Add(claimedUnit{ClaimedUnit: u, failureCode: settled.FailureCode, at: t.state.Now})
	}
	t.returned(settled)
	if len(settled.Replaced)+len(settled.Returned) > 0 {
		t.claims.changed[r.ClaimID] = true
	}
	t.claims.replacements.Replace(changedReplacement{r, t.state.Now})
}

// returned has units of a claim wait for an answer again, and tells operators: nobody may have looked at it before.
func (t *settlement) returned(settled *order.Settled) {
	n, r := len(settled.Returned), settled.Replacement
	if n == 0 {
		return
	}
	c := t.claims.claims[r.ClaimID]
	if c.waiting == 0 {
		c.overdueAt = nil // that was about an answer which was given
	}
	c.answerBy = claim.AnswerAgainBy(c.answerBy, c.waiting, t.claims.within[r.ID], t.state.Now)
	c.waiting += n
	t.told = append(t.told, operatorevent.Event{
		Kind: claim.Returned, ProductID: settled.Line.ProductID,
		Message: fmt.Sprintf("Claim %d of order %s waits for an answer again: %d of its units could not be replaced "+
			"(%s).",
			r.ClaimID, settled.Order.Number, n, settled.FailureCode),
		Data: map[string]any{
			"claim": fmt.Sprint(r.ClaimID), "orderNumber": settled.Order.Number, "units": n,
			"failureCode": settled.FailureCode,
		},
	})
}

// finish counts the claims' units.
func (w *claimWrites) finish(now time.Time) {
	for id := range w.changed {
		w.counters.Add(claimCounter{w.claims[id], id, now})
	}
}

// Replace has units of a line bought, and returns the number under which that goes on. It is written at once; their
// order is routed by a job of the same transaction.
func (d *Delivered) Replace(ctx context.Context, r order.Replacement) (id int64, err error) {
	o := d.t.state.Orders[r.OrderID]
	insert := replacementsTable.Insert(newReplacement{r, o.MerchantID, d.t.state.Now})
	insert.Each = store.Into(&id)
	if err := d.t.tx.Write(ctx, &insert); err != nil {
		return 0, fmt.Errorf("begin a replacement: %w", err)
	}
	d.t.leftOpen = append(d.t.leftOpen, r.OrderID)
	return id, nil
}

// claimsOf are the claims of the replacements that attempts are for, by replacement.
func (s *Store) claimsOf(ctx context.Context, attempts []fulfil.Attempt) (map[int64]int64, error) {
	var ids []int64
	for i := range attempts {
		if id := attempts[i].ReplacementID; id != 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := s.db.Reader.Replacement.Query().Where(replacement.IDIn(store.Distinct(ids)...)).
		Select(replacement.FieldID, replacement.FieldClaimID).All(ctx)
	if err != nil {
		return nil, store.During("find the claims of attempts", err)
	}
	claims := make(map[int64]int64, len(found))
	for _, r := range found {
		claims[r.ID] = r.ClaimID
	}
	return claims, nil
}
