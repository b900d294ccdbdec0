package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/fault"
	"orderhub/server/fulfil"
)

var toAPISupplyStatus = map[fulfil.Status]orderhubv1.SupplyStatus{
	fulfil.StatusActive:   orderhubv1.SupplyStatus_SUPPLY_STATUS_ACTIVE,
	fulfil.StatusDisabled: orderhubv1.SupplyStatus_SUPPLY_STATUS_DISABLED,
}

var fromAPISupplyStatus = inverse(toAPISupplyStatus)

func (s *adminService) CreateProvider(ctx context.Context, r *orderhubv1.CreateProviderRequest) (*orderhubv1.CreateProviderResponse, error) {
	in := r.GetProvider()
	settings, err := fromAPISettingsOf(in.GetSettings())
	if err != nil {
		return nil, err
	}
	created := fulfil.Provider{Name: in.GetName(), Connector: in.GetConnector(), Status: fulfil.StatusActive, Config: settings, Limits: fromAPILimits(in)}
	if status, given := fromAPISupplyStatus[in.GetStatus()]; given {
		created.Status = status
	}
	if err := s.checkProvider(&created, in.GetCredentials()); err != nil {
		return nil, err
	}
	if created, err = s.providers.CreateProvider(ctx, created); err != nil {
		return nil, err
	}
	if len(in.GetCredentials()) > 0 {
		if err := s.providers.SetProviderCredentials(ctx, created.ID, in.GetCredentials()); err != nil {
			return nil, err
		}
		created.HasCredentials = true
	}
	converted, err := s.toAPIProvider(ctx, &created)
	return &orderhubv1.CreateProviderResponse{Provider: converted}, err
}

func fromAPILimits(p *orderhubv1.Provider) fulfil.Limits {
	return fulfil.Limits{
		Concurrency: int(p.GetMaxConcurrency()), RequestsPerMinute: int(p.GetRateLimit().GetRequestsPerMinute()),
		Burst: int(p.GetRateLimit().GetBurst()), Timeout: p.GetTimeout().AsDuration(), Horizon: p.GetHorizon().AsDuration(),
	}
}

func fromAPISettingsOf(in *structpb.Struct) (json.RawMessage, error) {
	if len(in.GetFields()) == 0 {
		return json.RawMessage("{}"), nil
	}
	written, err := json.Marshal(in.AsMap())
	if err != nil {
		return nil, fault.Invalid("settings", "must have finite numbers")
	}
	return written, nil
}

// checkProvider asks the domain, and the connector about settings and credentials.
func (s *adminService) checkProvider(p *fulfil.Provider, credentials map[string]string) error {
	if err := p.Check(); err != nil {
		return err
	}
	if err := fulfil.CheckCredentials(credentials); err != nil || s.checkConnector == nil {
		return err
	}
	return s.checkConnector(p.Connector, p.Config, credentials)
}

