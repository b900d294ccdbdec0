package reseal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"entgo.io/ent/dialect"

	"orderhub/server/store"
)

// resealBatch is how many rows are read at once, and at most changed in one transaction.
const resealBatch = 500

// Resealed is how far a Reseal is with one column.
type Resealed struct {
	Column   string // "units.content" and the like
	Sealed   int64  // values that were looked at
	Old      int64  // of these, sealed with another key than the first or as an earlier version did
	Clear    int64  // values that an earlier version left in the clear
	Replaced int64  // of the old and the clear ones, sealed anew
	Broken   int64  // values that none of the keys opens
}

// Reseal seals anew, with the first key and for the row that it stands in, whatever is not sealed so. A dry run only
// opens everything and counts. Hubs of this version may serve meanwhile, earlier ones may not: from its beginning
// personal data is sealed as it is written, which they cannot read. A value that changes under it is new by that. It
// may be stopped and started again at any time. When nothing is left that needs them the other keys are forgotten, and
// may be taken away once no process has one of them in front; and values that are not bound to their rows are refused
// from then on. Tell is called after every step with a column.
func (s *Store) Reseal(ctx context.Context, dry bool, tell func(Resealed)) (columns []Resealed, err error) {
	if !dry {
		if err := s.db.Sealing.SealPersonalFromNow(ctx); err != nil {
			return nil, err
		}
	}
	broken := false
	for _, column := range store.SealedColumns {
		done := Resealed{Column: column.At(0).Table + "." + column.At(0).Column}
		err := s.sealClear(ctx, column, dry, &done, tell)
		if err == nil {
			err = s.resealColumn(ctx, column, dry, &done, tell)
		}
		if err != nil {
			return columns, fmt.Errorf("reseal %s: %w", done.Column, store.Unavailable(err))
		}
		columns, broken = append(columns, done), broken || done.Broken > 0
	}
	if dry || broken {
		return columns, nil
	}
	if err := s.db.Sealing.RaiseTo(ctx, store.RefusesUnbound); err != nil {
		return columns, err
	}
	return columns, s.forgetKeys(ctx)
}

func (s *Store) resealColumn(
	ctx context.Context, column *store.SealedColumn, dry bool, done *Resealed, tell func(Resealed),
) error {
	page := fmt.Sprintf(
		`SELECT id, %s AS bound_to, %s AS sealed FROM %s WHERE id > $1 ORDER BY id LIMIT %d`, column.BoundTo(),
		column.Value(), column.Table, resealBatch,
	)
	for after := int64(0); ; {
		values, err := column.Query(ctx, s.db.ReadDB, page, after)
		if err != nil || len(values) == 0 {
			return err
		}
		after = values[len(values)-1].Id
		began := time.Now()
		replaced, err := s.resealValues(ctx, column, s.opened(ctx, values, dry, done), dry)
		if err != nil {
			return err
		}
		done.Replaced += replaced
		tell(*done)
		if replaced > 0 {
			s.db.LetOthersWrite(ctx, time.Since(began))
		}
	}
}

// openedValue is a value that has to be sealed anew.
type openedValue struct {
	store.SealedValue

	plain []byte
}

// opened opens what is old, and in a dry run everything.
func (s *Store) opened(ctx context.Context, values []store.SealedValue, dry bool, done *Resealed) (old []openedValue) {
	for _, v := range values {
		if len(v.Sealed) == 0 {
			continue
		}
		done.Sealed++
		current := s.db.Sealer.Current(v.Sealed)
		if current && !dry {
			continue
		}
		plain, err := s.db.Sealer.Open(v.Sealed, v.At)
		switch {
		case err != nil:
			done.Broken++
			s.db.Log.ErrorContext(ctx, "a sealed value cannot be opened", "column", done.Column, "row", v.Id, "error", err)
		case !current:
			done.Old++
			old = append(old, openedValue{v, plain})
		}
	}
	return old
}

// resealValues replaces values that are still as they were read, and says how many were.
func (s *Store) resealValues(ctx context.Context, column *store.SealedColumn, old []openedValue, dry bool) (
	replaced int64, err error,
) {
	if dry || len(old) == 0 {
		return 0, nil
	}
	return s.changeEach(ctx, s.replaceSealed(column), len(old), func(i int) []any {
		v := &old[i]
		return []any{v.Id, column.Encode(v.Sealed), column.Encode(s.db.Sealer.Seal(v.plain, v.At))}
	})
}

// changeEach runs a statement n times in one transaction and says how many rows it changed.
func (s *Store) changeEach(ctx context.Context, statement string, n int, args func(i int) []any) (
	changed int64, err error,
) {
	write := func() error {
		changed = 0
		return s.db.OnceInTx(ctx, func(tx *sql.Tx) error {
			for i := range n {
				result, err := tx.ExecContext(ctx, statement, args(i)...)
				if err != nil {
					return err
				}
				rows, err := result.RowsAffected()
				if err != nil {
					return err
				}
				changed += rows
			}
			return nil
		})
	}
	err = s.db.Patiently(ctx, func() error { return s.db.Retry(ctx, write) })
	return changed, err
}

// replaceSealed is the statement that replaces a value, unless somebody else did.
func (s *Store) replaceSealed(column *store.SealedColumn) string {
	value := "$3"
	switch {
	case column.Key == "":
	case s.db.Dialect() == dialect.Postgres:
		value = fmt.Sprintf("jsonb_set(%s, '{%s}', to_jsonb($3::text))", column.Column, column.Key)
	default:
		value = fmt.Sprintf("json_set(%s, '$.%s', $3)", column.Column, column.Key)
	}
	return fmt.Sprintf(
		"UPDATE %s SET %s = %s WHERE id = $1 AND %s = $2", column.Table, column.Column, value, column.Value(),
	)
}

// forgetKeys takes away the check values of the keys that nothing is sealed with any more.
func (s *Store) forgetKeys(ctx context.Context) error {
	err := s.db.Retry(ctx, func() error {
		_, err := s.db.WriteDB.ExecContext(ctx, `DELETE FROM sealing_keys WHERE key_id <> $1`, s.db.Sealer.KeyIDs()[0])
		return err
	})
	return store.During("forget keys", err)
}
