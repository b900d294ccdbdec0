package api

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
)

func (s *catalogService) ImportUnits(ctx context.Context, r *orderhubv1.ImportUnitsRequest) (
	*orderhubv1.ImportUnitsResponse, error,
) {
	p, err := s.productWithUnits(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	units, expires, err := fromAPIUnits(r)
	if err != nil {
		return nil, err
	}
	options := catalog.ImportOptions{
		Name: r.GetImportName(), Into: r.GetUnitImport(), DryRun: r.GetDryRun(), Force: r.GetForce(),
		HeaderSeen: r.SkippedCount != nil, Skipped: int(r.GetSkippedCount()), ExpiresAt: expires,
	}
	report, err := s.Catalog.ImportUnits(ctx, p, options, units)
	if _, foreseen := errors.AsType[*catalog.MostlyBadError](err); err != nil && !(foreseen && r.GetDryRun()) {
		return nil, err
	}
	return toAPIImportReport(&report), nil
}

func (s *catalogService) ListUnits(ctx context.Context, r *orderhubv1.ListUnitsRequest) (
	*orderhubv1.ListUnitsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	product, err := s.productWithUnits(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	units, err := s.Catalog.ListUnits(ctx, catalog.UnitFilter{
		ProductID: product.ID, ImportID: r.GetUnitImport(), State: fromAPIUnitState[r.GetState()],
		AfterID: max(p.key(0), r.GetAfterUnit()), Limit: p.limit(),
	})
	convert := func(u *catalog.Unit) *orderhubv1.Unit { return toAPIUnit(u, product) }
	shown, next, err := pageOf(&p, units, err, func(u *catalog.Unit) int64 { return u.ID }, convert)
	return &orderhubv1.ListUnitsResponse{Units: shown, NextPageToken: next}, err
}

func (s *catalogService) VoidUnit(ctx context.Context, r *orderhubv1.VoidUnitRequest) (
	*orderhubv1.VoidUnitResponse, error,
) {
	u, err := s.Catalog.VoidUnit(ctx, r.GetUnit())
	return &orderhubv1.VoidUnitResponse{Unit: toAPIUnit(&u, s.Catalog.Snapshot().ProductByID(u.ProductID))}, err
}

func (s *catalogService) SetUnitAside(ctx context.Context, r *orderhubv1.SetUnitAsideRequest) (
	*orderhubv1.SetUnitAsideResponse, error,
) {
	u, err := s.Catalog.SetUnitAside(ctx, r.GetUnit())
	return &orderhubv1.SetUnitAsideResponse{Unit: toAPIUnit(&u, s.Catalog.Snapshot().ProductByID(u.ProductID))}, err
}

func (s *catalogService) PutUnitBack(ctx context.Context, r *orderhubv1.PutUnitBackRequest) (
	*orderhubv1.PutUnitBackResponse, error,
) {
	u, err := s.Catalog.PutUnitBack(ctx, r.GetUnit())
	return &orderhubv1.PutUnitBackResponse{Unit: toAPIUnit(&u, s.Catalog.Snapshot().ProductByID(u.ProductID))}, err
}

func (s *catalogService) ListUnitImports(
	ctx context.Context, r *orderhubv1.ListUnitImportsRequest,
) (*orderhubv1.ListUnitImportsResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	f := catalog.ImportFilter{BeforeID: p.key(0), Limit: p.limit()}
	if r.GetProduct() != "" {
		product, err := s.productWithUnits(ctx, r.GetProduct())
		if err != nil {
			return nil, err
		}
		f.ProductID = product.ID
	}
	imports, err := s.Catalog.ListImports(ctx, f)
	convert := func(i *catalog.UnitImport) *orderhubv1.UnitImport { return toAPIUnitImport(i, s.Catalog.Snapshot()) }
	shown, next, err := pageOf(&p, imports, err, func(i *catalog.UnitImport) int64 { return i.ID }, convert)
	return &orderhubv1.ListUnitImportsResponse{UnitImports: shown, NextPageToken: next}, err
}

func (s *catalogService) WithdrawUnitImport(
	ctx context.Context, r *orderhubv1.WithdrawUnitImportRequest,
) (*orderhubv1.WithdrawUnitImportResponse, error) {
	imp, voided, err := s.Catalog.WithdrawImport(ctx, r.GetUnitImport())
	return &orderhubv1.WithdrawUnitImportResponse{
		UnitImport: toAPIUnitImport(&imp, s.Catalog.Snapshot()), VoidedCount: int32(voided),
	}, err
}

func (s *catalogService) GetStock(ctx context.Context, r *orderhubv1.GetStockRequest) (
	*orderhubv1.GetStockResponse, error,
) {
	p, err := s.productWithUnits(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	outlook, err := s.Catalog.Outlook(ctx, p)
	if err != nil {
		return nil, err
	}
	stock := &orderhubv1.Stock{
		Sku: p.SKU, AvailableCount: toAPICount(outlook.Available), LowStock: toAPIThreshold(p.LowStock),
		LowSince: toAPIOptionalTime(outlook.LowSince), SoldPerDay: outlook.PerDay(),
		NextExpireTime: toAPIOptionalTime(outlook.NextExpiry), HeldCount: toAPICount(outlook.Held),
	}
	if days, known := outlook.DaysLeft(); known {
		stock.DaysLeft = &days
	}
	return &orderhubv1.GetStockResponse{Stock: stock}, nil
}

func (s *catalogService) productWithUnits(ctx context.Context, key string) (*catalog.Product, error) {
	p, err := s.product(ctx, key)
	if err == nil && !p.UsesUnits() {
		err = errs.Invalid("product", "must be an undated product of the hub's own stock")
	}
	return p, err
}

func (s *catalogService) SetAllotments(ctx context.Context, r *orderhubv1.SetAllotmentsRequest) (
	*orderhubv1.SetAllotmentsResponse, error,
) {
	p, err := s.product(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	days, err := fromAPIAllotments(p.ID, r.GetAllotments())
	if err != nil {
		return nil, err
	}
	if err := s.Catalog.SetAllotments(ctx, p.ID, days); err != nil {
		return nil, err
	}
	resp := &orderhubv1.SetAllotmentsResponse{}
	written, err := s.allotmentsOf(ctx, p.ID, days)
	for i := range written {
		resp.Allotments = append(resp.Allotments, toAPIAllotment(&written[i]))
	}
	return resp, err
}

// allotmentsOf reads the days named back, by date.
func (s *catalogService) allotmentsOf(ctx context.Context, productID int64, named []catalog.Allotment) (
	[]catalog.Allotment, error,
) {
	first, last := named[0].UseDate, named[0].UseDate
	wanted := make(map[string]bool, len(named))
	for _, day := range named {
		first, last = min(first, day.UseDate), max(last, day.UseDate)
		wanted[day.UseDate] = true
	}
	found := make([]catalog.Allotment, 0, len(named))
	for from := first; len(found) < len(named); {
		days, err := s.Catalog.ListAllotments(ctx, productID, from, last, maxDaysRead)
		if err != nil || len(days) == 0 {
			return found, err
		}
		for _, day := range days {
			if wanted[day.UseDate] {
				found = append(found, day)
			}
		}
		from = dayAfter(days[len(days)-1].UseDate)
	}
	return found, nil
}

const maxDaysRead = 1000

func (s *catalogService) ListAllotments(ctx context.Context, r *orderhubv1.ListAllotmentsRequest) (
	*orderhubv1.ListAllotmentsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	from, to, err := fromAPIDays(r)
	if err != nil {
		return nil, err
	}
	product, err := s.datedProduct(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	if p.after != nil {
		from = dayAfter(dayOf(p.key(0)))
	}
	days, err := s.Catalog.ListAllotments(ctx, product.ID, from, to, p.limit())
	key := func(a *catalog.Allotment) int64 { return dayKey(a.UseDate) }
	shown, next, err := pageOf(&p, days, err, key, toAPIAllotment)
	return &orderhubv1.ListAllotmentsResponse{Allotments: shown, NextPageToken: next}, err
}

func fromAPIDays(r *orderhubv1.ListAllotmentsRequest) (from, to string, err error) {
	bad := &errs.InvalidError{}
	from, to = fromAPIDate(bad, "use_date_from", r.GetUseDateFrom()), fromAPIDate(bad, "use_date_to", r.GetUseDateTo())
	if from != "" && to != "" && from > to {
		bad.Add("use_date_to", "must not be before %s", errs.Field("use_date_from"))
	}
	return from, to, bad.OrNil()
}

func (s *catalogService) datedProduct(ctx context.Context, key string) (*catalog.Product, error) {
	p, err := s.product(ctx, key)
	if err == nil && !p.Dated {
		err = errs.Invalid("product", "must be a dated product")
	}
	return p, err
}

// dayKey is the day as a page token keeps it: 2030-01-31 is 20300131.
func dayKey(day string) int64 {
	key, _ := strconv.ParseInt(strings.ReplaceAll(day, "-", ""), 10, 64)
	return key
}

func dayOf(key int64) string {
	return time.Date(int(key/10_000), time.Month(key/100%100), int(key%100), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// dayAfter is the next day; days compare as text.
func dayAfter(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}
