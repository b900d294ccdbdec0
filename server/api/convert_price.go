package api

import (
	"context"
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

var (
	toAPIListStatus   = byWord[catalog.ListStatus, orderhubv1.PriceListStatus]()
	toAPIPriceBase    = byWord[catalog.PriceBase, orderhubv1.PriceBase]()
	fromAPIPriceBase  = inverse(toAPIPriceBase)
	toAPIRounding     = byWord[catalog.Rounding, orderhubv1.PriceRounding]()
	fromAPIRounding   = inverse(toAPIRounding)
	toAPIPriceProblem = byWord[catalog.PriceProblem, orderhubv1.PriceProblem]()
)

// toAPI is a list with its products and categories by name.
func (s *priceService) toAPI(l *catalog.PriceList) *orderhubv1.PriceList {
	converted := &orderhubv1.PriceList{
		Name: l.Name, Description: l.Description, Currency: string(l.Currency), Status: toAPIListStatus[l.Status],
		StartTime: toAPIOptionalTime(l.From), EndTime: toAPIOptionalTime(l.Until), MerchantCount: int32(l.Merchants),
		Version: l.Version, CreateTime: toAPITime(l.CreatedAt), UpdateTime: toAPITime(l.UpdatedAt),
	}
	snapshot := s.Catalog.Snapshot()
	for i := range l.Rules {
		converted.Rules = append(converted.Rules, toAPIPriceRule(&l.Rules[i], l.Currency, snapshot))
	}
	return converted
}

func toAPIPriceRule(r *catalog.PriceRule, c money.Currency, snapshot *catalog.Snapshot) *orderhubv1.PriceRule {
	converted := &orderhubv1.PriceRule{
		Number: int32(r.Number), Base: toAPIPriceBase[r.Base], Percent: toAPIMarkup(r.Percent),
		Amount: amountOrNothing(r.Amount, c), Rounding: toAPIRounding[r.Rounding], Step: amountOrNothing(r.Step, c),
		Floor: amountOrNothing(r.Floor, c),
	}
	if p := snapshot.ProductByID(r.ProductID); p != nil {
		converted.Product = p.SKU
	}
	for _, category := range snapshot.Categories() {
		if category.ID == r.CategoryID {
			converted.Category = category.Slug
		}
	}
	return converted
}

func amountOrNothing(a money.Amount, c money.Currency) string {
	if a == 0 {
		return ""
	}
	return a.Format(c)
}

// toAPIMarkup writes hundredths of a per cent, "" for none.
func toAPIMarkup(points int64) string {
	if points == 0 {
		return ""
	}
	sign := ""
	if points < 0 {
		sign, points = "-", -points
	}
	text := fmt.Sprintf("%s%d.%02d", sign, points/100, points%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func toAPIPreviewedPrice(p *catalog.PreviewedPrice) *orderhubv1.PreviewedPrice {
	converted := &orderhubv1.PreviewedPrice{
		Sku: p.SKU, Name: p.Name, ListPrice: p.Product.Price.Format(p.Currency), Price: p.Price.Format(p.Currency),
		Rule: int32(p.Rule), Problem: toAPIPriceProblem[p.Problem],
	}
	if p.Cost.Known {
		converted.Cost = p.Cost.Amount.Format(p.Currency)
	}
	return converted
}

// apply takes over the fields of the set; a new list takes them all. What the products
// and categories are called is looked up.
func (s *priceService) apply(
	ctx context.Context, l *catalog.PriceList, set fieldSet, m *orderhubv1.PriceList,
) error {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return err
	}
	bad := &errs.InvalidError{}
	take(set, "description", &l.Description, m.GetDescription())
	if set.has("start_time") {
		l.From = fromAPIOptionalTime(bad, "start_time", m.GetStartTime())
	}
	if set.has("end_time") {
		l.Until = fromAPIOptionalTime(bad, "end_time", m.GetEndTime())
	}
	if set.has("rules") {
		l.Rules = nil
		for i, rule := range m.GetRules() {
			l.Rules = append(l.Rules, s.fromAPIRule(bad, fmt.Sprintf("rules[%d]", i), rule, l.Currency))
		}
	}
	return bad.OrNil()
}

func (s *priceService) fromAPIRule(
	bad *errs.InvalidError, at string, m *orderhubv1.PriceRule, c money.Currency,
) catalog.PriceRule {
	r := catalog.PriceRule{
		Number: int64(m.GetNumber()), Base: fromAPIPriceBase[m.GetBase()], Rounding: fromAPIRounding[m.GetRounding()],
		Percent: fromAPIMarkup(bad, at+".percent", m.GetPercent()),
		Step:    fromAPIAmount(bad, at+".step", m.GetStep(), c),
		Floor:   fromAPIAmount(bad, at+".floor", m.GetFloor(), c),
	}
	if m.GetAmount() != "" {
		var err error
		if r.Amount, err = money.ParseSigned(m.GetAmount(), c); err != nil {
			bad.Add(at+".amount", "must be an amount of %s: %s", c, err)
		}
	}
	if m.GetProduct() != "" {
		if p := s.Catalog.Snapshot().FindProduct(m.GetProduct()); p != nil {
			r.ProductID = p.ID
		} else {
			bad.Add(at+".product", "must be a product")
		}
	}
	if m.GetCategory() != "" {
		if category, found := s.Catalog.Snapshot().FindCategory(m.GetCategory()); found {
			r.CategoryID = category.ID
		} else {
			bad.Add(at+".category", "must be a category")
		}
	}
	return r
}

// fromAPIMarkup reads per cent as hundredths of it, 0 for "".
func fromAPIMarkup(bad *errs.InvalidError, field, text string) int64 {
	digits, negative := strings.CutPrefix(text, "-")
	points, ok := percentOf(digits)
	if !ok || negative && digits == "" {
		bad.Add(field, "must be a number with at most 2 decimals")
	}
	if negative {
		return -points
	}
	return points
}
