package claims

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/store"
)

var (
	// Everybody who changes the disputes of a claim takes its row first.
	lockClaim = store.Same(`SELECT id FROM claims WHERE id = $1`).Locked(store.LockRows)
	// What was bought in the place of another unit is from the purchases for that.
	selectBought = store.Same(`SELECT a.id FROM attempts a WHERE a.line_id = $1 AND a.delivered > 0
		AND coalesce(a.replacement_id, 0) = coalesce(
			(SELECT x.replacement_id FROM claimed_units x WHERE x.replacement_unit_id = $2), 0) ORDER BY a.id`)
	selectBooked = store.Same(`SELECT provider_id, coalesce(booked_micros, 0), booked_currency FROM attempts
		WHERE id = $1`)
	takeCredit = store.Same(`UPDATE attempts SET booked_micros = booked_micros - $2,
		credited_micros = credited_micros + $2, updated_at = $3 WHERE id = $1 AND booked_micros >= $2 RETURNING id`)
)

// disputeRow is a claimed unit with what is said between the hub and its provider.
type disputeRow struct {
	*claim.Unit

	at time.Time
}

var changeDisputes = &store.Change[disputeRow]{
	Table: "claimed_units", ID: func(r *disputeRow) int64 { return r.ID }, Columns: []store.Column[disputeRow]{
		store.Text("dispute", func(r *disputeRow) claim.DisputeStatus { return r.Dispute.Status }),
		store.Text("dispute_reference", func(r *disputeRow) string { return r.Dispute.Reference }),
		store.NullBigint("dispute_attempt_id", func(r *disputeRow) int64 { return r.Dispute.AttemptID }),
		store.NullTime("disputed_at", func(r *disputeRow) *time.Time { return r.Dispute.OpenedAt }),
		store.Bigint("credit_micros", func(r *disputeRow) money.Amount { return r.Dispute.Credit.Amount }),
		store.Text("credit_currency", func(r *disputeRow) money.Currency { return r.Dispute.Credit.Currency }),
		store.NullTime("dispute_ended_at", func(r *disputeRow) *time.Time { return r.Dispute.EndedAt }),
		store.Time("updated_at", func(r *disputeRow) time.Time { return r.at }),
	},
}

func (s *Store) Dispute(ctx context.Context, id int64, p claim.Passing) (claim.Claim, error) {
	return s.disputing(ctx, id, p.UnitID, "pass a unit to its provider",
		func(tx store.BulkTx, u *claim.Unit) ([]store.Write, bool, error) {
			var bought []int64
			err := tx.Query(ctx, store.NewQuery(selectBought, []any{u.LineID, u.UnitID}, store.Gather(&bought)))
			if err != nil {
				return nil, false, err
			}
			changed, err := u.Pass(p, bought, s.db.Now())
			return nil, changed, err
		})
}

// disputing changes what is said of a unit to its provider.
func (s *Store) disputing(
	ctx context.Context, id, unitID int64, what string,
	change func(tx store.BulkTx, u *claim.Unit) ([]store.Write, bool, error),
) (claim.Claim, error) {
	var c *claim.Claim
	err := s.db.Bulk(ctx, func(tx store.BulkTx) (err error) {
		if err := tx.Query(ctx, store.NewQuery(lockClaim, []any{id}, store.IgnoreRow)); err != nil {
			return err
		}
		if c, err = s.one(ctx, tx.Query, id); err != nil {
			return err
		}
		u, err := c.Only(unitID)
		if err != nil {
			return err
		}
		before := u.Dispute.Status
		writes, differs, err := change(tx, u)
		if err != nil || !differs {
			return err
		}
		audit.Changed(ctx, "dispute", before, u.Dispute.Status)
		audit.Changed(ctx, "attempt", nil, u.Dispute.AttemptID)
		rows, update := changeDisputes.Update(), changeClaims.Update()
		c.UpdatedAt = s.db.Now()
		rows.Add(disputeRow{u, c.UpdatedAt})
		update.Add(changed{c, c.UpdatedAt})
		return tx.Write(ctx, append(writes, &update, &rows)...)
	})
	if err != nil {
		return claim.Claim{}, store.During(what, err)
	}
	return *c, nil
}

