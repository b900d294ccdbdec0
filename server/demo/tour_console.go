package demo

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/clock"
)

// parked leaves an attempt that only a person can decide about, and says where.
func (t *tour) parked(ctx context.Context) error {
	t.begin("A provider that delivers more than was bought: a person has to decide")
	placed, err := t.place(ctx, &orderhubv1.Order{
		ReferenceId: t.reference(), Recipient: &orderhubv1.Recipient{UserId: "player-1"},
		Lines: []*orderhubv1.OrderLine{{Sku: "DIAMOND_LOST", Quantity: 1}},
	})
	if err != nil {
		return err
	}
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
		if clock.Sleep(ctx, pollInterval) != nil {
			return 0, fmt.Errorf("the attempt for %s does not wait for anybody", number)
		}
	}
}

// asked leaves a deposit that waits for a second operator, and says where.
func (t *tour) asked(ctx context.Context) error {
	t.begin("A deposit above " + ApproveAbove()[0] + ": it waits for a second pair of eyes")
	wanted := &orderhubv1.DepositRequest{Amount: "2500000.00", Reference: t.reference(), Description: "A large payment"}
	t.showSent("POST /hub/v1/merchants/demo:deposit, with the key "+OperatorKey, wanted)
	var answer orderhubv1.DepositResponse
	status, err := t.rest.post(ctx, OperatorKey, "/hub/v1/merchants/demo:deposit", wanted, &answer)
	if err != nil {
		return err
	}
	id := answer.GetApproval().GetId()
	if id == 0 {
		return fmt.Errorf("the deposit of %s THB did not wait", wanted.GetAmount())
	}
	t.printf("  %s request %d, and no money moved. Sign in as ada or grace, %s, and approve or reject it:\n"+
		"  %s/console/approvals/%d\n", t.paint.good(status), id, Password, t.url(), id)
	return nil
}
