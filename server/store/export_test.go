package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"orderhub/ent"
	"orderhub/server/money"
	"orderhub/server/order"
)

// What the tests outside the package look at.
var (
	Translate         = translate
	IsUniqueViolation = isUniqueViolation
	IsLostRace        = isLostRace
	Unavailable       = unavailable
	UniqueColumns     = uniqueColumns
)

// Conflict is conflict.
func Conflict(index string, err error) conflict { return conflict{index, err} }

// Client is what writes.
func (s *Store) Client() *ent.Client { return s.client }

// Reader is what reads.
func (s *Store) Reader() *ent.Client { return s.reader }

// Handles are the writing and the reading handle.
func (s *Store) Handles() (write, read *sql.DB) { return s.writeDB, s.readDB }

// InTx is inTx.
func (s *Store) InTx(ctx context.Context, fn func(tx *ent.Tx) error) error { return s.inTx(ctx, fn) }

// TakeOrderIDs is Take of the orders' ids.
func (s *Store) TakeOrderIDs(ctx context.Context, n int) ([]int64, error) {
	return s.orderIDs.Take(ctx, n)
}

// Retry is retry.
func (s *Store) Retry(ctx context.Context, fn func() error) error { return s.retry(ctx, fn) }

// RevenueAccount is revenueAccount.
func (s *Store) RevenueAccount(ctx context.Context, currency money.Currency) (int64, error) {
	return s.revenueAccount(ctx, currency)
}

// UnitReads runs the reads of a placement transaction of the candidates and undoes it: how many pipelines they were,
// and how many units each of them read.
func (s *Store) UnitReads(ctx context.Context, candidates []*order.Candidate) (units []int, err error) {
	undo := errors.New("undo")
	undone := s.bulk(ctx, func(tx bulkTx) error {
		units = nil
		_, err = s.loadState(ctx, func(ctx context.Context, reads ...read) error {
			found := 0
			for i, r := range reads {
				if strings.Contains(r.statement.sqlite, "FROM units") {
					reads[i].each = func(row scanner) error { found++; return r.each(row) }
				}
			}
			units = append(units, 0)
			err := tx.read(ctx, reads...)
			units[len(units)-1] = found
			return err
		}, candidates)
		return undo
	})
	if !errors.Is(undone, undo) {
		return nil, undone
	}
	return units, err
}

// SealAsBefore makes the database one that a version before has left, which kept personal data in the clear.
func (s *Store) SealAsBefore(ctx context.Context) error {
	s.sealing.Store(int64(sealsSecrets))
	s.sealsAccounts.Store(false)
	_, err := s.writeDB.ExecContext(ctx, `DELETE FROM counters WHERE name = $1`, sealingCounter)
	if err == nil {
		err = s.SealAccounts(ctx, false)
	}
	return err
}

// SealAccounts decides whether accounts are sealed as they are written.
func (s *Store) SealAccounts(ctx context.Context, sealed bool) error {
	level := 0
	if sealed {
		level = 1
	}
	_, err := s.writeDB.ExecContext(ctx, `UPDATE counters SET value = $2 WHERE name = $1`, accountSealingCounter, level)
	return err
}

// HurrySealing shortens the waits for other processes until the returned function is called.
func HurrySealing() (restore func()) {
	every, seen := sealingLookEvery, sealingSeen
	sealingLookEvery, sealingSeen = time.Millisecond, 0
	return func() { sealingLookEvery, sealingSeen = every, seen }
}
