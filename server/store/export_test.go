package store

import (
	"context"
	"time"
)

// SealAsBefore makes the database one that a version before has left, which kept personal data in the clear.
func (l *Sealing) SealAsBefore(ctx context.Context) error {
	l.db.sealing.Store(int64(sealsSecrets))
	l.db.sealsAccounts.Store(false)
	_, err := l.db.WriteDB.ExecContext(ctx, `DELETE FROM counters WHERE name = $1`, sealingCounter)
	if err == nil {
		err = l.SealAccounts(ctx, false)
	}
	return err
}

// SealAccounts decides whether accounts are sealed as they are written.
func (l *Sealing) SealAccounts(ctx context.Context, sealed bool) error {
	level := 0
	if sealed {
		level = 1
	}
	const set = `UPDATE counters SET value = $2 WHERE name = $1`
	_, err := l.db.WriteDB.ExecContext(ctx, set, accountSealingCounter, level)
	return err
}

// HurrySealing shortens the waits for other processes until the returned function is called.
func HurrySealing() (restore func()) {
	every, seen := sealingLookEvery, sealingSeen
	sealingLookEvery, sealingSeen = time.Millisecond, 0
	return func() { sealingLookEvery, sealingSeen = every, seen }
}
