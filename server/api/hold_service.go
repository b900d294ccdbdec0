package api

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/order"
)

type holdService struct {
	orderhubv1.UnimplementedHoldServiceServer
	*services
}

var toAPIHoldStatus = byWord[order.HoldStatus, orderhubv1.HoldStatus]()

func (s *holdService) HoldOrder(ctx context.Context, r *orderhubv1.HoldOrderRequest) (
	*orderhubv1.HoldOrderResponse, error,
) {
	draft, err := fromAPIOrder(&callOf(ctx).principal, r.GetOrder())
	if err != nil {
		return nil, err
	}
	if err := s.Webhooks.CheckAddress("order.notify_url", draft.NotifyURL); err != nil {
		return nil, err
	}
	holdFor, err := fromAPIHoldTime(r.GetHoldFor())
	if err != nil {
		return nil, err
	}
	held, err := s.Orders.Hold(ctx, draft, holdFor)
	shown, err := converted(ctx, held.Hold, err, s.hold)
	return &orderhubv1.HoldOrderResponse{Hold: shown}, err
}

// fromAPIHoldTime is 0 where none is given.
func fromAPIHoldTime(d *durationpb.Duration) (time.Duration, error) {
	if d == nil {
		return 0, nil
	}
	if d.GetNanos() != 0 {
		return 0, errs.Invalid("hold_for", "must be whole seconds")
	}
	return d.AsDuration(), nil
}

func (s *holdService) GetHold(ctx context.Context, r *orderhubv1.GetHoldRequest) (*orderhubv1.GetHoldResponse, error) {
	found, err := s.Orders.GetHold(ctx, ownViewer(ctx), r.GetHoldNumber())
	shown, err := converted(ctx, found, err, s.hold)
	return &orderhubv1.GetHoldResponse{Hold: shown}, err
}

func (s *holdService) ListHolds(ctx context.Context, r *orderhubv1.ListHoldsRequest) (
	*orderhubv1.ListHoldsResponse, error,
) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Orders.Holds(ctx, viewer, order.HoldFilter{Open: r.GetOpen(), BeforeID: p.key(0), Limit: p.limit()})
	shown, next, err := pageOrError(ctx, &p, found, err, func(h *order.Hold) int64 { return h.ID }, s.hold)
	return &orderhubv1.ListHoldsResponse{Holds: shown, NextPageToken: next}, err
}

func (s *holdService) ExtendHold(ctx context.Context, r *orderhubv1.ExtendHoldRequest) (
	*orderhubv1.ExtendHoldResponse, error,
) {
	holdFor, err := fromAPIHoldTime(r.GetHoldFor())
	if err != nil {
		return nil, err
	}
	extended, err := s.Orders.ExtendHold(ctx, callOf(ctx).principal.MerchantID, r.GetHoldNumber(), holdFor)
	shown, err := converted(ctx, extended, err, s.hold)
	return &orderhubv1.ExtendHoldResponse{Hold: shown}, err
}

func (s *holdService) ConfirmHold(ctx context.Context, r *orderhubv1.ConfirmHoldRequest) (
	*orderhubv1.ConfirmHoldResponse, error,
) {
	p := &callOf(ctx).principal
	confirmed, err := s.Orders.Confirm(ctx, p.MerchantID, r.GetHoldNumber())
	if err != nil {
		return nil, err
	}
	return &orderhubv1.ConfirmHoldResponse{Order: toAPIOrder(confirmed.Order, p.MerchantName)}, nil
}

func (s *holdService) ReleaseHold(ctx context.Context, r *orderhubv1.ReleaseHoldRequest) (
	*orderhubv1.ReleaseHoldResponse, error,
) {
	released, err := s.Orders.ReleaseHold(ctx, ownViewer(ctx), r.GetHoldNumber())
	shown, err := converted(ctx, released, err, s.hold)
	return &orderhubv1.ReleaseHoldResponse{Hold: shown}, err
}

func (s *holdService) hold(ctx context.Context, h *order.Hold) (*orderhubv1.Hold, error) {
	merchant, err := s.merchantName(ctx, h.MerchantID)
	if err != nil {
		return nil, err
	}
	return toAPIHold(h, merchant, s.Now()), nil
}

// toAPIHold shows the hold as it is at a moment.
func toAPIHold(h *order.Hold, merchant string, now time.Time) *orderhubv1.Hold {
	amount := amountsOf(h.Currency)
	converted := &orderhubv1.Hold{
		HoldNumber: h.Number, ReferenceId: h.Reference, Merchant: merchant, Status: toAPIHoldStatus[h.StatusAt(now)],
		Currency: string(h.Currency), SubtotalAmount: amount(h.Subtotal), DiscountAmount: amount(h.Discount),
		TotalAmount: amount(h.Total), Coupon: h.CouponCode, Extensions: int32(h.Extensions),
		CreateTime: toAPITime(h.CreatedAt), ExpireTime: toAPITime(h.ExpiresAt), EndTime: toAPIOptionalTime(h.EndedAt),
	}
	for i := range h.Lines {
		l := &h.Lines[i]
		converted.Lines = append(converted.Lines, &orderhubv1.HoldLine{
			Position: int32(i + 1), Sku: l.SKU, ProductName: l.ProductName, Quantity: toAPICount(l.Quantity),
			UseDate: l.UseDate, UnitPrice: amount(l.UnitPrice), SubtotalAmount: amount(l.Subtotal),
			DiscountAmount: amount(l.Discount), TotalAmount: amount(l.Total),
		})
	}
	return converted
}
