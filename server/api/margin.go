package api

import (
	"context"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/report"
)

// usualDays is of how many days margins are where nobody says.
const usualDays = 30

func (s *reportService) GetMargins(ctx context.Context, r *orderhubv1.GetMarginsRequest) (
	*orderhubv1.GetMarginsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	q, err := s.marginQuery(ctx, r)
	if err != nil {
		return nil, err
	}
	earned, err := s.Margins.Earned(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := allNames(ctx, s.Providers)
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.GetMarginsResponse{AsOfTime: toAPITime(earned.AsOf)}
	if !earned.From.IsZero() {
		resp.CountedFromDate = earned.From.Format(time.DateOnly)
	}
	first := min(int(p.key(0)), len(earned.Rows))
	rows := earned.Rows[first:]
	if len(rows) > p.size {
		rows, resp.NextPageToken = rows[:p.size], p.token(int64(first+p.size))
	}
	if resp.Margins, err = s.toAPIMargins(ctx, rows, names); err != nil {
		return nil, err
	}
	resp.Totals, err = s.toAPIMargins(ctx, earned.Totals, names)
	return resp, err
}

// marginQuery is what a request asks for.
func (s *reportService) marginQuery(ctx context.Context, r *orderhubv1.GetMarginsRequest) (
	*report.MarginQuery, error,
) {
	q := &report.MarginQuery{To: s.Now().UTC().Truncate(24 * time.Hour)}
	bad := &errs.InvalidError{}
	if date := fromAPIDate(bad, "to_date", r.GetToDate()); date != "" {
		q.To, _ = time.Parse(time.DateOnly, date) // it was read before
	}
	q.From = q.To.AddDate(0, 0, 1-usualDays)
	if date := fromAPIDate(bad, "from_date", r.GetFromDate()); date != "" {
		q.From, _ = time.Parse(time.DateOnly, date)
	}
	q.To = q.To.AddDate(0, 0, 1)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	for _, by := range r.GetGroupBy() {
		switch by {
		case orderhubv1.MarginGroup_MARGIN_GROUP_DAY:
			q.ByDay = true
		case orderhubv1.MarginGroup_MARGIN_GROUP_PRODUCT:
			q.ByProduct = true
		case orderhubv1.MarginGroup_MARGIN_GROUP_PROVIDER:
			q.ByProvider = true
		case orderhubv1.MarginGroup_MARGIN_GROUP_MERCHANT:
			q.ByMerchant = true
		}
	}
	return q, s.marginFilters(ctx, r, q)
}

func (s *reportService) marginFilters(
	ctx context.Context, r *orderhubv1.GetMarginsRequest, q *report.MarginQuery,
) error {
	if r.GetProduct() != "" {
		product, err := s.product(ctx, r.GetProduct())
		if err != nil {
			return err
		}
		q.ProductID = product.ID
	}
	if r.GetProvider() != "" {
		provider, err := s.Providers.Find(ctx, r.GetProvider())
		if err != nil {
			return err
		}
		q.ProviderID = provider.ID
	}
	if r.GetMerchant() != "" {
		merchant, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
		if err != nil {
			return err
		}
		q.MerchantID = merchant.ID
	}
	return nil
}

func (s *reportService) toAPIMargins(ctx context.Context, rows []report.Margin, providers map[int64]string) (
	[]*orderhubv1.Margin, error,
) {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	products := s.Catalog.Snapshot()
	converted := make([]*orderhubv1.Margin, len(rows))
	for i := range rows {
		m := &rows[i]
		amount := amountsOf(m.Currency)
		shown := &orderhubv1.Margin{
			Provider: providers[m.ProviderID], Currency: string(m.Currency), Units: m.Units, FailedUnits: m.Failed,
			RevenueAmount: amount(m.Revenue), CostAmount: amount(m.Cost), MarginAmount: amount(m.Earned()),
			UnpricedUnits: m.Unpriced,
		}
		if !m.Day.IsZero() {
			shown.Date = m.Day.Format(time.DateOnly)
		}
		if p := products.ProductByID(m.ProductID); p != nil {
			shown.Product = p.SKU
		}
		if m.MerchantID != 0 {
			var err error
			if shown.Merchant, err = s.merchantName(ctx, m.MerchantID); err != nil {
				return nil, err
			}
		}
		if all := m.Units + m.Failed; all > 0 {
			shown.FailureRate = new(float64(m.Failed) / float64(all))
		}
		if m.Revenue > 0 {
			shown.MarginRate = new(float64(m.Earned()) / float64(m.Revenue))
		}
		converted[i] = shown
	}
	return converted, nil
}
