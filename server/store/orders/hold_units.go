package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/secret"
	"orderhub/server/store"
)

// lastingUnits are units of a product that expire after the holds of a batch.
type lastingUnits struct {
	wanted  int64
	holdFor time.Duration // the longest of the holds
	units   []order.Unit
}

// needLasting notes what a draft that is to be held wants.
func (n *needs) needLasting(c *order.Candidate) {
	if c.HoldFor == 0 {
		return
	}
	if n.lasting == nil {
		n.lasting = make(map[int64]*lastingUnits)
	}
	wanted := make(map[int64]int64)
	c.AddUnits(wanted)
	for product, units := range wanted {
		l := n.lasting[product]
		if l == nil {
			l = &lastingUnits{}
			n.lasting[product] = l
		}
		l.wanted += units
		l.holdFor = max(l.holdFor, c.HoldFor)
	}
}

// needLastingOf notes it of the large drafts whose units are read now.
func (n *needs) needLastingOf(candidates []*order.Candidate) {
	for _, c := range candidates {
		if c.StockUnits() > order.SmallOrder && !n.withheld[c] {
			n.needLasting(c)
		}
	}
}

// readLasting locks the units that holds would rather have, which may be among those that are read anyway.
func (n *needs) readLasting(state *order.State) []store.Query {
	var reads []store.Query
	for _, product := range slices.Sorted(maps.Keys(n.lasting)) {
		l := n.lasting[product]
		l.units = nil
		args := []any{
			product, catalog.SellsUntil(state.Now, n.margins[product]+l.holdFor), int64(math.MaxInt64),
			l.wanted,
		}
		reads = append(reads, store.NewQuery(selectUnits.Locked(lockUnits), args, store.All(&l.units, unitPlaces)))
	}
	return reads
}

var (
	selectPartsToMend = store.Same(`SELECT p.id, p.product_id, pr.expiry_margin_s, u.id, u.content FROM hold_parts p
		JOIN units u ON u.id = p.unit_id JOIN products pr ON pr.id = p.product_id WHERE p.hold_id = $1 ORDER BY u.id`)
	voidHeldUnits = &store.Change[int64]{
		Table: "units", Guard: "status = 'held'", ID: func(id *int64) int64 { return *id },
		Columns: []store.Column[int64]{
			store.Text("status", func(*int64) string { return "void" }),
			store.Bytes("fingerprint", func(*int64) []byte { return nil }), // its code can be imported again
		},
	}
	replaceParts = &store.Change[mendedPart]{
		Table: "hold_parts", ID: func(r *mendedPart) int64 { return r.id },
		Columns: []store.Column[mendedPart]{store.NullBigint("unit_id",
			func(r *mendedPart) int64 { return r.unit.ID })},
	}
	mendHolds = &store.Change[holdRow]{
		Table: "holds", Guard: "status = 'held'", ID: func(r *holdRow) int64 { return r.ID },
		Columns: []store.Column[holdRow]{
			store.JSON("terms", func(r *holdRow) string { return r.terms }),
			store.Time("expires_at", func(r *holdRow) time.Time { return r.ExpiresAt }),
			store.Time("updated_at", func(r *holdRow) time.Time { return r.at }),
		},
	}
)

// mendedPart is a part of a hold whose unit is damaged.
type mendedPart struct {
	id      int64
	damaged int64      // the unit
	cause   error      // why it cannot be opened
	unit    order.Unit // what takes its place
}

// mending puts other units in the place of damaged ones, in one transaction.
type mending struct {
	store   *Holds
	hold    *order.Hold
	parts   map[int64][]mendedPart // by product
	margins map[int64]time.Duration
}

func (s *Holds) MendHold(ctx context.Context, merchantID int64, number string) error {
	found, err := s.Hold(ctx, order.ByMerchant(merchantID), number)
	if err != nil {
		return err
	}
	var m *mending
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		m = &mending{store: s, parts: make(map[int64][]mendedPart), margins: make(map[int64]time.Duration)}
		if err := m.read(ctx, tx, found); err != nil {
			return err
		}
		if m.hold == nil || m.hold.Status != order.HoldOpen || len(m.parts) == 0 {
			return nil
		}
		if err := m.replace(ctx, tx); err != nil {
			return err
		}
		return m.write(ctx, tx)
	})
	if err == nil {
		for _, parts := range m.parts {
			for _, p := range parts {
				s.db.Vault.SetAside("unit that was held, which is void now", p.damaged, p.cause)
			}
		}
	}
	return store.During("replace damaged units of a hold", err)
}

// read locks the hold, with its merchant's wallet, and finds what is damaged.
func (m *mending) read(ctx context.Context, tx store.BulkTx, found *order.Hold) error {
	return tx.Query(
		ctx,
		store.LockWallets([]int64{found.MerchantID}, make(map[int64]*order.WalletState)),
		store.NewQuery(selectHoldsByID, []any{[]int64{found.ID}}, func(row store.Scanner) (err error) {
			m.hold, err = m.store.scanHold(row, false)
			return err
		}),
		store.NewQuery(selectPartsToMend, []any{found.ID}, m.scanPart),
	)
}

func (m *mending) scanPart(row store.Scanner) error {
	var p mendedPart
	var product, margin int64
	var sealed []byte
	if err := row.Scan(&p.id, &product, &margin, &p.damaged, &sealed); err != nil {
		return err
	}
	_, p.cause = m.store.db.Vault.OpenStock(p.damaged, sealed)
	if p.cause == nil {
		return nil
	}
	if !errors.Is(p.cause, secret.ErrCorrupt) { // a key is missing, and the unit may be good
		return p.cause
	}
	m.margins[product] = time.Duration(margin) * time.Second
	m.parts[product] = append(m.parts[product], p)
	return nil
}

// replace finds other units. *order.HoldDamagedError when there are too few.
func (m *mending) replace(ctx context.Context, tx store.BulkTx) error {
	now := m.store.db.Now()
	for _, product := range slices.Sorted(maps.Keys(m.parts)) {
		parts, found := m.parts[product], 0
		args := []any{product, catalog.SellsUntil(now, m.margins[product]), int64(math.MaxInt64), len(parts)}
		err := tx.Query(ctx, store.NewQuery(selectUnits.Locked(lockUnits), args, func(row store.Scanner) error {
			found++
			return row.Scan(unitPlaces(&parts[found-1].unit)...)
		}))
		if err != nil {
			return err
		}
		if found < len(parts) {
			return &order.HoldDamagedError{Number: m.hold.Number}
		}
	}
	return nil
}

func (m *mending) write(ctx context.Context, tx store.BulkTx) error {
	voided, kept, replaced := voidHeldUnits.Update(), keepUnits.Update(), replaceParts.Update()
	for product, parts := range m.parts {
		for _, p := range parts {
			voided.Add(p.damaged)
			kept.Add(p.unit.ID)
			replaced.Add(p)
			m.hold.EndBefore(p.unit, m.margins[product])
		}
	}
	terms, err := termsOf(m.hold)
	if err != nil {
		return err
	}
	held := mendHolds.Update(holdRow{Hold: m.hold, terms: terms, at: m.store.db.Now()})
	return tx.Write(ctx, &voided, &kept, &replaced, &held)
}

// termsOf are the terms of a hold as they are kept.
func termsOf(h *order.Hold) (string, error) {
	terms, err := json.Marshal(h.HoldTerms)
	if err != nil {
		return "", fmt.Errorf("terms of hold %s: %w", h.Number, err)
	}
	return string(terms), nil
}
