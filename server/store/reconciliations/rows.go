package reconciliations

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/reconcile"
	"orderhub/server/store"
)

var (
	insertRun = store.Same(`INSERT INTO reconciliations (provider_id, name, status, from_at, to_at, asked_by,
		created_at,
		updated_at) VALUES ($1, $2, 'receiving', $3, $4, $5, $6, $6) RETURNING id`)
	selectLeft = store.Same(`SELECT id FROM reconciliations WHERE status IN ('receiving', 'matching')
		AND updated_at < $1 ORDER BY created_at LIMIT 10`)
	abandon = store.Same(`UPDATE reconciliations SET status = 'abandoned', ended_at = $3 WHERE id = $1
		AND status IN ('receiving', 'matching') AND updated_at < $2 RETURNING id`)
	lockRun   = selectRun.Locked(store.LockRows)
	countRows = store.Same(`UPDATE reconciliations SET "rows" = "rows" + $2, updated_at = $3, last_part = $4
		WHERE id = $1 RETURNING id`)
	selectPart = store.Same(`SELECT last_part FROM reconciliations WHERE id = $1`)
	dropRows   = store.Same(`DELETE FROM statement_rows WHERE id IN (SELECT id FROM statement_rows
		WHERE reconciliation_id = $1 ORDER BY line LIMIT $2) RETURNING id`)
	rowColumns = `SELECT line, reference, provider_reference, at, state, amount_micros, currency, attempt_id
		FROM statement_rows WHERE reconciliation_id = $1 `
	selectSame = store.FromPostgres(rowColumns + `AND line = ANY($2::bigint[])`)
)

const (
	// patience is after what time without a word a run is abandoned.
	patience = 24 * time.Hour
	// dropped is how many rows are dropped at once.
	dropped = 2000
)

func (s *Store) Begin(ctx context.Context, r reconcile.Run) (reconcile.Run, error) {
	ctx = audit.With(ctx, nil) // it is on record when it is done
	if err := s.abandon(ctx); err != nil {
		return r, store.During("drop statements that nobody went on with", err)
	}
	id := int64(0)
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		args := []any{
			r.ProviderID, r.Name, store.OptionalUTC(r.From), store.OptionalUTC(r.To), r.AskedBy, s.db.Now(),
		}
		return tx.Query(ctx, store.NewQuery(insertRun, args, store.Into(&id)))
	})
	if err != nil {
		return r, store.During("begin a reconciliation", err)
	}
	return s.Run(ctx, id)
}

func (s *Store) abandon(ctx context.Context) error {
	before := s.db.Now().Add(-patience)
	var left []int64
	err := s.db.Peek(ctx, store.NewQuery(selectLeft, []any{before}, store.Gather(&left)))
	for _, id := range left {
		for n := dropped; n == dropped && err == nil; {
			err = s.db.Bulk(ctx, func(tx store.BulkTx) (err error) {
				n, err = dropSome(ctx, tx, id)
				if err != nil || n == dropped {
					return err
				}
				return tx.Query(ctx, store.NewQuery(abandon, []any{id, before, s.db.Now()}, store.IgnoreRow))
			})
		}
	}
	return err
}

func dropSome(ctx context.Context, tx store.BulkTx, runID int64) (n int, err error) {
	err = tx.Query(ctx, store.NewQuery(dropRows, []any{runID, int64(dropped)}, store.Count(&n)))
	return n, err
}

// instant is a moment as both databases keep it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// statementRow is a row to be written.
type statementRow struct {
	*reconcile.Row

	run int64
}

var rowsTable = &store.Table[statementRow]{
	Name: "statement_rows", Suffix: `ON CONFLICT (reconciliation_id, line) DO NOTHING RETURNING line`,
	Columns: []store.Column[statementRow]{
		store.Bigint("reconciliation_id", func(r *statementRow) int64 { return r.run }),
		store.Bigint("line", func(r *statementRow) int64 { return r.Line }),
		store.Text("name", func(r *statementRow) string { return r.Name() }),
		store.Text("reference", func(r *statementRow) string { return r.Reference }),
		store.Text("provider_reference", func(r *statementRow) string { return r.ProviderReference }),
		store.Text("state", func(r *statementRow) reconcile.State { return r.State }),
		store.Time("at", func(r *statementRow) time.Time { return instant(r.At) }),
		store.Bigint("amount_micros", func(r *statementRow) money.Amount { return r.Sum.Amount }),
		store.Text("currency", func(r *statementRow) money.Currency { return r.Sum.Currency }),
	},
}

