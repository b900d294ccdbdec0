package reconcile

import (
	"slices"

	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// Action is what an operator does about a finding.
type Action string

// The actions.
const (
	Accept    Action = "accept"    // nothing: it may be so
	Book      Action = "book"      // has the books say what the statement says
	Inquire   Action = "inquire"   // has the provider asked again about the attempt
	Fail      Action = "failed"    // the provider has not delivered: the units fail
	Elsewhere Action = "elsewhere" // the same, and the next offer is tried
)

// Resolution is what an operator says of a finding.
type Resolution struct {
	FindingID int64
	Action    Action
	Note      string
	By        string // name of the operator
}

const maxNote = 500 // characters

// Check looks at what needs no database: about money with what is not about the attempt,
// or the other way round. *errs.InvalidError.
func (r *Resolution) Check(allowed ...Action) error {
	bad := &errs.InvalidError{}
	bad.CheckLine("note", r.Note, 1, maxNote)
	if !slices.Contains(allowed, r.Action) {
		bad.Add("action", "must be %s", errs.OneOf(allowed))
	}
	return bad.OrNil()
}

// MayResolve reports whether something is to be done: false when it is done already.
// *ResolvedError when something else became of the finding.
func (f *Finding) MayResolve(r *Resolution) (bool, error) {
	switch {
	case f.Status == Open:
		return true, nil
	case f.Action == r.Action && f.Action != "":
		return false, nil
	default:
		return false, &ResolvedError{f.Status}
	}
}

// Move is what the books are to be changed by: what is added to an attempt's cost, below
// 0 for what is taken off it.
type Move struct {
	Amount   money.Amount
	Currency money.Currency
	Credit   bool // it counts as a credit, not as another cost
}

// Move is what booking a finding moves; now is its attempt as it is, and known what was
// found of it. ErrNotBookable, ErrBooksMoved.
func (f *Finding) Move(now *Bought, known []Finding) (m Move, err error) {
	m.Currency = f.Ours.Currency
	switch {
	case now == nil || !now.Status.Settled() || !now.Booked.Known() || f.State == Other:
		return m, ErrNotBookable
	case f.Kind == CreditUnbooked:
		if m.Credit = true; f.Said.Currency != now.Booked.Currency {
			return m, ErrNotBookable
		}
		// A dispute may have had it booked meanwhile.
		if f.sharesNow(now, known).Amount != f.Ours.Amount {
			return m, ErrBooksMoved
		}
		m.Amount, m.Currency = f.Ours.Amount.SubCapped(f.Said.Amount), f.Said.Currency
	case f.Kind == PricedOtherwise, f.Kind == ChargedTwice:
		if f.Said.Currency != f.Ours.Currency {
			return m, ErrNotBookable
		}
		if now.cost() != f.Ours {
			return m, ErrBooksMoved
		}
		m.Amount = f.Said.Amount.SubCapped(f.Ours.Amount)
	case f.Kind == MissingThere:
		if now.Booked != f.Ours {
			return m, ErrBooksMoved
		}
		m.Amount = money.Amount(0).SubCapped(f.Ours.Amount)
	default:
		return m, ErrNotBookable
	}
	switch left := now.Booked.Amount.AddCapped(m.Amount); {
	case m.Amount == 0:
		return m, ErrNotBookable
	case left < 0 || left == money.MaxAmount: // less than nothing was bought
		return m, ErrBooksMoved
	}
	return m, nil
}

// Bookable reports whether Move may succeed while the books stay as they were found.
func (f *Finding) Bookable() bool {
	switch {
	case f.State == Other: // what is said of it may be in another statement
		return false
	case f.Kind == CreditUnbooked:
		return f.Said.Known() && f.Said.Currency == f.Ours.Currency && f.Said.Amount != f.Ours.Amount
	case f.Kind == PricedOtherwise, f.Kind == ChargedTwice:
		return f.Said.Known() && f.Said.Currency == f.Ours.Currency
	case f.Kind == MissingThere:
		return f.Ours.Amount > 0
	default:
		return false
	}
}

// Proves reports whether the finding is a reason to do that with its attempt. What any
// statement has as purchased is not paid back because of another one.
func (f *Finding) Proves(a Action) bool {
	if f.Kind != OutcomeProven {
		return false
	}
	refused := (f.State == Refused || f.State == "") && !f.PurchasedToo
	return a == Inquire || (refused && (a == Fail || a == Elsewhere))
}

// absent reports whether it is that a statement does not have the attempt.
func (f *Finding) absent() bool {
	return (f.Kind == OutcomeProven || f.Kind == MissingThere) && (f.State == "" || f.State == Other)
}

// decision is what is asked of package fulfil. Goods cannot come from a statement: of
// what was delivered the provider is asked again.
func (f *Finding) decision(r *Resolution) fulfil.Decision {
	return fulfil.Decision{
		AttemptID: f.AttemptID, Action: fulfil.Action(r.Action), Evidence: r.Note, Operator: r.By, Finding: f.ID,
	}
}
