package orders

import (
	"context"
	"time"

	"orderhub/server/account"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

// holdRow is a hold to be written.
type holdRow struct {
	*order.Hold

	fingerprint []byte
	terms       string    // JSON
	draft       []byte    // sealed
	at          time.Time // of a change
}

var holdsTable = &store.Table[holdRow]{Name: "holds", Columns: []store.Column[holdRow]{
	store.Bigint("id", func(r *holdRow) int64 { return r.ID }),
	store.Text("number", func(r *holdRow) string { return r.Number }),
	store.Bigint("merchant_id", func(r *holdRow) int64 { return r.MerchantID }),
	store.Text("reference", func(r *holdRow) string { return r.Reference }),
	store.Bytes("fingerprint", func(r *holdRow) []byte { return r.fingerprint }),
	store.Text("currency", func(r *holdRow) money.Currency { return r.Currency }),
	store.Bigint("total_micros", func(r *holdRow) money.Amount { return r.Total }),
	store.NullBigint("coupon_id", func(r *holdRow) int64 { return r.CouponID }),
	store.JSON("terms", func(r *holdRow) string { return r.terms }),
	store.Bytes("draft", func(r *holdRow) []byte { return r.draft }),
	store.Time("expires_at", func(r *holdRow) time.Time { return r.ExpiresAt }),
	store.Time("created_at", func(r *holdRow) time.Time { return r.CreatedAt }),
	store.Time("updated_at", func(r *holdRow) time.Time { return r.CreatedAt }),
}}

// holdPart is stock that a hold keeps.
type holdPart struct {
	holdID    int64
	line      int // from 1
	productID int64
	unitID    int64 // 0 for places of a day
	useDate   string
	quantity  int64
}

var holdPartsTable = &store.Table[holdPart]{Name: "hold_parts", Columns: []store.Column[holdPart]{
	store.Bigint("hold_id", func(r *holdPart) int64 { return r.holdID }),
	store.Bigint("line", func(r *holdPart) int { return r.line }),
	store.Bigint("product_id", func(r *holdPart) int64 { return r.productID }),
	store.NullBigint("unit_id", func(r *holdPart) int64 { return r.unitID }),
	store.Text("use_date", func(r *holdPart) string { return r.useDate }),
	store.Bigint("quantity", func(r *holdPart) int64 { return r.quantity }),
}}

var (
	keepUnits = &store.Change[int64]{
		Table: "units", Guard: "status = 'available'", ID: func(id *int64) int64 { return *id },
		Columns: []store.Column[int64]{store.Text("status", func(*int64) string { return "held" })},
	}
	claimHeldUnits = &store.Change[claimedUnit]{
		Table: "units", Guard: "status = 'held'", ID: claimUnits.ID, Columns: claimUnits.Columns,
	}
	endHolds = &store.Change[endedHold]{
		Table: "holds", Guard: "status = 'held'", ID: func(r *endedHold) int64 { return r.ID },
		Columns: []store.Column[endedHold]{
			store.Text("status", func(r *endedHold) order.HoldStatus { return r.Status }),
			store.NullBigint("order_id", func(r *endedHold) int64 { return r.OrderID }),
			store.Bytes("draft", func(*endedHold) []byte { return nil }),
			store.NullTime("ended_at", func(r *endedHold) *time.Time { return r.EndedAt }),
			store.Time("updated_at", func(r *endedHold) time.Time { return r.at }),
		},
	}
	deleteHoldParts = store.FromPostgres(`DELETE FROM hold_parts WHERE hold_id = ANY($1::bigint[]) RETURNING id`)
	// The use of a coupon by a hold stands under the hold's id below zero.
	deleteHoldUses = store.FromPostgres(`DELETE FROM coupon_uses WHERE order_id = ANY($1::bigint[]) RETURNING id`)
)

// endedHold is a hold that is no longer held.
type endedHold struct {
	*order.Hold

	at time.Time
}

// holdRows are what a placement writes of holds, beside what it writes of orders.
type holdRows struct {
	holds  store.Insert[holdRow]
	parts  store.Insert[holdPart]
	kept   store.Update[int64]
	claims store.Update[claimedUnit]
	ended  store.Update[endedHold]

	confirmed, uses []int64 // holds, and those with coupons below zero
}

// held is p.holds, from the first hold on. From then on transfers are written with those of
// holds among them: what a wallet has after each is in the order of their ids.
func (p *placementRows) held() *holdRows {
	if p.holds == nil {
		p.holds = &holdRows{
			holds: holdsTable.Insert(), parts: holdPartsTable.Insert(), kept: keepUnits.Update(),
			claims: claimHeldUnits.Update(), ended: endHolds.Update(),
		}
		transfers := store.HoldTransfersTable.Insert(p.transfers.Rows()...)
		p.transfers = transfers
	}
	return p.holds
}

// addHold takes a new hold.
func (p *placementRows) addHold(ctx context.Context, t *order.Taking) error {
	h, rows, vault := &t.Hold, p.held(), p.store.db.Vault
	row := holdRow{Hold: h, fingerprint: vault.ToDBFingerprint(t.Fingerprint)}
	var err error
	if row.terms, err = termsOf(h); err != nil {
		return err
	}
	if row.draft, err = vault.SealJSON(h.Draft, store.HoldDrafts.At(h.ID)); err != nil {
		return err
	}
	rows.holds.Add(row)
	for _, u := range t.Units {
		rows.kept.Add(u.UnitID)
		rows.parts.Add(holdPart{
			holdID: h.ID, line: u.LineIndex + 1, productID: h.Lines[u.LineIndex].ProductID, unitID: u.UnitID,
			quantity: 1,
		})
	}
	for _, d := range t.Days {
		rows.parts.Add(holdPart{
			holdID: h.ID, line: d.LineIndex + 1, productID: d.Key.ProductID, useDate: d.Key.UseDate,
			quantity: d.Quantity,
		})
	}
	if t.Coupon != nil {
		p.couponUses.Add(couponUse{couponID: t.Coupon.ID, merchantID: h.MerchantID, orderID: -h.ID})
	}
	if h.Total > 0 {
		account, err := p.store.db.Ledger.Held(ctx, h.Currency)
		if err != nil {
			return err
		}
		p.transfers.Add(heldMoney(h, t.WalletAccountID, account, t.Balance, p.state.Now))
	}
	p.touched[h.MerchantID] = true
	p.events.Add(t.Events, nil)
	return nil
}

// heldMoney is the transfer that takes what a hold costs from the wallet.
func heldMoney(h *order.Hold, wallet, held int64, balance money.Amount, at time.Time) store.TransferRow {
	return store.TransferRow{
		Debit: wallet, Credit: held, Currency: h.Currency, Amount: h.Total, Kind: account.TransferHold,
		MerchantID: h.MerchantID, HoldID: h.ID, HoldNumber: h.Number, Balance: balance, At: at,
	}
}

// releasedMoney is the transfer that gives it back.
func releasedMoney(h *order.Hold, wallet, held int64, balance money.Amount, at time.Time) store.TransferRow {
	return store.TransferRow{
		Debit: held, Credit: wallet, Currency: h.Currency, Amount: h.Total, Kind: account.TransferRelease,
		MerchantID: h.MerchantID, HoldID: h.ID, HoldNumber: h.Number, Balance: balance, At: at,
	}
}

// confirm ends the hold that the order was. Its money comes back before the order is charged.
func (p *placementRows) confirm(ctx context.Context, a *order.Accepted) error {
	h, rows := *a.Confirmation.Hold, p.held()
	h.Status, h.OrderID, h.EndedAt = order.HoldConfirmed, a.Order.ID, &p.state.Now
	rows.ended.Add(endedHold{&h, p.state.Now})
	rows.confirmed = append(rows.confirmed, h.ID)
	if h.CouponID != 0 {
		rows.uses = append(rows.uses, -h.ID)
	}
	if h.Total == 0 {
		return nil
	}
	account, err := p.store.db.Ledger.Held(ctx, h.Currency)
	if err == nil {
		p.transfers.Add(releasedMoney(&h, a.Charge.WalletAccountID, account, a.Confirmation.Released, p.state.Now))
	}
	return err
}

// write writes what there is of holds.
func (r *holdRows) write(ctx context.Context, tx store.BulkTx) error {
	if r == nil {
		return nil
	}
	var gone []store.Query
	if len(r.confirmed) > 0 {
		gone = append(gone, store.NewQuery(deleteHoldParts, []any{r.confirmed}, store.IgnoreRow))
	}
	if len(r.uses) > 0 {
		gone = append(gone, store.NewQuery(deleteHoldUses, []any{r.uses}, store.IgnoreRow))
	}
	if len(gone) > 0 {
		if err := tx.Query(ctx, gone...); err != nil {
			return err
		}
	}
	return tx.Write(ctx, &r.holds, &r.parts, &r.kept, &r.claims, &r.ended)
}