// endTries is how often a dispute is looked at anew when it was passed on meanwhile.
const endTries = 4

// errOtherBooks: between the look at a dispute and its end it was passed to somebody in
// other books.
var errOtherBooks = fmt.Errorf("%w: the dispute was passed on meanwhile", errs.ErrUnavailable)

func (s *Store) EndDispute(ctx context.Context, id int64, e claim.Ending) (c claim.Claim, err error) {
	for range endTries {
		var seen bookedAttempt
		if seen, err = s.disputed(ctx, id, e.UnitID); err != nil {
			return c, store.During("end a dispute", err)
		}
		if c, err = s.endSeen(ctx, id, e, seen); !errors.Is(err, errOtherBooks) {
			break
		}
	}
	return c, err
}

// endSeen ends a dispute about what was seen of its purchase. errOtherBooks when it is
// about another one by now.
func (s *Store) endSeen(ctx context.Context, id int64, e claim.Ending, seen bookedAttempt) (_ claim.Claim, err error) {
	var books store.Books
	if seen.booked.Known() { // a transaction on SQLite could not make the accounts
		if books, err = s.db.Ledger.BooksOf(ctx, seen.provider, seen.booked.Currency); err != nil {
			return claim.Claim{}, store.During("end a dispute", err)
		}
	}
	return s.disputing(ctx, id, e.UnitID, "end a dispute",
		func(tx store.BulkTx, u *claim.Unit) ([]store.Write, bool, error) {
			return s.end(ctx, tx, u, e, seen, books)
		})
}

// bookedAttempt is a purchase as it is in the books.
type bookedAttempt struct {
	provider int64
	booked   money.Sum
}

// sameBooks reports whether both are in the same accounts.
func (b *bookedAttempt) sameBooks(other *bookedAttempt) bool {
	return b.provider == other.provider && b.booked.Currency == other.booked.Currency
}

func (b *bookedAttempt) scan(row store.Scanner) error {
	return row.Scan(&b.provider, &b.booked.Amount, &b.booked.Currency)
}

// disputed is the purchase that a unit's dispute is about; the zero value for none.
func (s *Store) disputed(ctx context.Context, id, unitID int64) (b bookedAttempt, err error) {
	c, err := s.one(ctx, s.db.Peek, id)
	if err != nil {
		return b, err
	}
	u, err := c.Only(unitID)
	if err != nil {
		return b, err
	}
	return b, s.db.Peek(ctx, store.NewQuery(selectBooked, []any{u.Dispute.AttemptID}, b.scan))
}

func (s *Store) end(
	ctx context.Context, tx store.BulkTx, u *claim.Unit, e claim.Ending, seen bookedAttempt, books store.Books,
) ([]store.Write, bool, error) {
	var b bookedAttempt
	attempt := u.Dispute.AttemptID
	err := tx.Query(ctx, store.NewQuery(selectBooked.Locked(store.LockRows), []any{attempt}, b.scan))
	if err != nil {
		return nil, false, err
	}
	if !b.sameBooks(&seen) { // the credit would be booked on another provider's account
		return nil, false, errOtherBooks
	}
	now := s.db.Now()
	found, had, err := creditsHad(ctx, tx, attempt)
	if err != nil {
		return nil, false, err
	}
	b.booked.Amount = b.booked.Amount.AddCapped(had)
	changed, err := u.End(e, b.booked, now)
	credit := u.Dispute.Credit.Amount
	if err != nil || !changed || credit == 0 {
		return nil, changed, err
	}
	if credit, err = takeOver(ctx, tx, found, credit, now); err != nil || credit == 0 {
		return nil, true, err
	}
	taken := false
	err = tx.Query(ctx, store.NewQuery(takeCredit, []any{attempt, credit, now}, store.Found(&taken)))
	if err == nil && !taken {
		err = &claim.CreditTooLargeError{Booked: b.booked}
	}
	transfers := store.PurchasesTable.Insert(store.TransferRow{
		Debit: books.Provider, Credit: books.Cost, Currency: b.booked.Currency, Amount: credit,
		Kind: account.TransferCredit, AttemptID: attempt, At: now,
	})
	return []store.Write{&transfers}, true, err
}
