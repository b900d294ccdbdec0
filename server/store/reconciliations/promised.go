package reconciliations

import (
	"context"

	"orderhub/server/money"
	"orderhub/server/reconcile"
	"orderhub/server/store"
)

// A credit that was promised before the first statement that was compared may be in one that nobody compared.
var selectPromised = store.Same(`SELECT u.dispute_attempt_id, CAST(sum(u.credit_micros) AS bigint)
	FROM claimed_units u JOIN attempts a ON a.id = u.dispute_attempt_id
	WHERE u.dispute_attempt_id > $1 AND a.provider_id = $2 AND u.dispute = 'credited' AND u.dispute_ended_at < $3
		AND u.dispute_ended_at >= (SELECT min(r.from_at) FROM reconciliations r
			WHERE r.provider_id = $2 AND r.status IN ('matching', 'done'))
	GROUP BY u.dispute_attempt_id ORDER BY u.dispute_attempt_id LIMIT $4`)

// promised looks for credits that disputes were promised, and that no statement has by now.
func (w *stepping) promised(ctx context.Context) (bool, error) {
	r := w.run
	var ids []int64
	due := make(map[int64]money.Amount)
	args := []any{r.Cursor, r.ProviderID, r.PromisedBefore(), int64(partFindings)}
	err := w.tx.Query(ctx, store.NewQuery(selectPromised, args, store.Each2(func(id int64, amount money.Amount) {
		ids, due[id] = append(ids, id), amount
	})))
	if err != nil || len(ids) == 0 {
		return true, err
	}
	bought, known, err := w.about(ctx, ids)
	if err != nil {
		return false, err
	}
	var v reconcile.Verdict
	for _, id := range ids {
		if b := bought[id]; b != nil {
			v.Add(reconcile.Promised(b, due[id], known[id]))
		}
	}
	r.Cursor = ids[len(ids)-1]
	return len(ids) < partFindings, w.write(ctx, v)
}
