package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
)

// QuoteOrder says what the order would cost and what is wrong with each line.
func (s *orderService) QuoteOrder(
	ctx context.Context, r *orderhubv1.QuoteOrderRequest,
) (*orderhubv1.QuoteOrderResponse, error) {
	principal := &callOf(ctx).principal
	draft := &order.Draft{
		MerchantID: principal.MerchantID, Currency: principal.Currency, Door: door,
		Recipient: fromAPIRecipient(r.GetRecipient()), Lines: fromAPILines(r.GetLines()), Coupon: r.GetCoupon(),
	}
	q, err := s.orders.Quote(ctx, draft)
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
	return &orderhubv1.QuoteOrderResponse{Quote: quote}, nil
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
		return s.catalog.Stock(ctx, product)
	}
	days, err := s.catalog.ListAllotments(ctx, product.ID, useDate, useDate, 1)
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
