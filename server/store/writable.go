package store

import (
	"context"
	"fmt"
)

// bumpReadiness is a change that every database takes that can take an order:
// it needs the lock of the writer, room on the disk and a durable commit.
const bumpReadiness = `INSERT INTO counters (name, value) VALUES ('readiness', 1)
ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`

// Writable checks that the database can be written now. Its error wraps
// errs.ErrUnavailable when that may pass: the disk is full, the file locked by
// somebody else, the server read-only or away.
func (s *DB) Writable(ctx context.Context) error {
	err := s.Retry(ctx, func() error {
		if s.pool != nil {
			_, err := s.pool.Exec(ctx, bumpReadiness)
			return err
		}
		tx, end, err := s.beginSQLite(ctx)
		if err != nil {
			return err
		}
		defer end()
		if _, err := tx.ExecContext(ctx, bumpReadiness); err != nil {
			return err
		}
		return tx.Commit()
	})
	if err != nil {
		return Unavailable(fmt.Errorf("writing to the database: %w", err))
	}
	return nil
}
