package reconciliations

import (
	"context"
	"slices"
	"strings"
	"time"

	"orderhub/server/reconcile"
	"orderhub/server/store"
)

// boughtRow is what is bought as it is read.
type boughtRow struct {
	reconcile.Bought

	charged, booked *int64
}

func (r *boughtRow) fields() store.Fields {
	return store.Fields{
		"a.id", &r.AttemptID, "a.reference", &r.Reference, "a.provider_reference", &r.ProviderReference,
		"a.status", &r.Status, "a.charged_micros", &r.charged, "a.charged_currency", &r.Charged.Currency,
		"a.booked_micros", &r.booked, "a.booked_currency", &r.Booked.Currency, "a.credited_micros", &r.Credited,
		"a.adjusted_micros", &r.Adjusted, "a.currency", &r.Currency, "a.submitted_at", &r.SubmittedAt,
	}
}

var (
	boughtColumns = `SELECT ` + store.Selected((*boughtRow).fields) + ` FROM attempts a WHERE `

	selectBought = store.FromPostgres(boughtColumns + `a.id = ANY($1::bigint[]) ORDER BY a.id`)
	selectKnown  = store.FromPostgres(findingColumns + `f.attempt_id = ANY($1::bigint[]) AND f.provider_id = $2
		ORDER BY f.id`)
	selectIdentified = store.FromPostgres(findingColumns + `f.provider_id = $1 AND f.identity = ANY($2::text[])`)
	selectMissing    = store.Same(boughtColumns + `a.id >= $1 AND a.id < $2 AND a.provider_id = $3
		AND a.submitted_at >= $4 AND a.submitted_at < $5 AND a.status IN ('delivered', 'unknown', 'parked')
		AND NOT EXISTS (SELECT 1 FROM statement_rows r WHERE r.reconciliation_id = $6 AND r.attempt_id = a.id)
		AND (a.provider_reference = '' OR NOT EXISTS (SELECT 1 FROM statement_rows r WHERE r.reconciliation_id = $6
			AND r.attempt_id = (SELECT min(b.id) FROM attempts b WHERE b.provider_id = $3
				AND b.provider_reference = a.provider_reference)))
		ORDER BY a.id`)
	selectNameless = store.Same(`SELECT line FROM statement_rows WHERE reconciliation_id = $1 AND attempt_id = 0
		AND reference = '' LIMIT 1`)
	selectCurrencies = store.Same(`SELECT DISTINCT currency FROM statement_rows WHERE reconciliation_id = $1
		AND currency <> ''`)
	attemptFrom = store.Same(`SELECT id, created_at FROM attempts WHERE id >= $1 ORDER BY id LIMIT 1`)
	lastAttempt = store.Same(`SELECT id FROM attempts ORDER BY id DESC LIMIT 1`)
	// With the attempt that it is about, or that has its name by now.
	selectStillOpen = store.Same(`SELECT f.id, coalesce(f.attempt_id,
			(SELECT a.id FROM attempts a WHERE a.reference = f.reference AND a.provider_id = f.provider_id
				AND f.reference <> ''),
			(SELECT min(a.id) FROM attempts a WHERE a.provider_id = f.provider_id
				AND a.provider_reference = f.provider_reference AND a.provider_reference <> ''), 0)
		FROM reconciliation_findings f WHERE f.provider_id = $1 AND f.status = 'open' AND f.id > $2
		ORDER BY f.id LIMIT $3`)
	selectByID = store.FromPostgres(findingColumns + `f.id = ANY($1::bigint[]) ORDER BY f.id`)
	markSeen   = store.FromPostgres(`UPDATE reconciliation_findings SET seen_id = $2 WHERE id = ANY($1::bigint[])
		RETURNING id`)
)

