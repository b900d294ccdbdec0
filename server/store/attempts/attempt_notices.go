package attempts

import (
	"context"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/job"
	"orderhub/server/store"
	"orderhub/server/trail"
)

var (
	noticesTable = &store.Table[noticeRow]{
		Name: "callbacks", Suffix: "ON CONFLICT (provider_id, notice) DO NOTHING RETURNING notice, attempt_id",
		Columns: []store.Column[noticeRow]{
			store.Bigint("provider_id", func(r *noticeRow) int64 { return r.providerID }),
			store.Text("notice", func(r *noticeRow) string { return r.notice }),
			store.NullBigint("attempt_id", func(r *noticeRow) int64 { return r.attemptID }),
			store.Time("created_at", func(r *noticeRow) time.Time { return r.at }),
		},
	}
	selectTold = store.FromPostgres(`SELECT id, reference, provider_reference, settled_at IS NOT NULL
		FROM attempts WHERE
		provider_id = $1 AND (reference = ANY($2::text[]) OR (provider_reference <> '' AND provider_reference =
		ANY($3::text[])))`)
	selectToldTrails = store.FromPostgres(`SELECT t.id, t.trail FROM attempts a JOIN order_trails t ON t.id = a.order_id
		WHERE a.provider_id = $1 AND (a.reference = ANY($2::text[]) OR (a.provider_reference <> ''
		AND a.provider_reference
		= ANY($3::text[])))`)
	// A waiting attempt is not with the provider: nothing about it is due.
	hasten = store.FromPostgres(`UPDATE attempts SET next_check_at = $2, updated_at = $2
		WHERE id = ANY($1::bigint[]) AND settled_at IS NULL AND status IN ('submitting', 'accepted',
		'unknown') RETURNING id`)
)

// noticeRow is a notice to be written.
type noticeRow struct {
	providerID int64
	notice     string
	attemptID  int64 // 0 for none
	at         time.Time
}

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

// referencesOf are what the notices call attempts, by our names and by the provider's.
func referencesOf(notices []dialect.Notice) (ours, theirs []string) {
	for i := range notices {
		ours, theirs = append(ours, notices[i].Reference), append(theirs, notices[i].ProviderReference)
	}
	return ours, theirs
}

// ToldTrails are the trails of the orders that notices are about.
func (s *Store) ToldTrails(ctx context.Context, providerID int64, notices []dialect.Notice) (
	trails trail.Orders, err error,
) {
	if len(notices) == 0 {
		return nil, nil
	}
	ours, theirs := referencesOf(notices)
	told := store.NewQuery(selectToldTrails, []any{providerID, ours, theirs}, store.Each2(trails.Add))
	return trails, store.During("read trails", s.db.Peek(ctx, told))
}

func (s *Store) RecordNotices(ctx context.Context, providerID int64, notices []dialect.Notice) (
	fresh, unknown int, err error,
) {
	if len(notices) == 0 {
		return 0, 0, nil
	}
	references, theirs := referencesOf(notices)
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		fresh, unknown = 0, 0
		t := &noticed{
			byReference: make(map[string]int64), byTheirs: make(map[string]int64),
			settled: make(map[int64]bool),
		}
		err := tx.Query(ctx, store.NewQuery(selectTold, []any{providerID, references, theirs}, store.Each4(
			func(id int64, reference, provider string, settled bool) {
				t.byReference[reference], t.byTheirs[provider], t.settled[id] = id, id, settled
			},
		)))
		if err != nil {
			return err
		}
		rows := noticesTable.Insert()
		var open, settled []int64
		rows.Each = func(row store.Scanner) error {
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
				rows.Add(noticeRow{providerID, n.ID, t.attempt(n), s.db.Now()})
			}
		}
		if err := tx.Write(ctx, &rows); err != nil {
			return err
		}
		return s.wakeTold(ctx, tx, providerID, open, settled)
	})
	return fresh, unknown, store.During("record callbacks", err)
}

// Hasten makes an attempt due that is open at its provider, and inserts the job that
// sees to it.
func (s *Store) Hasten(ctx context.Context, tx store.BulkTx, providerID, attemptID int64) error {
	return s.wakeTold(ctx, tx, providerID, []int64{attemptID}, nil)
}

// wakeTold makes open attempts due, and inserts the jobs that see to all of them.
func (s *Store) wakeTold(ctx context.Context, tx store.BulkTx, providerID int64, open, settled []int64) error {
	var hastened []int64
	if len(open) > 0 {
		err := tx.Query(ctx, store.NewQuery(hasten, []any{store.Distinct(open), s.db.Now()}, store.Gather(&hastened)))
		if err != nil {
			return err
		}
	}
	var jobs []store.Queued
	if len(hastened) > 0 {
		args := job.CallArgs{AttemptIDs: hastened, Trails: trail.In(ctx)}
		jobs = append(jobs, store.Queued{Args: args, Queue: job.ProviderQueue(providerID)})
	}
	if len(settled) > 0 {
		args := job.NoticeArgs{AttemptIDs: store.Distinct(settled), Trails: trail.In(ctx)}
		jobs = append(jobs, store.Queued{Args: args, Queue: job.ProviderQueue(providerID)})
	}
	return tx.Enqueue(ctx, jobs...)
}
