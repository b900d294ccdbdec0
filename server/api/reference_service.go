package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/order"
)

// referenceService tells what became of references.
type referenceService struct {
	orderhubv1.UnimplementedReferenceServiceServer
	*services
	explain func(ctx context.Context, err error) *orderhubv1.OrderError
}

var toAPIReferenceState = map[order.ReferenceState]orderhubv1.ReferenceState{
	order.ReferenceOrdered:  orderhubv1.ReferenceState_REFERENCE_STATE_ORDER,
	order.ReferenceHeld:     orderhubv1.ReferenceState_REFERENCE_STATE_HELD,
	order.ReferenceInFlight: orderhubv1.ReferenceState_REFERENCE_STATE_IN_FLIGHT,
	order.ReferenceRefused:  orderhubv1.ReferenceState_REFERENCE_STATE_REFUSED,
	order.ReferenceNotSeen:  orderhubv1.ReferenceState_REFERENCE_STATE_NOT_SEEN,
}

// GetReference asks the primary: an answer of a moment ago would be none.
func (s *referenceService) GetReference(ctx context.Context, r *orderhubv1.GetReferenceRequest) (
	*orderhubv1.GetReferenceResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	merchant, err := s.merchantName(ctx, merchantID)
	if err != nil {
		return nil, err
	}
	outcome, err := s.Orders.Outcome(ctx, merchantID, r.GetReferenceId())
	if err != nil {
		return nil, err
	}
	found := &orderhubv1.Reference{
		ReferenceId: r.GetReferenceId(), Merchant: merchant, State: toAPIReferenceState[outcome.State],
		AsOfTime: toAPITime(outcome.AsOf), SettleTime: toAPITime(outcome.Settled),
	}
	if outcome.Refusal != nil {
		found.Refusal = s.explain(ctx, outcome.Refusal.Cause())
		found.RefuseTime = toAPITime(outcome.Refusal.At)
	}
	if outcome.Hold != nil {
		found.Hold = toAPIHold(outcome.Hold, merchant, outcome.AsOf)
	}
	if outcome.Order != nil {
		found.Order = toAPIOrder(outcome.Order, merchant)
		for _, line := range found.GetOrder().GetLines() {
			line.Goods = nil
		}
	}
	return &orderhubv1.GetReferenceResponse{Reference: found}, nil
}