func scanBought(row store.Scanner) (*reconcile.Bought, error) {
	var r boughtRow
	err := r.fields().Scan(row)
	b := r.Bought
	b.Charged, b.Booked = store.SumOf(r.charged, b.Charged.Currency), store.SumOf(r.booked, b.Booked.Currency)
	return &b, err
}

func readBought(ctx context.Context, read store.Runner, of store.Statement, args ...any) (
	all []*reconcile.Bought, err error,
) {
	err = read(ctx, store.NewQuery(of, args, store.Append(&all, scanBought)))
	return all, err
}

// about has attempts, and what was found of them before.
func (w *stepping) about(ctx context.Context, ids []int64) (
	bought map[int64]*reconcile.Bought, known map[int64][]reconcile.Finding, err error,
) {
	all, err := readBought(ctx, w.tx.Query, selectBought, ids)
	if err != nil {
		return nil, nil, err
	}
	bought = make(map[int64]*reconcile.Bought, len(all))
	for _, b := range all {
		b.Covered = w.run.Covers(b.SubmittedAt)
		bought[b.AttemptID] = b
	}
	known, err = w.known(ctx, ids)
	return bought, known, err
}

func (w *stepping) known(ctx context.Context, ids []int64) (map[int64][]reconcile.Finding, error) {
	found, err := readFindings(ctx, w.tx.Query, selectKnown, ids, w.run.ProviderID)
	known := make(map[int64][]reconcile.Finding)
	for i := range found {
		known[found[i].AttemptID] = append(known[found[i].AttemptID], found[i])
	}
	return known, err
}

// mostWaited is how long an attempt may wait between its beginning and when it is submitted.
const mostWaited = 7 * 24 * time.Hour

// missing looks for attempts of the statement's time that it has no row about.
func (w *stepping) missing(ctx context.Context) (bool, error) {
	r := w.run
	if r.Cursor == 0 {
		if err := w.firstOf(ctx, r.From.Add(-mostWaited)); err != nil {
			return false, err
		}
		if err := w.noteScope(ctx); err != nil {
			return false, err
		}
	}
	scope := w.scope()
	until := r.Cursor + partAttempts
	all, err := readBought(
		ctx, w.tx.Query, selectMissing, r.Cursor, until, r.ProviderID, *r.From, r.Until(), r.ID,
	)
	if err != nil {
		return false, err
	}
	ids, of := make([]int64, len(all)), make(map[int64]*reconcile.Bought, len(all))
	for i, b := range all {
		ids[i], of[b.AttemptID] = b.AttemptID, b
	}
	known, err := w.known(ctx, ids)
	if err == nil {
		err = w.others(ctx, ids, of)
	}
	if err != nil {
		return false, err
	}
	var v reconcile.Verdict
	for _, b := range all {
		if b.Covered = r.Covers(b.SubmittedAt); scope.WouldName(b) {
			v.Add(reconcile.Missing(b, known[b.AttemptID]))
		}
	}
	r.Cursor = until
	if err := w.write(ctx, v); err != nil {
		return false, err
	}
	return w.noneBefore(ctx, *r.To, until)
}

// nameless is what the note of a statement's scope has among currencies.
const nameless = "?"

// noteScope keeps with the run of which purchases the statement would have rows: rows are looked through once.
func (w *stepping) noteScope(ctx context.Context) error {
	var words []string
	args := []any{w.run.ID}
	err := w.tx.Query(ctx, store.NewQuery(selectNameless, args, func(row store.Scanner) error {
		words = append(words, nameless)
		return store.IgnoreRow(row)
	}), store.NewQuery(selectCurrencies, args, store.Gather(&words)))
	w.run.CursorName = strings.Join(words, " ")
	return err
}

func (w *stepping) scope() (s reconcile.Scope) {
	for _, word := range strings.Fields(w.run.CursorName) {
		if word == nameless {
			s.Nameless = true
			continue
		}
		s.Currencies = append(s.Currencies, word)
	}
	return s
}

