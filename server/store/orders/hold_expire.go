package orders

import (
	"context"
	"errors"
	"time"

	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

// Nothing is read here that could be damaged: what a hold costs is read once it is locked, where others go on without
// it.
var selectDueHolds = store.FromPostgres(`SELECT h.id, h.merchant_id, h.currency,
	(SELECT count(*) FROM hold_parts p WHERE p.hold_id = h.id) FROM holds h WHERE h.status = 'held'
	AND h.expires_at <= $1 AND h.id <> ALL($3::bigint[]) ORDER BY h.expires_at, h.id LIMIT $2`)

// dueHold is a hold whose time is over.
type dueHold struct {
	id, merchantID int64
	currency       money.Currency
	units          int64 // of stock that it gives back
}

func (s *Holds) ExpireHolds(ctx context.Context, step order.ExpireStep) (done order.Expired, err error) {
	ctx = audit.With(ctx, nil) // nobody does it
	var due []dueHold
	args := []any{s.db.Now(), step.Most, store.SomeIfNil(step.Without)}
	err = s.db.Peek(ctx, store.NewQuery(selectDueHolds, args, store.All(&due, func(h *dueHold) []any {
		return []any{&h.id, &h.merchantID, &h.currency, &h.units}
	})))
	if err != nil || len(due) == 0 {
		return done, store.During("look for holds that have expired", err)
	}
	for _, h := range due { // not in the transaction
		if _, err := s.db.Ledger.Held(ctx, h.currency); err != nil {
			return done, store.During("end holds that have expired", err)
		}
	}
	done.More = len(due) == step.Most
	for len(due) > 0 {
		n := firstDue(due, step.Units)
		began := time.Now()
		failed := s.expire(ctx, due[:n], &done)
		if err = errors.Join(err, failed); isOver(ctx, failed) {
			done.More = false
			break
		}
		if due = due[n:]; len(due) > 0 {
			s.db.LetOthersWrite(ctx, time.Since(began))
		}
	}
	return done, store.During("end holds that have expired", err)
}

// firstDue is how many of the holds one transaction ends: those that give back so many units together, and one at
// least.
func firstDue(due []dueHold, units int64) int {
	for i := range due {
		if units -= due[i].units; units < 0 {
			return max(i, 1)
		}
	}
	return len(due)
}

// isOver says whether there is no point in trying fewer, or other, holds: the database is not there.
func isOver(ctx context.Context, err error) bool {
	return ctx.Err() != nil || (errors.Is(store.Unavailable(err), errs.ErrUnavailable) && !store.IsTooMuch(err))
}

// expire ends the holds together or, where that fails, by halves, so that one of them keeps no other from ending and
// none is too many for the time that a transaction has.
func (s *Holds) expire(ctx context.Context, due []dueHold, done *order.Expired) error {
	ended := make(map[int64]bool, len(due))
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		clear(ended)
		var ids, merchants []int64
		for i := range due {
			ids, merchants = append(ids, due[i].id), append(merchants, due[i].merchantID)
		}
		_, err := s.changeHolds(ctx, tx, ids, store.Distinct(merchants), func(h *order.Hold, now time.Time) error {
			open := h.Status == order.HoldOpen
			err := order.Expire(h, now)
			if open && h.Status != order.HoldOpen {
				ended[h.ID] = true
			}
			return err
		})
		return err
	})
	if err != nil && len(due) > 1 && !isOver(ctx, err) {
		half := len(due) / 2
		if err = s.expire(ctx, due[:half], done); isOver(ctx, err) {
			return err
		}
		return errors.Join(err, s.expire(ctx, due[half:], done))
	}
	if err != nil {
		clear(ended)
	}
	done.Ended += len(ended)
	for i := range due {
		if !ended[due[i].id] {
			done.Passed = append(done.Passed, due[i].id)
		}
	}
	return err
}
