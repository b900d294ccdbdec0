package retention

import (
	"context"
	"time"

	"orderhub/server/retention"
	"orderhub/server/store"
)

// endedSync is what became of a list for good. One that is held, or that somebody works on, waits however old it is.
const endedSync = `s.status IN ('applied', 'rejected', 'refused', 'failed', 'undone') AND s.updated_at < $2`

var (
	lookSyncs = store.Same(`SELECT s.id, s.created_at < $2, ` + endedSync + `
		FROM supply_syncs s WHERE s.id > $1 ORDER BY s.id LIMIT $3`)
	// Changes go before their sync, a part at a time: there may be as many as a list has items.
	deleteSyncChanges = store.FromPostgres(`DELETE FROM supply_changes WHERE id = ANY(ARRAY(SELECT id
		FROM supply_changes WHERE sync_id IN (SELECT s.id FROM supply_syncs s WHERE s.id = ANY($1::bigint[])
			AND ` + endedSync + ` FOR UPDATE) LIMIT $3)) RETURNING id`)
	// Somebody may have begun to undo one meanwhile.
	deleteSyncs = store.FromPostgres(`DELETE FROM supply_syncs AS s WHERE s.id = ANY($1::bigint[]) AND
		` + endedSync + deletedSync)
	lookOperatorEvents = store.Same(`SELECT id, created_at < $2, created_at < $2 AND told
		FROM operator_events WHERE id > $1 ORDER BY id LIMIT $3`)
	deleteOperatorEvents = store.FromPostgres(`DELETE FROM operator_events WHERE id = ANY($1::bigint[]) RETURNING id`)
)

const deletedSync = ` AND NOT EXISTS (SELECT 1 FROM supply_changes c WHERE c.sync_id = s.id) RETURNING id`

// changesAtOnce bounds what one transaction removes.
const changesAtOnce = 1000

// stepSyncs removes what lists changed, and then what became of them. Where changes are left it comes back to the same
// syncs.
func (s *Store) stepSyncs(ctx context.Context, step retention.Step) (retention.Stepped, error) {
	changes := 0
	done, err := s.stepRows(ctx, step, lookSyncs, func(
		ctx context.Context, tx store.BulkTx, ids []int64, before time.Time,
	) (syncs int64, err error) {
		changes = 0
		err = tx.Query(
			ctx, store.NewQuery(deleteSyncChanges, []any{ids, before, changesAtOnce}, store.Count(&changes)),
			store.NewQuery(deleteSyncs, []any{ids, before}, store.Count(&syncs)),
		)
		return syncs, err
	})
	if changes == changesAtOnce {
		done.Next, done.More = step.After, true
	}
	return done, err
}
