package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

const (
	// holdTime is how long callers hold, so that some holds expire while their hub is away.
	holdTime = 3 * time.Second
	// goneWithin is how long what is held may take to be given back after that.
	goneWithin = 30 * time.Second
)

// heldReason is that of an order whose reference an open hold has.
const heldReason = "REFERENCE_HELD"

// holdsOrders says which callers hold each order before they confirm it. While versions change none does: the version
// before knows no holds.
func holdsOrders(caller int, kind Kind) bool { return caller%4 == 1 && kind != Upgrade }

// holdClient places orders by holding and confirming them.
type holdClient struct {
	*grpcClient

	random *rand.Rand
}

// holder is the client of a caller that holds.
func (w *world) holder(caller int, key string, random *rand.Rand) *holdClient {
	return &holdClient{random: random, grpcClient: w.grpcClient(caller, key)}
}

// duplicateReason is that of a hold whose reference an order has, endedReason that of one that is no longer open.
const (
	duplicateReason = "DUPLICATE_REFERENCE"
	endedReason     = "HOLD_ENDED"
)

// create holds and confirms; every other hold is extended before. Again after a lost answer, it goes on with the hold
// that there is, or with the order where that is no longer kept.
func (c *holdClient) create(ctx context.Context, o *orderhubv1.Order) (*orderhubv1.Order, *failure) {
	hold, failed := c.hold(ctx, o)
	if failed != nil && failed.reason == duplicateReason {
		return c.grpcClient.create(ctx, o)
	}
	if failed == nil {
		failed = c.maybeExtend(ctx, hold)
	}
	if failed != nil {
		return nil, failed
	}
	answer, failed := askHolds(
		ctx, c, orderhubv1.HoldServiceClient.ConfirmHold,
		&orderhubv1.ConfirmHoldRequest{HoldNumber: hold.GetHoldNumber()},
	)
	return answer.GetOrder(), failed
}

func askHolds[Request, Answer any](
	ctx context.Context, c *holdClient,
	method func(orderhubv1.HoldServiceClient, context.Context, Request, ...grpc.CallOption) (Answer, error), r Request,
) (Answer, *failure) {
	return ask(ctx, c.grpcClient, orderhubv1.NewHoldServiceClient, method, r)
}

func (c *holdClient) hold(ctx context.Context, o *orderhubv1.Order) (*orderhubv1.Hold, *failure) {
	answer, failed := askHolds(
		ctx, c, orderhubv1.HoldServiceClient.HoldOrder,
		&orderhubv1.HoldOrderRequest{Order: o, HoldFor: durationpb.New(holdTime)},
	)
	return answer.GetHold(), failed
}

// maybeExtend has every other open hold last longer: it counts that, and ends no sooner. Of one that has ended
// meanwhile its confirmation tells what became of it.
func (c *holdClient) maybeExtend(ctx context.Context, hold *orderhubv1.Hold) *failure {
	if hold.GetStatus() != orderhubv1.HoldStatus_HOLD_STATUS_HELD || c.random.IntN(2) == 0 {
		return nil
	}
	answer, failed := askHolds(
		ctx, c, orderhubv1.HoldServiceClient.ExtendHold,
		&orderhubv1.ExtendHoldRequest{HoldNumber: hold.GetHoldNumber(), HoldFor: durationpb.New(holdTime)},
	)
	switch {
	case failed != nil && failed.reason == endedReason:
		return nil
	case failed != nil:
		return failed
	}
	longer, before, now := answer.GetHold(), hold.GetExpireTime().AsTime(), answer.GetHold().GetExpireTime().AsTime()
	if now.Before(before) || now.After(before) && longer.GetExtensions() <= hold.GetExtensions() {
		return fromStatus(fmt.Errorf("the hold was %v, and extended became %v", hold, longer))
	}
	return nil
}

// drop holds an order and never confirms it; every other hold is released, the others are left to expire. No order may
// come of them, and nothing may stay held.
func (c *holdClient) drop(ctx context.Context, o *orderhubv1.Order) {
	hold, failed := c.hold(ctx, o)
	if failed == nil {
		failed = c.maybeExtend(ctx, hold)
	}
	if failed != nil || c.random.IntN(2) == 0 {
		return
	}
	_, _ = askHolds(
		ctx, c, orderhubv1.HoldServiceClient.ReleaseHold,
		&orderhubv1.ReleaseHoldRequest{HoldNumber: hold.GetHoldNumber()},
	)
}

// createOnceFree places the order as soon as no hold of a caller that was cut off has its reference any more.
func createOnceFree(ctx context.Context, c client, o *orderhubv1.Order) (*orderhubv1.Order, *failure) {
	for deadline := time.Now().Add(holdTime + goneWithin); ; time.Sleep(pollEvery) {
		placed, failed := c.create(ctx, o)
		if failed == nil || failed.reason != heldReason || time.Now().After(deadline) || ctx.Err() != nil {
			return placed, failed
		}
	}
}

// awaitNoHolds reports whether nothing is held any more: each hold is an order by then, or was given back.
func (w *world) awaitNoHolds(ctx context.Context, r *report) bool {
	open, done := "", false
	for deadline := time.Now().Add(w.opts.within(holdTime + goneWithin)); ctx.Err() == nil; time.Sleep(pollEvery) {
		err := w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := orderhubv1.NewHoldServiceClient(conn).ListHolds(
				ctx, &orderhubv1.ListHoldsRequest{Open: true, PageSize: 5},
			)
			open = fmt.Sprint(answer.GetHolds())
			done = err == nil && len(answer.GetHolds()) == 0
			return err
		})
		if done || fromStatus(err).code == codes.Unimplemented { // the version before
			return true
		}
		if time.Now().After(deadline) {
			r.violate(Stuck, "orders are held for ever, such as %s: %v", open, err)
			return false
		}
	}
	return false
}
