package supply

import (
	"context"
	"time"

	"orderhub/server/operatorevent"
)

// The kinds of operators' events.
const (
	EventApplied  operatorevent.Kind = "supply.applied"
	EventHeld     operatorevent.Kind = "supply.held"
	EventRefused  operatorevent.Kind = "supply.refused"
	EventFailed   operatorevent.Kind = "supply.failed"
	EventRejected operatorevent.Kind = "supply.rejected"
	EventUndone   operatorevent.Kind = "supply.undone"
)

// Step is a part of a sync's changes that is dealt with in one transaction.
type Step struct {
	SyncID   int64
	ChangeID int64 // only this one; 0 for all
	States   []State
	After    int64 // only changes with a higher id
	Limit    int
	// Decide says what becomes of a change and of what it is about.
	Decide func(c *Change, t *Target)
	// Tell is what operators are told of a change once it is decided; nil for nothing.
	Tell func(c *Change) operatorevent.Event
}

// Stepped is what a step did.
type Stepped struct {
	Next    int64 // id of the last change that was looked at
	Looked  int
	Skipped int // those that are skipped or kept
}

// Filter selects syncs, newest first. Zeros select everything.
type Filter struct {
	ProviderID int64
	Status     Status
	BeforeID   int64
	Limit      int
}

// ProposalFilter selects proposals, newest first. Zeros select everything.
type ProposalFilter struct {
	ProviderID int64
	Status     ProposalStatus
	BeforeID   int64
	Limit      int
}

// Standing is how the providers are followed, for metrics.
type Standing struct {
	ProviderID int64
	Provider   string
	Interval   time.Duration
	ReadAt     *time.Time
	Listed     int64
	Held       int64
	Proposals  int64
}

// Late reports a list that was not dealt with for three times as long as it should be.
func (s *Standing) Late(now time.Time) bool {
	return s.Interval > 0 && (s.ReadAt == nil || now.Sub(*s.ReadAt) > 3*s.Interval)
}

// Direct is what the service leaves to the store as it is.
type Direct interface {
	// Policy returns a provider's policy; one that only proposes when somebody asks where
	// none was set.
	Policy(ctx context.Context, providerID int64) (Policy, error)
	// Sync finds by id. ErrNotFound.
	Sync(ctx context.Context, id int64) (Sync, error)
	// Syncs returns what the filter selects.
	Syncs(ctx context.Context, f Filter) ([]Sync, error)
	// Proposals returns what the filter selects.
	Proposals(ctx context.Context, f ProposalFilter) ([]Proposal, error)
	// Dismiss has open proposals not proposed again, and counts them.
	Dismiss(ctx context.Context, ids []int64) (int, error)
	// Standings says how providers are followed.
	Standings(ctx context.Context) ([]Standing, error)
}

// Store keeps policies, syncs, their changes and proposals.
type Store interface {
	Direct

	// SetPolicy writes what an operator says of it, and when the list is read next.
	SetPolicy(ctx context.Context, p Policy) (Policy, error)
	// Due returns providers whose lists are to be read now and that nobody reads, and
	// those with a sync that was left unfinished; at most so many.
	Due(ctx context.Context, now time.Time, limit int) ([]int64, error)
	// Claim makes the provider's list the holder's until the given moment. False while
	// another holder has it.
	Claim(ctx context.Context, providerID int64, holder string, now, until time.Time) (bool, error)
	// Release ends a claim. read says when and how long the list was; nil for not read.
	// next is when it is read next; nil for only when somebody asks.
	Release(ctx context.Context, providerID int64, holder string, read *Reading, next *time.Time) error

	// Offers returns what a provider sells us, those with a higher id than after, by id.
	Offers(ctx context.Context, providerID, after int64, limit int) ([]Offer, error)
	// Known returns a provider's proposals, those of a SKU beyond after, by its SKU.
	Known(ctx context.Context, providerID int64, after string, limit int) ([]Known, error)

	// Begin writes a sync and assigns its ID.
	Begin(ctx context.Context, s Sync) (Sync, error)
	// AddChanges writes changes of a sync that is being planned.
	AddChanges(ctx context.Context, syncID int64, changes []Change) error
	// PutProposals writes proposals: new ones, and those with an id in the place of what
	// there is. Of those that are gone or accepted only the id and the status count.
	PutProposals(ctx context.Context, providerID int64, proposals []Proposal) error
	// Move brings a sync from one of the given states to that of s, with all that s says,
	// and writes the event, in one transaction. False when it was in none of them.
	Move(ctx context.Context, s *Sync, from []Status, event *operatorevent.Event) (bool, error)
	// Forget removes a sync that changed nothing, or was never planned to its end, with
	// its changes.
	Forget(ctx context.Context, syncID int64) error
	// Take deals with a part of a sync's changes.
	Take(ctx context.Context, step Step) (Stepped, error)

	// Count counts changes of a sync of which this became.
	Count(ctx context.Context, syncID int64, state State) (int, error)
	// Change finds by id. ErrChangeNotFound.
	Change(ctx context.Context, id int64) (Change, error)
	// Changes returns changes of a sync, by ascending id.
	Changes(ctx context.Context, syncID, after int64, limit int) ([]Change, error)

	// FindProposals returns those of the proposals that are open, by id.
	FindProposals(ctx context.Context, ids []int64) ([]Proposal, error)
	// Accept makes the offers, with their products where they have none, and accepts
	// their proposals, in one transaction. Those of which the SKU, the slug or the offer
	// is taken stay open, and are returned.
	Accept(ctx context.Context, accepted []Acceptance) (refused []int64, err error)
}

// Reading is a list that was read and dealt with.
type Reading struct {
	At     time.Time
	Listed int
}

// Acceptance is a proposal that becomes an offer.
type Acceptance struct {
	Proposal
	ProductID int64   // of the product that there is; 0 for Product
	Product   Product // to be made
}
