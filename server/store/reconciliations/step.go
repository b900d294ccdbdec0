package reconciliations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/operatorevent"
	"orderhub/server/reconcile"
	"orderhub/server/store"
)

// How much one part of comparing has.
const (
	partRows     = 1000
	partAttempts = 2000 // ids of attempts
	partFindings = 500
)

// nextStage is what follows each stage.
var nextStage = map[reconcile.Stage]reconcile.Stage{
	"": reconcile.StageNames, reconcile.StageNames: reconcile.StageAttempts,
	reconcile.StageAttempts: reconcile.StageUnknown, reconcile.StageUnknown: reconcile.StageMissing,
	reconcile.StageMissing: reconcile.StagePromised, reconcile.StagePromised: reconcile.StageGone,
	reconcile.StageGone:  reconcile.StageClean,
	reconcile.StageClean: reconcile.StageEnd,
}

// stepping is a part of comparing that is under way.
type stepping struct {
	tx  store.BulkTx
	run *reconcile.Run
	now time.Time
}

// stages do a part each, and report whether it was their last.
var stages = map[reconcile.Stage]func(*stepping, context.Context) (bool, error){
	"": (*stepping).begin, reconcile.StageNames: (*stepping).names, reconcile.StageAttempts: (*stepping).attempts,
	reconcile.StageUnknown: (*stepping).unknown, reconcile.StageMissing: (*stepping).missing,
	reconcile.StagePromised: (*stepping).promised, reconcile.StageGone: (*stepping).gone,
	reconcile.StageClean: (*stepping).clean,
}

// errNewer: a process of a newer version has come to a stage that this one does not have.
var errNewer = fmt.Errorf("%w: a newer version of the hub compares the statement", errs.ErrUnavailable)

var (
	noteRun = store.Same(`UPDATE reconciliations SET status = $2, stage = $3, "cursor" = $4, cursor_name = $5,
		from_at = $6, to_at = $7, outside = $8, matched = $9, found = $10, "open" = $11, ended_at = $12,
		updated_at = $13
		WHERE id = $1 RETURNING id`)
	// Everybody takes the row of a provider's first run after that of the own one.
	lockFirst = store.Same(`SELECT id FROM reconciliations WHERE provider_id = $1 ORDER BY id LIMIT 1`).
			Locked(store.LockRows)
	countOpen = store.Same(`SELECT count(*) FROM reconciliation_findings WHERE provider_id = $1 AND status = 'open'`)
	firstRow  = store.Same(`SELECT at FROM statement_rows WHERE reconciliation_id = $1 ORDER BY at LIMIT 1`)
	lastRow   = store.Same(`SELECT at FROM statement_rows WHERE reconciliation_id = $1 ORDER BY at DESC LIMIT 1`)
)

func (s *Store) Step(ctx context.Context, runID int64) (reconcile.Run, error) {
	var r reconcile.Run
	// Only the end is on record, with all that comparing came to.
	began := time.Now()
	err := s.db.Bulk(audit.With(ctx, nil), func(tx store.BulkTx) (err error) {
		if r, err = readRun(ctx, tx.Query, lockRun, runID); err != nil || over(&r) || r.Stage == reconcile.StageEnd {
			return err
		}
		// Of one provider one statement is compared at a time: each credit has its share once.
		if err := tx.Query(ctx, store.NewQuery(lockFirst, []any{r.ProviderID}, store.IgnoreRow)); err != nil {
			return err
		}
		stage, known := stages[r.Stage]
		if !known {
			return errNewer
		}
		w := &stepping{tx, &r, s.db.Now()}
		last, err := stage(w, ctx)
		if err != nil {
			return err
		}
		if r.Status = reconcile.Matching; last {
			r.Stage, r.Cursor, r.CursorName = nextStage[r.Stage], 0, ""
		}
		return w.note(ctx)
	})
	if err == nil && r.Status == reconcile.Matching {
		s.db.LetOthersWrite(ctx, time.Since(began))
	}
	if err == nil && r.Stage == reconcile.StageEnd {
		err = s.db.Bulk(ctx, func(tx store.BulkTx) error { return s.end(ctx, tx, &r) })
	}
	return r, store.During(part(r.Stage), store.Unavailable(err))
}

