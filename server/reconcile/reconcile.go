// Package reconcile compares what a provider says was bought from it with the hub's
// attempts: what is missing there or here, priced otherwise or credited, and what is
// proof of an outcome that nobody knows. A statement changes nothing: each difference is
// a finding, which is the same each time it is found, and operators say what becomes of
// it. What an attempt may become is package fulfil's.
package reconcile

import (
	"errors"
	"slices"
	"strings"
	"time"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// State is what a statement says of a purchase.
type State string

// The states.
const (
	Purchased State = "purchased" // it was delivered, and is charged
	Refused   State = "refused"   // it was not, and is not
	Credited  State = "credited"  // money came back
	// Other: it is named, and no more is said; of a finding, that another statement may say more.
	Other State = "other"
)

// Row is one row of a provider's statement. It has our reference, the provider's, or both.
type Row struct {
	Line              int64  // of the statement, from 1
	Reference         string // ours, by which the purchase was made
	ProviderReference string
	At                time.Time // by the provider's clock, UTC
	State             State
	Sum               money.Sum // 0 or more; none where the statement does not say
}

// Name is the same for rows about one purchase, where no attempt says that they are.
func (r *Row) Name() string {
	if r.Reference != "" {
		return r.Reference
	}
	return "p:" + r.ProviderReference
}

// Bounds of a statement.
const (
	MaxRows      = 200_000
	MaxPart      = 5_000 // rows that are taken at once
	maxReference = 255   // characters
	maxName      = 200   // characters of a statement's name
	// maxSum leaves room for what is calculated with amounts.
	maxSum = money.MaxAmount / 1000
)

// Check finds what is wrong with a row; the error is for the line, and in words.
func (r *Row) Check() error {
	bad := &errs.InvalidError{}
	bad.CheckLine("reference", r.Reference, 0, maxReference)
	bad.CheckLine("provider_reference", r.ProviderReference, 0, maxReference)
	switch {
	case r.Line < 1:
		bad.Add("line", "must be 1 or more")
	case r.Reference == "" && r.ProviderReference == "":
		bad.Add("reference", "must be there, or the provider's")
	case r.At.IsZero():
		bad.Add("time", "must be there")
	case !slices.Contains([]State{Purchased, Refused, Credited, Other}, r.State):
		bad.Add("state", "must be purchased, refused, credited or other")
	case r.Sum.Amount < 0:
		bad.Add("amount", "must not be below 0")
	case r.Sum.Amount > maxSum:
		bad.Add("amount", "must be at most %s", maxSum.Format(r.Sum.Currency))
	}
	return bad.OrNil()
}

// inWords is what is wrong, without that something is.
func inWords(err error) string { return strings.TrimPrefix(err.Error(), "invalid input: ") }

// Status is where a reconciliation is.
type Status string

// The states of a reconciliation.
const (
	Receiving Status = "receiving" // rows may follow
	Matching  Status = "matching"
	Done      Status = "done"
	Abandoned Status = "abandoned" // nobody went on with it for a day
)

// Run is one comparison of a statement.
type Run struct {
	ID         int64
	ProviderID int64
	Name       string // of the statement; "" for none
	Status     Status
	// From and To are what time it is about, [From, To). Nil for that of its rows, until it
	// is compared.
	From, To  *time.Time
	Rows      int64
	Outside   int64 // rows of another time, which are left out
	Matched   int64 // attempts that rows are about
	Found     int64 // findings that are new
	Open      int64 // findings of the provider that were open when it ended
	AskedBy   string
	EndedAt   *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
	// Stage is which part of comparing is next, and Cursor and CursorName how far it came.
	Stage      Stage
	Cursor     int64
	CursorName string
}

// Stage is a part of comparing.
type Stage string

// The stages, in their order.
const (
	StageNames    Stage = "names"    // finds the attempts that rows are about
	StageAttempts Stage = "attempts" // compares these
	StageUnknown  Stage = "unknown"  // looks at rows about no attempt
	StageMissing  Stage = "missing"  // looks for attempts without a row
	StagePromised Stage = "promised" // looks for credits that disputes were promised
	StageGone     Stage = "gone"     // closes findings of before that are no more
	StageClean    Stage = "clean"    // drops the rows
	StageEnd      Stage = "end"      // notes what came of it
)

// Check finds what is wrong with how a run is begun. *errs.InvalidError.
func (r *Run) Check() error {
	bad := &errs.InvalidError{}
	bad.CheckLine("name", r.Name, 0, maxName)
	if r.From != nil && r.To != nil && !r.From.Before(*r.To) {
		bad.Add("to_time", "must be after the first moment")
	}
	return bad.OrNil()
}

// margin is how far the time of a purchase by a provider's clock may be from when it was
// submitted: it may be that of its end, or of a zone that nobody has said.
const margin = 24 * time.Hour

// Until is where what the statement is about ends: it has nothing that was bought after
// it was sent.
func (r *Run) Until() time.Time {
	if r.CreatedAt.Before(*r.To) {
		return r.CreatedAt
	}
	return *r.To
}

// Has reports whether a moment of the provider's clock is of the statement's time.
func (r *Run) Has(at time.Time) bool { return !at.Before(*r.From) && at.Before(*r.To) }

// Covers reports whether no other statement can have a purchase that was submitted then.
func (r *Run) Covers(at time.Time) bool {
	return !at.Before(r.From.Add(margin)) && at.Before(r.Until().Add(-margin))
}

// Kind is in what a statement and the hub differ.
type Kind string

// The kinds.
const (
	MissingThere    Kind = "missing_there" // we bought it; the statement has it not, or as refused
	MissingHere     Kind = "missing_here"  // the statement has it; no attempt is it
	PricedOtherwise Kind = "priced_otherwise"
	CreditUnbooked  Kind = "credited" // there, and not in the books
	// Uncredited: charged there for what did not come, which the books have as credited.
	Uncredited Kind = "uncredited"
	// ChargedTwice: statements charge it again.
	ChargedTwice Kind = "charged_twice"
	// DisputeUncredited: a dispute was promised a credit that no statement has.
	DisputeUncredited Kind = "dispute_uncredited"
	// OutcomeProven: nobody knows what became of the attempt, but the statement does.
	OutcomeProven Kind = "outcome_proven"
)

// Kinds are all of them.
var Kinds = []Kind{
	MissingThere, MissingHere, PricedOtherwise, ChargedTwice, CreditUnbooked, Uncredited, DisputeUncredited,
	OutcomeProven,
}

// FindingStatus is what became of a finding.
type FindingStatus string

// The states of findings. All but the first are closed.
const (
	Open     FindingStatus = "open"
	Accepted FindingStatus = "accepted" // an operator saw it, and nothing is to be done
	Booked   FindingStatus = "booked"   // the books have it now
	Settled  FindingStatus = "settled"  // the attempt was decided by it
	Agreed   FindingStatus = "agreed"   // a credit that the books had
	Gone     FindingStatus = "gone"     // it is so no more, without anybody's word
)

// Finding is something in which a provider's statement and the hub differ.
type Finding struct {
	ID         int64
	ProviderID int64
	RunID      int64 // by which it was found first
	SeenID     int64 // by which it was found last
	Identity   string
	Kind       Kind
	Status     FindingStatus
	AttemptID  int64 // 0 of MissingHere

	Reference         string
	ProviderReference string
	State             State      // as the statement says; "" for nothing
	At                *time.Time // by the provider's clock; nil where it says nothing
	Line              int64      // the first row; 0 for none
	Said              money.Sum  // in the statement
	Ours              money.Sum  // in the hub: the cost; of a credit, as much of it as the books have

	Moved      money.Amount // what was added to the cost because of it; below 0 for a credit
	Action     Action
	Note       string
	ResolvedBy string
	ResolvedAt *time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
	// AttemptStatus is that of the attempt now; "" for none. Only where findings are read.
	AttemptStatus string
	OrderNumber   string // of it; likewise
	// PurchasedToo says that some statement has the attempt as purchased. Only where findings
	// are read.
	PurchasedToo bool
}

// What a caller can act on.
var (
	ErrRunNotFound = errors.New("no such reconciliation")
	ErrNotFound    = errors.New("no such finding")
	// ErrEnded: no more rows are taken.
	ErrEnded = errors.New("the reconciliation takes no more rows")
	// ErrNotBookable: no money can be moved because of the finding.
	ErrNotBookable = errors.New("nothing can be booked because of the finding")
	// ErrBooksMoved: the books are not as they were when it was found.
	ErrBooksMoved = errors.New("the books have changed since: reconcile the statement again")
	// ErrNoProof: the statement proves nothing of the kind.
	ErrNoProof = errors.New("the statement is no proof of that")
)

// ResolvedError: something else became of the finding.
type ResolvedError struct{ Status FindingStatus }

func (e *ResolvedError) Error() string { return "the finding is " + string(e.Status) + " already" }
