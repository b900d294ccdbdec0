package orders

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/store"
)

func (s *Store) Place(ctx context.Context, candidates []*order.Candidate, judge order.Judging) []order.Placed {
	placed := make([]order.Placed, len(candidates))
	s.placeSplitting(ctx, candidates, judge, placed)
	return placed
}

// maxIDsTaken is how often a batch takes other ids: as many processes may hold ids that
// were reserved before a failover.
const maxIDsTaken = 8

// placeSplitting halves a batch that the database refuses as a whole, so that a
// poisonous draft ends alone. A database that does not answer is not asked
// again half by half.
func (s *Store) placeSplitting(
	ctx context.Context, candidates []*order.Candidate, judge order.Judging, placed []order.Placed,
) {
	err := s.placeTogether(ctx, candidates, judge, placed)
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		// The transaction may or may not be durable; the same reference finds out.
		err = fmt.Errorf("%w: %w", errs.ErrUnavailable, err)
	}
	if len(candidates) == 1 && store.IsUniqueViolation(err, "orders_number_key") {
		err = order.ErrNumberTaken
	}
	if len(candidates) == 1 || (errors.Is(err, errs.ErrUnavailable) && !store.IsLostRace(err)) {
		for i := range placed {
			placed[i] = order.Placed{Err: fmt.Errorf("place order: %w", err)}
		}
		return
	}
	half := len(candidates) / 2
	s.placeSplitting(ctx, candidates[:half], judge, placed[:half])
	s.placeSplitting(ctx, candidates[half:], judge, placed[half:])
}

func (s *Store) PlaceAll(
	ctx context.Context, candidates []*order.Candidate, judge order.Judging,
) ([]order.Placed, error) {
	placed := make([]order.Placed, len(candidates))
	err := s.placeTogether(ctx, candidates, judge, placed)
	if _, refused := errors.AsType[*order.RowError](err); err == nil || refused {
		return placed, err
	}
	if store.IsUniqueViolation(err, "orders_number_key") {
		return nil, order.ErrNumberTaken
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", errs.ErrUnavailable, err)
	}
	return nil, fmt.Errorf("place orders: %w", err)
}

// placeTogether places a batch in one transaction. After a failover that lost their reservation, ids may be somebody
// else's: then others are taken.
func (s *Store) placeTogether(
	ctx context.Context, candidates []*order.Candidate, judge order.Judging, placed []order.Placed,
) error {
	err := s.placeBatch(ctx, candidates, judge, placed)
	for tries := 0; store.IsIDTaken(err) && tries < maxIDsTaken; tries++ {
		s.db.OrderIDs.Forget()
		s.db.LineIDs.Forget()
		err = s.placeBatch(ctx, candidates, judge, placed)
	}
	return err
}

func (s *Store) placeBatch(
	ctx context.Context, candidates []*order.Candidate, judge order.Judging, placed []order.Placed,
) error {
	lines := 0
	for _, c := range candidates {
		lines += len(c.Lines)
		if c.HoldFor > 0 || c.Confirms != nil { // not in the transaction
			if _, err := s.db.Ledger.Held(ctx, c.Draft.Currency); err != nil {
				return err
			}
		}
	}
	// Reserved before the transaction: SQLite has one writer, and the ids of a
	// refused draft are simply never used.
	orderIDs, err := s.db.OrderIDs.Reserve(ctx, len(candidates))
	if err != nil {
		return fmt.Errorf("reserve order ids: %w", err)
	}
	lineIDs, err := s.db.LineIDs.Reserve(ctx, lines)
	if err != nil {
		return fmt.Errorf("reserve line ids: %w", err)
	}
	var verdicts []order.Verdict
	err = s.db.Vault.WithoutUnreadable(ctx, func() error {
		return s.db.Bulk(ctx, func(tx store.BulkTx) error {
			events := store.NewEventRows()
			state, err := s.loadState(ctx, tx.Query, candidates, events.ReadTargets(merchantsOf(candidates)))
			if err != nil {
				return fmt.Errorf("read placement state: %w", err)
			}
			state.NewOrderID, state.NewLineID, state.NewTicketCode = handOut(orderIDs), handOut(lineIDs),
				s.db.NewTicketCode
			if verdicts, err = judge(state, candidates); err != nil {
				return err
			}
			return s.writePlacement(ctx, tx, state, events, verdicts)
		})
	})
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		placed[i] = order.Placed{Err: v.Err, Replayed: v.Replayed}
		if v.Accepted != nil {
			placed[i].Order, placed[i].Balance = &v.Accepted.Order, v.Accepted.Charge.Balance
		}
		if v.Taking != nil {
			placed[i].Hold, placed[i].Balance = &v.Taking.Hold, v.Taking.Balance
		}
	}
	return nil
}

// handOut gives the ids one by one.
func handOut(ids []int64) func() int64 {
	next := 0
	return func() int64 {
		next++
		return ids[next-1]
	}
}

func (s *Store) Preview(ctx context.Context, c *order.Candidate) (*order.State, error) {
	n := s.needsOf([]*order.Candidate{c})
	state := n.newState(s.db)
	state.Withheld = nil // counting is cheap
	reads := append(s.judgedBy(n, state, false), n.countStock(c, state)...)
	if err := s.db.Peek(ctx, reads...); err != nil {
		return nil, fmt.Errorf("read placement state: %w", err)
	}
	return state, nil
}
