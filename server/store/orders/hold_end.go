package orders

import (
	"context"
	"fmt"
	"slices"
	"time"

	"orderhub/server/audit"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	selectHoldParts = store.FromPostgres(`SELECT p.product_id, coalesce(p.unit_id, 0), p.use_date, p.quantity
		FROM hold_parts p WHERE p.hold_id = ANY($1::bigint[]) ORDER BY p.unit_id`)
	lockCoupons = store.FromPostgres(`SELECT id FROM coupons WHERE id = ANY($1::bigint[]) ORDER BY id
		FOR NO KEY UPDATE`)
	giveBackUses = store.Same(`UPDATE coupons SET uses = uses - $2 WHERE id = $1 AND max_uses IS NOT NULL RETURNING id`)
	// An import that is being withdrawn is waited for, and one that will be waits.
	lockImportsOfUnits = store.FromPostgres(`SELECT id FROM unit_imports WHERE id IN
		(SELECT import_id FROM units WHERE id = ANY($1::bigint[])) ORDER BY id FOR SHARE`)
	// Whose import was withdrawn meanwhile is not sold any more, and may be imported again.
	giveBackUnits = store.FromPostgres(giveBack + `id = ANY($1::bigint[]) AND status = 'held' RETURNING id`)
	extendHolds   = &store.Change[endedHold]{
		Table: "holds", Guard: "status = 'held'", ID: func(r *endedHold) int64 { return r.ID },
		Columns: []store.Column[endedHold]{
			store.Bigint("extensions", func(r *endedHold) int { return r.Extensions }),
			store.Time("expires_at", func(r *endedHold) time.Time { return r.ExpiresAt }),
			store.Time("updated_at", func(r *endedHold) time.Time { return r.at }),
		},
	}
)

const (
	withdrawn = `EXISTS (SELECT 1 FROM unit_imports i WHERE i.id = units.import_id AND i.withdrawn_at IS NOT NULL)`
	giveBack  = `UPDATE units SET status = CASE WHEN ` + withdrawn + ` THEN 'void' ELSE 'available' END,
		fingerprint = CASE WHEN ` + withdrawn + ` THEN NULL ELSE fingerprint END WHERE `
)

func (s *Holds) ChangeHold(ctx context.Context, v order.Viewer, number string, change order.HoldChange) (
	h *order.Hold, err error,
) {
	found, err := s.Hold(ctx, v, number)
	if err != nil {
		return nil, err
	}
	// The transaction needs to know the account, and must not ask for it.
	if _, err := s.db.Ledger.Held(ctx, found.Currency); err != nil {
		return nil, err
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		changed, err := s.changeHolds(ctx, tx, []int64{found.ID}, []int64{found.MerchantID}, change)
		if err == nil && len(changed) == 0 {
			err = order.ErrHoldNotFound
		}
		if err == nil {
			h = changed[0]
		}
		return err
	})
	return h, store.During("change a hold", err)
}

// changeHolds locks the merchants' wallets, and with them their holds, changes these, and gives back what those have
// that are over.
func (s *Holds) changeHolds(
	ctx context.Context, tx store.BulkTx, ids, merchants []int64, change order.HoldChange,
) (holds []*order.Hold, err error) {
	e := &ending{store: s, now: s.db.Now(), wallets: make(map[int64]*order.WalletState)}
	slices.Sort(merchants)
	reads := append(
		s.db.LockLogs(merchants),
		store.LockWallets(merchants, e.wallets),
		store.NewQuery(selectHoldsByID, []any{ids}, func(row store.Scanner) error {
			h, err := s.scanHold(row, false)
			holds = append(holds, h)
			return err
		}),
	)
	if err := tx.Query(ctx, reads...); err != nil {
		return nil, err
	}
	extended := extendHolds.Update()
	for _, h := range holds {
		before := *h
		if err := change(h, e.now); err != nil {
			return nil, err
		}
		switch {
		case before.Status == order.HoldOpen && h.Status != order.HoldOpen:
			e.holds = append(e.holds, h)
			audit.Changed(ctx, "hold", string(before.Status), string(h.Status))
		case h.Extensions != before.Extensions:
			extended.Add(endedHold{h, e.now})
		}
	}
	if len(e.holds) > 0 {
		if err := e.giveBack(ctx, tx); err != nil {
			return nil, err
		}
	}
	return holds, tx.Write(ctx, &extended)
}

// ending is holds that end without an order, in one transaction.
type ending struct {
	store   *Holds
	now     time.Time
	wallets map[int64]*order.WalletState
	holds   []*order.Hold

	units []int64
	days  store.Pairs
	taken map[order.AllotmentKey]int64 // places, by day
}

