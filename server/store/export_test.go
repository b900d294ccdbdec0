package store

import (
	"context"
	"time"
)

// TakeOrderIDs is Take of the orders' ids.
func (s *DB) TakeOrderIDs(ctx context.Context, n int) ([]int64, error) {
	return s.OrderIDs.Reserve(ctx, n)
}

// SealAsBefore makes the database one that a version before has left, which kept personal data in the clear.
func (s *DB) SealAsBefore(ctx context.Context) error {
	s.sealing.Store(int64(sealsSecrets))
	s.sealsAccounts.Store(false)
	_, err := s.WriteDB.ExecContext(ctx, `DELETE FROM counters WHERE name = $1`, sealingCounter)
	if err == nil {
		err = s.SealAccounts(ctx, false)
	}
	return err
}

// SealAccounts decides whether accounts are sealed as they are written.
func (s *DB) SealAccounts(ctx context.Context, sealed bool) error {
	level := 0
	if sealed {
		level = 1
	}
	_, err := s.WriteDB.ExecContext(ctx, `UPDATE counters SET value = $2 WHERE name = $1`, accountSealingCounter, level)
	return err
}

// HurrySealing shortens the waits for other processes until the returned function is called.
func HurrySealing() (restore func()) {
	every, seen := sealingLookEvery, sealingSeen
	sealingLookEvery, sealingSeen = time.Millisecond, 0
	return func() { sealingLookEvery, sealingSeen = every, seen }
}
