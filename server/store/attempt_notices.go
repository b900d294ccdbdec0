package store

import (
	"context"

	"orderhub/server/dialect"
	"orderhub/server/job"
)

var (
	noticesTable = &table{
		name: "callbacks", suffix: "ON CONFLICT (provider_id, notice) DO NOTHING RETURNING notice, attempt_id",
		columns: []column{
			{name: "provider_id", kind: "bigint"},
			{name: "notice", kind: "text"},
			{name: "attempt_id", kind: "bigint"},
			{name: "created_at", kind: "timestamptz"},
		},
	}
	selectTold = statement{
		postgres: `SELECT id, reference, provider_reference, settled_at IS NOT NULL FROM attempts WHERE provider_id = $1
			AND (reference = ANY($2::text[]) OR (provider_reference <> '' AND provider_reference = ANY($3::text[])))`,
		sqlite: `SELECT id, reference, provider_reference, settled_at IS NOT NULL FROM attempts WHERE provider_id = $1
			AND (reference IN (SELECT value FROM json_each($2)) OR (provider_reference <> ''
			AND provider_reference IN (SELECT value FROM json_each($3))))`,
	}
	// A waiting attempt is not with the provider: nothing about it is due.
	hasten = statement{
		postgres: `UPDATE attempts SET next_check_at = $2, updated_at = $2
			WHERE id = ANY($1::bigint[]) AND settled_at IS NULL AND status IN ('submitting', 'accepted',
			'unknown') RETURNING id`,
		sqlite: `UPDATE attempts SET next_check_at = $2, updated_at = $2
			WHERE id IN (SELECT value FROM json_each($1)) AND settled_at IS NULL AND status IN ('submitting', 'accepted',
			'unknown') RETURNING id`,
	}
)

// noticed is the attempts that notices are about.
type noticed struct {
	byReference, byTheirs map[string]int64
	settled               map[int64]bool
}

// attempt finds what the notice is about, or 0.
func (t *noticed) attempt(n *dialect.Notice) int64 {
	if id := t.byReference[n.Reference]; n.Reference != "" && id != 0 {
		return id
	}
	if n.ProviderReference == "" {
		return 0
	}
	return t.byTheirs[n.ProviderReference]
}

// RecordNotices implements fulfil.Store.
func (s *Store) RecordNotices(ctx context.Context, providerID int64, notices []dialect.Notice) (
	fresh, unknown int, err error,
) {
	if len(notices) == 0 {
		return 0, 0, nil
	}
	var references, theirs []string
	for i := range notices {
		references, theirs = append(references, notices[i].Reference), append(theirs, notices[i].ProviderReference)
	}
	err = s.bulk(ctx, func(tx bulkTx) error {
		fresh, unknown = 0, 0
		t := &noticed{byReference: make(map[string]int64), byTheirs: make(map[string]int64), settled: make(map[int64]bool)}
		err := tx.read(ctx, read{selectTold, []any{providerID, references, theirs}, func(row scanner) error {
			var id int64
			var reference, provider string
			var settled bool
			err := row.Scan(&id, &reference, &provider, &settled)
			t.byReference[reference], t.byTheirs[provider], t.settled[id] = id, id, settled
			return err
		}})
		if err != nil {
			return err
		}
		rows := insert{table: noticesTable}
		var open, settled []int64
		rows.each = func(row scanner) error {
			var notice string
			var attempt *int64
			if err := row.Scan(&notice, &attempt); err != nil {
				return err
			}
			fresh++
			switch {
			case attempt == nil:
				unknown++
			case t.settled[*attempt]:
				settled = append(settled, *attempt)
			default:
				open = append(open, *attempt)
			}
			return nil
		}
		seen := make(map[string]bool)
		for i := range notices {
			if n := &notices[i]; !seen[n.ID] {
				seen[n.ID] = true
				var attempt any
				if id := t.attempt(n); id != 0 {
					attempt = id
				}
				rows.add(providerID, n.ID, attempt, s.now())
			}
		}
		if err := tx.write(ctx, &rows); err != nil {
			return err
		}
		return s.wakeTold(ctx, tx, providerID, open, settled)
	})
	return fresh, unknown, during("record callbacks", err)
}

// wakeTold makes open attempts due, and inserts the jobs that see to all of them.
func (s *Store) wakeTold(ctx context.Context, tx bulkTx, providerID int64, open, settled []int64) error {
	var hastened []int64
	if len(open) > 0 {
		err := tx.read(ctx, read{hasten, []any{distinct(open), s.now()}, func(row scanner) error {
			var id int64
			err := row.Scan(&id)
			hastened = append(hastened, id)
			return err
		}})
		if err != nil {
			return err
		}
	}
	var jobs []queued
	if len(hastened) > 0 {
		jobs = append(jobs, queued{args: job.CallArgs{AttemptIDs: hastened}, queue: job.ProviderQueue(providerID)})
	}
	if len(settled) > 0 {
		jobs = append(jobs, queued{args: job.NoticeArgs{AttemptIDs: distinct(settled)}, queue: job.ProviderQueue(providerID)})
	}
	return tx.enqueue(ctx, jobs...)
}
