package jsonhttp

import (
	"context"
	"fmt"

	"orderhub/server/dialect"
)

// CheckRecipient implements dialect.RecipientChecker. An answer that does not say it in so many words says nothing.
func (c *Connector) CheckRecipient(ctx context.Context, q dialect.RecipientQuery) (dialect.RecipientAnswer, error) {
	said, err := ask[Check](ctx, c, &Call{
		Type: TypeCheck, SKU: q.SKU, Recipient: recipientOf(&q.Recipient), Fields: q.Fields,
	}, dialect.ErrCannotTell)
	if err != nil {
		return dialect.RecipientAnswer{}, err
	}
	if said.Exists == nil {
		return dialect.RecipientAnswer{}, fmt.Errorf("it does not say whether: %w", dialect.ErrMalformed)
	}
	return dialect.RecipientAnswer{Exists: *said.Exists, Name: said.Name}, nil
}
