package claims

import (
	"context"
	"time"

	"orderhub/server/money"
	"orderhub/server/store"
)

var (
	selectHad = store.Same(`SELECT id, -booked_micros FROM reconciliation_findings WHERE attempt_id = $1
		AND kind = 'credited' AND booked_micros < 0 ORDER BY id`).Locked(store.LockRows)
	takeHad = store.Same(`UPDATE reconciliation_findings SET booked_micros = booked_micros + $2, updated_at = $3
		WHERE id = $1 RETURNING id`)
)

// hadCredit is a credit that was booked because it was in a provider's statement.
type hadCredit struct {
	finding int64
	amount  money.Amount
}

// creditsHad are the credits of a purchase that are booked, and of which no dispute was known.
func creditsHad(ctx context.Context, tx store.BulkTx, attempt int64) (all []hadCredit, sum money.Amount, err error) {
	err = tx.Query(ctx, store.NewQuery(selectHad, []any{attempt}, store.Each2(func(finding int64, amount money.Amount) {
		all, sum = append(all, hadCredit{finding, amount}), sum.AddCapped(amount)
	})))
	return all, sum, err
}

// takeOver makes what was booked of a statement's credits that of a dispute, and has what is left to be booked: most
// likely the statement had the dispute's, and it would be in the books twice. If it was another one, then the next
// statement has a credit that the books have not, which is a finding.
func takeOver(
	ctx context.Context, tx store.BulkTx, all []hadCredit, credit money.Amount, now time.Time,
) (left money.Amount, err error) {
	left = credit
	for i := range all {
		took := min(left, all[i].amount)
		if took == 0 {
			break
		}
		args := []any{all[i].finding, int64(took), now}
		if err := tx.Query(ctx, store.NewQuery(takeHad, args, store.IgnoreRow)); err != nil {
			return left, err
		}
		if left, err = left.Sub(took); err != nil {
			return left, err
		}
	}
	return left, nil
}
