package api

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

var (
	toAPIStatus      = byWord[order.Status, orderhubv1.OrderStatus]()
	fromAPIStatus    = inverse(toAPIStatus)
	toAPIGoodsStatus = byWord[order.GoodsStatus, orderhubv1.GoodsStatus]()
)

// fromAPIOrder reads what the merchant wants to buy. The error is an
// *errs.InvalidError.
func fromAPIOrder(p *account.Principal, o *orderhubv1.Order) (*order.Draft, error) {
	d := &order.Draft{
		MerchantID: p.MerchantID,
		Currency:   p.Currency,
		Reference:  o.GetReferenceId(),
		Door:       door,
		Recipient:  fromAPIRecipient(o.GetRecipient()),
		Lines:      fromAPILines(o.GetLines()),
		Coupon:     o.GetCoupon(),
		NotifyURL:  o.GetNotifyUrl(),
		Metadata:   o.GetMetadata(),
	}
	if text := o.GetExpectedTotalAmount(); text != "" {
		bad := &errs.InvalidError{}
		d.ExpectedTotal = new(fromAPIAmount(bad, "expected_total_amount", text, p.Currency))
		return d, bad.OrNil()
	}
	return d, nil
}

func fromAPIRecipient(r *orderhubv1.Recipient) order.Recipient {
	return order.Recipient{UserID: r.GetUserId(), ServerID: r.GetServerId(), CharacterID: r.GetCharacterId()}
}

func fromAPILines(lines []*orderhubv1.OrderLine) []order.DraftLine {
	converted := make([]order.DraftLine, len(lines))
	for i, l := range lines {
		converted[i] = order.DraftLine{
			SKU: l.GetSku(), Quantity: int64(l.GetQuantity()), ExternalReference: l.GetExternalReference(),
			Fields: l.GetFields(), UseDate: l.GetUseDate(),
		}
	}
	return converted
}

func fromAPIOrderFilter(r *orderhubv1.ListOrdersRequest, p *page) (order.Filter, error) {
	bad := &errs.InvalidError{}
	from, to := fromAPIPeriod(bad, createTimes, r.GetCreateTimeFrom(), r.GetCreateTimeTo())
	f := order.Filter{
		From: from, To: to, Reference: r.GetReferenceId(), ReferencePrefix: r.GetReferenceIdPrefix(),
		Number: r.GetOrderNumber(), NumberPrefix: r.GetOrderNumberPrefix(), SKU: r.GetSku(), Door: r.GetDoor(),
		Limit: p.limit(),
	}
	for _, status := range r.GetStatus() {
		f.Statuses = append(f.Statuses, fromAPIStatus[status])
	}
	p.seekOrders(&f)
	return f, bad.OrNil()
}

// seekOrders has a list of orders begin where the page before ended.
func (p *page) seekOrders(f *order.Filter) {
	if p.after != nil {
		f.BeforeTime, f.BeforeID = fromMicros(p.key(0)), p.key(1)
	}
}

func toAPIOrder(o *order.Order, merchant string) *orderhubv1.Order {
	amount := amountsOf(o.Currency)
	converted := &orderhubv1.Order{
		OrderNumber:    o.Number,
		ReferenceId:    o.Reference,
		Merchant:       merchant,
		Status:         toAPIStatus[o.Status],
		Recipient:      toAPIRecipient(o.Recipient),
		Coupon:         o.CouponCode,
		NotifyUrl:      o.NotifyURL,
		Metadata:       o.Metadata,
		Currency:       string(o.Currency),
		SubtotalAmount: amount(o.Subtotal),
		DiscountAmount: amount(o.Discount),
		TotalAmount:    amount(o.Total),
		RefundedAmount: amount(o.Refunded),
		FailureCode:    o.FailureCode,
		FailureMessage: o.FailureMessage,
		Door:           o.Door,
		DoorData:       string(o.Private),
		CreateTime:     toAPITime(o.CreatedAt),
		UpdateTime:     toAPITime(o.UpdatedAt),
		CompleteTime:   toAPIOptionalTime(o.CompletedAt),
		EraseTime:      toAPIOptionalTime(o.ErasedAt),
	}
	for i := range o.Lines {
		converted.Lines = append(converted.Lines, toAPILine(&o.Lines[i], amount))
	}
	return converted
}

// amountsOf writes amounts of one currency.
func amountsOf(currency money.Currency) func(money.Amount) string {
	return func(a money.Amount) string { return a.Format(currency) }
}

func toAPIRecipient(r order.Recipient) *orderhubv1.Recipient {
	if r == (order.Recipient{}) {
		return nil
	}
	return &orderhubv1.Recipient{UserId: r.UserID, ServerId: r.ServerID, CharacterId: r.CharacterID}
}

func toAPILine(l *order.Line, amount func(money.Amount) string) *orderhubv1.OrderLine {
	converted := &orderhubv1.OrderLine{
		Id:                l.ID,
		Position:          int32(l.Position),
		Sku:               l.SKU,
		Quantity:          toAPICount(l.Quantity),
		ExternalReference: l.ExternalReference,
		Fields:            l.Fields,
		UseDate:           l.UseDate,
		ProductId:         l.ProductID,
		ProductName:       l.ProductName,
		Status:            toAPIStatus[l.Status],
		CompletedQuantity: toAPICount(l.Completed),
		FailedQuantity:    toAPICount(l.Failed),
		CancelledQuantity: toAPICount(l.Cancelled),
		UnitPrice:         amount(l.UnitPrice),
		SubtotalAmount:    amount(l.Subtotal),
		DiscountAmount:    amount(l.Discount),
		TotalAmount:       amount(l.Total),
		RefundedAmount:    amount(l.Refunded),
		FailureCode:       l.FailureCode,
		FailureMessage:    l.FailureMessage,
		Code:              l.Code,
		DoorState:         l.DoorState,
	}
	for i := range l.Goods {
		converted.Goods = append(converted.Goods, toAPIGoods(&l.Goods[i]))
	}
	return converted
}

func toAPIGoods(g *order.Goods) *orderhubv1.Goods {
	return &orderhubv1.Goods{
		Content: g.Content, TicketCode: g.TicketCode, Status: toAPIGoodsStatus[g.Status], UseDate: g.UseDate,
		Unit: g.UnitID, Unreadable: g.Unreadable, DeliverTime: toAPITime(g.DeliveredAt),
	}
}

func toAPIEvent(e *event.Event, o *order.Order, merchant string) *orderhubv1.OrderEvent {
	converted := &orderhubv1.OrderEvent{
		Sequence: e.Sequence, Type: string(e.Type), Merchant: merchant, OrderNumber: o.Number, ReferenceId: o.Reference,
		Data: e.Data, CreateTime: toAPITime(e.CreatedAt),
	}
	for i := range o.Lines {
		if o.Lines[i].ID == e.LineID {
			converted.LinePosition = int32(o.Lines[i].Position)
		}
	}
	return converted
}

func fromAPICancellation(r *orderhubv1.CancelOrderRequest) order.Cancellation {
	c := order.Cancellation{Reason: r.GetReason()}
	for _, l := range r.GetLines() {
		c.Lines = append(c.Lines, order.CancelLine{Position: int(l.GetPosition()), TicketCodes: l.GetTicketCodes()})
	}
	return c
}
