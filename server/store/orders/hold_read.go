package orders

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

// readHold is a hold as it is read.
type readHold struct {
	order.Hold

	terms, draft []byte // JSON, the draft sealed
}

func (r *readHold) fields() store.Fields {
	return store.Fields{
		"h.id", &r.ID, "h.number", &r.Number, "h.merchant_id", &r.MerchantID, "h.reference", &r.Reference,
		"h.fingerprint", &r.Fingerprint, "h.status", &r.Status, "h.currency", &r.Currency, "h.total_micros", &r.Total,
		"coalesce(h.coupon_id, 0)", &r.CouponID, "h.terms", &r.terms, "h.draft", &r.draft,
		"h.extensions", &r.Extensions,
		"h.created_at", &r.CreatedAt, "h.expires_at", &r.ExpiresAt, "h.ended_at", &r.EndedAt,
		"coalesce(h.order_id, 0)", &r.OrderID,
	}
}

var (
	holdColumns = `SELECT ` + store.Selected((*readHold).fields) + ` FROM holds h `

	selectHold            = store.Same(holdColumns + `WHERE h.number = $1 AND ($2 = 0 OR h.merchant_id = $2)`)
	selectHoldByReference = store.Same(holdColumns + `WHERE h.merchant_id = $1 AND h.reference = $2`)
	selectHoldsByID       = store.FromPostgres(holdColumns + `WHERE h.id = ANY($1::bigint[]) ORDER BY h.id`)
	// Pages of one merchant's, of everybody's, and those of them that are held.
	listHolds = store.Same(holdColumns + `WHERE h.merchant_id = $1 AND ($2 = 0 OR h.id < $2)
		ORDER BY h.id DESC LIMIT $3`)
	// The plus keeps both databases from going through all that have ended: those that are held are few, and sorted.
	listOpenHolds = store.Same(holdColumns + `WHERE h.merchant_id = $1 AND h.status = 'held' AND ($2 = 0 OR h.id < $2)
		ORDER BY +h.id DESC LIMIT $3`)
	listAllHolds     = store.Same(holdColumns + `WHERE ($1 = 0 OR h.id < $1) ORDER BY h.id DESC LIMIT $2`)
	listAllOpenHolds = store.Same(holdColumns + `WHERE h.status = 'held' AND ($1 = 0 OR h.id < $1)
		ORDER BY h.id DESC LIMIT $2`)

	selectHeldReferences = store.FromPostgres(`SELECT h.merchant_id, h.reference, h.id, h.number, h.fingerprint, true
		FROM unnest($1::bigint[], $2::text[]) AS pair(id, text)
		JOIN holds h ON h.merchant_id = pair.id AND h.reference = pair.text`)
	countOpenHolds = store.FromPostgres(`SELECT merchant_id, count(*) FROM holds WHERE merchant_id = ANY($1::bigint[])
		AND status = 'held' GROUP BY merchant_id`)
	// One is at most what an order may cost, and there are few.
	sumHeldMoney = store.Same(`SELECT CAST(coalesce(sum(total_micros), 0) AS bigint) FROM holds
		WHERE merchant_id = $1 AND status = 'held'`)
	selectConfirming = store.FromPostgres(`SELECT h.id, h.number, h.status, h.expires_at, coalesce(h.order_id, 0),
		h.fingerprint FROM holds h WHERE h.id = ANY($1::bigint[])`)
	selectHeldUnits = store.FromPostgres(`SELECT p.hold_id, p.line, u.id, u.expires_s, u.content
		FROM hold_parts p JOIN units u ON u.id = p.unit_id WHERE p.hold_id = ANY($1::bigint[]) ORDER BY u.id`)
)

// scanHold reads a row of holdColumns; the draft only where it is wanted. The error of a draft comes with the rest.
func (s *Holds) scanHold(row store.Scanner, withDraft bool) (*order.Hold, error) {
	var r readHold
	if err := r.fields().Scan(row); err != nil {
		return nil, err
	}
	h := &r.Hold
	if err := json.Unmarshal(r.terms, &h.HoldTerms); err != nil {
		return nil, fmt.Errorf("terms of hold %s: %w", h.Number, err)
	}
	if !withDraft || len(r.draft) == 0 {
		return h, nil
	}
	// No order is made of a draft that cannot be read.
	if err := s.db.Vault.OpenJSON(r.draft, store.HoldDrafts.At(h.ID), &h.Draft); err != nil {
		return h, fmt.Errorf("draft of hold %s: %w", h.Number, err)
	}
	return h, nil
}

func (s *Holds) findHold(ctx context.Context, run store.Runner, withDraft bool, which store.Statement, args ...any) (
	h *order.Hold, err error,
) {
	err = run(ctx, store.NewQuery(which, args, func(row store.Scanner) (err error) {
		h, err = s.scanHold(row, withDraft)
		return err
	}))
	if err == nil && h == nil {
		err = order.ErrHoldNotFound
	}
	return h, err
}

func (s *Holds) Hold(ctx context.Context, v order.Viewer, number string) (*order.Hold, error) {
	return s.holdOf(ctx, v, number, false)
}

func (s *Holds) HoldWithDraft(ctx context.Context, v order.Viewer, number string) (*order.Hold, error) {
	return s.holdOf(ctx, v, number, true)
}

