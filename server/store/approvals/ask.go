package approvals

import (
	"context"
	"time"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/store"
	"orderhub/server/store/accounts"
)

// Asked for already: the same limit, from the same one, that somebody may still approve.
var selectSameLimit = store.Same(`SELECT ` + requestColumns + ` FROM approval_requests
	WHERE merchant_id = $1 AND kind = 'credit_limit' AND status = 'pending' AND expires_at > $2 AND amount_micros = $3
	AND previous_micros = $4 ORDER BY id LIMIT 1`)

func (s *Store) Ask(ctx context.Context, w approval.Wish, by audit.Actor, within time.Duration) (approval.Done, error) {
	var done approval.Done
	err := s.db.Bulk(ctx, func(tx store.BulkTx) (err error) {
		now := s.db.Now()
		asked := &approval.Request{
			Wish: w, AskedBy: by, AskedAt: now, ExpiresAt: now.Add(within), Status: approval.Pending,
		}
		if w.Kind == approval.CreditLimit {
			done, err = s.askLimit(ctx, tx, asked)
		} else {
			done, err = s.askMovement(ctx, tx, asked)
		}
		return err
	})
	if err != nil {
		err = s.accounts.WithoutWallet(ctx, w.MerchantID, err)
		return approval.Done{}, store.During("ask for approval", err)
	}
	return done, nil
}

// askMovement refuses what could not be done now either.
func (s *Store) askMovement(ctx context.Context, tx store.BulkTx, asked *approval.Request) (approval.Done, error) {
	m := movementOf(asked)
	if err := s.accounts.ReadMovement(ctx, tx, m); err != nil {
		return approval.Done{}, err
	}
	if m.Repeated {
		return approval.Done{Transfer: &m.Transfer, Wallet: &m.Wallet}, nil
	}
	if _, err := m.Wallet.Adjusted(m.Adjustment); err != nil {
		return approval.Done{}, err
	}
	return s.insert(ctx, tx, asked)
}

func movementOf(r *approval.Request) *accounts.Movement {
	m := &accounts.Movement{Kind: account.TransferDeposit, Approving: r.ID, Adjustment: account.Adjustment{
		MerchantID: r.MerchantID, Amount: r.Amount, Currency: r.Currency, Reason: r.Reason, Reference: r.Reference,
		Force: r.Force,
	}}
	if r.Kind == approval.Adjustment {
		m.Kind = account.TransferAdjustment
	}
	return m
}

func (s *Store) askLimit(ctx context.Context, tx store.BulkTx, asked *approval.Request) (approval.Done, error) {
	wallet, err := accounts.LockLimit(ctx, tx, asked.MerchantID)
	if err != nil {
		return approval.Done{}, err
	}
	asked.Previous = wallet.CreditLimit
	first := &approval.Request{}
	same := []any{asked.MerchantID, asked.AskedAt, asked.Amount, asked.Previous}
	err = tx.Query(ctx, store.NewQuery(selectSameLimit, same,
		func(row store.Scanner) error { return scan(row, first) }))
	if err != nil || first.ID != 0 {
		return approval.Done{Request: first}, err
	}
	return s.insert(ctx, tx, asked)
}

func (s *Store) insert(ctx context.Context, tx store.BulkTx, asked *approval.Request) (approval.Done, error) {
	insert := requestsTable.Insert(*asked)
	insert.Each = store.Into(&asked.ID)
	if err := tx.Write(ctx, &insert); err != nil {
		return approval.Done{}, err
	}
	note(ctx, asked, "")
	return approval.Done{Request: asked}, nil
}

// note notes for the record what became of a request.
func note(ctx context.Context, r *approval.Request, before approval.Status) {
	audit.Changed(ctx, "approval", before, r.Status)
	audit.Changed(ctx, "approvalId", nil, r.ID)
}
