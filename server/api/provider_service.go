package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
)

var (
	toAPISupplyStatus   = byWord[fulfil.Status, orderhubv1.SupplyStatus]()
	fromAPISupplyStatus = inverse(toAPISupplyStatus)
)

func (s *adminService) CreateProvider(
	ctx context.Context, r *orderhubv1.CreateProviderRequest,
) (*orderhubv1.CreateProviderResponse, error) {
	in := r.GetProvider()
	settings, err := fromAPISettingsOf(in.GetSettings())
	if err != nil {
		return nil, err
	}
	wanted := fulfil.Provider{
		Name: in.GetName(), Connector: in.GetConnector(), Status: fromAPISupplyStatus[in.GetStatus()],
		Config: settings, Limits: fromAPILimits(in),
	}
	if err := changeLowBalance(&wanted, in); err != nil {
		return nil, err
	}
	created, err := s.Providers.Create(ctx, wanted, in.GetCredentials())
	shown, err := converted(ctx, &created, err, s.toAPIProvider)
	return &orderhubv1.CreateProviderResponse{Provider: shown}, err
}

func fromAPILimits(p *orderhubv1.Provider) fulfil.Limits {
	return fulfil.Limits{
		Concurrency: int(p.GetMaxConcurrency()), RequestsPerMinute: int(p.GetRateLimit().GetRequestsPerMinute()),
		Burst: int(p.GetRateLimit().GetBurst()), Timeout: p.GetTimeout().AsDuration(),
		Horizon: p.GetHorizon().AsDuration(),
	}
}

func fromAPISettingsOf(in *structpb.Struct) (json.RawMessage, error) {
	if len(in.GetFields()) == 0 {
		return json.RawMessage("{}"), nil
	}
	written, err := json.Marshal(in.AsMap())
	if err != nil {
		return nil, errs.Invalid("settings", "must have finite numbers")
	}
	return written, nil
}

func (s *adminService) GetProvider(
	ctx context.Context, r *orderhubv1.GetProviderRequest,
) (*orderhubv1.GetProviderResponse, error) {
	found, err := s.Providers.Find(ctx, r.GetProvider())
	shown, err := converted(ctx, &found, err, s.toAPIProvider)
	return &orderhubv1.GetProviderResponse{Provider: shown}, err
}

func (s *adminService) ListProviders(
	ctx context.Context, r *orderhubv1.ListProvidersRequest,
) (*orderhubv1.ListProvidersResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Providers.List(ctx)
	id := func(p *fulfil.Provider) int64 { return p.ID }
	shown, next, err := pageOrError(ctx, &p, skip(&p, found, id), err, id, s.toAPIProvider)
	return &orderhubv1.ListProvidersResponse{Providers: shown, NextPageToken: next}, err
}

func (s *adminService) UpdateProvider(
	ctx context.Context, r *orderhubv1.UpdateProviderRequest,
) (*orderhubv1.UpdateProviderResponse, error) {
	in := r.GetChanges()
	set, err := maskOf(in, r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	changed, err := s.Providers.Find(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	set.keeps(bad, "name", in.GetName(), changed.Name)
	set.keeps(bad, "connector", in.GetConnector(), changed.Connector)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	changeLimits(&changed.Limits, set, in)
	if set.has("low_balance") || set.has("low_balance_currency") {
		if !set.has("low_balance_currency") {
			in.LowBalanceCurrency = string(changed.LowBalanceCurrency)
		}
		if !set.has("low_balance") && changed.LowBalanceCurrency != "" {
			in.LowBalance = changed.LowBalance.Format(changed.LowBalanceCurrency)
		}
		if err := changeLowBalance(&changed, in); err != nil {
			return nil, err
		}
	}
	if status, given := fromAPISupplyStatus[in.GetStatus()]; given && set.has("status") {
		changed.Status = status
	}
	if set.has("settings") {
		if changed.Config, err = fromAPISettingsOf(in.GetSettings()); err != nil {
			return nil, err
		}
	}
	if changed, err = s.Providers.Update(ctx, changed, credentialsIn(set, in)); err != nil {
		return nil, err
	}
	converted, err := s.toAPIProvider(ctx, &changed)
	return &orderhubv1.UpdateProviderResponse{Provider: converted}, err
}

// changeLowBalance takes over below what the balance is low; without an amount nothing
// is.
func changeLowBalance(p *fulfil.Provider, in *orderhubv1.Provider) error {
	p.LowBalance, p.LowBalanceCurrency = 0, ""
	if in.GetLowBalance() == "" {
		return nil
	}
	if in.GetLowBalanceCurrency() == "" {
		return errs.Invalid("low_balance_currency", "must not be empty where %s is set", errs.Field("low_balance"))
	}
	bad := &errs.InvalidError{}
	p.LowBalanceCurrency = fromAPICurrency(bad, "low_balance_currency", in.GetLowBalanceCurrency())
	p.LowBalance = fromAPIAmount(bad, "low_balance", in.GetLowBalance(), p.LowBalanceCurrency)
	return bad.OrNil()
}

// credentialsIn are those to be written, nil for none.
func credentialsIn(set fieldSet, in *orderhubv1.Provider) map[string]string {
	if set.has("credentials") && in.GetCredentials() == nil {
		return map[string]string{}
	}
	if !set.has("credentials") {
		return nil
	}
	return in.GetCredentials()
}

func changeLimits(l *fulfil.Limits, set fieldSet, in *orderhubv1.Provider) {
	wanted := fromAPILimits(in)
	take(set, "max_concurrency", &l.Concurrency, wanted.Concurrency)
	if set.takes("rate_limit", "requests_per_minute") {
		l.RequestsPerMinute = wanted.RequestsPerMinute
	}
	if set.takes("rate_limit", "burst") {
		l.Burst = wanted.Burst
	}
	take(set, "timeout", &l.Timeout, wanted.Timeout)
	take(set, "horizon", &l.Horizon, wanted.Horizon)
}

func (s *adminService) toAPIProvider(ctx context.Context, p *fulfil.Provider) (*orderhubv1.Provider, error) {
	converted := &orderhubv1.Provider{
		Id: p.ID, Name: p.Name, Connector: p.Connector, Status: toAPISupplyStatus[p.Status],
		HasCredentials: p.HasCredentials, MaxConcurrency: int32(p.Limits.Concurrency),
		Timeout: toAPIDuration(p.Limits.Timeout), Horizon: toAPIDuration(p.Limits.Horizon),
		Capabilities: s.Providers.Capabilities(ctx, p.ID), CreateTime: toAPITime(p.CreatedAt),
		UpdateTime: toAPITime(p.UpdatedAt),
	}
	if p.LowBalanceCurrency != "" {
		converted.LowBalance = p.LowBalance.Format(p.LowBalanceCurrency)
		converted.LowBalanceCurrency = string(p.LowBalanceCurrency)
	}
	funds, err := s.Providers.Funds(ctx)
	if err != nil {
		return nil, err
	}
	if known := funds[p.ID]; known != nil {
		if converted.Balance, err = s.toAPIBalance(ctx, known); err != nil {
			return nil, err
		}
	}
	if p.Limits.RequestsPerMinute != 0 || p.Limits.Burst != 0 {
		converted.RateLimit = &orderhubv1.RateLimit{
			RequestsPerMinute: int32(p.Limits.RequestsPerMinute), Burst: int32(p.Limits.Burst),
		}
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
