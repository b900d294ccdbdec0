package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/purchase"
)

// purchaseService is the queue of providers that are people.
type purchaseService struct {
	orderhubv1.UnimplementedPurchaseServiceServer
	*services
}

var (
	toAPIPurchaseStatus   = byWord[purchase.State, orderhubv1.PurchaseStatus]()
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
	names, err := s.providerNames(ctx, r.GetProvider(), &f.ProviderID)
	if err != nil {
		return nil, err
	}
	found, err := s.Purchases.List(ctx, f)
	convert := func(p *purchase.Purchase) *orderhubv1.Purchase { return s.toAPIPurchase(p, names) }
	shown, next, err := pageOf(&p, found, err, func(p *purchase.Purchase) int64 { return p.ID }, convert)
	return &orderhubv1.ListPurchasesResponse{Purchases: shown, NextPageToken: next}, err
}

func (s *purchaseService) GetPurchase(ctx context.Context, r *orderhubv1.GetPurchaseRequest) (
	*orderhubv1.GetPurchaseResponse, error,
) {
	found, err := s.Purchases.Get(ctx, r.GetPurchase())
	shown, err := converted(ctx, &found, err, s.purchase)
	return &orderhubv1.GetPurchaseResponse{Purchase: shown}, err
}

func (s *purchaseService) TakePurchase(ctx context.Context, r *orderhubv1.TakePurchaseRequest) (
	*orderhubv1.TakePurchaseResponse, error,
) {
	taken, details, err := s.Purchases.Take(ctx, r.GetPurchase(), callOf(ctx).principal.Name())
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
	released, err := s.Purchases.Release(ctx, r.GetPurchase(), callOf(ctx).principal.Name())
	shown, err := converted(ctx, &released, err, s.purchase)
	return &orderhubv1.ReleasePurchaseResponse{Purchase: shown}, err
}

func (s *purchaseService) DeliverPurchase(ctx context.Context, r *orderhubv1.DeliverPurchaseRequest) (
	*orderhubv1.DeliverPurchaseResponse, error,
) {
	ended, err := s.Purchases.Deliver(ctx, r.GetPurchase(), callOf(ctx).principal.Name(), r.GetGoods())
	shown, err := converted(ctx, &ended, err, s.purchase)
	return &orderhubv1.DeliverPurchaseResponse{Purchase: shown}, err
}

func (s *purchaseService) RefusePurchase(ctx context.Context, r *orderhubv1.RefusePurchaseRequest) (
	*orderhubv1.RefusePurchaseResponse, error,
) {
	ended, err := s.Purchases.Refuse(ctx, r.GetPurchase(), callOf(ctx).principal.Name(), r.GetReason())
	shown, err := converted(ctx, &ended, err, s.purchase)
	return &orderhubv1.RefusePurchaseResponse{Purchase: shown}, err
}

func (s *purchaseService) purchase(ctx context.Context, p *purchase.Purchase) (*orderhubv1.Purchase, error) {
	names, err := allNames(ctx, s.Providers)
	return s.toAPIPurchase(p, names), err
}

func (s *purchaseService) toAPIPurchase(p *purchase.Purchase, providers map[int64]string) *orderhubv1.Purchase {
	return &orderhubv1.Purchase{
		Id: p.ID, Status: toAPIPurchaseStatus[p.Seen()], Provider: providers[p.ProviderID], ProviderSku: p.SKU,
		Quantity: toAPICount(p.Quantity), UseDate: p.UseDate, Cost: p.Cost.Format(p.Currency),
		Currency: string(p.Currency), OrderNumber: p.OrderNumber, LinePosition: int32(p.Position), TakenBy: p.TakenBy,
		LeaseExpireTime: toAPIOptionalTime(p.TakenUntil), Reason: p.Reason, CreateTime: toAPITime(p.CreatedAt),
		UpdateTime: toAPITime(p.UpdatedAt), DeliverByTime: toAPIOptionalTime(p.DeliverBy), Overdue: p.Overdue(s.Now()),
	}
}
