package api

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/reading"
	"orderhub/server/report"
)

const (
	// fewUnits is below how many units stock is low unless it is said.
	fewUnits = 10
	// mostReported is of how much time figures of providers are given at once.
	mostReported = 31 * 24 * time.Hour
)

type reportService struct {
	orderhubv1.UnimplementedReportServiceServer
	*services
}

func (s *reportService) GetOverview(ctx context.Context, r *orderhubv1.GetOverviewRequest) (
	*orderhubv1.GetOverviewResponse, error,
) {
	begins, err := s.dayOf(r.GetDate(), time.Duration(r.GetUtcOffsetMinutes())*time.Minute)
	if err != nil {
		return nil, err
	}
	ctx = reading.Only(ctx)
	overview, err := s.Reports.Overview(ctx, begins)
	if err != nil {
		return nil, err
	}
	needs, err := s.Reports.Needs(ctx, cmp.Or(int(r.GetLowStock()), fewUnits))
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.GetOverviewResponse{
		AsOfTime: toAPITime(overview.AsOf), Day: toAPIDay(&overview.Days[0]), DayBefore: toAPIDay(&overview.Days[1]),
		WeekBefore: toAPIDay(&overview.Days[2]),
	}
	if resp.NeedsPerson, err = s.toAPINeeds(ctx, &needs); err != nil {
		return nil, err
	}
	submitted, err := s.Reports.LastHour(ctx)
	if err == nil {
		resp.Providers, err = s.toAPIProviderFigures(ctx, submitted, "", false)
	}
	return resp, err
}

// dayOf is when a day begins where clocks are so far ahead of UTC; "" is the day that it
// is there.
func (s *reportService) dayOf(date string, ahead time.Duration) (time.Time, error) {
	zone := time.FixedZone("", int(ahead/time.Second))
	if date == "" {
		date = s.Now().In(zone).Format(time.DateOnly)
	}
	day, err := time.ParseInLocation(time.DateOnly, date, zone)
	if err != nil || day.Year() < 1 {
		return time.Time{}, errs.Invalid("date", "must be a day, YYYY-MM-DD")
	}
	return day.UTC(), nil
}

