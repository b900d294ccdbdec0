package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

var (
	toAPIAttemptStatus   = byWord[fulfil.AttemptStatus, orderhubv1.AttemptStatus]()
	fromAPIAttemptStatus = inverse(toAPIAttemptStatus)
	fromAPIAction        = inverse(byWord[fulfil.Action, orderhubv1.AttemptAction]())
)

func (s *adminService) ListAttempts(
	ctx context.Context, r *orderhubv1.ListAttemptsRequest,
) (*orderhubv1.ListAttemptsResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	f := fulfil.AttemptFilter{
		Status: fromAPIAttemptStatus[r.GetStatus()], Disputed: r.GetDisputed(), BeforeID: p.key(0), Limit: p.limit(),
	}
	names, err := s.providerNames(ctx, r.GetProvider(), &f.ProviderID)
	if err != nil {
		return nil, err
	}
	if r.GetOrderNumber() != "" {
		o, err := s.Orders.Get(ctx, order.ByOperator(), r.GetOrderNumber())
		if err != nil {
			return nil, err
		}
		f.OrderID = o.ID
	}
	found, err := s.Fulfilment.ListAttempts(ctx, f)
	convert := func(a *fulfil.Attempt) *orderhubv1.Attempt {
		if f.OrderID != 0 {
			return toAPIAttemptWhole(a, names)
		}
		return toAPIAttempt(a, names)
	}
	shown, next, err := pageOf(&p, found, err, func(a *fulfil.Attempt) int64 { return a.ID }, convert)
	return &orderhubv1.ListAttemptsResponse{Attempts: shown, NextPageToken: next}, err
}

func (s *adminService) GetAttempt(
	ctx context.Context, r *orderhubv1.GetAttemptRequest,
) (*orderhubv1.GetAttemptResponse, error) {
	found, err := s.Fulfilment.Attempt(ctx, r.GetAttempt())
	if err != nil {
		return nil, err
	}
	names, err := allNames(ctx, s.Providers)
	return &orderhubv1.GetAttemptResponse{Attempt: toAPIAttemptWhole(&found, names)}, err
}

func (s *adminService) ResolveAttempt(
	ctx context.Context, r *orderhubv1.ResolveAttemptRequest,
) (*orderhubv1.ResolveAttemptResponse, error) {
	resolved, err := s.Fulfilment.Resolve(ctx, fulfil.Decision{
		AttemptID: r.GetAttempt(), Action: fromAPIAction[r.GetAction()], Evidence: r.GetEvidence(), Goods: r.GetGoods(),
		Operator: callOf(ctx).principal.Name(),
	})
	if err != nil {
		return nil, err
	}
	names, err := allNames(ctx, s.Providers)
	return &orderhubv1.ResolveAttemptResponse{Attempt: toAPIAttempt(&resolved, names)}, err
}

func toAPIAttempt(a *fulfil.Attempt, providers map[int64]string) *orderhubv1.Attempt {
	return &orderhubv1.Attempt{
		Id: a.ID, Reference: a.Reference, OrderNumber: a.OrderNumber, LinePosition: int32(a.Position),
		Number: int32(a.Number), Provider: providers[a.ProviderID], ProviderSku: a.ProviderSKU,
		ProviderReference: a.ProviderReference, Quantity: toAPICount(a.Quantity), Cost: a.Cost.Format(a.Currency),
		Currency: string(a.Currency), Status: toAPIAttemptStatus[a.Status], FailureCode: a.FailureCode,
		FailureMessage: a.FailureMessage, Checks: int32(a.Checks), Dispute: a.Dispute,
		SubmitTime: toAPITime(a.SubmittedAt), NextCheckTime: toAPIOptionalTime(a.NextCheckAt),
		SettleTime: toAPIOptionalTime(a.SettledAt), PayloadRemovedTime: toAPIOptionalTime(a.PayloadRemovedAt),
		ChargedAmount: a.Charged.Text(), ChargedCurrency: string(a.Charged.Currency), BookedAmount: a.Booked.Text(),
		BookedCurrency: string(a.Booked.Currency), Claim: a.ClaimID,
	}
}

// SyncProvider compares a provider's list with its offers.
func (s *catalogService) SyncProvider(
	ctx context.Context, r *orderhubv1.SyncProviderRequest,
) (*orderhubv1.SyncProviderResponse, error) {
	provider, err := s.Providers.Find(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	d, err := s.Providers.Sync(ctx, provider.ID, r.GetApply())
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.SyncProviderResponse{
		Listed: toAPICount(int64(d.Listed)), NewCount: toAPICount(int64(d.Fresh)),
	}
	for i := range d.New {
		resp.NewItems = append(resp.NewItems, toAPIItem(&fulfil.Change{Item: d.New[i]}))
	}
	for i := range d.Changed {
		resp.ChangedItems = append(resp.ChangedItems, toAPIItem(&d.Changed[i]))
	}
	for i := range d.Gone {
		o := &d.Gone[i]
		resp.GoneItems = append(
			resp.GoneItems,
			&orderhubv1.ProviderItem{Sku: o.ProviderSKU, Cost: o.Cost.Format(o.Currency), Currency: string(o.Currency)},
		)
	}
	return resp, nil
}

func toAPIItem(c *fulfil.Change) *orderhubv1.ProviderItem {
	item := &orderhubv1.ProviderItem{
		Sku: c.Item.SKU, Name: c.Item.Name, Currency: string(c.Item.Currency), Stock: c.Item.Stock,
		Available: c.Item.Available,
	}
	if c.Item.Currency != "" {
		item.Cost = c.Item.Cost.Format(c.Item.Currency)
	}
	if c.Offer.ID != 0 {
		item.OfferCost, item.OfferCurrency = c.Offer.Cost.Format(c.Offer.Currency), string(c.Offer.Currency)
	}
	return item
}

// explainedEvents is how many events of an order are told.
const explainedEvents = 1000

func (s *orderService) ExplainOrder(
	ctx context.Context, r *orderhubv1.ExplainOrderRequest,
) (*orderhubv1.ExplainOrderResponse, error) {
	viewer := ownViewer(ctx)
	o, err := s.Orders.Get(ctx, viewer, r.GetOrderNumber())
	if err != nil {
		return nil, err
	}
	events, err := s.Orders.Events(ctx, viewer, o.Number, 0, explainedEvents)
	if err != nil {
		return nil, err
	}
	story, err := s.Fulfilment.Explain(ctx, o, events, callOf(ctx).principal.Admin())
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.ExplainOrderResponse{Next: story.Next, NextTime: toAPIOptionalTime(story.At)}
	for _, step := range story.Steps {
		resp.Steps = append(
			resp.Steps,
			&orderhubv1.ExplainedStep{Time: toAPITime(step.At), LinePosition: int32(step.Position), Text: step.Text},
		)
	}
	return resp, nil
}
