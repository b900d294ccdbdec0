package order

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"orderhub/server/errs"
)

// Limits of a batch of drafts.
const (
	MaxBatch      = 1000
	MaxBatchLines = 5000 // of all its drafts together: each is a part of the answer
)

const (
	// rowsTogether is how many drafts of one batch wait to be placed at once. They
	// share a transaction, and leave half of it to others.
	rowsTogether = 128
	// rowsInFlight is how many there are of all batches: however many batches come, a
	// single order waits for a transaction or two.
	rowsInFlight = 256
	// rowReaders is how many orders of a batch that were placed before are read at once.
	rowReaders = 8
)

// ErrNoTime: the call's time was over before the row was begun; nothing was stored.
var ErrNoTime = errors.New("the time of the call was over before this row was begun")

// Row is what became of one draft of a batch: an error, or an order.
type Row struct {
	Placement
	Err error
}

// RowError: all of a batch were refused for one of its drafts.
type RowError struct {
	Row int // from 0
	Err error
}

func (e *RowError) Error() string { return fmt.Sprintf("row %d: %s", e.Row+1, e.Err) }
func (e *RowError) Unwrap() error { return e.Err }

// checkBatch finds what is wrong with a batch as a whole.
func checkBatch(drafts []*Draft) error {
	lines := 0
	for _, d := range drafts {
		if d != nil {
			lines += len(d.Lines)
		}
	}
	switch {
	case len(drafts) == 0 || len(drafts) > MaxBatch:
		return errs.Invalid("orders", "must have 1 to %d entries", MaxBatch)
	case lines > MaxBatchLines:
		return errs.Invalid("orders", "must have at most %d lines in all", MaxBatchLines)
	}
	return nil
}

// repeatsIn finds the first row with the same reference as each row; those without one
// have none. Only one order can have a reference.
func repeatsIn(drafts []*Draft) func(row int) error {
	first := make(map[string]int, len(drafts))
	for i, d := range drafts {
		if d == nil || d.Reference == "" {
			continue
		}
		if _, known := first[d.Reference]; !known {
			first[d.Reference] = i
		}
	}
	return func(row int) error {
		if i, named := first[drafts[row].Reference]; named && i != row {
			return errs.Invalid("reference_id", "is the reference of row %d of this batch, too", i+1)
		}
		return nil
	}
}

// CreateEach places drafts of one merchant, each by itself as Create does, and returns
// what became of each, in their order. A nil draft is left out. They are judged in
// their order, but for those that have to be tried again. What is not begun by nine
// tenths of the time to ctx's deadline is not placed: ErrNoTime. The error is of the
// batch as a whole: *errs.InvalidError.
func (s *Service) CreateEach(ctx context.Context, drafts []*Draft) ([]Row, error) {
	if err := checkBatch(drafts); err != nil {
		return nil, err
	}
	rows, repeats := make([]Row, len(drafts)), repeatsIn(drafts)
	var begun []*rowOf
	for i, d := range drafts {
		if d == nil {
			continue
		}
		if rows[i].Err = repeats(i); rows[i].Err == nil {
			rows[i].Err = d.check()
		}
		if rows[i].Err == nil {
			begun = append(begun, &rowOf{row: &rows[i], making: s.begin(d)})
		}
	}
	// Whoever asks for a row that waits for its part hears that it may yet be placed.
	s.enterAll(begun)
	defer func() { s.leaveAll(begun) }()
	until := inTime(ctx)
	for len(begun) > 0 {
		part := begun[:min(len(begun), rowsTogether)]
		if !until.IsZero() && time.Now().After(until) {
			refuseAll(begun, &RetryLaterError{Err: ErrNoTime, After: overloadRetry})
			break
		}
		if err := s.rows.Acquire(ctx, int64(len(part))); err != nil {
			refuseAll(begun, err)
			break
		}
		s.createPart(ctx, part)
		s.rows.Release(int64(len(part)))
		s.leaveAll(part)
		begun = begun[len(part):]
	}
	return rows, nil
}

func (s *Service) enterAll(rows []*rowOf) {
	for _, r := range rows {
		s.underWay.enter(r.making.key())
	}
}

func (s *Service) leaveAll(rows []*rowOf) {
	for _, r := range rows {
		s.underWay.leave(r.making.key())
	}
}

// inTime is until when rows are begun; zero for without end.
func inTime(ctx context.Context) time.Time {
	deadline, set := ctx.Deadline()
	if !set {
		return time.Time{}
	}
	return time.Now().Add(time.Until(deadline) * 9 / 10)
}

func refuseAll(rows []*rowOf, err error) {
	for _, r := range rows {
		r.row.Err = err
	}
}

// rowOf is a draft of a batch on its way.
type rowOf struct {
	row    *Row
	making making
	// later is what is left to do once the part is judged; nil for nothing.
	later func(ctx context.Context) (Placement, error)
}

// createPart places some drafts that share a transaction as far as they can.
func (s *Service) createPart(ctx context.Context, part []*rowOf) {
	var candidates []*Candidate
	var placing []*rowOf
	for _, r := range part {
		c, err := s.candidate(ctx, &r.making)
		if err != nil {
			r.later = func(ctx context.Context) (Placement, error) {
				return s.replay(ctx, &r.making, err)
			}
			continue
		}
		candidates, placing = append(candidates, c), append(placing, r)
	}
	if len(candidates) > 0 {
		s.placer.placeAll(ctx, candidates, func(i int, placed Placed, err error) {
			s.judged(placing[i], candidates[i], placed, err)
		})
	}
	finishAll(ctx, part)
}

// judged says what is left to do for a row.
func (s *Service) judged(r *rowOf, c *Candidate, placed Placed, err error) {
	d := r.making.d
	switch {
	case passes(err): // alone, as often as it takes
		r.later = func(ctx context.Context) (Placement, error) { return s.create(ctx, s.begin(d)) }
	case err != nil:
		r.later = func(ctx context.Context) (Placement, error) { return Placement{}, s.noteRefusal(ctx, c, err) }
	case placed.Replayed != nil:
		r.later = func(ctx context.Context) (Placement, error) { return s.replayed(ctx, d.MerchantID, placed.Replayed) }
	default:
		r.row.Placement = Placement{Order: placed.Order, Balance: placed.Balance}
	}
}

// finishAll does what is left for each row, a few at a time.
func finishAll(ctx context.Context, part []*rowOf) {
	var running sync.WaitGroup
	places := make(chan struct{}, rowReaders)
	for _, r := range part {
		if r.later == nil {
			continue
		}
		places <- struct{}{}
		running.Go(func() {
			r.row.Placement, r.row.Err = r.later(ctx)
			<-places
		})
	}
	running.Wait()
}
