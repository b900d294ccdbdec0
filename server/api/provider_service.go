package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
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
