package console

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// quotePage has its form posted, though nothing is changed: what a line tells of a person is in no address.
func quotePage() page {
	needs := orderhubv1.OrderService_QuoteOrder_FullMethodName
	return page{
		pattern: "/quote", file: "quote", group: "Orders", menu: "Quote", needs: needs,
		show: func(*request) (any, error) { return (*orderhubv1.Quote)(nil), nil },
		acts: map[string]act{"price": {needs: needs, do: quoteOrder}},
	}
}

func quoteOrder(r *request) (done, error) {
	fields, err := readPairs(r, "fields")
	if err != nil {
		return done{}, err
	}
	wanted, err := contract.LinesOf(lines(r.PostForm.Get("sku")), fields, formLine(r, "useDate"))
	if err != nil {
		return done{}, &fieldError{"sku", sentence(err.Error())}
	}
	answer, err := r.orders.QuoteOrder(r.Context(), &orderhubv1.QuoteOrderRequest{
		Merchant: formLine(r, "merchant"), Coupon: formLine(r, "coupon"), Lines: wanted,
	})
	return done{file: "quote", data: answer.GetQuote()}, err
}
