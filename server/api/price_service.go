package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
)

// priceService is the operators' price lists.
type priceService struct {
	orderhubv1.UnimplementedPriceServiceServer
	*services
}

// mostMerchantsNamed bounds how many merchants of a list are named.
const mostMerchantsNamed = 1000

func (s *priceService) CreatePriceList(ctx context.Context, r *orderhubv1.CreatePriceListRequest) (
	*orderhubv1.CreatePriceListResponse, error,
) {
	in := r.GetPriceList()
	set, err := maskOf(in, nil)
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	l := catalog.PriceList{Name: in.GetName(), Currency: fromAPICurrency(bad, "currency", in.GetCurrency())}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	if err := s.apply(ctx, &l, set, in); err != nil {
		return nil, err
	}
	l, err = s.Catalog.CreatePriceList(ctx, l)
	return &orderhubv1.CreatePriceListResponse{PriceList: s.toAPI(&l)}, err
}

func (s *priceService) ListPriceLists(ctx context.Context, _ *orderhubv1.ListPriceListsRequest) (
	*orderhubv1.ListPriceListsResponse, error,
) {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	lists, err := s.Catalog.PriceLists(ctx)
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.ListPriceListsResponse{}
	for i := range lists {
		resp.PriceLists = append(resp.PriceLists, s.toAPI(&lists[i]))
	}
	return resp, nil
}

func (s *priceService) GetPriceList(ctx context.Context, r *orderhubv1.GetPriceListRequest) (
	*orderhubv1.GetPriceListResponse, error,
) {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	l, err := s.Catalog.PriceList(ctx, r.GetPriceList())
	if err != nil {
		return nil, err
	}
	converted := s.toAPI(&l)
	merchants, err := s.Catalog.PriceListMerchants(ctx, l.ID, mostMerchantsNamed)
	if err != nil {
		return nil, err
	}
	for _, id := range merchants {
		name, err := s.merchantName(ctx, id)
		if err != nil {
			return nil, err
		}
		converted.Merchants = append(converted.Merchants, name)
	}
	return &orderhubv1.GetPriceListResponse{PriceList: converted}, nil
}

func (s *priceService) UpdatePriceList(ctx context.Context, r *orderhubv1.UpdatePriceListRequest) (
	*orderhubv1.UpdatePriceListResponse, error,
) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	l, err := s.changed(ctx, r.GetPriceList(), set, r.GetChanges())
	if err != nil {
		return nil, err
	}
	l, err = s.Catalog.UpdatePriceList(ctx, l, r.GetAcceptProblems())
	return &orderhubv1.UpdatePriceListResponse{PriceList: s.toAPI(&l)}, err
}

// changed is a list with changes that nobody has written yet.
func (s *priceService) changed(ctx context.Context, name string, set fieldSet, changes *orderhubv1.PriceList) (
	catalog.PriceList, error,
) {
	l, err := s.Catalog.PriceList(ctx, name)
	if err != nil {
		return l, err
	}
	bad := &errs.InvalidError{}
	set.keeps(bad, "name", changes.GetName(), l.Name)
	set.keeps(bad, "currency", changes.GetCurrency(), string(l.Currency))
	if err := bad.OrNil(); err != nil {
		return l, err
	}
	read := l.Version
	if set.has("version") && changes.GetVersion() != 0 && changes.GetVersion() != read {
		return l, catalog.ErrStaleVersion
	}
	err = s.apply(ctx, &l, set, changes)
	return l, err
}

func (s *priceService) PreviewPriceList(ctx context.Context, r *orderhubv1.PreviewPriceListRequest) (
	*orderhubv1.PreviewPriceListResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	changes := r.GetChanges()
	if changes == nil {
		changes = &orderhubv1.PriceList{}
	}
	set, err := maskOf(changes, r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	l, err := s.changed(ctx, r.GetPriceList(), set, changes)
	if err != nil {
		return nil, err
	}
	all, problems, err := s.Catalog.PreviewPriceList(ctx, &l)
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.PreviewPriceListResponse{ProblemCount: int32(problems), Currency: string(l.Currency)}
	var page []catalog.PreviewedPrice
	for i := range all {
		if all[i].Rule != 0 {
			resp.ProductCount++
		}
		if all[i].ID > p.key(0) && len(page) < p.limit() && (!r.GetOnlyProblems() || all[i].Problem != "") {
			page = append(page, all[i])
		}
	}
	id := func(p *catalog.PreviewedPrice) int64 { return p.ID }
	resp.Prices, resp.NextPageToken, err = pageOf(&p, page, nil, id, toAPIPreviewedPrice)
	return resp, err
}

func (s *priceService) ActivatePriceList(ctx context.Context, r *orderhubv1.ActivatePriceListRequest) (
	*orderhubv1.ActivatePriceListResponse, error,
) {
	l, err := s.turn(ctx, r.GetPriceList(), catalog.ListActive, r.GetAcceptProblems())
	return &orderhubv1.ActivatePriceListResponse{PriceList: s.toAPI(&l)}, err
}

func (s *priceService) ArchivePriceList(ctx context.Context, r *orderhubv1.ArchivePriceListRequest) (
	*orderhubv1.ArchivePriceListResponse, error,
) {
	l, err := s.turn(ctx, r.GetPriceList(), catalog.ListArchived, true)
	return &orderhubv1.ArchivePriceListResponse{PriceList: s.toAPI(&l)}, err
}

func (s *priceService) turn(ctx context.Context, name string, to catalog.ListStatus, acceptProblems bool) (
	catalog.PriceList, error,
) {
	l, err := s.Catalog.PriceList(ctx, name)
	if err != nil || l.Status == to {
		return l, err
	}
	l.Status = to
	return s.Catalog.UpdatePriceList(ctx, l, acceptProblems)
}

func (s *priceService) SetMerchantPriceList(ctx context.Context, r *orderhubv1.SetMerchantPriceListRequest) (
	*orderhubv1.SetMerchantPriceListResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	var l catalog.PriceList
	if r.GetPriceList() != "" {
		if l, err = s.Catalog.PriceList(ctx, r.GetPriceList()); err != nil {
			return nil, err
		}
	}
	return &orderhubv1.SetMerchantPriceListResponse{}, s.Catalog.SetPriceList(ctx, m.ID, l.ID)
}