func (s *adminService) GetProvider(ctx context.Context, r *orderhubv1.GetProviderRequest) (*orderhubv1.GetProviderResponse, error) {
	found, err := s.provider(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	converted, err := s.toAPIProvider(ctx, &found)
	return &orderhubv1.GetProviderResponse{Provider: converted}, err
}

func (s *adminService) ListProviders(ctx context.Context, r *orderhubv1.ListProvidersRequest) (*orderhubv1.ListProvidersResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.providers.ListProviders(ctx)
	if err != nil {
		return nil, err
	}
	found = skip(&p, found, func(p *fulfil.Provider) int64 { return p.ID })
	found, next := cut(&p, found, func(p *fulfil.Provider) []int64 { return []int64{p.ID} })
	resp := &orderhubv1.ListProvidersResponse{NextPageToken: next}
	for i := range found {
		converted, err := s.toAPIProvider(ctx, &found[i])
		if err != nil {
			return nil, err
		}
		resp.Providers = append(resp.Providers, converted)
	}
	return resp, nil
}

func (s *adminService) UpdateProvider(ctx context.Context, r *orderhubv1.UpdateProviderRequest) (*orderhubv1.UpdateProviderResponse, error) {
	in := r.GetChanges()
	set, err := maskOf(in, r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	changed, err := s.provider(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	bad := &fault.InvalidError{}
	set.keeps(bad, "name", in.GetName(), changed.Name)
	set.keeps(bad, "connector", in.GetConnector(), changed.Connector)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	changeLimits(&changed.Limits, set, in)
	if status, given := fromAPISupplyStatus[in.GetStatus()]; given && set.has("status") {
		changed.Status = status
	}
	if err := s.reconnect(ctx, &changed, set, in); err != nil {
		return nil, err
	}
	if changed, err = s.providers.UpdateProvider(ctx, changed); err != nil {
		return nil, err
	}
	if set.has("credentials") {
		if err := s.providers.SetProviderCredentials(ctx, changed.ID, in.GetCredentials()); err != nil {
			return nil, err
		}
		changed.HasCredentials = len(in.GetCredentials()) > 0
	}
	converted, err := s.toAPIProvider(ctx, &changed)
	return &orderhubv1.UpdateProviderResponse{Provider: converted}, err
}

// reconnect takes over settings and checks the provider with the credentials that
// it will have: the connector must take both together.
func (s *adminService) reconnect(ctx context.Context, p *fulfil.Provider, set fieldSet, in *orderhubv1.Provider) (err error) {
	if !set.has("settings") && !set.has("credentials") {
		return p.Check()
	}
	credentials := in.GetCredentials()
	if !set.has("credentials") {
		if credentials, err = s.providers.ProviderCredentials(ctx, p.ID); err != nil {
			return err
		}
	}
	if set.has("settings") {
		if p.Config, err = fromAPISettingsOf(in.GetSettings()); err != nil {
			return err
		}
	}
	return s.checkProvider(p, credentials)
}

func changeLimits(l *fulfil.Limits, set fieldSet, in *orderhubv1.Provider) {
	wanted := fromAPILimits(in)
	if set.has("max_concurrency") {
		l.Concurrency = wanted.Concurrency
	}
	if set.takes("rate_limit", "requests_per_minute") {
		l.RequestsPerMinute = wanted.RequestsPerMinute
	}
	if set.takes("rate_limit", "burst") {
		l.Burst = wanted.Burst
	}
	if set.has("timeout") {
		l.Timeout = wanted.Timeout
	}
	if set.has("horizon") {
		l.Horizon = wanted.Horizon
	}
}

// provider finds one by id, else by name. ErrProviderNotFound.
func (s *adminService) provider(ctx context.Context, key string) (fulfil.Provider, error) {
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		return s.providers.Provider(ctx, id)
	}
	all, err := s.providers.ListProviders(ctx)
	if err != nil {
		return fulfil.Provider{}, err
	}
	for _, p := range all {
		if p.Name == key {
			return p, nil
		}
	}
	return fulfil.Provider{}, fulfil.ErrProviderNotFound
}

func (s *adminService) toAPIProvider(ctx context.Context, p *fulfil.Provider) (*orderhubv1.Provider, error) {
	converted := &orderhubv1.Provider{
		Id: p.ID, Name: p.Name, Connector: p.Connector, Status: toAPISupplyStatus[p.Status], HasCredentials: p.HasCredentials,
		MaxConcurrency: int32(p.Limits.Concurrency), Timeout: toAPIDuration(p.Limits.Timeout), Horizon: toAPIDuration(p.Limits.Horizon),
		Capabilities: s.fulfilment.Capabilities(ctx, p.ID), CreateTime: toAPITime(p.CreatedAt), UpdateTime: toAPITime(p.UpdatedAt),
	}
	if p.Limits.RequestsPerMinute != 0 || p.Limits.Burst != 0 {
		converted.RateLimit = &orderhubv1.RateLimit{RequestsPerMinute: int32(p.Limits.RequestsPerMinute), Burst: int32(p.Limits.Burst)}
	}
	if len(bytes.TrimSpace(p.Config)) == 0 {
		return converted, nil
	}
	converted.Settings = &structpb.Struct{}
	if err := converted.Settings.UnmarshalJSON(p.Config); err != nil {
		return nil, fmt.Errorf("settings of provider %s: %w", p.Name, err)
	}
	return converted, nil
}

func (s *adminService) CreateOffer(ctx context.Context, r *orderhubv1.CreateOfferRequest) (*orderhubv1.CreateOfferResponse, error) {
	p, err := s.product(ctx, r.GetOffer().GetProduct())
	if err != nil {
		return nil, err
	}
	provider, err := s.provider(ctx, r.GetOffer().GetProvider())
	if err != nil {
		return nil, err
	}
	created, err := fromAPIOffer(r.GetOffer(), p, &provider)
	if err != nil {
		return nil, err
	}
	if created, err = s.providers.CreateOffer(ctx, created); err != nil {
		return nil, err
	}
	return &orderhubv1.CreateOfferResponse{Offer: toAPIOffer(&created, p.SKU, provider.Name)}, nil
}

func fromAPIOffer(o *orderhubv1.Offer, p *catalog.Product, provider *fulfil.Provider) (fulfil.Offer, error) {
	bad := &fault.InvalidError{}
	currency := fromAPICurrency(bad, o.GetCurrency())
	if currency == "" {
		currency = p.Currency
	}
	converted := fulfil.Offer{
		ProductID: p.ID, ProviderID: provider.ID, ProviderSKU: o.GetProviderSku(), Currency: currency,
		Cost: fromAPIAmount(bad, "cost", o.GetCost(), currency), Priority: int(o.GetPriority()), Status: fulfil.StatusActive,
	}
	if status, given := fromAPISupplyStatus[o.GetStatus()]; given {
		converted.Status = status
	}
	if err := bad.OrNil(); err != nil {
		return converted, err
	}
	return converted, converted.Check(p.Source == catalog.SourceProvider)
}

func (s *adminService) ListOffers(ctx context.Context, r *orderhubv1.ListOffersRequest) (*orderhubv1.ListOffersResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	list, err := s.offers(ctx, r)
	if err != nil {
		return nil, err
	}
	list = skip(&p, list, func(o *namedOffer) int64 { return o.ID })
	list, next := cut(&p, list, func(o *namedOffer) []int64 { return []int64{o.ID} })
	resp := &orderhubv1.ListOffersResponse{NextPageToken: next}
	for i := range list {
		resp.Offers = append(resp.Offers, toAPIOffer(&list[i].Offer, list[i].sku, list[i].provider))
	}
	return resp, nil
}

// namedOffer is an offer with the names of what it joins.
type namedOffer struct {
	fulfil.Offer
	sku, provider string
}

// offers are those the request asks for, by ascending id.
func (s *adminService) offers(ctx context.Context, r *orderhubv1.ListOffersRequest) ([]namedOffer, error) {
	products, err := s.productsWithOffers(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	providers, err := s.providerNames(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	var list []namedOffer
	for _, product := range products {
		offers, err := s.providers.ListOffers(ctx, product.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			if name, wanted := providers[o.ProviderID]; wanted {
				list = append(list, namedOffer{o, product.SKU, name})
			}
		}
	}
	slices.SortFunc(list, func(a, b namedOffer) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// productsWithOffers is the product named, or every one that may have offers.
func (s *adminService) productsWithOffers(ctx context.Context, key string) ([]*catalog.Product, error) {
	if key != "" {
		p, err := s.product(ctx, key)
		return []*catalog.Product{p}, err
	}
	if err := s.catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	var products []*catalog.Product
	for _, p := range s.catalog.Snapshot().Products() {
		if p.Source == catalog.SourceProvider {
			products = append(products, p)
		}
	}
	return products, nil
}

// providerNames has the provider named, or all of them, by id.
func (s *adminService) providerNames(ctx context.Context, key string) (map[int64]string, error) {
	if key != "" {
		p, err := s.provider(ctx, key)
		return map[int64]string{p.ID: p.Name}, err
	}
	all, err := s.providers.ListProviders(ctx)
	names := make(map[int64]string, len(all))
	for _, p := range all {
		names[p.ID] = p.Name
	}
	return names, err
}

// UpdateOffer changes what new attempts are made by.
func (s *adminService) UpdateOffer(ctx context.Context, r *orderhubv1.UpdateOfferRequest) (*orderhubv1.UpdateOfferResponse, error) {
	in := r.GetChanges()
	set, err := maskOf(in, r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	changed, err := s.providers.Offer(ctx, r.GetOffer())
	if err != nil {
		return nil, err
	}
	sku, provider, err := s.namesOfOffer(ctx, &changed)
	if err != nil {
		return nil, err
	}
	bad := &fault.InvalidError{}
	set.keeps(bad, "product", in.GetProduct(), sku)
	set.keeps(bad, "provider", in.GetProvider(), provider)
	changeOffer(bad, &changed, set, in)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	if err := changed.Check(true); err != nil { // an offer that there is may stay
		return nil, err
	}
	if changed, err = s.providers.UpdateOffer(ctx, changed); err != nil {
		return nil, err
	}
	return &orderhubv1.UpdateOfferResponse{Offer: toAPIOffer(&changed, sku, provider)}, nil
}

func changeOffer(bad *fault.InvalidError, o *fulfil.Offer, set fieldSet, in *orderhubv1.Offer) {
	if set.has("provider_sku") {
		o.ProviderSKU = in.GetProviderSku()
	}
	if set.has("currency") && in.GetCurrency() != "" {
		o.Currency = fromAPICurrency(bad, in.GetCurrency())
	}
	if set.has("cost") {
		o.Cost = fromAPIAmount(bad, "cost", in.GetCost(), o.Currency)
	}
	if set.has("priority") {
		o.Priority = int(in.GetPriority())
	}
	if status, given := fromAPISupplyStatus[in.GetStatus()]; given && set.has("status") {
		o.Status = status
	}
}

// namesOfOffer has what an offer joins, as answers name it.
func (s *adminService) namesOfOffer(ctx context.Context, o *fulfil.Offer) (sku, provider string, err error) {
	p, err := s.product(ctx, strconv.FormatInt(o.ProductID, 10))
	if err != nil {
		return "", "", err
	}
	found, err := s.providers.Provider(ctx, o.ProviderID)
	return p.SKU, found.Name, err
}

// DeleteOffer leaves attempts under way alone.
func (s *adminService) DeleteOffer(ctx context.Context, r *orderhubv1.DeleteOfferRequest) (*orderhubv1.DeleteOfferResponse, error) {
	return &orderhubv1.DeleteOfferResponse{}, s.providers.DeleteOffer(ctx, r.GetOffer())
}

func toAPIOffer(o *fulfil.Offer, sku, provider string) *orderhubv1.Offer {
	return &orderhubv1.Offer{
		Id: o.ID, Product: sku, Provider: provider, ProviderSku: o.ProviderSKU, Cost: o.Cost.Format(o.Currency),
		Currency: string(o.Currency), Priority: int32(o.Priority), Status: toAPISupplyStatus[o.Status],
		CreateTime: toAPITime(o.CreatedAt), UpdateTime: toAPITime(o.UpdatedAt),
	}
}
