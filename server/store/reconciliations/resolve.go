package reconciliations

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/reconcile"
	"orderhub/server/store"
)

var (
	// Everybody takes the row of the attempt first, and those of its findings then.
	lockFinding = store.Same(`SELECT id FROM reconciliation_findings WHERE id = $1`).Locked(store.LockRows)
	lockBought  = store.Same(boughtColumns + `a.id = $1`).Locked(store.LockRows)
	providerOf  = store.Same(`SELECT provider_id FROM attempts WHERE id = $1`)
	changeBooks = store.Same(`UPDATE attempts SET booked_micros = booked_micros + $2,
		credited_micros = credited_micros + $3, adjusted_micros = adjusted_micros + $4, updated_at = $5
		WHERE id = $1 RETURNING id`)
	resolveOne = store.Same(`UPDATE reconciliation_findings SET status = $2, action = $3, note = $4, resolved_by = $5,
		resolved_at = $6, updated_at = $6, booked_micros = $7 WHERE id = $1 RETURNING id`)
)

// becomes is what each action makes of a finding.
var becomes = map[reconcile.Action]reconcile.FindingStatus{
	reconcile.Accept: reconcile.Accepted, reconcile.Book: reconcile.Booked,
}

func (s *Store) Resolve(ctx context.Context, r reconcile.Resolution) (reconcile.Finding, error) {
	var books store.Books
	seen, err := s.Finding(ctx, r.FindingID)
	if err != nil {
		return seen, err
	}
	if currency := seen.Ours.Currency; r.Action == reconcile.Book && seen.Bookable() {
		if seen.Kind == reconcile.CreditUnbooked {
			currency = seen.Said.Currency
		}
		// A transaction on SQLite could not make the accounts.
		if books, err = s.db.Ledger.BooksOf(ctx, seen.ProviderID, currency); err != nil {
			return seen, store.During("resolve a finding", err)
		}
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error { return s.resolve(ctx, tx, &r, seen.AttemptID, books) })
	if err != nil {
		return seen, store.During("resolve a finding", err)
	}
	return s.Finding(ctx, r.FindingID)
}

func (s *Store) resolve(
	ctx context.Context, tx store.BulkTx, r *reconcile.Resolution, attemptID int64, books store.Books,
) error {
	var bought []*reconcile.Bought
	if r.Action == reconcile.Book {
		var err error
		if bought, err = readBought(ctx, tx.Query, lockBought, attemptID); err != nil {
			return err
		}
	}
	if err := tx.Query(ctx, store.NewQuery(lockFinding, []any{r.FindingID}, store.IgnoreRow)); err != nil {
		return err
	}
	found, err := readFindings(ctx, tx.Query, selectFinding, r.FindingID)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return reconcile.ErrNotFound
	}
	f := &found[0]
	if due, err := f.MayResolve(r); err != nil || !due {
		return err
	}
	now := s.db.Now()
	var move reconcile.Move
	var writes []store.Write
	if r.Action == reconcile.Book {
		if move, writes, err = s.book(ctx, tx, f, bought, books, now); err != nil {
			return err
		}
	}
	audit.Changed(ctx, "finding", string(f.Status), string(becomes[r.Action]))
	args := []any{
		f.ID, string(becomes[r.Action]), string(r.Action), r.Note, r.By, now, int64(move.Amount),
	}
	if err := tx.Query(ctx, store.NewQuery(resolveOne, args, store.IgnoreRow)); err != nil {
		return err
	}
	return tx.Commit(ctx, writes...)
}

// errOtherBooks: the attempt is not in the books that were opened for it.
var errOtherBooks = fmt.Errorf("%w: the attempt is in other books", errs.ErrUnavailable)

// book moves what the finding says between the hub and the provider.
func (s *Store) book(
	ctx context.Context, tx store.BulkTx, f *reconcile.Finding, bought []*reconcile.Bought, books store.Books,
	now time.Time,
) (m reconcile.Move, writes []store.Write, err error) {
	var provider int64
	if err = tx.Query(ctx, store.NewQuery(providerOf, []any{f.AttemptID}, store.Into(&provider))); err != nil {
		return m, nil, err
	}
	var b *reconcile.Bought
	if len(bought) > 0 {
		b = bought[0]
	}
	known, err := readFindings(ctx, tx.Query, selectKnown, []int64{f.AttemptID}, f.ProviderID)
	if err != nil {
		return m, nil, err
	}
	if m, err = f.Move(b, known); err != nil {
		return m, nil, err
	}
	if books.Provider == 0 || provider != f.ProviderID {
		return m, nil, errOtherBooks
	}
	row := store.TransferRow{
		Debit: books.Cost, Credit: books.Provider, Currency: m.Currency, Amount: m.Amount,
		Kind: account.TransferPurchase, AttemptID: f.AttemptID, At: now,
	}
	if m.Amount < 0 {
		row.Debit, row.Credit, row.Kind = books.Provider, books.Cost, account.TransferCredit
		if row.Amount, err = m.Amount.Neg(); err != nil {
			return m, nil, err
		}
	}
	credited, adjusted := int64(0), int64(m.Amount)
	if m.Credit {
		credited, adjusted = -int64(m.Amount), 0
	}
	booked, err := b.Booked.Amount.Add(m.Amount)
	if err != nil {
		return m, nil, err
	}
	audit.Changed(ctx, "booked", b.Booked.Text(), booked.Format(m.Currency))
	args := []any{f.AttemptID, int64(m.Amount), credited, adjusted, now}
	if err := tx.Query(ctx, store.NewQuery(changeBooks, args, store.IgnoreRow)); err != nil {
		return m, nil, err
	}
	transfers := store.PurchasesTable.Insert(row)
	return m, []store.Write{&transfers}, nil
}
