package api

import (
	"cmp"
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/reading"
)

// openedByFinding is how many units FindGoods looks at unless it is told.
const openedByFinding = 5000

func (s *orderService) FindRecipient(ctx context.Context, r *orderhubv1.FindRecipientRequest) (
	*orderhubv1.FindRecipientResponse, error,
) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 2)
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	from, to := fromAPIPeriod(bad, createTimes, r.GetCreateTimeFrom(), r.GetCreateTimeTo())
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	filter := order.Filter{From: from, To: to, Limit: p.limit()}
	var held []string
	if p.after == nil { // one that is confirmed meanwhile is the newest order
		if held, err = s.Finder.HeldFor(ctx, viewer, filter, fromAPIRecipient(r.GetRecipient())); err != nil {
			return nil, err
		}
	}
	p.seekOrders(&filter)
	ctx = reading.Only(ctx)
	filter, last, err := s.Finder.Recipient(ctx, viewer, filter, fromAPIRecipient(r.GetRecipient()))
	if err != nil {
		return nil, err
	}
	found := &orderhubv1.ListOrdersResponse{}
	if len(filter.IDs) > 0 {
		if found, err = s.listOrders(ctx, viewer, filter, last, &p); err != nil {
			return nil, err
		}
	} else if last != nil {
		found.NextPageToken, found.LookedBackToTime = p.token(last.CreatedAt.UnixMicro(), last.ID), toAPITime(last.CreatedAt)
	}
	return &orderhubv1.FindRecipientResponse{
		Orders: found.GetOrders(), NextPageToken: found.GetNextPageToken(), LookedBackToTime: found.GetLookedBackToTime(),
		OpenHoldNumbers: held,
	}, nil
}

func (s *orderService) FindGoods(ctx context.Context, r *orderhubv1.FindGoodsRequest) (
	*orderhubv1.FindGoodsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	if p.after == nil { // whoever goes on has begun
		if err := s.recordLook(ctx, "", audit.Target{}, r); err != nil {
			return nil, err
		}
	}
	most := cmp.Or(int(r.GetPageSize()), openedByFinding)
	found, next, err := s.Catalog.FindUnits(ctx, r.GetContent(), p.key(0), most)
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.FindGoodsResponse{}
	if next != 0 {
		resp.NextPageToken = p.token(next)
	}
	for i := range found {
		converted, err := s.toAPIFoundGoods(ctx, &found[i])
		if err != nil {
			return nil, err
		}
		resp.Goods = append(resp.Goods, converted)
	}
	return resp, nil
}

func (s *orderService) toAPIFoundGoods(ctx context.Context, u *catalog.FoundUnit) (*orderhubv1.FoundGoods, error) {
	converted := &orderhubv1.FoundGoods{
		Unit: u.ID, Status: u.Status, OrderNumber: u.OrderNumber, LinePosition: int32(u.Position),
		DeliverTime: toAPIOptionalTime(u.DeliveredAt),
	}
	if p := s.Catalog.Snapshot().ProductByID(u.ProductID); p != nil {
		converted.Product = p.SKU
	}
	var err error
	if u.MerchantID != 0 {
		converted.Merchant, err = s.merchantName(ctx, u.MerchantID)
	}
	return converted, err
}
