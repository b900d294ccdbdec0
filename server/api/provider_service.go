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

// maxSettingsBytes bounds a connector's settings, as JSON.
const maxSettingsBytes = 64 << 10

var toAPISupplyStatus = map[fulfil.Status]orderhubv1.SupplyStatus{
	fulfil.StatusActive:   orderhubv1.SupplyStatus_SUPPLY_STATUS_ACTIVE,
	fulfil.StatusDisabled: orderhubv1.SupplyStatus_SUPPLY_STATUS_DISABLED,
}

var fromAPISupplyStatus = inverse(toAPISupplyStatus)

func (s *adminService) CreateProvider(ctx context.Context, r *orderhubv1.CreateProviderRequest) (*orderhubv1.CreateProviderResponse, error) {
	in := r.GetProvider()
	if err := checkProviderFields(in); err != nil {
		return nil, err
	}
	settings, err := s.settings(in.GetConnector(), in.GetSettings())
	if err != nil {
		return nil, err
	}
	created := fulfil.Provider{Name: in.GetName(), Connector: in.GetConnector(), Status: fulfil.StatusActive, Config: settings}
	if status, given := fromAPISupplyStatus[in.GetStatus()]; given {
		created.Status = status
	}
	if created, err = s.providers.CreateProvider(ctx, created); err != nil {
		return nil, err
	}
	converted, err := toAPIProvider(&created)
	return &orderhubv1.CreateProviderResponse{Provider: converted}, err
}

// checkProviderFields refuses what is in the contract but is not kept yet.
func checkProviderFields(p *orderhubv1.Provider) error {
	if len(p.GetCredentials()) > 0 || p.GetMaxConcurrency() != 0 || p.GetRateLimit() != nil || p.GetTimeout() != nil {
		return errNotImplemented
	}
	return nil
}

// settings are what the connector is given; it may refuse them.
func (s *adminService) settings(connector string, in *structpb.Struct) (json.RawMessage, error) {
	settings := json.RawMessage("{}")
	if len(in.GetFields()) > 0 {
		written, err := json.Marshal(in.AsMap())
		if err != nil || len(written) > maxSettingsBytes {
			return nil, fault.Invalid("settings", "must be a JSON object of at most 64 KiB, with finite numbers")
		}
		settings = written
	}
	if s.checkConnector == nil {
		return settings, nil
	}
	return settings, s.checkConnector(connector, settings, nil)
}

func (s *adminService) GetProvider(ctx context.Context, r *orderhubv1.GetProviderRequest) (*orderhubv1.GetProviderResponse, error) {
	found, err := s.provider(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	converted, err := toAPIProvider(&found)
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
		converted, err := toAPIProvider(&found[i])
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
	if err := checkProviderFields(in); err != nil {
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
	if status, given := fromAPISupplyStatus[in.GetStatus()]; given && set.has("status") {
		changed.Status = status
	}
	if set.has("settings") {
		if changed.Config, err = s.settings(changed.Connector, in.GetSettings()); err != nil {
			return nil, err
		}
	}
	if changed, err = s.providers.UpdateProvider(ctx, changed); err != nil {
		return nil, err
	}
	converted, err := toAPIProvider(&changed)
	return &orderhubv1.UpdateProviderResponse{Provider: converted}, err
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

func toAPIProvider(p *fulfil.Provider) (*orderhubv1.Provider, error) {
	converted := &orderhubv1.Provider{
		Id: p.ID, Name: p.Name, Connector: p.Connector, Status: toAPISupplyStatus[p.Status],
		CreateTime: toAPITime(p.CreatedAt), UpdateTime: toAPITime(p.UpdatedAt),
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
	if p.Source != catalog.SourceProvider {
		bad.Add("product", "must be one whose goods come from a provider")
	}
	return converted, bad.OrNil()
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

func toAPIOffer(o *fulfil.Offer, sku, provider string) *orderhubv1.Offer {
	return &orderhubv1.Offer{
		Id: o.ID, Product: sku, Provider: provider, ProviderSku: o.ProviderSKU, Cost: o.Cost.Format(o.Currency),
		Currency: string(o.Currency), Priority: int32(o.Priority), Status: toAPISupplyStatus[o.Status],
		CreateTime: toAPITime(o.CreatedAt), UpdateTime: toAPITime(o.UpdatedAt),
	}
}
