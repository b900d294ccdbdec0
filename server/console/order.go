package console

import (
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/money"
)

func orderPage() page {
	return page{
		pattern: "/orders/{number}", file: "order", needs: orderhubv1.OrderService_GetOrder_FullMethodName, show: showOrder,
		acts: map[string]act{
			"cancel":    {needs: orderhubv1.OrderService_CancelOrder_FullMethodName, do: cancelOrder},
			"redeliver": {needs: orderhubv1.WebhookService_RedeliverDelivery_FullMethodName, do: redeliverFromOrder},
			"check":     {needs: orderhubv1.RecipientService_CheckRecipient_FullMethodName, do: checkForOrder},
			"goods":     {needs: api.ShowGoods, do: showGoods},
			"claim":     {needs: orderhubv1.ClaimService_CreateClaim_FullMethodName, do: claimForOrder},
		},
	}
}

// story is everything about an order.
type story struct {
	Order      *orderhubv1.Order
	Steps      []*orderhubv1.ExplainedStep
	Told       *orderhubv1.ExplainOrderResponse
	Attempts   []*orderhubv1.Attempt
	Events     []*orderhubv1.OrderEvent
	MoreEvents bool
	Deliveries []*orderhubv1.WebhookDelivery
	Claims     []*orderhubv1.Claim
	Claimable  []claimable

	MoreClaimable bool // there are more units than one claim may have

	Open   bool // something may still be cancelled
	Goods  bool // there are goods, or were
	Cost   *sum // of what providers delivered, in the order's currency; nil where that is not known
	Margin *sum

	endpoints map[int64]*orderhubv1.WebhookEndpoint // that deliveries go to and that there are
}

// Again reports whether a delivery can be sent again.
func (s *story) Again(d *orderhubv1.WebhookDelivery) bool {
	return takes(s.endpoints[d.GetEndpointId()], d)
}

func showOrder(r *request) (any, error) {
	ctx, number := r.Context(), r.PathValue("number")
	found, err := r.orders.GetOrder(ctx, &orderhubv1.GetOrderRequest{OrderNumber: number})
	if err != nil {
		return nil, err
	}
	s := &story{Order: found.GetOrder()}
	if s.Told, err = r.orders.ExplainOrder(ctx, &orderhubv1.ExplainOrderRequest{OrderNumber: number}); err != nil {
		return nil, err
	}
	s.Steps = s.Told.GetSteps()
	events, err := r.orders.ListOrderEvents(ctx, &orderhubv1.ListOrderEventsRequest{
		OrderNumber: number, PageSize: 2 * listSize,
	})
	if err != nil {
		return nil, err
	}
	s.Events, s.MoreEvents = events.GetEvents(), events.GetNextPageToken() != ""
	attempts, err := r.admin.ListAttempts(ctx, &orderhubv1.ListAttemptsRequest{
		OrderNumber: number, PageSize: 2 * listSize,
	})
	if err != nil {
		return nil, err
	}
	s.Attempts = attempts.GetAttempts()
	deliveries, err := r.webhooks.ListDeliveries(ctx, &orderhubv1.ListDeliveriesRequest{
		OrderNumber: number, Merchant: s.Order.GetMerchant(), PageSize: listSize,
	})
	if err != nil {
		return nil, err
	}
	s.Deliveries = deliveries.GetDeliveries()
	claims, err := r.claims.ListClaims(ctx, &orderhubv1.ListClaimsRequest{OrderNumber: number, PageSize: listSize})
	if err != nil {
		return nil, err
	}
	s.Claims = claims.GetClaims()
	s.findClaimable()
	if s.endpoints, err = endpointsOf(r, s.Order.GetMerchant(), s.Deliveries); err != nil {
		return nil, err
	}
	for _, line := range s.Order.GetLines() {
		s.Goods = s.Goods || len(line.GetGoods()) > 0
		ended := line.GetCompletedQuantity() + line.GetFailedQuantity() + line.GetCancelledQuantity()
		tickets := line.GetUseDate() != "" && line.GetCompletedQuantity() > 0
		s.Open = s.Open || ended < line.GetQuantity() || tickets
	}
	if attempts.GetNextPageToken() == "" {
		s.weigh()
	}
	return s, nil
}

// weigh compares what the order brought with what it cost. Our own stock has no cost that the hub knows, and two
// currencies are not compared.
func (s *story) weigh() {
	currency := money.Currency(s.Order.GetCurrency())
	var bought, cost money.Amount
	units, fromProviders := int64(0), int64(0)
	for _, line := range s.Order.GetLines() {
		units += int64(line.GetCompletedQuantity())
	}
	for _, a := range s.Attempts {
		if a.GetStatus() != orderhubv1.AttemptStatus_ATTEMPT_STATUS_DELIVERED {
			continue
		}
		var known bool
		if bought, known = costOf(a, currency); !known {
			return
		}
		cost, fromProviders = cost.AddCapped(bought), fromProviders+int64(a.GetQuantity())
	}
	total, err := money.Parse(s.Order.GetTotalAmount(), currency)
	refunded, err2 := money.Parse(s.Order.GetRefundedAmount(), currency)
	if err != nil || err2 != nil || units == 0 || fromProviders != units {
		return
	}
	spent, kept := amountOf(cost.Format(currency), string(currency)), total.SubCapped(refunded).SubCapped(cost)
	margin := amountOf(kept.Format(currency), string(currency))
	s.Cost, s.Margin = &spent, &margin
}

// costOf is what is in the books for a delivered attempt; of one from before there were any what its offer said.
func costOf(a *orderhubv1.Attempt, currency money.Currency) (cost money.Amount, known bool) {
	if a.GetBookedAmount() != "" {
		cost, err := money.Parse(a.GetBookedAmount(), currency)
		return cost, err == nil && a.GetBookedCurrency() == string(currency) && cost != 0
	}
	each, err := money.Parse(a.GetCost(), currency)
	if err != nil || a.GetCurrency() != string(currency) || each == 0 {
		return 0, false
	}
	cost, err = each.Mul(int64(a.GetQuantity()))
	return cost, err == nil
}

func cancelOrder(r *request) (done, error) {
	request := &orderhubv1.CancelOrderRequest{OrderNumber: r.PathValue("number"), Reason: r.PostForm.Get("reason")}
	for _, text := range r.PostForm["line"] {
		position, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return done{}, &fieldError{"line", "This is no line of the order."}
		}
		request.Lines = append(request.Lines, &orderhubv1.CancelOrderLine{Position: int32(position)})
	}
	answer, err := r.orders.CancelOrder(r.Context(), request)
	o := answer.GetOrder()
	return done{say: "Cancelled as far as it could be: the order is " + word(o.GetStatus()) + ", " +
		o.GetRefundedAmount() + " " + o.GetCurrency() + " have been given back so far."}, err
}

// showGoods is an act, not a page: it is on record, and what it shows is in the answer to it alone.
func showGoods(r *request) (done, error) {
	answer, err := r.orders.GetOrder(r.Context(), &orderhubv1.GetOrderRequest{
		OrderNumber: r.PathValue("number"), ShowGoods: true,
	})
	return done{file: "goods", data: answer.GetOrder()}, err
}
