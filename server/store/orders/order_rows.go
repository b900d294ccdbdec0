package orders

import (
	"fmt"

	"orderhub/ent"
	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

func (s *Store) fromDBOrder(row *ent.Order) (*order.Order, error) {
	p, err := s.db.Vault.PersonalOfRow(row)
	if err = s.db.Vault.WithoutIt("personal data of order", row.ID, err); err != nil {
		return nil, fmt.Errorf("order %s: %w", row.Number, err)
	}
	o := &order.Order{
		ID: row.ID, Number: row.Number, MerchantID: row.MerchantID, Reference: row.Reference, Door: row.Door,
		Status: order.Status(row.Status), Currency: money.Currency(row.Currency), Subtotal: money.Amount(row.SubtotalMicros),
		Discount: money.Amount(row.DiscountMicros), Total: money.Amount(row.TotalMicros),
		Refunded: money.Amount(row.RefundedMicros), CouponCode: row.CouponCode, Recipient: p.Recipient(),
		NotifyURL: p.NotifyURL, Metadata: p.Metadata, FailureCode: row.FailureCode, FailureMessage: row.FailureMessage,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	o.CompletedAt, o.ErasedAt = store.UTCOrNil(row.CompletedAt), store.UTCOrNil(row.ErasedAt)
	if len(o.Metadata) == 0 {
		o.Metadata = nil
	}
	return o, nil
}

func (s *Store) fromDBLine(row *ent.OrderLine) (order.Line, error) {
	fields, err := s.db.Vault.OpenFields(row.ID, row.Private)
	if err = s.db.Vault.WithoutIt("fields of line", row.ID, err); err != nil {
		return order.Line{}, fmt.Errorf("line %d: %w", row.ID, err)
	}
	doorState, err := s.db.Vault.OpenText(row.SealedDoorState, row.DoorState, store.LineDoorStates.At(row.ID))
	if err = s.db.Vault.WithoutIt("a door's state of line", row.ID, err); err != nil {
		return order.Line{}, fmt.Errorf("line %d: %w", row.ID, err)
	}
	return order.Line{
		ID: row.ID, OrderID: row.OrderID, Position: row.Position, ProductID: row.ProductID, SKU: row.Sku,
		ProductName: row.ProductName, FromProvider: row.Source == string(catalog.SourceProvider),
		Quantity: int64(row.Quantity), Completed: int64(row.Completed), Failed: int64(row.Failed),
		Cancelled: int64(row.Cancelled), Status: order.Status(row.Status), UnitPrice: money.Amount(row.UnitPriceMicros),
		Subtotal: money.Amount(row.SubtotalMicros), Discount: money.Amount(row.DiscountMicros),
		Total: money.Amount(row.TotalMicros), Refunded: money.Amount(row.RefundedMicros),
		ExternalReference: row.ExternalReference, Fields: fields, UseDate: row.UseDate,
		Code: store.Value(row.Code), DoorState: doorState, FailureCode: row.FailureCode, FailureMessage: row.FailureMessage,
	}, nil
}

func (s *Store) fromDBGoods(row *ent.Unit) (order.Goods, error) {
	content, err := s.db.Vault.OpenUnit(row.ID, row.Content)
	unreadable := store.IsUnreadable(err)
	if err = s.db.Vault.WithoutIt("unit", row.ID, err); err != nil {
		return order.Goods{}, err
	}
	goods := order.Goods{
		Content: content, Unreadable: unreadable, TicketCode: store.Value(row.TicketCode), UseDate: row.UseDate,
		Status: order.GoodsStatus(row.Status),
	}
	if row.DeliveredAt != nil {
		goods.DeliveredAt = row.DeliveredAt.UTC()
	}
	return goods, nil
}
