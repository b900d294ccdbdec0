package client

import (
	"context"
	"crypto/rand"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// BatchCreateOrders places up to 1,000 orders with one call and returns what became of each, in their order: with
// atomic all are placed or none, and without it one's error is none of the call's. Orders without a reference are given
// one as by [Client.CreateOrder]; with the same references the batch may be sent again at any time.
func (c *Client) BatchCreateOrders(
	ctx context.Context, orders []*orderhubv1.Order, atomic bool,
) ([]*orderhubv1.BatchRow, error) {
	for _, order := range orders {
		if order != nil && order.GetReferenceId() == "" {
			order.ReferenceId = rand.Text()
		}
	}
	answer, err := orderhubv1.NewBatchServiceClient(c.conn).BatchCreateOrders(
		ctx, &orderhubv1.BatchCreateOrdersRequest{Orders: orders, Atomic: atomic},
	)
	return answer.GetRows(), err
}

// GetReference says what became of a reference whose order had no answer: there is one, it was refused, it is at work,
// or it was never seen.
func (c *Client) GetReference(ctx context.Context, reference string) (*orderhubv1.Reference, error) {
	answer, err := orderhubv1.NewReferenceServiceClient(c.conn).GetReference(
		ctx, &orderhubv1.GetReferenceRequest{ReferenceId: reference},
	)
	return answer.GetReference(), err
}
