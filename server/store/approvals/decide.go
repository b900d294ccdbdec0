package approvals

import (
	"context"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/store"
	"orderhub/server/store/accounts"
)

var selectRequest = store.Same(`SELECT ` + requestColumns + ` FROM approval_requests WHERE id = $1`)

func (s *Store) Decide(ctx context.Context, id int64, d approval.Decision) (approval.Request, error) {
	var decided *approval.Request
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		// Whose wallet it is about never changes; the wallet is locked before the request.
		seen, err := s.read(ctx, tx, selectRequest, id)
		if err != nil {
			return err
		}
		early := *seen
		if again, err := early.Decide(d, s.db.Now()); err != nil || again {
			decided = seen
			return err
		}
		if d.Verdict == approval.Approved {
			decided, err = s.approve(ctx, tx, seen, d)
		} else {
			decided, err = s.put(ctx, tx, id, d, func(*approval.Request) error { return nil })
		}
		return err
	})
	if err != nil {
		return approval.Request{}, store.During("decide about a request for approval", err)
	}
	return *decided, nil
}

func (s *Store) read(ctx context.Context, tx store.BulkTx, query store.Statement, id int64) (*approval.Request, error) {
	r := &approval.Request{}
	err := tx.Query(ctx, store.NewQuery(query, []any{id}, func(row store.Scanner) error { return scan(row, r) }))
	if err == nil && r.ID == 0 {
		err = approval.ErrNotFound
	}
	return r, err
}

// put puts the decision down, and does what goes with it before.
func (s *Store) put(
	ctx context.Context, tx store.BulkTx, id int64, d approval.Decision, do func(*approval.Request) error,
) (*approval.Request, error) {
	r, err := s.read(ctx, tx, selectRequest.Locked(store.LockRows), id)
	if err != nil {
		return nil, err
	}
	if again, err := r.Decide(d, s.db.Now()); err != nil || again {
		return r, err
	}
	if err := do(r); err != nil {
		return nil, err
	}
	update := decisions.Update(*r)
	note(ctx, r, approval.Pending)
	return r, tx.Write(ctx, &update)
}

// approve does what was asked for.
func (s *Store) approve(ctx context.Context, tx store.BulkTx, seen *approval.Request, d approval.Decision) (
	*approval.Request, error,
) {
	if seen.Kind == approval.CreditLimit {
		wallet, err := accounts.LockLimit(ctx, tx, seen.MerchantID)
		if err != nil {
			return nil, err
		}
		return s.put(ctx, tx, seen.ID, d, func(r *approval.Request) error {
			if wallet.CreditLimit != r.Previous {
				return approval.ErrStale
			}
			return s.accounts.WriteLimit(ctx, tx, &wallet, r.Amount)
		})
	}
	m := movementOf(seen)
	if err := s.accounts.ReadMovement(ctx, tx, m); err != nil {
		return nil, err
	}
	return s.put(ctx, tx, seen.ID, d, func(r *approval.Request) error {
		if m.Repeated { // by a hub of a version that did not know of requests
			return account.ErrReferenceReused
		}
		if err := s.accounts.WriteMovement(ctx, tx, m); err != nil {
			return err
		}
		audit.Changed(ctx, "transfer", nil, m.Transfer.ID)
		r.TransferID = m.Transfer.ID
		return nil
	})
}
