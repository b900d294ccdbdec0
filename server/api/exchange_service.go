package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/money"
)

// exchangeService has what currencies are worth in one another.
type exchangeService struct {
	orderhubv1.UnimplementedExchangeServiceServer
	*services
}

func (s *exchangeService) SetExchangeRate(ctx context.Context, r *orderhubv1.SetExchangeRateRequest) (
	*orderhubv1.SetExchangeRateResponse, error,
) {
	bad := &errs.InvalidError{}
	e := exchange.Entry{
		Pair: exchange.Pair{Base: money.Currency(r.GetBaseCurrency()), Quote: money.Currency(r.GetQuoteCurrency())},
		From: fromAPITime(bad, "start_time", r.GetStartTime()),
	}
	var err error
	if e.Rate, err = exchange.ParseRate(r.GetRate()); err != nil {
		bad.Add("rate", "%s", err)
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	added, err := s.Exchange.Set(ctx, e)
	if err != nil {
		return nil, err
	}
	holding, err := s.holding(ctx)
	return &orderhubv1.SetExchangeRateResponse{ExchangeRate: toAPIRate(&added, holding)}, err
}

func (s *exchangeService) ListExchangeRates(ctx context.Context, r *orderhubv1.ListExchangeRatesRequest) (
	*orderhubv1.ListExchangeRatesResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Exchange.Entries(ctx, exchange.Filter{
		Base: money.Currency(r.GetBaseCurrency()), Quote: money.Currency(r.GetQuoteCurrency()), BeforeID: p.key(0),
		Limit: p.limit(),
	})
	if err != nil {
		return nil, err
	}
	holding, err := s.holding(ctx)
	convert := func(e *exchange.Entry) *orderhubv1.ExchangeRate { return toAPIRate(e, holding) }
	shown, next, err := pageOf(&p, found, err, func(e *exchange.Entry) int64 { return e.ID }, convert)
	return &orderhubv1.ListExchangeRatesResponse{ExchangeRates: shown, NextPageToken: next}, err
}

// holding are the numbers of the entries that hold now.
func (s *exchangeService) holding(ctx context.Context) (map[int64]bool, error) {
	rates, err := s.Exchange.Rates(ctx)
	if err != nil {
		return nil, err
	}
	holding := make(map[int64]bool)
	for _, e := range rates.Holding(s.Now()) {
		holding[e.ID] = true
	}
	return holding, nil
}

func toAPIRate(e *exchange.Entry, holding map[int64]bool) *orderhubv1.ExchangeRate {
	return &orderhubv1.ExchangeRate{
		Id: e.ID, BaseCurrency: string(e.Pair.Base), QuoteCurrency: string(e.Pair.Quote), Rate: e.Rate.String(),
		StartTime: toAPITime(e.From), CreateTime: toAPITime(e.At), Current: holding[e.ID],
	}
}
