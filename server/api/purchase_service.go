package api

import (
	"context"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/purchase"
)

// purchaseService is the queue of providers that are people.
type purchaseService struct {
	orderhubv1.UnimplementedPurchaseServiceServer
	*services
}

var (
	toAPIPurchaseStatus = map[purchase.State]orderhubv1.PurchaseStatus{
		purchase.Waiting:   orderhubv1.PurchaseStatus_PURCHASE_STATUS_WAITING,
		purchase.Taken:     orderhubv1.PurchaseStatus_PURCHASE_STATUS_TAKEN,
		purchase.Delivered: orderhubv1.PurchaseStatus_PURCHASE_STATUS_DELIVERED,
		purchase.Refused:   orderhubv1.PurchaseStatus_PURCHASE_STATUS_REFUSED,
		purchase.Cancelled: orderhubv1.PurchaseStatus_PURCHASE_STATUS_CANCELLED,
		purchase.Closed:    orderhubv1.PurchaseStatus_PURCHASE_STATUS_CLOSED,
	}
	fromAPIPurchaseStatus = inverse(toAPIPurchaseStatus)
)

func (s *purchaseService) ListPurchases(ctx context.Context, r *orderhubv1.ListPurchasesRequest) (
	*orderhubv1.ListPurchasesResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	f := purchase.Filter{State: fromAPIPurchaseStatus[r.GetStatus()], PastID: p.key(0), Limit: p.limit()}
	if r.GetMine() {
		f.TakenBy = callOf(ctx).principal.Name()
	}
	if r.GetProvider() != "" {
		provider, err := s.providers.Find(ctx, r.GetProvider())
		if err != nil {
			return nil, err
		}
		f.ProviderID = provider.ID
	}
	found, err := s.purchases.List(ctx, f)
	if err != nil {
		return nil, err
	}
	found, next := cut(&p, found, func(p *purchase.Purchase) []int64 { return []int64{p.ID} })
	names, err := s.providerNames(ctx, "")
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.ListPurchasesResponse{NextPageToken: next}
	for i := range found {
		resp.Purchases = append(resp.Purchases, s.toAPIPurchase(&found[i], names))
	}
	return resp, nil
}

func (s *purchaseService) GetPurchase(ctx context.Context, r *orderhubv1.GetPurchaseRequest) (
	*orderhubv1.GetPurchaseResponse, error,
) {
	found, err := s.purchases.Get(ctx, r.GetPurchase())
	if err != nil {
		return nil, err
	}
	converted, err := s.purchase(ctx, &found)
	return &orderhubv1.GetPurchaseResponse{Purchase: converted}, err
}

func (s *purchaseService) TakePurchase(ctx context.Context, r *orderhubv1.TakePurchaseRequest) (
	*orderhubv1.TakePurchaseResponse, error,
) {
	taken, details, err := s.purchases.Take(ctx, r.GetPurchase(), callOf(ctx).principal.Name())
	if err != nil {
		return nil, err
	}
	converted, err := s.purchase(ctx, &taken)
	if err != nil {
		return nil, err
	}
	converted.Fields = details.Fields
	if details.UserID != "" || details.ServerID != "" || details.CharacterID != "" {
		converted.Recipient = &orderhubv1.Recipient{
			UserId: details.UserID, ServerId: details.ServerID, CharacterId: details.CharacterID,
		}
	}
	return &orderhubv1.TakePurchaseResponse{Purchase: converted}, nil
}

func (s *purchaseService) ReleasePurchase(ctx context.Context, r *orderhubv1.ReleasePurchaseRequest) (
	*orderhubv1.ReleasePurchaseResponse, error,
) {
	released, err := s.purchases.Release(ctx, r.GetPurchase(), callOf(ctx).principal.Name())
	if err != nil {
		return nil, err
	}
	converted, err := s.purchase(ctx, &released)
	return &orderhubv1.ReleasePurchaseResponse{Purchase: converted}, err
}

func (s *purchaseService) DeliverPurchase(ctx context.Context, r *orderhubv1.DeliverPurchaseRequest) (
	*orderhubv1.DeliverPurchaseResponse, error,
) {
	ended, err := s.purchases.Deliver(ctx, r.GetPurchase(), callOf(ctx).principal.Name(), r.GetGoods())
	if err != nil {
		return nil, err
	}
	converted, err := s.purchase(ctx, &ended)
	return &orderhubv1.DeliverPurchaseResponse{Purchase: converted}, err
}

func (s *purchaseService) RefusePurchase(ctx context.Context, r *orderhubv1.RefusePurchaseRequest) (
	*orderhubv1.RefusePurchaseResponse, error,
) {
	ended, err := s.purchases.Refuse(ctx, r.GetPurchase(), callOf(ctx).principal.Name(), r.GetReason())
	if err != nil {
		return nil, err
	}
	converted, err := s.purchase(ctx, &ended)
	return &orderhubv1.RefusePurchaseResponse{Purchase: converted}, err
}

// purchase converts with the provider's name.
func (s *purchaseService) purchase(ctx context.Context, p *purchase.Purchase) (*orderhubv1.Purchase, error) {
	names, err := s.providerNames(ctx, "")
	return s.toAPIPurchase(p, names), err
}

func (s *purchaseService) toAPIPurchase(p *purchase.Purchase, providers map[int64]string) *orderhubv1.Purchase {
	return &orderhubv1.Purchase{
		Id: p.ID, Status: toAPIPurchaseStatus[p.Seen()], Provider: providers[p.ProviderID], ProviderSku: p.SKU,
		Quantity: toAPICount(p.Quantity), UseDate: p.UseDate, Cost: p.Cost.Format(p.Currency),
		Currency: string(p.Currency), OrderNumber: p.OrderNumber, LinePosition: int32(p.Position), TakenBy: p.TakenBy,
		LeaseExpireTime: toAPIOptionalTime(p.TakenUntil), Reason: p.Reason, CreateTime: toAPITime(p.CreatedAt),
		UpdateTime: toAPITime(p.UpdatedAt), DeliverByTime: toAPIOptionalTime(p.DeliverBy), Overdue: p.Overdue(s.now()),
	}
}

// takenPurchase says by whom.
func takenPurchase(e *purchase.TakenError) problem {
	return problem{
		code: codes.FailedPrecondition, reason: "PURCHASE_TAKEN", message: e.Error(), metadata: map[string]string{"by": e.By},
	}
}

// endedPurchase says what became of it.
func endedPurchase(e *purchase.EndedError) problem {
	return problem{
		code: codes.FailedPrecondition, reason: "PURCHASE_ENDED", message: e.Error(),
		metadata: map[string]string{"status": string(e.State)},
	}
}
