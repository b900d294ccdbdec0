package api

import (
	"context"
	"errors"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
)

// A quote is judged while prices and stock move. Both pass quickly.
const quoteTries = 3

// QuoteOrder asks the domain about the lines that can be ordered at all, and
// fills in the others from the catalogue: the domain refuses a draft as a
// whole, a quote has to say what is wrong with each line.
func (s *orderService) QuoteOrder(ctx context.Context, r *orderhubv1.QuoteOrderRequest) (*orderhubv1.QuoteOrderResponse, error) {
	q := &quoting{hub: s.hub, principal: &callOf(ctx).principal, problems: make(map[int]order.LineProblem)}
	q.draft = order.Draft{
		MerchantID: q.principal.MerchantID, Currency: q.principal.Currency, Door: door,
		Recipient: fromAPIRecipient(r.GetRecipient()), Lines: fromAPILines(r.GetLines()), Coupon: r.GetCoupon(),
	}
	if err := q.ask(ctx); err != nil {
		return nil, err
	}
	quote, err := q.toAPI(ctx)
	return &orderhubv1.QuoteOrderResponse{Quote: quote}, err
}

// quoting is one quote in the making.
type quoting struct {
	*hub
	principal *account.Principal
	draft     order.Draft
	problems  map[int]order.LineProblem // by index in the request
	priced    map[int]*order.Line       // the lines the domain has priced
	answer    order.Quote               // for those lines
}

// ask quotes the draft without the lines that were refused, until what is left
// has a price or nothing is left.
func (q *quoting) ask(ctx context.Context) error {
	for range quoteTries {
		draft, indexes := q.orderable()
		if len(draft.Lines) == 0 {
			return q.readWallet(ctx)
		}
		answer, err := q.orders.Quote(ctx, draft)
		if refused, ok := errors.AsType[*order.LinesError](err); ok {
			q.refuse(refused, indexes)
			continue
		}
		if err != nil {
			return err
		}
		if errors.Is(answer.Refusal, order.ErrStale) || errors.Is(answer.Refusal, order.ErrContended) {
			continue
		}
		return q.take(answer, indexes)
	}
	return &order.RetryLaterError{Err: order.ErrContended, After: unavailableRetry}
}

// orderable is the draft of the lines that were not refused, and their indexes
// in the request.
func (q *quoting) orderable() (draft *order.Draft, indexes []int) {
	copied := q.draft
	copied.Lines = nil
	for i, line := range q.draft.Lines {
		if _, refused := q.problems[i]; !refused {
			copied.Lines, indexes = append(copied.Lines, line), append(indexes, i)
		}
	}
	return &copied, indexes
}

func (q *quoting) refuse(refused *order.LinesError, indexes []int) {
	for _, problem := range refused.Problems {
		q.problems[indexes[problem.Index]] = problem
	}
}

// take keeps the domain's answer. Lines that are only out of stock have their
// price in it; whatever else would refuse the order is an error of the call,
// but for the balance, which the quote tells.
func (q *quoting) take(answer order.Quote, indexes []int) error {
	var short *order.InsufficientBalanceError
	if refused, ok := errors.AsType[*order.LinesError](answer.Refusal); ok {
		q.refuse(refused, indexes)
	} else if answer.Refusal != nil && !errors.As(answer.Refusal, &short) {
		return answer.Refusal
	}
	q.answer = answer
	q.priced = make(map[int]*order.Line, len(indexes))
	for i, index := range indexes {
		q.priced[index] = &answer.Order.Lines[i]
	}
	return nil
}

// readWallet stands in for the domain's answer when there is no line to ask about.
func (q *quoting) readWallet(ctx context.Context) error {
	m, err := q.accounts.Merchant(ctx, q.principal.MerchantID)
	if err != nil {
		return err
	}
	if m.Wallet == nil {
		return account.ErrNoWallet
	}
	q.answer.Balance, q.answer.Credit = m.Wallet.Balance, m.Wallet.CreditLimit
	return nil
}

func (q *quoting) toAPI(ctx context.Context) (*orderhubv1.Quote, error) {
	amount := amountsOf(q.draft.Currency)
	subtotal, discount := q.answer.Order.Subtotal, q.answer.Order.Discount
	quote := &orderhubv1.Quote{Currency: string(q.draft.Currency)}
	for i := range q.draft.Lines {
		line, extra, err := q.toAPILine(ctx, i)
		if err != nil {
			return nil, err
		}
		quote.Lines = append(quote.Lines, line)
		subtotal = subtotal.AddCapped(extra)
	}
	total := subtotal.SubCapped(discount) // no discount is above its subtotal
	if err := q.orders.CheckTotal(total, q.draft.Currency); err != nil {
		return nil, err
	}
	missing := max(total.SubCapped(q.answer.Balance.AddCapped(q.answer.Credit)), 0)
	quote.SubtotalAmount, quote.DiscountAmount, quote.TotalAmount = amount(subtotal), amount(discount), amount(total)
	quote.MissingAmount, quote.SufficientBalance = amount(missing), missing == 0
	quote.Orderable = missing == 0 && len(q.problems) == 0
	return quote, nil
}

// toAPILine writes one line, and returns what it adds to the subtotal that the
// domain's answer does not have.
func (q *quoting) toAPILine(ctx context.Context, i int) (line *orderhubv1.QuoteLine, extra money.Amount, err error) {
	wanted := &q.draft.Lines[i]
	line = &orderhubv1.QuoteLine{Position: int32(i + 1), Sku: wanted.SKU, Quantity: toAPICount(wanted.Quantity), Available: true}
	if problem, refused := q.problems[i]; refused {
		line.Available, line.FailureCode, line.FailureMessage = false, string(problem.Reason), problem.Message
	}
	product := q.catalog.Snapshot().ProductBySKU(wanted.SKU)
	if product == nil || product.Currency != q.draft.Currency {
		return line, 0, nil
	}
	line.ProductId, line.ProductName = product.ID, product.Name
	stock, err := q.stock(ctx, product, wanted.UseDate)
	if err != nil {
		return nil, 0, err
	}
	line.Stock = toAPICount(stock)
	priced := q.priced[i]
	if priced == nil {
		priced = q.price(i, product)
		extra = priced.Subtotal
	}
	amount := amountsOf(q.draft.Currency)
	line.UnitPrice, line.SubtotalAmount = amount(priced.UnitPrice), amount(priced.Subtotal)
	line.DiscountAmount, line.TotalAmount = amount(priced.Discount), amount(priced.Total)
	return line, extra, nil
}

// price is what a refused line would cost if it were not.
func (q *quoting) price(i int, product *catalog.Product) *order.Line {
	unitPrice := q.catalog.Snapshot().PriceFor(q.principal.MerchantID, product)
	subtotal, err := unitPrice.Mul(q.draft.Lines[i].Quantity)
	if err != nil {
		subtotal = money.MaxAmount // which no order may cost
	}
	return &order.Line{UnitPrice: unitPrice, Subtotal: subtotal, Total: subtotal}
}

// stock is how many units could be sold now, on the day for a dated product.
func (q *quoting) stock(ctx context.Context, product *catalog.Product, useDate string) (int64, error) {
	if !product.Dated || useDate == "" {
		return q.catalog.Stock(ctx, product)
	}
	days, err := q.catalog.ListAllotments(ctx, product.ID, useDate, useDate, 1)
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
