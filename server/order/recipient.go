package order

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/recipient"
)

// RecipientCheck has a recipient checked; an error refuses the order.
type RecipientCheck func(ctx context.Context, p *catalog.Product, w recipient.Who) error

// RecipientOf is who a line of the product would be for, of an order to a recipient with these values of customer
// fields. *errs.InvalidError names the first value that the product does not take.
func RecipientOf(p *catalog.Product, to Recipient, fields map[string]string) (recipient.Who, error) {
	matched, problem := matchFields(0, &DraftLine{Fields: fields}, p)
	if problem != nil {
		return recipient.Who{}, errs.Invalid(errs.Entry("fields", problem.Field), "%s", problem.Message)
	}
	return recipient.Who{
		UserID: to.UserID, ServerID: to.ServerID, CharacterID: to.CharacterID, Fields: matched,
	}, nil
}

// wantsCheck reports a line whose recipient has to be checked before it is placed.
func (l *PricedLine) wantsCheck() bool { return l.Product.RecipientCheckWithin > 0 }

// who receives what the line asks for.
func (c *Candidate) who(i int) *recipient.Who {
	to := &c.Draft.Recipient
	return &recipient.Who{
		UserID: to.UserID, ServerID: to.ServerID, CharacterID: to.CharacterID, Fields: c.Lines[i].Fields,
	}
}

// RecipientMark is what the line's recipient is known by in checks; false for a line that needs none.
func (c *Candidate) RecipientMark(i int) (recipient.Mark, bool) {
	if !c.Lines[i].wantsCheck() {
		return recipient.Mark{}, false
	}
	return recipient.MarkOf(c.Draft.MerchantID, c.Lines[i].Product.ID, c.who(i)), true
}

// RecipientMark is what the recipient of a line is known by in checks.
func (o *Order) RecipientMark(l *Line) recipient.Mark {
	to := &o.Recipient
	return recipient.MarkOf(o.MerchantID, l.ProductID, &recipient.Who{
		UserID: to.UserID, ServerID: to.ServerID, CharacterID: to.CharacterID, Fields: l.Fields,
	})
}

// checkLines finds every line that cannot be served, or whose recipient was not checked as its product wants it. What
// is out of stock is told first.
func (s *State) checkLines(c *Candidate) error {
	problems := s.unconfirmed(c)
	err := s.checkStock(c)
	short, refused := errors.AsType[*LinesError](err)
	if err != nil && !refused || len(problems) == 0 {
		return err
	}
	if refused {
		problems = append(short.Problems, problems...)
	}
	slices.SortStableFunc(problems, func(a, b LineProblem) int { return cmp.Compare(a.Index, b.Index) })
	return &LinesError{Problems: slices.CompactFunc(problems, func(a, b LineProblem) bool { return a.Index == b.Index })}
}

// unconfirmed finds the lines whose recipient no recent check has found.
func (s *State) unconfirmed(c *Candidate) (problems []LineProblem) {
	for i := range c.Lines {
		mark, wanted := c.RecipientMark(i)
		if !wanted {
			continue
		}
		p := c.Lines[i].Product
		problem := LineProblem{Index: i, SKU: p.SKU}
		switch s.Checks[mark].StandingAt(s.Now, p.RecipientCheckWithin) {
		case recipient.Confirmed:
			continue
		case recipient.Denied:
			problem.Reason, problem.Message = ReasonRecipientNotFound, "there is no such recipient"
		default:
			problem.Reason = ReasonRecipientUnchecked
			problem.Message = "the recipient has to be checked before the product is ordered"
		}
		problems = append(problems, problem)
	}
	return problems
}

// haveChecked has the recipients checked that the candidate was refused for, each once and once for each order: nil
// where it is to be judged again. Where it was not refused for that alone, or its caller has a call of its own to have
// it done, the refusal stays. One that was not found is asked for again: a name may be new, and a provider may have
// been wrong. Where that cannot be done, what was found out before holds.
func (s *Service) haveChecked(ctx context.Context, c *Candidate, refusal error, done *bool) error {
	refused, ok := errors.AsType[*LinesError](refusal)
	if !ok || *done || c.Draft.CheckRecipient == nil {
		return refusal
	}
	*done = true
	ctx, cancel := context.WithTimeout(ctx, recipient.AskedFor)
	defer cancel()
	asked := make(map[recipient.Mark]bool)
	for _, p := range refused.Problems {
		mark, wanted := c.RecipientMark(p.Index)
		who := c.who(p.Index)
		unfound := p.Reason == ReasonRecipientNotFound
		if p.Reason != ReasonRecipientUnchecked && !unfound || !wanted || who.Empty() {
			return refusal
		}
		if asked[mark] {
			continue
		}
		err := c.Draft.CheckRecipient(ctx, c.Lines[p.Index].Product, *who)
		switch {
		case err != nil && unfound:
			return refusal
		case err != nil:
			return err
		}
		asked[mark] = true
	}
	return nil
}