func (s *reportService) ListProviderFigures(ctx context.Context, r *orderhubv1.ListProviderFiguresRequest) (
	*orderhubv1.ListProviderFiguresResponse, error,
) {
	bad := &errs.InvalidError{}
	from, to := fromAPIPeriod(bad, reportTimes, r.GetFromTime(), r.GetToTime())
	if r.GetToTime() == nil {
		to = s.Now().Truncate(time.Hour).Add(time.Hour)
	}
	if r.GetFromTime() == nil {
		from = to.Add(-24 * time.Hour)
	}
	switch {
	case to.Sub(from) > mostReported:
		bad.Add("to_time", "must be at most 31 days after %s", errs.Field("from_time"))
	case !from.Before(to):
		bad.Add("from_time", "must be before now")
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	ctx = reading.Only(ctx)
	submitted, err := s.Reports.Submitted(ctx, from, to)
	if err != nil {
		return nil, err
	}
	providers, err := s.toAPIProviderFigures(ctx, submitted, r.GetProvider(), true)
	return &orderhubv1.ListProviderFiguresResponse{AsOfTime: toAPITime(submitted.AsOf), Providers: providers}, err
}

var reportTimes = period{from: "from_time", to: "to_time"}

// toAPIProviderFigures are those of one provider, or of all.
func (s *reportService) toAPIProviderFigures(
	ctx context.Context, submitted *report.Submitted, named string, byHour bool,
) ([]*orderhubv1.ProviderFigures, error) {
	providers, err := s.providersNamed(ctx, named)
	if err != nil {
		return nil, err
	}
	var all []*orderhubv1.ProviderFigures
	for i := range providers {
		p, total := &providers[i], submitted.Total(providers[i].ID)
		figures := &orderhubv1.ProviderFigures{
			Provider: p.Name, Status: toAPISupplyStatus[p.Status], Breaker: s.Fulfilment.Breaker(p.ID),
			Total: toAPIAttemptFigures(&total),
		}
		for hour := 0; byHour && hour < submitted.Hours; hour++ {
			var of report.Attempts
			if hours := submitted.By[p.ID]; hours != nil {
				of = hours[hour]
			}
			figures.Hours = append(figures.Hours, &orderhubv1.ProviderHour{
				StartTime: toAPITime(submitted.From.Add(time.Duration(hour) * time.Hour)),
				Figures:   toAPIAttemptFigures(&of),
			})
		}
		all = append(all, figures)
	}
	return all, nil
}

func (s *reportService) providersNamed(ctx context.Context, named string) ([]fulfil.Provider, error) {
	if named != "" {
		p, err := s.Providers.Find(ctx, named)
		return []fulfil.Provider{p}, err
	}
	all, err := s.Providers.List(ctx)
	slices.SortFunc(all, func(a, b fulfil.Provider) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

func (s *reportService) ListEndpointFigures(ctx context.Context, r *orderhubv1.ListEndpointFiguresRequest) (
	*orderhubv1.ListEndpointFiguresResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	var merchantID int64
	if r.GetMerchant() != "" {
		if merchantID, err = s.merchantID(ctx, r.GetMerchant()); err != nil {
			return nil, err
		}
	}
	found, err := s.Reports.Endpoints(reading.Only(ctx), merchantID, p.key(0), p.limit())
	id := func(e *report.Endpoint) int64 { return e.ID }
	shown, next, err := pageOrError(ctx, &p, found, err, id, s.endpointFigures)
	return &orderhubv1.ListEndpointFiguresResponse{Endpoints: shown, NextPageToken: next}, err
}

func (s *reportService) toAPINeeds(ctx context.Context, n *report.Needs) (*orderhubv1.NeedsPerson, error) {
	converted := &orderhubv1.NeedsPerson{
		ParkedAttempts: n.Parked, DisputedAttempts: n.Disputed, StuckOrders: n.Stuck.Count,
		StuckSinceTime: toAPITime(n.Stuck.Since), PendingApprovals: n.Approvals.Count,
		ApprovalSinceTime: toAPITime(n.Approvals.Since), DueDeliveries: n.Deliveries.Count,
		DeliverySinceTime: toAPITime(n.Deliveries.Since), WaitingPurchases: n.Purchases.Count,
		PurchaseSinceTime: toAPITime(n.Purchases.Since), HeldLists: n.HeldLists.Count,
		ListSinceTime: toAPITime(n.HeldLists.Since), WaitingClaims: n.Claims.Count,
		ClaimSinceTime: toAPITime(n.Claims.Since), OverdueClaims: n.OverdueClaims, OverduePurchases: n.OverduePurchases,
		OpenFindings: n.Findings.Count, FindingSinceTime: toAPITime(n.Findings.Since),
	}
	for _, p := range n.PoorProviders {
		converted.PoorProviders = append(converted.PoorProviders, &orderhubv1.PoorProvider{
			Provider: p.Name, RefusedSinceTime: toAPIOptionalTime(p.Since),
		})
	}
	for _, p := range n.LowStock {
		converted.LowStock = append(converted.LowStock, &orderhubv1.LowStock{Product: p.SKU, Available: p.Available})
	}
	for _, e := range n.FailingEndpoints {
		merchant, err := s.merchantName(ctx, e.MerchantID)
		if err != nil {
			return nil, err
		}
		converted.FailingEndpoints = append(converted.FailingEndpoints, &orderhubv1.FailingEndpoint{
			Endpoint: e.ID, Merchant: merchant, Disabled: e.Disabled, FailingSinceTime: toAPIOptionalTime(e.Since),
		})
	}
	for _, w := range n.LowWallets {
		merchant, err := s.merchantName(ctx, w.MerchantID)
		if err != nil {
			return nil, err
		}
		converted.LowWallets = append(converted.LowWallets, &orderhubv1.LowWallet{
			Merchant: merchant, Balance: w.Balance.Format(w.Currency), LowBalance: w.Threshold.Format(w.Currency),
			Currency: string(w.Currency),
		})
	}
	return converted, nil
}

func toAPIDay(d *report.Day) *orderhubv1.DayFigures {
	converted := &orderhubv1.DayFigures{StartTime: timestamppb.New(d.From), Total: toAPIOrderFigures(&d.Total)}
	for i := range d.Hours {
		h := &d.Hours[i]
		converted.Hours = append(converted.Hours, &orderhubv1.HourFigures{
			StartTime: timestamppb.New(h.From), Figures: toAPIOrderFigures(&h.Orders), Incomplete: !h.Counted,
		})
	}
	return converted
}

func toAPIOrderFigures(o *report.Orders) *orderhubv1.OrderFigures {
	converted := &orderhubv1.OrderFigures{
		Orders: o.Placed, Completed: o.Completed, Failed: o.Failed, Cancelled: o.Cancelled, Open: o.Open(),
		SuccessRate: rate(o.Completed, o.Failed), TimeToGoodsP50: quantile(&o.Waits, .5),
		TimeToGoodsP99: quantile(&o.Waits, .99),
	}
	for currency, m := range o.Money {
		amount := amountsOf(currency)
		converted.Revenue = append(converted.Revenue, &orderhubv1.Revenue{
			Currency: string(currency), ChargedAmount: amount(m.Charged), RefundedAmount: amount(m.Refunded),
			Amount: amount(m.Net()),
		})
	}
	slices.SortFunc(converted.Revenue, func(a, b *orderhubv1.Revenue) int {
		return strings.Compare(a.GetCurrency(), b.GetCurrency())
	})
	return converted
}

func toAPIAttemptFigures(a *report.Attempts) *orderhubv1.AttemptFigures {
	return &orderhubv1.AttemptFigures{
		Attempts: a.Submitted, Delivered: a.Delivered, Refused: a.Refused, Cancelled: a.Cancelled, Parked: a.Parked,
		Open: a.Open(), SuccessRate: rate(a.Delivered, a.Refused), LatencyP50: quantile(&a.Waits, .5),
		LatencyP99: quantile(&a.Waits, .99),
	}
}

func (s *reportService) endpointFigures(ctx context.Context, e *report.Endpoint) (*orderhubv1.EndpointFigures, error) {
	merchant, err := s.merchantName(ctx, e.MerchantID)
	return &orderhubv1.EndpointFigures{
		Endpoint: e.ID, Merchant: merchant, Deliveries: e.Looked(), Delivered: e.Delivered, Failed: e.Failed,
		Pending: e.Pending, Superseded: e.Superseded, SuccessRate: rate(e.Delivered, e.Failed),
		LagP50: quantile(&e.Lags, .5), LagP99: quantile(&e.Lags, .99),
		PendingSinceTime: toAPIOptionalTime(e.PendingSince), FailingSinceTime: toAPIOptionalTime(e.FailingSince),
	}, err
}

// rate is the share of good ones, nil where there are none at all.
func rate(good, bad int64) *float64 {
	if good+bad == 0 {
		return nil
	}
	return new(float64(good) / float64(good+bad))
}

func quantile(w *report.Waits, share float64) *durationpb.Duration {
	d, ok := w.Told(share)
	if !ok {
		return nil
	}
	return durationpb.New(d)
}
