package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"entgo.io/ent/dialect"

	"orderhub/ent"
)

const (
	// idBlock is how many ids are reserved at once. What a process did not use when it ends is lost, which is harmless.
	idBlock = 1000
	// idTimeout bounds a reservation in the background.
	idTimeout = 10 * time.Second
)

// ids gives out the ids of one table. It reserves them in blocks, each in a short transaction of its own, so that the
// ids of a batch are known before its transaction begins. Several processes may do so on one database: no id is given
// out twice, and those of one process grow, but those of two interleave. A failover may lose a reservation, where the
// new primary had not heard of it: what is refused because of that takes other ids, see Forget.
type ids struct {
	store *DB
	name  string // of the counter

	mu        sync.Mutex
	next, end int64 // what is left: next ≤ id < end
	// The block after this one: nil when there is none, else closed when the fields below are set.
	ahead               chan struct{}
	aheadNext, aheadEnd int64
	aheadErr            error
	background          sync.WaitGroup
}

func newIDs(s *DB, name string) *ids { return &ids{store: s, name: name} }

// Reserve gives out n ids, growing but not always adjacent. It must not be called inside a transaction on SQLite: the
// reservation would wait for the writer's connection that the caller holds. Errors wrap errs.ErrUnavailable where that
// fits, or are ctx's.
func (a *ids) Reserve(ctx context.Context, n int) ([]int64, error) {
	taken := make([]int64, 0, n)
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(taken) < n {
		if a.next == a.end {
			if err := a.refill(ctx); err != nil {
				return nil, fmt.Errorf("reserving ids for %s: %w", a.name, err)
			}
		}
		taken = append(taken, a.next)
		a.next++
	}
	if a.ahead == nil && a.end-a.next < idBlock/2 {
		a.prefetch()
	}
	return taken, nil
}

// refill replaces the block, which is used up, by the one that was reserved ahead, or else by a new one. a.mu is held:
// whoever else needs an id waits too, there is none left.
func (a *ids) refill(ctx context.Context) error {
	if a.ahead != nil {
		select {
		case <-a.ahead:
		case <-ctx.Done():
			return ctx.Err()
		}
		a.ahead = nil
		if a.aheadErr == nil {
			a.next, a.end = a.aheadNext, a.aheadEnd
			return nil
		}
		a.store.Log.WarnContext(ctx, "reserving ids ahead failed", "counter", a.name, "error", a.aheadErr)
	}
	last, err := a.reserve(ctx)
	if err != nil {
		return err
	}
	a.next, a.end = last-idBlock+1, last+1
	return nil
}

// prefetch reserves the next block in the background. a.mu is held.
func (a *ids) prefetch() {
	done := make(chan struct{})
	a.ahead = done
	a.background.Add(1)
	go func() {
		defer a.background.Done()
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), idTimeout)
		defer cancel()
		last, err := a.reserve(ctx)
		a.aheadNext, a.aheadEnd, a.aheadErr = last-idBlock+1, last+1, err
	}()
}

// Forget gives up what was reserved and not given out: somebody else was given the same.
func (a *ids) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ahead != nil {
		<-a.ahead
		a.ahead = nil
	}
	a.next = a.end
}

// wait returns when nothing runs in the background.
func (a *ids) wait() { a.background.Wait() }

// reserve raises the counter by a block and returns its new value. The text is right for both databases.
func (a *ids) reserve(ctx context.Context) (last int64, err error) {
	const statement = `INSERT INTO counters (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value
RETURNING value`
	err = a.store.Retry(ctx, func() error {
		return a.store.WriteDB.QueryRowContext(ctx, statement, a.name, idBlock).Scan(&last)
	})
	return last, err
}

// IsIDTaken says whether err is a row whose id, which was reserved, another row has.
func IsIDTaken(err error) bool {
	return IsUniqueViolation(err, "orders_pkey", "order_lines_pkey", "holds_pkey")
}

// ReserveID keeps PostgreSQL from assigning an id that the caller chose to another row later; SQLite continues after
// the highest id by itself. 0 is no choice.
func ReserveID(ctx context.Context, s *DB, tx *ent.Tx, table string, id int64) error {
	if id == 0 || s.dialect == dialect.SQLite {
		return nil
	}
	// Without the lock, another INSERT could take an id between the reading of the sequence and its setting.
	if _, err := tx.ExecContext(ctx, "LOCK TABLE "+table+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("lock %s: %w", table, err)
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(
		"SELECT setval('%[1]s_id_seq', GREATEST($1::bigint, last_value)) FROM %[1]s_id_seq", table), id)
	return During("reserve id in "+table, err)
}
