package fulfil

// LineState is what a settlement finds of a line, or of a replacement of units of it,
// under the lock of its wallet, which may be less than when the settlement was decided.
type LineState struct {
	AttemptID int64         // of the attempt that is not settled, 0 for none
	Status    AttemptStatus // its status
	Open      int64         // units that are neither delivered nor given up
	// ByHand says that a person has delivered what the attempt bought, and nobody has asked for it since.
	ByHand bool
	// Tried is the highest number of the line's attempts, also of those for replacements;
	// known where attempts for replacements are to be written.
	Tried int
}

// Applies reports whether the result still says something new of the line.
func (r *Result) Applies(now LineState) bool {
	switch {
	case r.OnlyParked && now.Status != AttemptParked:
		return false
	case now.ByHand && r.Attempt != nil && r.Attempt.Status == AttemptRefused:
		return false // it would be paid back as well
	case r.Attempt == nil:
		return now.AttemptID == 0 && r.Settlement.Failed+r.Settlement.Cancelled <= now.Open
	default:
		return now.AttemptID == r.Attempt.ID
	}
}

// Strands reports whether the result, of which this was left, ends the line's
// attempt with units open: somebody has to see to them.
func (r *Result) Strands(left int64) bool {
	return r.Attempt != nil && r.Attempt.Status.Settled() && left > 0
}

// MayBegin reports whether the line has that much open and nobody is asked for
// it already.
func (a *Attempt) MayBegin(now LineState) bool {
	return now.AttemptID == 0 && a.Quantity <= now.Open && a.Number > now.Tried
}
