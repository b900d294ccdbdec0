package api

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
)

func (s *adminService) CreateOffer(
	ctx context.Context, r *orderhubv1.CreateOfferRequest,
) (*orderhubv1.CreateOfferResponse, error) {
	p, err := s.product(ctx, r.GetOffer().GetProduct())
	if err != nil {
		return nil, err
	}
	provider, err := s.Providers.Find(ctx, r.GetOffer().GetProvider())
	if err != nil {
		return nil, err
	}
	created, err := fromAPIOffer(r.GetOffer(), p, &provider)
	if err != nil {
		return nil, err
	}
	if created, err = s.Providers.CreateOffer(ctx, p, created); err != nil {
		return nil, err
	}
	shown, err := s.toAPIOffer(ctx, &created, p, provider.Name)
	return &orderhubv1.CreateOfferResponse{Offer: shown}, err
}

func fromAPIOffer(o *orderhubv1.Offer, p *catalog.Product, provider *fulfil.Provider) (fulfil.Offer, error) {
	bad := &errs.InvalidError{}
	currency := cmp.Or(fromAPICurrency(bad, "currency", o.GetCurrency()), p.Currency)
	converted := fulfil.Offer{
		ProviderID: provider.ID, ProviderSKU: o.GetProviderSku(), Currency: currency,
		Cost: fromAPIAmount(bad, "cost", o.GetCost(), currency), Priority: int(o.GetPriority()),
		Status: fromAPISupplyStatus[o.GetStatus()], PriceLocked: o.GetPriceLocked(), StateLocked: o.GetStateLocked(),
		MaxLoss: fromAPIMaxLoss(o),
	}
	return converted, bad.OrNil()
}

func fromAPIMaxLoss(o *orderhubv1.Offer) *int {
	if o.MaxLossBasisPoints == nil {
		return nil
	}
	return new(int(o.GetMaxLossBasisPoints()))
}

func (s *adminService) ListOffers(
	ctx context.Context, r *orderhubv1.ListOffersRequest,
) (*orderhubv1.ListOffersResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	list, err := s.offers(ctx, r)
	id := func(o *offerOfProduct) int64 { return o.ID }
	convert := func(ctx context.Context, o *offerOfProduct) (*orderhubv1.Offer, error) {
		return s.toAPIOffer(ctx, &o.Offer, o.product, o.provider)
	}
	shown, next, err := pageOrError(ctx, &p, skip(&p, list, id), err, id, convert)
	return &orderhubv1.ListOffersResponse{Offers: shown, NextPageToken: next}, err
}

// offerOfProduct is an offer with the names of what it joins.
type offerOfProduct struct {
	fulfil.Offer
	product  *catalog.Product
	provider string
}