func over(r *reconcile.Run) bool {
	return r.Status == reconcile.Done || r.Status == reconcile.Abandoned
}

func (w *stepping) note(ctx context.Context) error {
	r := w.run
	args := []any{
		r.ID, string(r.Status), string(r.Stage), r.Cursor, r.CursorName, r.From, r.To, r.Outside, r.Matched, r.Found,
		r.Open, r.EndedAt, w.now,
	}
	return w.tx.Query(ctx, store.NewQuery(noteRun, args, store.IgnoreRow))
}

// end notes what comparing came to, and tells operators of what is new.
func (s *Store) end(ctx context.Context, tx store.BulkTx, r *reconcile.Run) error {
	read, err := readRun(ctx, tx.Query, lockRun, r.ID)
	if *r = read; err != nil || over(r) {
		return err
	}
	if err = tx.Query(ctx, store.NewQuery(countOpen, []any{r.ProviderID}, store.Into(&r.Open))); err != nil {
		return err
	}
	w := &stepping{tx, r, s.db.Now()}
	r.Status, r.Stage, r.EndedAt = reconcile.Done, "", &w.now
	audit.Changed(ctx, "rows", nil, r.Rows)
	audit.Changed(ctx, "found", nil, r.Found)
	audit.Changed(ctx, "open", nil, r.Open)
	if err := w.note(ctx); err != nil || r.Found == 0 {
		return err
	}
	return tx.Commit(ctx, store.OperatorEvents(w.now, operatorevent.Event{
		Kind: reconcile.Differs, ProviderID: r.ProviderID,
		Message: "A statement differs from the hub in " + errs.Counted(r.Found, "thing", "things") +
			" that nobody has seen.",
		Data: map[string]any{"reconciliation": fmt.Sprint(r.ID), "found": float64(r.Found), "open": float64(r.Open)},
	}))
}

// begin takes no more rows, and knows from them what time they are about.
func (w *stepping) begin(ctx context.Context) (bool, error) {
	r := w.run
	bound := func(of store.Statement) (at *time.Time, err error) {
		err = w.tx.Query(ctx, store.NewQuery(of, []any{r.ID}, store.Into(&at)))
		if err == nil && at == nil {
			err = errs.Invalid("from_time", "must be there, and the end too, for a statement without rows")
		}
		return at, err
	}
	if r.From == nil {
		first, err := bound(firstRow)
		if err != nil {
			return false, err
		}
		r.From = first
	}
	if r.To == nil {
		last, err := bound(lastRow)
		if err != nil {
			return false, err
		}
		after := last.Add(time.Microsecond)
		r.To = &after
	}
	if !r.From.Before(*r.To) {
		return false, errs.Invalid("from_time", "must be before the end, which is %s", r.To.Format(time.RFC3339))
	}
	return true, nil
}

var (
	selectLines = store.Same(`SELECT line FROM statement_rows WHERE reconciliation_id = $1 AND line > $2
		ORDER BY line LIMIT $3`)
	// Our own reference says more than the provider's, which may be about several attempts: then it is the first.
	nameRows = store.Same(`UPDATE statement_rows SET attempt_id = coalesce(
		(SELECT a.id FROM attempts a WHERE a.reference = statement_rows.reference AND a.provider_id = $4
			AND statement_rows.reference <> ''),
		(SELECT min(a.id) FROM attempts a WHERE a.provider_id = $4
			AND a.provider_reference = statement_rows.provider_reference AND a.provider_reference <> ''), 0)
		WHERE reconciliation_id = $1 AND line > $2 AND line <= $3 RETURNING at`)
)

