package store

import (
	"context"
	"database/sql"
	"errors"

	"entgo.io/ent/dialect"
)

// The ids of units are known before their rows are written, because their contents are sealed for them. They come from
// where the database takes its own, so that a row whose INSERT names no id gets another.
var (
	takeUnitIDs = Statement{
		Postgres: `SELECT nextval(pg_get_serial_sequence('units', 'id')) FROM generate_series(1, $1::bigint)`,
		// Nobody else writes until the end of the transaction, and the rows themselves then raise the number.
		SQLite: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'units'), 0) + i FROM n`,
	}
	moreUnitIDs  = `UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = 'units' RETURNING seq`
	beginUnitIDs = `INSERT INTO sqlite_sequence (name, seq) VALUES ('units', ?1) RETURNING seq`
)

// UnitIDs are ids for units that are written in the same transaction.
type UnitIDs struct{ left []int64 }

// Take takes n ids in the transaction that will write the units; n must be above 0.
func (u *UnitIDs) Take(n int64) Query {
	u.left = nil
	return NewQuery(takeUnitIDs, []any{n}, Gather(&u.left))
}

// Next is an id that nobody else gets. There must be one left.
func (u *UnitIDs) Next() int64 {
	id := u.left[0]
	u.left = u.left[1:]
	return id
}

// ReserveUnitIDs takes n ids ahead of the transaction that writes the units, for those who seal before it begins.
func ReserveUnitIDs(ctx context.Context, s *DB, n int) (*UnitIDs, error) {
	u := &UnitIDs{}
	if s.dialect == dialect.Postgres {
		err := s.Peek(ctx, u.Take(int64(n)))
		return u, err
	}
	var last int64
	err := s.Retry(ctx, func() (err error) {
		last, err = raiseUnitIDs(ctx, s, n)
		return err
	})
	for id := last - int64(n) + 1; id <= last; id++ {
		u.left = append(u.left, id)
	}
	return u, err
}

func raiseUnitIDs(ctx context.Context, s *DB, n int) (last int64, err error) {
	err = s.OnceInTx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, moreUnitIDs, n).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) { // there was never a unit
			err = tx.QueryRowContext(ctx, beginUnitIDs, n).Scan(&last)
		}
		return During("reserve ids of units", err)
	})
	return last, err
}