// offers are those the request asks for, by ascending id.
func (s *adminService) offers(ctx context.Context, r *orderhubv1.ListOffersRequest) ([]offerOfProduct, error) {
	products, err := s.productsWithOffers(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	providers, err := s.providerNames(ctx, r.GetProvider(), new(int64))
	if err != nil {
		return nil, err
	}
	var list []offerOfProduct
	for _, product := range products {
		offers, err := s.Providers.ListOffers(ctx, product.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			if name, wanted := providers[o.ProviderID]; wanted {
				list = append(list, offerOfProduct{o, product, name})
			}
		}
	}
	slices.SortFunc(list, func(a, b offerOfProduct) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// productsWithOffers is the product named, or every one that may have offers.
func (s *adminService) productsWithOffers(ctx context.Context, key string) ([]*catalog.Product, error) {
	if key != "" {
		p, err := s.product(ctx, key)
		return []*catalog.Product{p}, err
	}
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	var products []*catalog.Product
	for _, p := range s.Catalog.Snapshot().Products() {
		if p.Source == catalog.SourceProvider {
			products = append(products, p)
		}
	}
	return products, nil
}

// providerNames has the names of providers by id: of all, or of the one that a filter names, whose id it is.
func (h *services) providerNames(ctx context.Context, key string, id *int64) (map[int64]string, error) {
	if key == "" {
		return allNames(ctx, h.Providers)
	}
	p, err := h.Providers.Find(ctx, key)
	*id = p.ID
	return map[int64]string{p.ID: p.Name}, err
}

// allNames are the names of all providers, by id.
func allNames(ctx context.Context, providers *fulfil.Providers) (map[int64]string, error) {
	all, err := providers.List(ctx)
	names := make(map[int64]string, len(all))
	for i := range all {
		names[all[i].ID] = all[i].Name
	}
	return names, err
}

// UpdateOffer changes what new attempts are made by.
func (s *adminService) UpdateOffer(
	ctx context.Context, r *orderhubv1.UpdateOfferRequest,
) (*orderhubv1.UpdateOfferResponse, error) {
	in := r.GetChanges()
	set, err := maskOf(in, r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	found, err := s.Providers.Offer(ctx, r.GetOffer())
	if err != nil {
		return nil, err
	}
	product, provider, err := s.joinedBy(ctx, &found)
	if err != nil {
		return nil, err
	}
	changed, err := s.Providers.UpdateOffer(ctx, found.ID, func(o *fulfil.Offer) error {
		bad := &errs.InvalidError{}
		set.keeps(bad, "product", in.GetProduct(), product.SKU)
		set.keeps(bad, "provider", in.GetProvider(), provider)
		changeOffer(bad, o, set, in)
		return bad.OrNil()
	})
	if err != nil {
		return nil, err
	}
	shown, err := s.toAPIOffer(ctx, &changed, product, provider)
	return &orderhubv1.UpdateOfferResponse{Offer: shown}, err
}

func changeOffer(bad *errs.InvalidError, o *fulfil.Offer, set fieldSet, in *orderhubv1.Offer) {
	take(set, "provider_sku", &o.ProviderSKU, in.GetProviderSku())
	if set.has("currency") && in.GetCurrency() != "" {
		o.SetCost(o.Cost, fromAPICurrency(bad, "currency", in.GetCurrency()))
	}
	if set.has("cost") {
		o.SetCost(fromAPIAmount(bad, "cost", in.GetCost(), o.Currency), o.Currency)
	}
	take(set, "priority", &o.Priority, int(in.GetPriority()))
	if status, given := fromAPISupplyStatus[in.GetStatus()]; given && set.has("status") {
		o.SetStatus(status)
	}
	if set.has("price_locked") {
		o.LockPrice(in.GetPriceLocked())
	}
	take(set, "state_locked", &o.StateLocked, in.GetStateLocked())
	take(set, "max_loss_basis_points", &o.MaxLoss, fromAPIMaxLoss(in))
}

// joinedBy is what an offer joins: the product, and the provider's name.
func (s *adminService) joinedBy(ctx context.Context, o *fulfil.Offer) (*catalog.Product, string, error) {
	p, err := s.product(ctx, strconv.FormatInt(o.ProductID, 10))
	if err != nil {
		return nil, "", err
	}
	found, err := s.Providers.Get(ctx, o.ProviderID)
	return p, found.Name, err
}

// DeleteOffer leaves attempts under way alone.
func (s *adminService) DeleteOffer(
	ctx context.Context, r *orderhubv1.DeleteOfferRequest,
) (*orderhubv1.DeleteOfferResponse, error) {
	return &orderhubv1.DeleteOfferResponse{}, s.Providers.DeleteOffer(ctx, r.GetOffer())
}

// toAPIOffer also tells what the offer costs where its product is sold.
func (s *adminService) toAPIOffer(
	ctx context.Context, o *fulfil.Offer, p *catalog.Product, provider string,
) (*orderhubv1.Offer, error) {
	rates, err := s.Exchange.Rates(ctx)
	if err != nil {
		return nil, err
	}
	shown := &orderhubv1.Offer{
		Id: o.ID, Product: p.SKU, Provider: provider, ProviderSku: o.ProviderSKU, Cost: o.Cost.Format(o.Currency),
		Currency: string(o.Currency), Priority: int32(o.Priority), Status: toAPISupplyStatus[o.Status],
		CreateTime: toAPITime(o.CreatedAt), UpdateTime: toAPITime(o.UpdatedAt), SaleCurrency: string(p.Currency),
		PriceLocked: o.PriceLocked, StateLocked: o.StateLocked, OffBySync: o.OffBySync,
	}
	if cost, known := o.CostIn(p.Currency, rates, s.Now()); known {
		shown.SaleCost = cost.Format(p.Currency)
	}
	if o.ListedCost != 0 && o.ListedCost != fulfil.UnknownCost {
		shown.ListedCost = o.ListedCost.Format(o.Currency)
	}
	if o.MaxLoss != nil {
		shown.MaxLossBasisPoints = new(int32(*o.MaxLoss))
	}
	return shown, nil
}