// names finds the attempts that rows are about.
func (w *stepping) names(ctx context.Context) (bool, error) {
	r, n, last := w.run, 0, int64(0)
	args := []any{r.ID, r.Cursor, int64(partRows)}
	err := w.tx.Query(ctx, store.NewQuery(selectLines, args, func(row store.Scanner) error {
		n++
		return row.Scan(&last)
	}))
	if err != nil || n == 0 {
		return true, err
	}
	args = []any{r.ID, r.Cursor, last, r.ProviderID}
	err = w.tx.Query(ctx, store.NewQuery(nameRows, args, store.Each1(func(at time.Time) {
		if !r.Has(at) {
			r.Outside++
		}
	})))
	r.Cursor = last
	return n < partRows, err
}

var (
	selectAttemptRows = store.Same(rowColumns + `AND attempt_id > $2 ORDER BY attempt_id, name, line LIMIT $3`)
	selectRowsOf      = store.Same(rowColumns + `AND attempt_id = $2 ORDER BY line`)
	selectUnknownRows = store.Same(rowColumns + `AND attempt_id = 0 AND name > $2 ORDER BY name, line LIMIT $3`)
	selectRowsNamed   = store.Same(rowColumns + `AND attempt_id = 0 AND name = $2 ORDER BY line`)
)

// attempts compares attempts with the rows about them.
func (w *stepping) attempts(ctx context.Context) (bool, error) {
	r := w.run
	groups, err := w.readGroups(
		ctx, store.NewQuery(selectAttemptRows, []any{r.ID, r.Cursor, int64(partRows)}, nil), partRows,
		func(a, b *group) bool { return a.attemptID == b.attemptID },
		func(g *group) store.Query { return store.NewQuery(selectRowsOf, []any{r.ID, g.attemptID}, nil) },
	)
	if err != nil || len(groups) == 0 {
		return true, err
	}
	ids := make([]int64, len(groups))
	for i := range groups {
		ids[i] = groups[i].attemptID
	}
	bought, known, err := w.about(ctx, ids)
	if err == nil {
		err = w.forget(ctx, groups)
	}
	if err == nil { // what is left of these is of other times
		err = w.others(ctx, ids, bought)
	}
	if err == nil {
		err = w.keep(ctx, groups)
	}
	if err != nil {
		return false, err
	}
	var v reconcile.Verdict
	for i := range groups {
		if b := bought[groups[i].attemptID]; b != nil {
			v.Add(reconcile.Judge(b, groups[i].rows, known[b.AttemptID]))
		}
	}
	r.Cursor = ids[len(ids)-1]
	for i := range groups {
		if slices.ContainsFunc(groups[i].rows, func(row reconcile.Row) bool { return row.State != reconcile.Other }) {
			r.Matched++
		}
	}
	return false, w.write(ctx, v)
}

// unknown looks at rows about no attempt.
func (w *stepping) unknown(ctx context.Context) (bool, error) {
	r := w.run
	groups, err := w.readGroups(
		ctx, store.NewQuery(selectUnknownRows, []any{r.ID, r.CursorName, int64(partRows)}, nil), partRows,
		func(a, b *group) bool { return a.name == b.name },
		func(g *group) store.Query { return store.NewQuery(selectRowsNamed, []any{r.ID, g.name}, nil) },
	)
	if err != nil || len(groups) == 0 {
		return true, err
	}
	lists := make([][]reconcile.Row, len(groups))
	for i := range groups {
		lists[i] = groups[i].rows
	}
	found := reconcile.Unmatched(lists)
	identities := []string{}
	for i := range found {
		identities = append(identities, found[i].Identity)
	}
	known, err := readFindings(ctx, w.tx.Query, selectIdentified, r.ProviderID, identities)
	if err == nil {
		err = w.forget(ctx, groups)
	}
	if err == nil {
		err = w.keep(ctx, groups)
	}
	if err != nil {
		return false, err
	}
	r.CursorName = groups[len(groups)-1].name
	return false, w.write(ctx, reconcile.Merge(found, known))
}

// clean drops the rows.
func (w *stepping) clean(ctx context.Context) (bool, error) {
	n, err := dropSome(ctx, w.tx, w.run.ID)
	return n < dropped, err
}
