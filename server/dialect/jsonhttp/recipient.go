package jsonhttp

import (
	"context"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
)

// CheckRecipient implements dialect.RecipientChecker. An answer that does not say it in so many words says nothing.
func (c *Connector) CheckRecipient(ctx context.Context, q dialect.RecipientQuery) (dialect.RecipientAnswer, error) {
	answer, err := c.post(ctx, &Call{
		Type: TypeCheck, SKU: q.SKU, Recipient: recipientOf(&q.Recipient), Fields: q.Fields,
	})
	switch {
	case err != nil:
		return dialect.RecipientAnswer{}, err
	case codeOf(answer) == CodeNotSupported:
		return dialect.RecipientAnswer{}, dialect.ErrCannotTell
	case !answer.OK():
		return dialect.RecipientAnswer{}, fmt.Errorf("status %d", answer.Status)
	}
	var said Check
	if err := outbound.Decode(answer.Body, &said); err != nil {
		return dialect.RecipientAnswer{}, err
	}
	if said.Exists == nil {
		return dialect.RecipientAnswer{}, fmt.Errorf("it does not say whether: %w", dialect.ErrMalformed)
	}
	return dialect.RecipientAnswer{Exists: *said.Exists, Name: said.Name}, nil
}
