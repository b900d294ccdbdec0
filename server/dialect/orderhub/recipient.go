package orderhub

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
)

// Why an order is refused whose recipient was not checked, or was not found when it was.
const (
	reasonUnchecked = "RECIPIENT_UNCHECKED"
	reasonNotFound  = "RECIPIENT_NOT_FOUND"
)

// CheckRecipient implements dialect.RecipientChecker: the question goes on to the other hub, which asks its own
// providers.
func (c *Connector) CheckRecipient(ctx context.Context, q dialect.RecipientQuery) (dialect.RecipientAnswer, error) {
	ctx, err := c.connected(ctx)
	if err != nil {
		return dialect.RecipientAnswer{}, err
	}
	answer, err := c.checks.CheckRecipient(ctx, &orderhubv1.CheckRecipientRequest{
		Sku: q.SKU, Recipient: toRecipient(&q.Recipient), Fields: q.Fields,
	})
	switch {
	case status.Code(err) == codes.ResourceExhausted:
		return dialect.RecipientAnswer{}, &dialect.BusyError{}
	case status.Code(err) == codes.Unimplemented: // a hub of before
		return dialect.RecipientAnswer{}, dialect.ErrCannotTell
	case err != nil:
		return dialect.RecipientAnswer{}, failed(err)
	}
	switch answer.GetCheck().GetResult() {
	case orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS:
		return dialect.RecipientAnswer{Exists: true, Name: answer.GetCheck().GetName()}, nil
	case orderhubv1.RecipientResult_RECIPIENT_RESULT_NOT_FOUND:
		return dialect.RecipientAnswer{}, nil
	default:
		return dialect.RecipientAnswer{}, dialect.ErrCannotTell
	}
}

func toRecipient(r *dialect.Recipient) *orderhubv1.Recipient {
	return &orderhubv1.Recipient{UserId: r.UserID, ServerId: r.ServerID, CharacterId: r.CharacterID}
}
