package store

import (
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

func fromDBEvent(row *ent.Event) (event.Event, error) {
	e := event.Event{
		MerchantID: row.MerchantID, Sequence: row.Sequence, OrderID: value(row.OrderID), LineID: value(row.LineID),
		Type: event.Type(row.Type), State: row.State, CreatedAt: row.CreatedAt.UTC(),
	}
	if err := json.Unmarshal([]byte(row.Data), &e.Data); err != nil {
		return e, fmt.Errorf("data of event %d: %w", row.ID, err)
	}
	return e, nil
}

func (s *Store) fromDBOrder(row *ent.Order) (*order.Order, error) {
	p, err := s.personalOfRow(row)
	if err = s.withoutIt("personal data of order", row.ID, err); err != nil {
		return nil, fmt.Errorf("order %s: %w", row.Number, err)
	}
	o := &order.Order{
		ID: row.ID, Number: row.Number, MerchantID: row.MerchantID, Reference: row.Reference, Door: row.Door,
		Status: order.Status(row.Status), Currency: money.Currency(row.Currency),
		Subtotal: money.Amount(row.SubtotalMicros), Discount: money.Amount(row.DiscountMicros),
		Total: money.Amount(row.TotalMicros), Refunded: money.Amount(row.RefundedMicros), CouponCode: row.CouponCode,
		Recipient: p.recipient(), NotifyURL: p.NotifyURL, Metadata: p.Metadata, FailureCode: row.FailureCode,
		FailureMessage: row.FailureMessage,
		CreatedAt:      row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	o.CompletedAt = utcOrNil(row.CompletedAt)
	if len(o.Metadata) == 0 {
		o.Metadata = nil
	}
	return o, nil
}

func (s *Store) fromDBLine(row *ent.OrderLine) (order.Line, error) {
	fields, err := s.openFields(row.ID, row.Private)
	if err = s.withoutIt("fields of line", row.ID, err); err != nil {
		return order.Line{}, fmt.Errorf("line %d: %w", row.ID, err)
	}
	doorState, err := s.openText(row.SealedDoorState, row.DoorState, lineDoorStates.at(row.ID))
	if err = s.withoutIt("a door's state of line", row.ID, err); err != nil {
		return order.Line{}, fmt.Errorf("line %d: %w", row.ID, err)
	}
	return order.Line{
		ID: row.ID, OrderID: row.OrderID, Position: row.Position, ProductID: row.ProductID, SKU: row.Sku,
		ProductName:  row.ProductName,
		FromProvider: row.Source == string(catalog.SourceProvider), Quantity: int64(row.Quantity),
		Completed: int64(row.Completed),
		Failed:    int64(row.Failed), Cancelled: int64(row.Cancelled), Status: order.Status(row.Status),
		UnitPrice: money.Amount(row.UnitPriceMicros), Subtotal: money.Amount(row.SubtotalMicros),
		Discount: money.Amount(row.DiscountMicros),
		Total:    money.Amount(row.TotalMicros), Refunded: money.Amount(row.RefundedMicros),
		ExternalReference: row.ExternalReference,
		Fields:            fields, UseDate: row.UseDate, Code: value(row.Code), DoorState: doorState,
		FailureCode: row.FailureCode, FailureMessage: row.FailureMessage,
	}, nil
}

func (s *Store) fromDBGoods(row *ent.Unit) (order.Goods, error) {
	content, err := s.openUnit(row.ID, row.Content)
	unreadable := isUnreadable(err)
	if err = s.withoutIt("unit", row.ID, err); err != nil {
		return order.Goods{}, err
	}
	goods := order.Goods{
		Content: content, Unreadable: unreadable, TicketCode: value(row.TicketCode), UseDate: row.UseDate,
		Status: order.GoodsStatus(row.Status),
	}
	if row.DeliveredAt != nil {
		goods.DeliveredAt = row.DeliveredAt.UTC()
	}
	return goods, nil
}

// utcOrNil brings an instant as the driver read it to the form the domain uses.
func utcOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// utc brings an instant as the driver read it to the form the domain uses.
func utc(t time.Time) time.Time { return t.UTC() }
