package order

import (
	"context"
	"errors"

	"orderhub/server/errs"
)

// CreateTogether places drafts of one merchant in one transaction, all or none, and
// returns what became of each, in their order: what was placed before is answered with
// its order, as Create does. Those that have units of stock or tickets have no more of
// them together than one transaction hands out.
//
// Errors: *errs.InvalidError of the batch as a whole, *RowError with that of Create for
// the first draft that cannot be placed, *RetryLaterError, errs.ErrUnavailable, the
// context's. After any of these but the last two nothing was charged.
func (s *Service) CreateTogether(ctx context.Context, drafts []*Draft) ([]Row, error) {
	if err := checkBatch(drafts); err != nil {
		return nil, err
	}
	repeats := repeatsIn(drafts)
	makings := make([]making, len(drafts))
	for i, d := range drafts {
		err := repeats(i)
		if err == nil {
			err = d.check()
		}
		if err != nil {
			return nil, &RowError{Row: i, Err: err}
		}
		makings[i] = s.begin(d)
		s.underWay.enter(makings[i].key())
		defer s.underWay.leave(makings[i].key())
	}
	// One at a time: each holds its merchant's wallet, and SQLite's one writer, for long.
	select {
	case s.together <- struct{}{}:
		defer func() { <-s.together }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.closed.Load() {
		return nil, &RetryLaterError{Err: ErrShuttingDown, After: overloadRetry}
	}
	for range maxTries {
		rows, err := s.tryTogether(ctx, makings)
		var failed *RowError
		switch {
		case errors.Is(err, ErrNumberTaken):
			for i := range makings {
				makings[i].number = s.numberFor(makings[i].d)
			}
		case passes(err):
			if err := s.letPass(ctx, err); err != nil {
				return nil, err
			}
		case errors.As(err, &failed):
			d := makings[failed.Row].d
			s.refusals.note(ctx, d.MerchantID, d.Reference, failed.Err)
			return nil, err
		default:
			return rows, err
		}
	}
	return nil, &RetryLaterError{Err: ErrContended, After: staleRetry}
}

func (s *Service) tryTogether(ctx context.Context, makings []making) ([]Row, error) {
	rows := make([]Row, len(makings))
	var candidates []*Candidate
	var places []int // of the candidates among the rows
	units := int64(0)
	for i := range makings {
		m := &makings[i]
		c, err := s.candidate(ctx, m)
		if err != nil {
			// What cannot be priced any more may have been placed when it could.
			if rows[i].Placement, err = s.replay(ctx, m, err); err != nil {
				return nil, &RowError{Row: i, Err: err}
			}
			continue
		}
		if units += c.Units(); units > batchUnits {
			return nil, errs.Invalid("orders", "must have at most %d units of stock and tickets in all", batchUnits)
		}
		candidates, places = append(candidates, c), append(places, i)
	}
	if len(candidates) == 0 {
		return rows, nil
	}
	// What was begun is not given up with the call: its outcome would not be known.
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), placement.Timeout)
	defer cancel()
	placed, err := s.store.PlaceAll(whole, candidates, judgeTogether)
	if failed, ok := errors.AsType[*RowError](err); ok {
		return nil, &RowError{Row: places[failed.Row], Err: failed.Err}
	}
	if err != nil {
		return nil, err
	}
	for i, p := range placed {
		row := &rows[places[i]]
		if p.Replayed == nil {
			row.Placement = Placement{Order: p.Order, Balance: p.Balance}
		} else if row.Placement, err = s.replayed(ctx, makings[places[i]].d.MerchantID, p.Replayed); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// judgeTogether is Judge where all are accepted or none: its error is a *RowError then.
func judgeTogether(s *State, candidates []*Candidate) ([]Verdict, error) {
	verdicts, err := Judge(s, candidates)
	if err != nil {
		return nil, err
	}
	for i := range verdicts {
		if verdicts[i].Err != nil {
			return nil, &RowError{Row: i, Err: verdicts[i].Err}
		}
	}
	return verdicts, nil
}
