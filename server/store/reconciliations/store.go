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

const (
	runColumns = `SELECT id, provider_id, name, status, stage, "cursor", cursor_name, from_at, to_at, "rows", outside,
		matched, found, "open", asked_by, ended_at, created_at, updated_at FROM reconciliations `
	findingColumns = `SELECT f.id, f.provider_id, f.reconciliation_id, f.seen_id, f.identity, f.kind, f.status,
		coalesce(f.attempt_id, 0), f.reference, f.provider_reference, f.said, f.at, f.line, f.said_micros, f.said_currency,
		f.ours_micros, f.ours_currency, f.booked_micros, f.action, f.note, f.resolved_by, f.resolved_at, f.created_at,
		f.updated_at, coalesce(a.status, ''), coalesce(o.number, ''),
		EXISTS (SELECT 1 FROM reconciliation_findings p WHERE p.attempt_id = f.attempt_id AND p.kind = 'outcome_proven'
			AND p.said = 'purchased')
		FROM reconciliation_findings f LEFT JOIN attempts a ON a.id = f.attempt_id
		LEFT JOIN orders o ON o.id = a.order_id WHERE `
	// $1 is the provider and $2 the last one of the page before, 0 for all; $3 the status, $4 the kind.
	filtered = `(CAST($1 AS bigint) = 0 OR f.provider_id = $1) AND (CAST($2 AS bigint) = 0 OR f.id < $2)
		AND ($4 = '' OR f.kind = $4) `
)

var (
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

func scanRun(row store.Scanner, r *reconcile.Run) error {
	err := row.Scan(
		&r.ID, &r.ProviderID, &r.Name, &r.Status, &r.Stage, &r.Cursor, &r.CursorName, &r.From, &r.To, &r.Rows, &r.Outside,
		&r.Matched, &r.Found, &r.Open, &r.AskedBy, &r.EndedAt, &r.CreatedAt, &r.UpdatedAt,
	)
	r.From, r.To, r.EndedAt = store.OptionalUTC(r.From), store.OptionalUTC(r.To), store.OptionalUTC(r.EndedAt)
	r.CreatedAt, r.UpdatedAt = store.UTC(r.CreatedAt), store.UTC(r.UpdatedAt)
	return err
}

func scanFinding(row store.Scanner) (f reconcile.Finding, err error) {
	err = row.Scan(
		&f.ID, &f.ProviderID, &f.RunID, &f.SeenID, &f.Identity, &f.Kind, &f.Status, &f.AttemptID, &f.Reference,
		&f.ProviderReference, &f.State, &f.At, &f.Line, &f.Said.Amount, &f.Said.Currency, &f.Ours.Amount, &f.Ours.Currency,
		&f.Moved, &f.Action, &f.Note, &f.ResolvedBy, &f.ResolvedAt, &f.CreatedAt, &f.UpdatedAt, &f.AttemptStatus,
		&f.OrderNumber, &f.PurchasedToo,
	)
	f.At, f.ResolvedAt = store.OptionalUTC(f.At), store.OptionalUTC(f.ResolvedAt)
	f.CreatedAt, f.UpdatedAt = store.UTC(f.CreatedAt), store.UTC(f.UpdatedAt)
	return f, err
}

// reads runs queries, in a transaction or outside of one.
type reads func(ctx context.Context, queries ...store.Query) error

func readFindings(
	ctx context.Context, read reads, of store.Statement, args ...any,
) (all []reconcile.Finding, err error) {
	err = read(ctx, store.NewQuery(of, args, func(row store.Scanner) error {
		f, err := scanFinding(row)
		all = append(all, f)
		return err
	}))
	return all, err
}

// Run implements reconcile.Store.
func (s *Store) Run(ctx context.Context, id int64) (reconcile.Run, error) {
	r, err := readRun(ctx, s.db.Peek, selectRun, id)
	return r, store.During("find reconciliation", store.Unavailable(err))
}

func readRun(ctx context.Context, read reads, of store.Statement, id int64) (r reconcile.Run, err error) {
	err = read(ctx, store.NewQuery(of, []any{id}, func(row store.Scanner) error { return scanRun(row, &r) }))
	if err == nil && r.ID == 0 {
		err = reconcile.ErrRunNotFound
	}
	return r, err
}

// Runs implements reconcile.Store.
func (s *Store) Runs(ctx context.Context, f reconcile.RunFilter) (all []reconcile.Run, err error) {
	args := []any{f.ProviderID, f.BeforeID, int64(store.LimitOf(f.Limit))}
	err = s.db.Peek(ctx, store.NewQuery(selectRuns, args, func(row store.Scanner) error {
		var r reconcile.Run
		err := scanRun(row, &r)
		all = append(all, r)
		return err
	}))
	return all, store.During("list reconciliations", store.Unavailable(err))
}

// Finding implements reconcile.Store.
func (s *Store) Finding(ctx context.Context, id int64) (f reconcile.Finding, err error) {
	found, err := readFindings(ctx, s.db.Peek, selectFinding, id)
	if err == nil && len(found) == 0 {
		err = reconcile.ErrNotFound
	}
	if err != nil {
		return f, store.During("find a finding", store.Unavailable(err))
	}
	return found[0], nil
}

// Findings implements reconcile.Store.
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
	return found, store.During("list findings", store.Unavailable(err))
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