// giveBack gives back what the holds have.
func (e *ending) giveBack(ctx context.Context, tx store.BulkTx) error {
	var ids, withCoupon []int64
	uses := make(map[int64]int64)
	for _, h := range e.holds {
		ids = append(ids, h.ID)
		if h.CouponID != 0 {
			uses[h.CouponID]++
			withCoupon = append(withCoupon, -h.ID)
		}
	}
	if err := e.giveBackCoupons(ctx, tx, uses, withCoupon); err != nil {
		return fmt.Errorf("give back coupons: %w", err)
	}
	if err := e.giveBackStock(ctx, tx, ids); err != nil {
		return fmt.Errorf("give back stock: %w", err)
	}
	ended, transfers, wallets := endHolds.Update(), store.HoldTransfersTable.Insert(), store.ChangeWallets.Update()
	touched := make(map[int64]bool)
	for _, h := range e.holds {
		ended.Add(endedHold{h, e.now})
		if h.Total == 0 {
			continue
		}
		wallet := e.wallets[h.MerchantID]
		held, err := e.store.db.Ledger.Held(ctx, h.Currency)
		if err != nil {
			return err
		}
		if wallet.Balance, err = wallet.Balance.Add(h.Total); err != nil {
			return fmt.Errorf("hold %s: %w", h.Number, err)
		}
		transfers.Add(releasedMoney(h, wallet.AccountID, held, wallet.Balance, e.now))
		touched[h.MerchantID] = true
	}
	for merchant := range touched {
		wallets.Add(store.WalletRow{WalletState: e.wallets[merchant], At: e.now})
	}
	return tx.Write(ctx, &ended, &transfers, &wallets)
}

func (e *ending) giveBackCoupons(ctx context.Context, tx store.BulkTx, uses map[int64]int64, of []int64) error {
	if len(uses) == 0 {
		return nil
	}
	var coupons []int64
	for coupon := range uses {
		coupons = append(coupons, coupon)
	}
	slices.Sort(coupons)
	queries := []store.Query{
		store.NewQuery(lockCoupons, []any{coupons}, store.IgnoreRow),
		store.NewQuery(deleteHoldUses, []any{of}, store.IgnoreRow),
	}
	for _, coupon := range coupons {
		queries = append(queries, store.NewQuery(giveBackUses, []any{coupon, uses[coupon]}, store.IgnoreRow))
	}
	return tx.Query(ctx, queries...)
}

// giveBackStock puts days and units back on sale, in the order in which everybody locks them.
func (e *ending) giveBackStock(ctx context.Context, tx store.BulkTx, ids []int64) error {
	e.taken = make(map[order.AllotmentKey]int64)
	if err := tx.Query(ctx, store.NewQuery(selectHoldParts, []any{ids}, e.scanPart)); err != nil {
		return err
	}
	days := make(map[order.AllotmentKey]*order.AllotmentState)
	var reads []store.Query
	if len(e.days.IDs) > 0 {
		reads = append(reads, store.LockAllotments(&e.days, days))
	}
	given := 0
	if len(e.units) > 0 {
		reads = append(
			reads,
			store.NewQuery(lockImportsOfUnits, []any{e.units}, store.IgnoreRow),
			store.NewQuery(giveBackUnits, []any{e.units}, store.Count(&given)),
		)
	}
	reads = append(reads, store.NewQuery(deleteHoldParts, []any{ids}, store.IgnoreRow))
	if err := tx.Query(ctx, reads...); err != nil {
		return err
	}
	if given != len(e.units) {
		return fmt.Errorf("%d of %d units are held no more", len(e.units)-given, len(e.units))
	}
	allotments := store.ChangeAllotments.Update()
	for key, places := range e.taken {
		day := days[key]
		if day == nil {
			return fmt.Errorf("there is no allotment of product %d on %s", key.ProductID, key.UseDate)
		}
		day.Sold -= places
		allotments.Add(*day)
	}
	return tx.Write(ctx, &allotments)
}

func (e *ending) scanPart(row store.Scanner) error {
	var product, unit, quantity int64
	var day string
	if err := row.Scan(&product, &unit, &day, &quantity); err != nil {
		return err
	}
	if unit != 0 {
		e.units = append(e.units, unit)
		return nil
	}
	key := order.AllotmentKey{ProductID: product, UseDate: day}
	if e.taken[key] == 0 {
		e.days.Add(product, day)
	}
	e.taken[key] += quantity
	return nil
}
