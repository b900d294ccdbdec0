// Package retention removes what is old enough that nobody needs it any more: how long each kind is kept, what is
// looked at next, and when. Which rows may go, and removing them, is the store's business.
package retention

import (
	"context"
	"errors"
	"time"
)

// Kind is a kind of rows that grows without end.
type Kind string

// The kinds.
const (
	// Deliveries are webhooks that were delivered, given up or superseded, with their attempts and bodies.
	Deliveries Kind = "deliveries"
	// Callbacks are notices of providers whose attempts are settled.
	Callbacks Kind = "callbacks"
	// Payloads are what providers said of attempts that are settled, in words and in goods that never became anybody's.
	// The attempts stay, and say that they had them.
	Payloads Kind = "payloads"
	// Purchases are those that people delivered, refused or were not needed for, with what they delivered.
	Purchases Kind = "purchases"
	// Syncs are readings of providers' lists that nobody works on or has to look at any more, with what they changed.
	Syncs Kind = "syncs"
	// OperatorEvents are those that operators' endpoints were told, or that there was nobody to tell of.
	OperatorEvents Kind = "operator_events"
	// Jobs are those that did what they should, or were called off.
	Jobs Kind = "jobs"
	// FailedJobs are those that were given up.
	FailedJobs Kind = "failed_jobs"
	// Refusals are why orders were refused under references, for who lost the answer.
	Refusals Kind = "refusals"
	// Holds are those that have ended.
	Holds Kind = "holds"
	// RecipientChecks are those that count for no order any more.
	RecipientChecks Kind = "recipient_checks"
	// Events are the beginning of the log of all merchants, up to the first that is to stay.
	Events Kind = "events"
)

// Kinds are all there are, in the order in which they are removed.
var Kinds = []Kind{
	Deliveries, Callbacks, Payloads, Purchases, Syncs, OperatorEvents, Jobs, FailedJobs, Refusals, Holds,
	RecipientChecks, Events,
}

// Ages is how long each kind is kept; 0 is for good.
type Ages map[Kind]time.Duration

// Least is the shortest that anything may be kept: what is done must be done in every process first.
const Least = time.Minute

// leastFailedJobs is how long jobs that were given up are kept at least: somebody may want to know why.
const leastFailedJobs = 7 * 24 * time.Hour

// ForJobs are the ages of jobs that are kept for age.
func (a Ages) ForJobs(age time.Duration) {
	a[Jobs], a[FailedJobs] = age, age
	if age > 0 {
		a[FailedJobs] = max(age, leastFailedJobs)
	}
}

// Place is where a sweep is within a kind. The zero Place is the beginning.
type Place struct {
	Transaction int64 // of the event; 0 of other kinds
	ID          int64
}

// Step is a part of a sweep, small enough that nobody waits for it.
type Step struct {
	Kind   Kind
	Before time.Time // what became final, and happened, before this may go
	After  Place
	Most   int  // rows to look at
	Dry    bool // only count
}

// Stepped is what came of a step.
type Stepped struct {
	// Rows are those that were removed, or would be, of payloads those that were emptied. Attempts and bodies of
	// deliveries do not count.
	Rows int64
	Next Place // where the next step begins
	More bool  // there may be more that is old enough
}

// Store keeps what is swept.
type Store interface {
	// Step removes what may go among the next rows. It may be repeated. ErrElsewhere.
	Step(ctx context.Context, s Step) (Stepped, error)
	// LastSweep is when a sweep last ended well, in whatever process; zero for never.
	LastSweep(ctx context.Context) (time.Time, error)
	// SweptAt notes that a sweep ended well.
	SweptAt(ctx context.Context, at time.Time) error
}

// ErrElsewhere: another process is removing something at this moment.
var ErrElsewhere = errors.New("another process removes what is no longer kept")
