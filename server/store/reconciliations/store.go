// Package reconciliations keeps providers' statements while they are compared, and what
// was found: reconcile.Store. A statement is compared in parts, each a transaction of its
// own that also notes how far it came, so that anybody goes on where another one stopped.
package reconciliations

import (
	"context"
	"time"

	"orderhub/server/money"
	"orderhub/server/reconcile"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var _ reconcile.Store = (*Store)(nil)

func runFields(r *reconcile.Run) store.Fields {
	return store.Fields{
		"id", &r.ID, "provider_id", &r.ProviderID, "name", &r.Name, "status", &r.Status, "stage", &r.Stage,
		`"cursor"`, &r.Cursor, "cursor_name", &r.CursorName, "from_at", &r.From, "to_at", &r.To, `"rows"`, &r.Rows,
		"outside", &r.Outside, "matched", &r.Matched, "found", &r.Found, `"open"`, &r.Open, "asked_by", &r.AskedBy,
		"ended_at", &r.EndedAt, "created_at", &r.CreatedAt, "updated_at", &r.UpdatedAt,
	}
}

func findingFields(f *reconcile.Finding) store.Fields {
	return store.Fields{
		"f.id", &f.ID, "f.provider_id", &f.ProviderID, "f.reconciliation_id", &f.RunID, "f.seen_id", &f.SeenID,
		"f.identity", &f.Identity, "f.kind", &f.Kind, "f.status", &f.Status, "coalesce(f.attempt_id, 0)", &f.AttemptID,
		"f.reference", &f.Reference, "f.provider_reference", &f.ProviderReference, "f.said", &f.State, "f.at", &f.At,
		"f.line", &f.Line, "f.said_micros", &f.Said.Amount, "f.said_currency", &f.Said.Currency,
		"f.ours_micros", &f.Ours.Amount, "f.ours_currency", &f.Ours.Currency, "f.booked_micros", &f.Moved,
		"f.action", &f.Action, "f.note", &f.Note, "f.resolved_by", &f.ResolvedBy, "f.resolved_at", &f.ResolvedAt,
		"f.created_at", &f.CreatedAt, "f.updated_at", &f.UpdatedAt, "coalesce(a.status, '')", &f.AttemptStatus,
		"coalesce(o.number, '')", &f.OrderNumber, purchasedToo, &f.PurchasedToo,
	}
}

const (
	purchasedToo = `EXISTS (SELECT 1 FROM reconciliation_findings p WHERE p.attempt_id = f.attempt_id
			AND p.kind = 'outcome_proven' AND p.said = 'purchased')
		OR EXISTS (SELECT 1 FROM statement_charges c WHERE c.attempt_id = f.attempt_id
			AND c.attempt_id > 0 GROUP BY c.currency HAVING count(CASE WHEN c.state = 'purchased' THEN 1 END) > 0
			AND (c.currency = '' OR count(CASE WHEN c.state = 'credited' THEN 1 END) = 0 OR sum(CASE
			WHEN c.state = 'purchased'
				THEN c.amount_micros ELSE -c.amount_micros END) > 0))`
	// $1 is the provider and $2 the last one of the page before, 0 for all; $3 the status, $4 the kind.
	filtered = `(CAST($1 AS bigint) = 0 OR f.provider_id = $1) AND (CAST($2 AS bigint) = 0 OR f.id < $2)
		AND ($4 = '' OR f.kind = $4) `
)

var (
	runColumns     = `SELECT ` + store.Selected(runFields) + ` FROM reconciliations `
	findingColumns = `SELECT ` + store.Selected(findingFields) + ` FROM reconciliation_findings f
		LEFT JOIN attempts a ON a.id = f.attempt_id LEFT JOIN orders o ON o.id = a.order_id WHERE `

	selectRun  = store.Same(runColumns + `WHERE id = $1`)
	selectRuns = store.Same(runColumns + `WHERE (CAST($1 AS bigint) = 0 OR provider_id = $1)
		AND (CAST($2 AS bigint) = 0 OR id < $2) ORDER BY id DESC LIMIT $3`)
	selectFinding  = store.Same(findingColumns + `f.id = $1`)
	selectFindings = store.Same(findingColumns + filtered +
		`AND (f.status = $3 OR ($3 = '' AND f.status <> 'agreed')) ORDER BY f.id DESC LIMIT $5`)
	// What is open is found by an index of what is.
	selectOpen = store.Same(findingColumns + filtered +
		`AND f.status = 'open' AND $3 = 'open' ORDER BY f.id DESC LIMIT $5`)
	selectSeen = store.Same(findingColumns + filtered +
		`AND (f.status = $3 OR ($3 = '' AND f.status <> 'agreed')) AND f.seen_id = $6 ORDER BY f.id DESC LIMIT $5`)
)

func scanRun(row store.Scanner) (r reconcile.Run, err error) {
	err = runFields(&r).Scan(row)
	return r, err
}

func scanFinding(row store.Scanner) (f reconcile.Finding, err error) {
	err = findingFields(&f).Scan(row)
	return f, err
}

func readFindings(ctx context.Context, read store.Runner, of store.Statement, args ...any) (
	all []reconcile.Finding, err error,
) {
	err = read(ctx, store.NewQuery(of, args, store.Append(&all, scanFinding)))
	return all, err
}

func (s *Store) Run(ctx context.Context, id int64) (reconcile.Run, error) {
	r, err := readRun(ctx, s.db.Peek, selectRun, id)
	return r, store.During("find reconciliation", err)
}

func readRun(ctx context.Context, read store.Runner, of store.Statement, id int64) (r reconcile.Run, err error) {
	err = read(ctx, store.NewQuery(of, []any{id}, func(row store.Scanner) (err error) {
		r, err = scanRun(row)
		return err
	}))
	if err == nil && r.ID == 0 {
		err = reconcile.ErrRunNotFound
	}
	return r, err
}

func (s *Store) Runs(ctx context.Context, f reconcile.RunFilter) (all []reconcile.Run, err error) {
	args := []any{f.ProviderID, f.BeforeID, int64(store.LimitOf(f.Limit))}
	err = s.db.Peek(ctx, store.NewQuery(selectRuns, args, store.Append(&all, scanRun)))
	return all, store.During("list reconciliations", err)
}

func (s *Store) Finding(ctx context.Context, id int64) (f reconcile.Finding, err error) {
	found, err := readFindings(ctx, s.db.Peek, selectFinding, id)
	if err == nil && len(found) == 0 {
		err = reconcile.ErrNotFound
	}
	if err != nil {
		return f, store.During("find a finding", err)
	}
	return found[0], nil
}

func (s *Store) Findings(ctx context.Context, f reconcile.FindingFilter) ([]reconcile.Finding, error) {
	args := []any{f.ProviderID, f.BeforeID, string(f.Status), string(f.Kind), int64(store.LimitOf(f.Limit))}
	of := selectFindings
	switch {
	case f.SeenID != 0:
		of, args = selectSeen, append(args, f.SeenID)
	case f.Status == reconcile.Open:
		of = selectOpen
	}
	found, err := readFindings(ctx, s.db.Peek, of, args...)
	return found, store.During("list findings", err)
}

// findingRow is a finding to be written.
type findingRow struct {
	*reconcile.Finding

	at time.Time
}

var findingsTable = &store.Table[findingRow]{
	Name: "reconciliation_findings", Suffix: `ON CONFLICT (provider_id, identity) DO NOTHING RETURNING status`,
	Columns: []store.Column[findingRow]{
		store.Bigint("provider_id", func(r *findingRow) int64 { return r.ProviderID }),
		store.Bigint("reconciliation_id", func(r *findingRow) int64 { return r.RunID }),
		store.Bigint("seen_id", func(r *findingRow) int64 { return r.SeenID }),
		store.Text("identity", func(r *findingRow) string { return r.Identity }),
		store.Text("kind", func(r *findingRow) reconcile.Kind { return r.Kind }),
		store.Text("status", func(r *findingRow) reconcile.FindingStatus { return r.Status }),
		store.NullBigint("attempt_id", func(r *findingRow) int64 { return r.AttemptID }),
		store.Text("reference", func(r *findingRow) string { return r.Reference }),
		store.Text("provider_reference", func(r *findingRow) string { return r.ProviderReference }),
		store.Text("said", func(r *findingRow) reconcile.State { return r.State }),
		store.NullTime("at", func(r *findingRow) *time.Time { return r.At }),
		store.Bigint("line", func(r *findingRow) int64 { return r.Line }),
		store.Bigint("said_micros", func(r *findingRow) money.Amount { return r.Said.Amount }),
		store.Text("said_currency", func(r *findingRow) money.Currency { return r.Said.Currency }),
		store.Bigint("ours_micros", func(r *findingRow) money.Amount { return r.Ours.Amount }),
		store.Text("ours_currency", func(r *findingRow) money.Currency { return r.Ours.Currency }),
		store.Time("created_at", func(r *findingRow) time.Time { return r.at }),
		store.Time("updated_at", func(r *findingRow) time.Time { return r.at }),
	},
}

// changeFindings is for what a comparison itself may change, which is nothing that an operator has resolved.
var changeFindings = store.Same(`UPDATE reconciliation_findings SET status = $2, said_micros = $3, ours_micros = $4,
	ours_currency = $5, updated_at = $6 WHERE id = $1 AND status IN ('open', 'gone', 'agreed') RETURNING id`)
