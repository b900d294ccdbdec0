package orders

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

const holdColumns = `SELECT h.id, h.number, h.merchant_id, h.reference, h.fingerprint, h.status, h.currency,
	h.total_micros, coalesce(h.coupon_id, 0), h.terms, h.draft, h.extensions, h.created_at, h.expires_at, h.ended_at,
	coalesce(h.order_id, 0) FROM holds h `

var (
	selectHold            = store.Same(holdColumns + `WHERE h.number = $1 AND ($2 = 0 OR h.merchant_id = $2)`)
	selectHoldByReference = store.Same(holdColumns + `WHERE h.merchant_id = $1 AND h.reference = $2`)
	selectHoldsByID       = store.Statement{
		Postgres: holdColumns + `WHERE h.id = ANY($1::bigint[]) ORDER BY h.id`,
		SQLite:   holdColumns + `WHERE h.id IN (SELECT value FROM json_each($1)) ORDER BY h.id`,
	}
	// Pages of one merchant's, of everybody's, and those of them that are held.
	listHolds = store.Same(holdColumns + `WHERE h.merchant_id = $1 AND ($2 = 0 OR h.id < $2)
		ORDER BY h.id DESC LIMIT $3`)
	listOpenHolds = store.Same(holdColumns + `WHERE h.merchant_id = $1 AND h.status = 'held' AND ($2 = 0 OR h.id < $2)
		ORDER BY h.id DESC LIMIT $3`)
	listAllHolds     = store.Same(holdColumns + `WHERE ($1 = 0 OR h.id < $1) ORDER BY h.id DESC LIMIT $2`)
	listAllOpenHolds = store.Same(holdColumns + `WHERE h.status = 'held' AND ($1 = 0 OR h.id < $1)
		ORDER BY h.id DESC LIMIT $2`)

	selectHeldReferences = store.Statement{
		Postgres: `SELECT h.merchant_id, h.reference, h.id, h.number, h.fingerprint, true
			FROM unnest($1::bigint[], $2::text[]) AS r(merchant_id, reference)
			JOIN holds h ON h.merchant_id = r.merchant_id AND h.reference = r.reference`,
		SQLite: `SELECT h.merchant_id, h.reference, h.id, h.number, h.fingerprint, true
			FROM json_each($1) AS r
			JOIN holds h ON h.merchant_id = r.value ->> 0 AND h.reference = r.value ->> 1`,
	}
	countOpenHolds = store.Statement{
		Postgres: `SELECT merchant_id, count(*) FROM holds WHERE merchant_id = ANY($1::bigint[]) AND status = 'held'
			GROUP BY merchant_id`,
		SQLite: `SELECT merchant_id, count(*) FROM holds WHERE merchant_id IN (SELECT value FROM json_each($1))
			AND status = 'held' GROUP BY merchant_id`,
	}
	// One is at most what an order may cost, and there are few.
	sumHeldMoney = store.Same(`SELECT CAST(coalesce(sum(total_micros), 0) AS bigint) FROM holds
		WHERE merchant_id = $1 AND status = 'held'`)
	selectConfirming = store.Statement{
		Postgres: confirmingColumns + `WHERE h.id = ANY($1::bigint[])`,
		SQLite:   confirmingColumns + `WHERE h.id IN (SELECT value FROM json_each($1))`,
	}
	selectHeldUnits = store.Statement{
		Postgres: heldUnitColumns + `WHERE p.hold_id = ANY($1::bigint[]) ORDER BY u.id`,
		SQLite:   heldUnitColumns + `WHERE p.hold_id IN (SELECT value FROM json_each($1)) ORDER BY u.id`,
	}
)

const (
	confirmingColumns = `SELECT h.id, h.number, h.status, h.expires_at, coalesce(h.order_id, 0), h.fingerprint
		FROM holds h `
	heldUnitColumns = `SELECT p.hold_id, p.line, u.id, u.expires_s, u.content
		FROM hold_parts p JOIN units u ON u.id = p.unit_id `
)

var _ order.HoldStore = (*Store)(nil)

// scanHold reads a row of holdColumns; the draft only where it is wanted.
func (s *Store) scanHold(row store.Scanner, withDraft bool) (*order.Hold, error) {
	h := &order.Hold{}
	var terms, draft []byte
	err := row.Scan(
		&h.ID, &h.Number, &h.MerchantID, &h.Reference, &h.Fingerprint, &h.Status, &h.Currency, &h.Total, &h.CouponID,
		&terms, &draft, &h.Extensions, &h.CreatedAt, &h.ExpiresAt, &h.EndedAt, &h.OrderID,
	)
	if err != nil {
		return nil, err
	}
	h.CreatedAt, h.ExpiresAt, h.EndedAt = store.UTC(h.CreatedAt), store.UTC(h.ExpiresAt), store.UTCOrNil(h.EndedAt)
	if err := json.Unmarshal(terms, &h.HoldTerms); err != nil {
		return nil, fmt.Errorf("terms of hold %s: %w", h.Number, err)
	}
	if !withDraft || len(draft) == 0 {
		return h, nil
	}
	// No order is made of a draft that cannot be read.
	if err := s.db.Vault.OpenJSON(draft, store.HoldDrafts.At(h.ID), &h.Draft); err != nil {
		return nil, fmt.Errorf("draft of hold %s: %w", h.Number, err)
	}
	return h, nil
}

