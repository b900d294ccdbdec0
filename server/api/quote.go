package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
)

// QuoteOrder says what the order would cost and what is wrong with each line.
func (s *orderService) QuoteOrder(
	ctx context.Context, r *orderhubv1.QuoteOrderRequest,
) (*orderhubv1.QuoteOrderResponse, error) {
	merchantID, currency, err := s.quotedFor(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	draft := &order.Draft{
		MerchantID: merchantID, Currency: currency, Door: door,
		Recipient: fromAPIRecipient(r.GetRecipient()), Lines: fromAPILines(r.GetLines()), Coupon: r.GetCoupon(),
	}
	q, err := s.Orders.Quote(ctx, draft)
	if err != nil {
		return nil, err
	}
	amount := amountsOf(q.Currency)
	quote := &orderhubv1.Quote{
		Currency: string(q.Currency), SubtotalAmount: amount(q.Subtotal), DiscountAmount: amount(q.Discount),
		TotalAmount: amount(q.Total), MissingAmount: amount(q.Missing),
		SufficientBalance: q.Missing == 0, Orderable: q.Orderable(),
	}
	for i := range q.Lines {
		line, err := s.toAPIQuoteLine(ctx, i, &draft.Lines[i], &q.Lines[i], q.Currency)
		if err != nil {
			return nil, err
		}
		quote.Lines = append(quote.Lines, line)
	}
	if callOf(ctx).principal.Admin() {
		for i := range q.Lines {
			quote.Lines[i].PriceRule = q.Lines[i].PriceRule
		}
		if err := s.addSupply(ctx, draft, q, quote); err != nil {
			return nil, err
		}
	}
	return &orderhubv1.QuoteOrderResponse{Quote: quote}, nil
}

// quotedFor is for whom an order is priced, and in which currency.
func (s *orderService) quotedFor(ctx context.Context, named string) (int64, money.Currency, error) {
	p := &callOf(ctx).principal
	if !p.Admin() {
		id, err := s.merchantID(ctx, named)
		return id, p.Currency, err
	}
	if named == "" {
		return 0, "", errs.Invalid("merchant", "must be named by an operator")
	}
	m, err := s.Accounts.FindMerchant(ctx, named)
	if err == nil && m.Wallet == nil {
		err = account.ErrMerchantNotFound // an operator from before there were any buys nothing
	}
	if err != nil {
		return 0, "", err
	}
	return m.ID, m.Wallet.Currency, nil
}

// addSupply says from whom what is not in stock would be bought, which no merchant sees.
func (s *orderService) addSupply(ctx context.Context, d *order.Draft, q *order.Quote, quote *orderhubv1.Quote) error {
	o := &order.Order{MerchantID: d.MerchantID, Currency: q.Currency, CreatedAt: s.Now()}
	products := make(map[int64]*catalog.Product)
	var places []int
	for i := range q.Lines {
		l := &q.Lines[i]
		if l.Product == nil || l.Product.Source != catalog.SourceProvider {
			continue
		}
		products[l.Product.ID], places = l.Product, append(places, i)
		o.Lines = append(o.Lines, order.Line{
			Position: i + 1, ProductID: l.Product.ID, Quantity: d.Lines[i].Quantity, Total: l.Total,
		})
	}
	if len(places) == 0 {
		return nil
	}
	sources, err := s.Fulfilment.Sources(ctx, o, products)
	if err != nil {
		return err
	}
	for i, place := range places {
		quote.Lines[place].Supply = toAPISupply(&sources[i], q.Lines[place].Total, q.Currency)
	}
	return nil
}

func toAPISupply(from *fulfil.Source, total money.Amount, currency money.Currency) *orderhubv1.QuoteSupply {
	supply := &orderhubv1.QuoteSupply{PassedOver: from.PassedOver}
	if from.Offer.ID != 0 {
		supply.Offer, supply.Provider, supply.ProviderSku = from.Offer.ID, from.Provider, from.Offer.ProviderSKU
		supply.Cost, supply.CostCurrency = from.Offer.Cost.Format(from.Offer.Currency), string(from.Offer.Currency)
	}
	if from.Cost != nil {
		supply.CostAmount = from.Cost.Format(currency)
		supply.MarginAmount = total.SubCapped(*from.Cost).Format(currency)
	}
	return supply
}

func (s *orderService) toAPIQuoteLine(
	ctx context.Context, i int, wanted *order.DraftLine, l *order.QuoteLine, currency money.Currency,
) (*orderhubv1.QuoteLine, error) {
	line := &orderhubv1.QuoteLine{
		Position: int32(i + 1), Sku: wanted.SKU, Quantity: toAPICount(wanted.Quantity), Available: l.Problem == nil,
	}
	if l.Problem != nil {
		line.FailureCode, line.FailureMessage = string(l.Problem.Reason), l.Problem.Message
	}
	if l.Product == nil {
		return line, nil
	}
	stock, err := s.stock(ctx, l.Product, wanted.UseDate)
	if err != nil {
		return nil, err
	}
	amount := amountsOf(currency)
	line.ProductId, line.ProductName, line.Stock = l.Product.ID, l.Product.Name, toAPICount(stock)
	line.UnitPrice, line.SubtotalAmount = amount(l.UnitPrice), amount(l.Subtotal)
	line.DiscountAmount, line.TotalAmount = amount(l.Discount), amount(l.Total)
	return line, nil
}

// stock is how many units could be sold now, on the day for a dated product.
func (s *orderService) stock(ctx context.Context, product *catalog.Product, useDate string) (int64, error) {
	if !product.Dated || useDate == "" {
		return s.Catalog.Stock(ctx, product)
	}
	days, err := s.Catalog.ListAllotments(ctx, product.ID, useDate, useDate, 1)
	switch {
	case err != nil:
		return 0, err
	case len(days) > 0:
		return days[0].Capacity - days[0].Sold, nil
	case product.NeedsAllotment():
		return 0, nil
	default:
		return catalog.UnlimitedStock, nil
	}
}
