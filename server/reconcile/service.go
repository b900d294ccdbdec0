package reconcile

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
)

// Differs tells that a statement has something that the hub has not, or the other way
// round.
const Differs operatorevent.Kind = "reconciliation.differs"

// RunFilter pages through runs, newest first. Zeros select everything.
type RunFilter struct {
	ProviderID int64
	BeforeID   int64
	Limit      int
}

// FindingFilter pages through findings, newest first. Zeros select everything but what
// agrees.
type FindingFilter struct {
	ProviderID int64
	SeenID     int64 // only what this run found, for the first time or again
	Status     FindingStatus
	Kind       Kind
	BeforeID   int64
	Limit      int
}

// Direct is what the service leaves to the store as it is.
type Direct interface {
	// Run finds by id. ErrRunNotFound.
	Run(ctx context.Context, id int64) (Run, error)
	// Runs lists.
	Runs(ctx context.Context, f RunFilter) ([]Run, error)
	// Finding finds by id. ErrNotFound.
	Finding(ctx context.Context, id int64) (Finding, error)
	// Findings lists.
	Findings(ctx context.Context, f FindingFilter) ([]Finding, error)
	// Sums adds up what statements charged and credited, by provider and currency.
	Sums(ctx context.Context, f SumFilter) ([]Sum, error)
}

// Store keeps runs and findings.
type Store interface {
	Direct

	// Begin makes a run that takes rows. Of runs that nobody went on with for a day, rows
	// are dropped.
	Begin(ctx context.Context, r Run) (Run, error)
	// Add takes rows; those that it has already it leaves. ErrRunNotFound, ErrEnded, and
	// *errs.InvalidError for too many rows, or another row of a line.
	Add(ctx context.Context, runID int64, rows []Row) error
	// Step does the next part of comparing in one transaction, and returns the run as it is
	// then. ErrRunNotFound.
	Step(ctx context.Context, runID int64) (Run, error)
	// Resolve notes what an operator says and moves what [Finding.Move] says where it is
	// to be booked, in one transaction. Doing it again changes nothing. ErrNotFound, and
	// what MayResolve and Move refuse.
	Resolve(ctx context.Context, r Resolution) (Finding, error)
}

// Attempts has attempts decided about.
type Attempts interface {
	// Resolve does what an operator decided of a parked attempt, and settles the finding that proves it in the same
	// transaction.
	Resolve(ctx context.Context, d fulfil.Decision) (fulfil.Attempt, error)
}

// Service is what the ways in use. Safe for concurrent use.
type Service struct {
	Direct

	store    Store
	attempts Attempts
	now      func() time.Time
	// providers are nil where no statement is read from one.
	providers Providers
	atOnce    time.Duration
}

// atOnce is for how long one call compares; who called goes on with another one.
const atOnce = 5 * time.Second

// NewService works on a store.
func NewService(s Store, a Attempts, now func() time.Time) *Service {
	return &Service{Direct: s, store: s, attempts: a, now: now, atOnce: atOnce}
}

// Begin makes a run. *errs.InvalidError.
func (s *Service) Begin(ctx context.Context, r Run) (Run, error) {
	if err := r.Check(); err != nil {
		return Run{}, err
	}
	return s.store.Begin(ctx, r)
}

// Add takes rows of a statement, in any order. Nothing is taken of rows of which one is
// bad. Errors: those of [Store.Add].
func (s *Service) Add(ctx context.Context, runID int64, rows []Row) error {
	if err := CheckRows(rows); err != nil || len(rows) == 0 {
		return err
	}
	return s.store.Add(ctx, runID, rows)
}

// mostBad is how many bad rows one error names.
const mostBad = 20

// CheckRows finds what is wrong with rows; the error, an *errs.InvalidError, names them
// by their place and by their line.
func CheckRows(rows []Row) error {
	if len(rows) > MaxPart {
		return errs.Invalid("rows", "must have at most %d entries", MaxPart)
	}
	bad, lines := &errs.InvalidError{}, make(map[int64]bool, len(rows))
	for i := range rows {
		r := &rows[i]
		field := fmt.Sprintf("rows[%d]", i)
		if err := r.Check(); err != nil {
			bad.Add(field, "line %d: %s", r.Line, inWords(err))
		} else if lines[r.Line] {
			bad.Add(field, "line %d: is there twice", r.Line)
		}
		if lines[r.Line] = true; len(bad.Violations) >= mostBad {
			break
		}
	}
	return bad.OrNil()
}

// Compare goes on with comparing a run, for some seconds: it is Matching when there is
// more to do. A run that is done stays as it is. ErrRunNotFound, *errs.InvalidError.
func (s *Service) Compare(ctx context.Context, runID int64) (r Run, err error) {
	until := s.now().Add(s.atOnce)
	for {
		if r, err = s.store.Step(ctx, runID); err != nil || (r.Status != Matching && r.Status != Receiving) {
			return r, err
		}
		if s.now().After(until) {
			return r, nil
		}
	}
}

// Resolve is for what is about money: it accepts a finding, or books it. Errors: those
// of [Resolution.Check] and [Store.Resolve].
func (s *Service) Resolve(ctx context.Context, r Resolution) (Finding, error) {
	if err := r.Check(Accept, Book); err != nil {
		return Finding{}, err
	}
	return s.store.Resolve(ctx, r)
}

// Settle is for what is about an attempt: it is decided by what the statement proves.
// While the provider is only asked again, the finding stays open. Errors: those of
// [Resolution.Check], ErrNoProof, what [Attempts] and MayResolve refuse, and
// fulfil.ErrAttemptSettled where somebody had decided so without the finding.
func (s *Service) Settle(ctx context.Context, r Resolution) (Finding, error) {
	if err := r.Check(Inquire, Fail, Elsewhere); err != nil {
		return Finding{}, err
	}
	f, err := s.store.Finding(ctx, r.FindingID)
	if err != nil {
		return f, err
	}
	if due, err := f.MayResolve(&r); err != nil || !due {
		return f, err
	}
	if !f.Proves(r.Action) {
		return f, ErrNoProof
	}
	if _, err := s.attempts.Resolve(ctx, f.decision(&r)); err != nil {
		return f, err
	}
	if f, err = s.store.Finding(ctx, r.FindingID); err != nil || r.Action == Inquire {
		return f, err
	}
	if due, err := f.MayResolve(&r); err != nil || !due {
		return f, err
	}
	return f, fulfil.ErrAttemptSettled
}