// firstOf goes to the first attempt of a time.
func (w *stepping) firstOf(ctx context.Context, from time.Time) error {
	var high int64
	if err := w.tx.Query(ctx, store.NewQuery(lastAttempt, nil, store.Into(&high))); err != nil {
		return err
	}
	first, err := store.FirstSince(ctx, w.tx.Query, attemptFrom, nil, from, high+1)
	w.run.Cursor = max(first, 1)
	return err
}

// late is how far the times of attempts may be out of the order of their ids.
const late = 10 * time.Minute

// noneBefore reports whether attempts from an id on are all from a moment or later.
func (w *stepping) noneBefore(ctx context.Context, to time.Time, id int64) (none bool, err error) {
	none = true
	err = w.tx.Query(ctx, store.NewQuery(attemptFrom, []any{id}, store.Each2(func(_ int64, created time.Time) {
		none = !created.Before(to.Add(late))
	})))
	return none, err
}

// gone closes findings that are so no more.
func (w *stepping) gone(ctx context.Context) (bool, error) {
	r := w.run
	var ids, attempts []int64
	attemptOf := make(map[int64]int64)
	args := []any{r.ProviderID, r.Cursor, int64(partFindings)}
	err := w.tx.Query(ctx, store.NewQuery(selectStillOpen, args, store.Each2(func(id, attempt int64) {
		ids, attempts, attemptOf[id] = append(ids, id), append(attempts, attempt), attempt
	})))
	if err != nil || len(ids) == 0 {
		return true, err
	}
	bought, known, err := w.about(ctx, attempts)
	if err != nil {
		return false, err
	}
	open, err := readFindings(ctx, w.tx.Query, selectByID, ids)
	if err != nil {
		return false, err
	}
	var v reconcile.Verdict
	for i := range open {
		f := &open[i]
		attempt := attemptOf[f.ID]
		// Of several credits each takes its share from what the others leave.
		of := slices.IndexFunc(known[attempt], func(k reconcile.Finding) bool { return k.ID == f.ID })
		if of >= 0 {
			f = &known[attempt][of]
		}
		switch {
		case !f.Review(bought[attempt], known[attempt]):
		case f.Status == reconcile.Open:
			v.Kept = append(v.Kept, *f)
		default:
			v.Changed = append(v.Changed, *f)
		}
	}
	r.Cursor = ids[len(ids)-1]
	return len(ids) < partFindings, w.write(ctx, v)
}

// write keeps what a part found.
func (w *stepping) write(ctx context.Context, v reconcile.Verdict) error {
	rows := findingsTable.Insert()
	rows.Each = store.Each1(func(status reconcile.FindingStatus) {
		if status == reconcile.Open {
			w.run.Found++
		}
	})
	for i := range v.Fresh {
		f := &v.Fresh[i]
		f.ProviderID, f.RunID, f.SeenID = w.run.ProviderID, w.run.ID, w.run.ID
		rows.Add(findingRow{f, w.now})
	}
	if err := w.tx.Write(ctx, &rows); err != nil {
		return err
	}
	queries := []store.Query{}
	change := func(f *reconcile.Finding, each func(store.Scanner) error) {
		args := []any{
			f.ID, string(f.Status), int64(f.Said.Amount), int64(f.Ours.Amount), string(f.Ours.Currency), w.now,
		}
		queries = append(queries, store.NewQuery(changeFindings, args, each))
	}
	for i := range v.Changed {
		f := &v.Changed[i]
		change(f, func(row store.Scanner) error {
			if f.Status == reconcile.Open {
				w.run.Found++
			}
			return store.IgnoreRow(row)
		})
	}
	for i := range v.Kept {
		change(&v.Kept[i], store.IgnoreRow)
	}
	if len(v.Seen) > 0 {
		queries = append(queries, store.NewQuery(markSeen, []any{v.Seen, w.run.ID}, store.IgnoreRow))
	}
	return w.tx.Query(ctx, queries...)
}
