package demo

import (
	"context"
	"fmt"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// parked leaves an attempt that only a person can decide about, and says where.
func (t *tour) parked(ctx context.Context) error {
	t.begin("A provider that delivers more than was bought: a person has to decide")
	order := &orderhubv1.Order{
		ReferenceId: t.reference(), Recipient: &orderhubv1.Recipient{UserId: "player-1"},
		Lines: []*orderhubv1.OrderLine{{Sku: "DIAMOND_LOST", Quantity: 1}},
	}
	t.showSent("POST /hub/v1/orders", order)
	var placed orderhubv1.Order
	status, err := t.rest.post(ctx, MerchantKey, "/hub/v1/orders", order, &placed)
	if err != nil {
		return err
	}
	t.showOrder(status, &placed)
	attempt, err := t.waitParked(ctx, placed.GetOrderNumber())
	if err != nil {
		return err
	}
	t.printf("  Attempt %d waits. Sign in as grace, %s, and decide:\n  %s/console/attempts/%d\n",
		attempt, Password, t.url(), attempt)
	return nil
}

// waitParked asks until the order's attempt waits for a person.
func (t *tour) waitParked(ctx context.Context, number string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	path := "/hub/v1/attempts?status=ATTEMPT_STATUS_PARKED&orderNumber=" + number
	for {
		var list orderhubv1.ListAttemptsResponse
		if _, err := t.rest.get(ctx, OperatorKey, path, &list); err != nil {
			return 0, err
		}
		if len(list.GetAttempts()) > 0 {
			return list.GetAttempts()[0].GetId(), nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("the attempt for %s does not wait for anybody", number)
		case <-time.After(pollInterval):
		}
	}
}