func (s *Holds) holdOf(ctx context.Context, v order.Viewer, number string, withDraft bool) (*order.Hold, error) {
	merchantID, ok := v.Sees()
	if !ok {
		return nil, order.ErrHoldNotFound
	}
	h, err := s.findHold(ctx, s.db.Peek, withDraft, selectHold, number, merchantID)
	return h, store.During("read a hold", err)
}

func (s *Holds) HoldByReference(ctx context.Context, merchantID int64, reference string) (*order.Hold, error) {
	h, err := s.findHold(ctx, s.db.Peek, false, selectHoldByReference, merchantID, reference)
	return h, store.During("read a hold", err)
}

func (s *Holds) HeldReference(ctx context.Context, key order.ReferenceKey) (*order.ExistingOrder, error) {
	var pairs store.Pairs
	pairs.Add(key.MerchantID, key.Reference)
	found := make(map[order.ReferenceKey]*order.ExistingOrder)
	err := s.db.Peek(ctx, store.NewQuery(selectHeldReferences, []any{&pairs}, referencesInto(s.db.Vault, found)))
	if err == nil && found[key] == nil {
		return nil, order.ErrNotFound
	}
	return found[key], store.Unavailable(err)
}

func (s *Holds) ListHolds(ctx context.Context, v order.Viewer, f order.HoldFilter) (holds []order.Hold, err error) {
	merchantID, ok := v.Sees()
	if !ok {
		return nil, nil
	}
	which, args := listHolds, []any{f.BeforeID, store.LimitOf(f.Limit)}
	switch {
	case merchantID == 0 && f.Open:
		which = listAllOpenHolds
	case merchantID == 0:
		which = listAllHolds
	case f.Open:
		which = listOpenHolds
	}
	if merchantID != 0 {
		args = append([]any{merchantID}, args...)
	}
	err = s.db.Peek(ctx, store.NewQuery(which, args, func(row store.Scanner) error {
		h, err := s.scanHold(row, false)
		if err == nil {
			holds = append(holds, *h)
		}
		return err
	}))
	return holds, store.During("list holds", err)
}

// EachOpenHold implements order.HeldStore. There are few.
func (s *Holds) EachOpenHold(ctx context.Context, v order.Viewer, each func(*order.Hold)) error {
	merchantID, ok := v.Sees()
	if !ok {
		return nil
	}
	which, args := listAllOpenHolds, []any{int64(0), store.LimitOf(0)}
	if merchantID != 0 {
		which, args = listOpenHolds, append([]any{merchantID}, args...)
	}
	err := s.db.Peek(ctx, store.NewQuery(which, args, func(row store.Scanner) error {
		h, err := s.scanHold(row, true)
		if err == nil {
			each(h)
		} else if h != nil {
			err = s.db.Vault.WithoutIt("draft of hold", h.ID, err)
		}
		return err
	}))
	return store.During("look through holds", err)
}

func (s *Holds) HeldMoney(ctx context.Context, merchantID int64) (held money.Amount, err error) {
	err = s.db.Peek(ctx, store.NewQuery(sumHeldMoney, []any{merchantID}, store.Into(&held)))
	return held, store.During("sum up what is held", err)
}

// holdReads reads what drafts that are to be held, and holds that are to become orders, are judged by; nothing where
// there are none. The wallets are locked by then, and with them the merchants' holds.
func (s *Store) holdReads(n *needs, state *order.State) (reads []store.Query) {
	if len(n.holding.IDs) > 0 {
		state.Holds.References = make(map[order.ReferenceKey]*order.ExistingOrder)
		state.Holds.Open = make(map[int64]int)
		reads = append(
			reads,
			store.NewQuery(selectHeldReferences, []any{&n.holding}, referencesInto(s.db.Vault, state.Holds.References)),
			store.NewQuery(countOpenHolds, []any{n.merchants}, store.Keyed(state.Holds.Open)),
		)
	}
	if len(n.confirming) == 0 {
		return reads
	}
	state.Holds.Confirming = make(map[int64]*order.Confirming)
	return append(
		reads,
		store.NewQuery(selectConfirming, []any{n.confirming}, confirmingInto(s.db.Vault, state.Holds.Confirming)),
		store.NewQuery(selectHeldUnits, []any{n.confirming}, func(row store.Scanner) error {
			var hold int64
			var line int
			var u order.Unit
			err := row.Scan(&hold, &line, &u.ID, &u.Expires, &u.Sealed)
			if c := state.Holds.Confirming[hold]; c != nil {
				c.Units[line-1] = append(c.Units[line-1], u)
			}
			return err
		}),
	)
}

// confirmingInto scans holds that are to become orders.
func confirmingInto(v *store.Vault, confirming map[int64]*order.Confirming) func(store.Scanner) error {
	return func(row store.Scanner) error {
		c := &order.Confirming{Units: make(map[int][]order.Unit)}
		h := &c.Hold
		var fingerprint []byte
		if err := row.Scan(&h.ID, &h.Number, &h.Status, &h.ExpiresAt, &h.OrderID, &fingerprint); err != nil {
			return err
		}
		c.MadeBy = v.SameRequest(fingerprint)
		if h.OrderID != 0 {
			c.Order = &order.ExistingOrder{ID: h.OrderID, Number: h.Number, MadeBy: c.MadeBy}
		}
		confirming[h.ID] = c
		return nil
	}
}