// runner runs queries, in a transaction or outside of one.
type runner func(ctx context.Context, queries ...store.Query) error

func (s *Store) readHold(ctx context.Context, run runner, withDraft bool, which store.Statement, args ...any) (
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

// Hold implements order.HoldStore.
func (s *Store) Hold(ctx context.Context, v order.Viewer, number string) (*order.Hold, error) {
	return s.holdOf(ctx, v, number, false)
}

// HoldWithDraft implements order.HoldStore.
func (s *Store) HoldWithDraft(ctx context.Context, v order.Viewer, number string) (*order.Hold, error) {
	return s.holdOf(ctx, v, number, true)
}

func (s *Store) holdOf(ctx context.Context, v order.Viewer, number string, withDraft bool) (*order.Hold, error) {
	merchantID, ok := v.Sees()
	if !ok {
		return nil, order.ErrHoldNotFound
	}
	h, err := s.readHold(ctx, s.db.Peek, withDraft, selectHold, number, merchantID)
	return h, store.During("read a hold", store.Unavailable(err))
}

// HoldByReference implements order.HoldStore.
func (s *Store) HoldByReference(ctx context.Context, merchantID int64, reference string) (*order.Hold, error) {
	h, err := s.readHold(ctx, s.db.Peek, false, selectHoldByReference, merchantID, reference)
	return h, store.During("read a hold", store.Unavailable(err))
}

// HeldReference implements order.HoldStore.
func (s *Store) HeldReference(ctx context.Context, key order.ReferenceKey) (*order.ExistingOrder, error) {
	var pairs store.Pairs
	pairs.Add(key.MerchantID, key.Reference)
	found := make(map[order.ReferenceKey]*order.ExistingOrder)
	err := s.db.Peek(ctx, store.NewQuery(
		selectHeldReferences, []any{&pairs}, func(row store.Scanner) error { return s.scanReference(row, found) },
	))
	if err == nil && found[key] == nil {
		return nil, order.ErrNotFound
	}
	return found[key], store.Unavailable(err)
}

// ListHolds implements order.HoldStore.
func (s *Store) ListHolds(ctx context.Context, v order.Viewer, f order.HoldFilter) (holds []order.Hold, err error) {
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
	return holds, store.During("list holds", store.Unavailable(err))
}

// HeldMoney implements order.HoldStore.
func (s *Store) HeldMoney(ctx context.Context, merchantID int64) (held money.Amount, err error) {
	err = s.db.Peek(ctx, store.NewQuery(
		sumHeldMoney, []any{merchantID}, func(row store.Scanner) error { return row.Scan(&held) },
	))
	return held, store.During("sum up what is held", store.Unavailable(err))
}

// holdReads reads what drafts that are to be held, and holds that are to become orders, are judged by; nothing where
// there are none. The wallets are locked by then, and with them the merchants' holds.
func (s *Store) holdReads(n *needs, state *order.State) (reads []store.Query) {
	if len(n.holding.IDs) > 0 {
		state.Holds.References = make(map[order.ReferenceKey]*order.ExistingOrder)
		state.Holds.Open = make(map[int64]int)
		reads = append(
			reads,
			store.NewQuery(selectHeldReferences, []any{&n.holding}, func(row store.Scanner) error {
				return s.scanReference(row, state.Holds.References)
			}),
			store.NewQuery(countOpenHolds, []any{n.merchants}, func(row store.Scanner) error {
				var merchant int64
				var open int
				err := row.Scan(&merchant, &open)
				state.Holds.Open[merchant] = open
				return err
			}),
		)
	}
	if len(n.confirming) == 0 {
		return reads
	}
	state.Holds.Confirming = make(map[int64]*order.Confirming)
	return append(
		reads,
		store.NewQuery(selectConfirming, []any{n.confirming}, func(row store.Scanner) error {
			return s.scanConfirming(row, state.Holds.Confirming)
		}),
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

func (s *Store) scanConfirming(row store.Scanner, confirming map[int64]*order.Confirming) error {
	c := &order.Confirming{Units: make(map[int][]order.Unit)}
	h := &c.Hold
	var fingerprint []byte
	if err := row.Scan(&h.ID, &h.Number, &h.Status, &h.ExpiresAt, &h.OrderID, &fingerprint); err != nil {
		return err
	}
	h.ExpiresAt, c.MadeBy = store.UTC(h.ExpiresAt), s.db.Vault.SameRequest(fingerprint)
	if h.OrderID != 0 {
		c.Order = &order.ExistingOrder{ID: h.OrderID, Number: h.Number, MadeBy: c.MadeBy}
	}
	confirming[h.ID] = c
	return nil
}
