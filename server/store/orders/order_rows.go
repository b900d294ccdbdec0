package orders

import (
	"encoding/json"
	"fmt"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/store"
)

// readOrder is an order as it is read.
type readOrder struct {
	order.Order

	sealed   []byte         // what is personal, or
	inClear  store.Personal // where nothing is sealed
	metadata []byte         // JSON of it
	private  []byte         // sealed
}

// wholeFields end with what a door keeps of the customer, which lists leave out.
func wholeFields(r *readOrder) store.Fields {
	return store.Fields{
		"o.id", &r.ID, "o.number", &r.Number, "o.merchant_id", &r.MerchantID, "o.reference", &r.Reference,
		"o.door", &r.Door, "o.status", &r.Status, "o.currency", &r.Currency, "o.subtotal_micros", &r.Subtotal,
		"o.discount_micros", &r.Discount, "o.total_micros", &r.Total, "o.refunded_micros", &r.Refunded,
		"o.coupon_code", &r.CouponCode, "o.personal", &r.sealed, "o.recipient_user_id", &r.inClear.UserID,
		"o.recipient_server_id", &r.inClear.ServerID, "o.recipient_character_id", &r.inClear.CharacterID,
		"o.notify_url", &r.inClear.NotifyURL, "o.metadata", &r.metadata, "o.failure_code", &r.FailureCode,
		"o.failure_message", &r.FailureMessage, "o.created_at", &r.CreatedAt, "o.updated_at", &r.UpdatedAt,
		"o.completed_at", &r.CompletedAt, "o.erased_at", &r.ErasedAt,
		"o.private", &r.private,
	}
}

func orderFields(r *readOrder) store.Fields {
	whole := wholeFields(r)
	return whole[:len(whole)-2]
}

func (s *Store) fromDBOrder(row *readOrder) (*order.Order, error) {
	o := row.Order
	if len(row.metadata) > 0 {
		if err := json.Unmarshal(row.metadata, &row.inClear.Metadata); err != nil {
			return nil, fmt.Errorf("metadata of order %s: %w", o.Number, err)
		}
	}
	p, err := s.db.Vault.OpenPersonal(o.ID, row.sealed, row.inClear)
	if err = s.db.Vault.WithoutIt("personal data of order", o.ID, err); err != nil {
		return nil, fmt.Errorf("order %s: %w", o.Number, err)
	}
	o.Private, err = s.db.Vault.OpenPrivate(o.ID, row.private)
	if err = s.db.Vault.WithoutIt("a door's data of order", o.ID, err); err != nil {
		return nil, fmt.Errorf("order %s: %w", o.Number, err)
	}
	o.Recipient, o.NotifyURL, o.Metadata = p.Recipient(), p.NotifyURL, p.Metadata
	if len(o.Metadata) == 0 {
		o.Metadata = nil
	}
	return &o, nil
}

// readLine is a line as it is read.
type readLine struct {
	order.Line

	source       catalog.Source
	code         *string
	sealedState  []byte // what a door keeps of the line, or
	stateInClear string
	private      []byte // the customer's fields, sealed
}

func lineFields(r *readLine) store.Fields {
	return store.Fields{
		"l.id", &r.ID, "l.order_id", &r.OrderID, "l.position", &r.Position, "l.product_id", &r.ProductID,
		"l.sku", &r.SKU,
		"l.product_name", &r.ProductName, "l.source", &r.source, "l.quantity", &r.Quantity, "l.completed", &r.Completed,
		"l.failed", &r.Failed, "l.cancelled", &r.Cancelled, "l.status", &r.Status, "l.unit_price_micros", &r.UnitPrice,
		"l.price_rule", &r.PriceRule, "l.subtotal_micros", &r.Subtotal, "l.discount_micros", &r.Discount,
		"l.total_micros", &r.Total, "l.refunded_micros", &r.Refunded, "l.external_reference", &r.ExternalReference,
		"l.use_date", &r.UseDate, "l.code", &r.code, "l.sealed_door_state", &r.sealedState,
		"l.door_state", &r.stateInClear,
		"l.private", &r.private, "l.failure_code", &r.FailureCode, "l.failure_message", &r.FailureMessage,
	}
}

func (s *Store) fromDBLine(row *readLine) (order.Line, error) {
	line := row.Line
	var err error
	line.Fields, err = s.db.Vault.OpenFields(line.ID, row.private)
	if err = s.db.Vault.WithoutIt("fields of line", line.ID, err); err != nil {
		return order.Line{}, fmt.Errorf("line %d: %w", line.ID, err)
	}
	line.DoorState, err = s.db.Vault.OpenText(row.sealedState, row.stateInClear, store.LineDoorStates.At(line.ID))
	if err = s.db.Vault.WithoutIt("a door's state of line", line.ID, err); err != nil {
		return order.Line{}, fmt.Errorf("line %d: %w", line.ID, err)
	}
	line.FromProvider, line.Code = row.source == catalog.SourceProvider, store.Value(row.code)
	return line, nil
}

// readGoods are goods as they are read.
type readGoods struct {
	order.Goods

	id, lineID  int64
	content     []byte // sealed
	ticketCode  *string
	deliveredAt *time.Time
}

func goodsFields(r *readGoods) store.Fields {
	return store.Fields{
		"u.id", &r.id, "u.line_id", &r.lineID, "u.content", &r.content, "u.ticket_code", &r.ticketCode,
		"u.use_date", &r.UseDate, "u.status", &r.Status, "u.delivered_at", &r.deliveredAt,
	}
}

func (s *Store) fromDBGoods(row *readGoods) (order.Goods, error) {
	goods := row.Goods
	goods.UnitID = row.id
	var err error
	goods.Content, err = s.db.Vault.OpenUnit(row.id, row.content)
	goods.Unreadable = store.IsUnreadable(err)
	if err = s.db.Vault.WithoutIt("unit", row.id, err); err != nil {
		return order.Goods{}, err
	}
	goods.TicketCode = store.Value(row.ticketCode)
	if row.deliveredAt != nil {
		goods.DeliveredAt = *row.deliveredAt
	}
	return goods, nil
}