func (s *Store) Add(ctx context.Context, runID int64, rows []reconcile.Row) error {
	ctx = audit.With(ctx, nil)
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		r, err := readRun(ctx, tx.Query, lockRun, runID)
		if err != nil {
			return err
		}
		fresh := make(map[int64]bool, len(rows))
		write := rowsTable.Insert()
		write.Each = store.Each1(func(line int64) { fresh[line] = true })
		for i := range rows {
			write.Add(statementRow{&rows[i], runID})
		}
		if r.Status != reconcile.Receiving {
			return s.mayRepeat(ctx, tx, runID, rows)
		}
		if err := tx.Write(ctx, &write); err != nil {
			return err
		}
		if err := s.sameAsBefore(ctx, tx, &r, rows, fresh); err != nil {
			return err
		}
		if r.Rows+int64(len(fresh)) > reconcile.MaxRows {
			return errs.Invalid("rows", "a statement has at most %d rows: compare it in parts of its time",
				reconcile.MaxRows)
		}
		args := []any{runID, int64(len(fresh)), s.db.Now(), hashOf(rows)}
		return tx.Query(ctx, store.NewQuery(countRows, args, store.IgnoreRow))
	})
	return store.During("take rows of a statement", err)
}

// mayRepeat lets the part be sent again that was the last, whose answer may have been lost. reconcile.ErrEnded.
func (s *Store) mayRepeat(ctx context.Context, tx store.BulkTx, runID int64, rows []reconcile.Row) error {
	var last string
	err := tx.Query(ctx, store.NewQuery(selectPart, []any{runID}, store.Into(&last)))
	if err == nil && last != hashOf(rows) {
		err = reconcile.ErrEnded
	}
	return err
}

// hashOf tells rows from others.
func hashOf(rows []reconcile.Row) string {
	h := sha256.New()
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(
			h, "%d %q %q %d %q %d %q\n", r.Line, r.Reference, r.ProviderReference, instant(r.At).UnixMicro(), r.State,
			r.Sum.Amount, r.Sum.Currency,
		)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sameAsBefore checks that rows that are not fresh are what was taken under their lines before.
func (s *Store) sameAsBefore(
	ctx context.Context, tx store.BulkTx, r *reconcile.Run, rows []reconcile.Row, fresh map[int64]bool,
) error {
	var again []int64
	wanted := make(map[int64]*reconcile.Row)
	for i := range rows {
		if !fresh[rows[i].Line] {
			again, wanted[rows[i].Line] = append(again, rows[i].Line), &rows[i]
		}
	}
	if len(again) == 0 {
		return nil
	}
	bad := &errs.InvalidError{}
	err := tx.Query(ctx, store.NewQuery(selectSame, []any{r.ID, again}, func(row store.Scanner) error {
		had, _, err := scanRow(row)
		if w := wanted[had.Line]; w != nil {
			same := *w
			if same.At = instant(same.At); same != had {
				bad.Add("rows", "line %d was sent before with something else", had.Line)
			}
		}
		return err
	}))
	if err != nil {
		return err
	}
	return bad.OrNil()
}

func scanRow(row store.Scanner) (r reconcile.Row, attemptID int64, err error) {
	err = row.Scan(
		&r.Line, &r.Reference, &r.ProviderReference, &r.At, &r.State, &r.Sum.Amount, &r.Sum.Currency, &attemptID,
	)
	return r, attemptID, err
}

// group are the rows about one purchase.
type group struct {
	attemptID int64
	name      string
	rows      []reconcile.Row
}

// readGroups reads whole groups from rows in their order, of as many rows as a part has. all reads the rows of the
// group that the part ended in.
func (w *stepping) readGroups(
	ctx context.Context, of store.Query, most int, same func(a, b *group) bool,
	all func(g *group) store.Query,
) (groups []group, err error) {
	n := 0
	collect := func(row store.Scanner) error {
		r, attemptID, err := scanRow(row)
		if err == nil && !w.run.Has(r.At) {
			r.State, r.Sum = reconcile.Other, money.Sum{} // it is left out, but names the purchase
		}
		g := group{attemptID: attemptID, name: r.Name()}
		if last := len(groups) - 1; last < 0 || !same(&groups[last], &g) {
			groups = append(groups, g)
		}
		last := &groups[len(groups)-1]
		last.rows = append(last.rows, r)
		n++
		return err
	}
	of.Each = collect
	if err = w.tx.Query(ctx, of); err != nil || n < most {
		return sorted(groups), err
	}
	cut := groups[len(groups)-1]
	groups = groups[:len(groups)-1]
	rest := all(&cut)
	rest.Each = collect
	err = w.tx.Query(ctx, rest)
	return sorted(groups), err
}

// sorted has the rows of each group in the order of their lines.
func sorted(groups []group) []group {
	for i := range groups {
		slices.SortFunc(groups[i].rows, func(a, b reconcile.Row) int { return cmp.Compare(a.Line, b.Line) })
	}
	return groups
}

// part says in an error which one of comparing it was.
func part(stage reconcile.Stage) string { return fmt.Sprintf("compare a statement (%s)", stage) }
