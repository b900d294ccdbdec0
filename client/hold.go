package client

import (
	"context"
	"crypto/rand"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// HoldOrder prices an order and keeps price, stock and money for so long, at most an hour; zero for the hub's usual
// time. An order without a reference is given one as by [Client.CreateOrder].
func (c *Client) HoldOrder(
	ctx context.Context, order *orderhubv1.Order, holdFor time.Duration,
) (*orderhubv1.Hold, error) {
	if order != nil && order.GetReferenceId() == "" {
		order.ReferenceId = rand.Text()
	}
	answer, err := c.holds().HoldOrder(ctx, &orderhubv1.HoldOrderRequest{Order: order, HoldFor: lasting(holdFor)})
	return answer.GetHold(), err
}

// ExtendHold has a hold expire so long from now, which can be done twice; zero for the hub's usual time. It is not
// repeated by itself: after a lost answer [Client.GetHold] says how often the hold was extended.
func (c *Client) ExtendHold(ctx context.Context, number string, holdFor time.Duration) (*orderhubv1.Hold, error) {
	answer, err := c.holds().ExtendHold(
		ctx, &orderhubv1.ExtendHoldRequest{HoldNumber: number, HoldFor: lasting(holdFor)},
	)
	return answer.GetHold(), err
}

// ConfirmHold makes a hold the order that it is priced as, once however often it is called.
func (c *Client) ConfirmHold(ctx context.Context, number string) (*orderhubv1.Order, error) {
	answer, err := c.holds().ConfirmHold(ctx, &orderhubv1.ConfirmHoldRequest{HoldNumber: number})
	return answer.GetOrder(), err
}

// ReleaseHold gives back what a hold has.
func (c *Client) ReleaseHold(ctx context.Context, number string) (*orderhubv1.Hold, error) {
	answer, err := c.holds().ReleaseHold(ctx, &orderhubv1.ReleaseHoldRequest{HoldNumber: number})
	return answer.GetHold(), err
}

// GetHold finds a hold, also one that has ended.
func (c *Client) GetHold(ctx context.Context, number string) (*orderhubv1.Hold, error) {
	answer, err := c.holds().GetHold(ctx, &orderhubv1.GetHoldRequest{HoldNumber: number})
	return answer.GetHold(), err
}

func (c *Client) holds() orderhubv1.HoldServiceClient { return orderhubv1.NewHoldServiceClient(c.conn) }

// lasting is a duration, nil for none.
func lasting(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}
