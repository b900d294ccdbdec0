package fulfil

import (
	"context"
	"errors"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/order"
	"orderhub/server/recipient"
)

const (
	// mostAsked is how many providers are asked about one recipient.
	mostAsked = 3
	// checkTimeout is how long one of them has for it, its queue included: somebody waits at a till.
	checkTimeout = 4 * time.Second
)

var _ recipient.Asker = (*Engine)(nil)

// AskRecipient implements recipient.Asker. Those are asked who would be bought from, the best offer first, as far as
// they can be. The first who can tell decides; who answers late, in error or not at all has told nothing, and the next
// one is asked.
func (e *Engine) AskRecipient(ctx context.Context, p *catalog.Product, w *recipient.Who) (recipient.Answer, error) {
	r, err := e.plan(ctx, []Work{{Order: &order.Order{Lines: []order.Line{{ProductID: p.ID}}}}})
	if err != nil {
		return recipient.Answer{}, err
	}
	unknown := recipient.Answer{Result: recipient.Unknown, Cause: recipient.NotSupported}
	q := dialect.RecipientQuery{
		Recipient: dialect.Recipient{UserID: w.UserID, ServerID: w.ServerID, CharacterID: w.CharacterID}, Fields: w.Fields,
	}
	asked := 0
	for _, o := range r.ranked(p.ID, p.Currency) {
		provider, partner, err := partnerOf(ctx, e.Directory, o.ProviderID)
		if err != nil || !partner.Can().ChecksWho {
			continue // who cannot be reached for a purchase either is told of there
		}
		q.SKU = o.ProviderSKU
		answer, err := e.checkAt(ctx, provider, partner, q)
		switch {
		case err == nil && answer.Exists:
			return recipient.Answer{Result: recipient.Exists, Name: answer.Name}, nil
		case err == nil:
			return recipient.Answer{Result: recipient.NotFound}, nil
		case !errors.Is(err, dialect.ErrCannotTell):
			unknown.Cause = recipient.Unavailable
		}
		if asked++; asked == mostAsked || ctx.Err() != nil {
			break
		}
	}
	return unknown, nil //nolint:nilerr // whoever cannot tell is passed over
}

// checkAt asks one provider. What it says in an error may name the recipient, and is not logged.
func (e *Engine) checkAt(ctx context.Context, p *Provider, partner dialect.Partner, q dialect.RecipientQuery) (
	answer dialect.RecipientAnswer, err error,
) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err = e.throttles.ask(ctx, e.throttles.of(p), func(ctx context.Context) error {
		began := e.Now()
		answer, err = partner.CheckRecipient(ctx, q)
		e.throttles.observer.Called(p.Name, "check_recipient", checkResult(answer, err), e.Now().Sub(began))
		return err
	})
	if err != nil && !errors.Is(err, dialect.ErrCannotTell) {
		e.Log.Warn("a provider does not say whether a recipient exists", "provider", p.Name, "error", ProblemOf(err))
	}
	return answer, err
}

// checkResult is what came of a question, for who watches.
func checkResult(a dialect.RecipientAnswer, err error) string {
	switch {
	case err == nil && a.Exists:
		return string(recipient.Exists)
	case err == nil:
		return string(recipient.NotFound)
	case errors.Is(err, dialect.ErrCannotTell):
		return "not_told"
	default:
		return resultName(dialect.Outcome{}, err)
	}
}
