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

var orderFields = []store.Field[readOrder]{
	{Name: "id", Into: func(r *readOrder) any { return &r.ID }},
	{Name: "number", Into: func(r *readOrder) any { return &r.Number }},
	{Name: "merchant_id", Into: func(r *readOrder) any { return &r.MerchantID }},
	{Name: "reference", Into: func(r *readOrder) any { return &r.Reference }},
	{Name: "door", Into: func(r *readOrder) any { return &r.Door }},
	{Name: "status", Into: func(r *readOrder) any { return &r.Status }},
	{Name: "currency", Into: func(r *readOrder) any { return &r.Currency }},
	{Name: "subtotal_micros", Into: func(r *readOrder) any { return &r.Subtotal }},
	{Name: "discount_micros", Into: func(r *readOrder) any { return &r.Discount }},
	{Name: "total_micros", Into: func(r *readOrder) any { return &r.Total }},
	{Name: "refunded_micros", Into: func(r *readOrder) any { return &r.Refunded }},
	{Name: "coupon_code", Into: func(r *readOrder) any { return &r.CouponCode }},
	{Name: "personal", Into: func(r *readOrder) any { return &r.sealed }},
	{Name: "recipient_user_id", Into: func(r *readOrder) any { return &r.inClear.UserID }},
	{Name: "recipient_server_id", Into: func(r *readOrder) any { return &r.inClear.ServerID }},
	{Name: "recipient_character_id", Into: func(r *readOrder) any { return &r.inClear.CharacterID }},
	{Name: "notify_url", Into: func(r *readOrder) any { return &r.inClear.NotifyURL }},
	{Name: "metadata", Into: func(r *readOrder) any { return &r.metadata }},
	{Name: "failure_code", Into: func(r *readOrder) any { return &r.FailureCode }},
	{Name: "failure_message", Into: func(r *readOrder) any { return &r.FailureMessage }},
	{Name: "created_at", Into: func(r *readOrder) any { return &r.CreatedAt }},
	{Name: "updated_at", Into: func(r *readOrder) any { return &r.UpdatedAt }},
	{Name: "completed_at", Into: func(r *readOrder) any { return &r.CompletedAt }},
	{Name: "erased_at", Into: func(r *readOrder) any { return &r.ErasedAt }},
}

// privateField is what a door keeps of the customer, which lists leave out.
var privateField = store.Field[readOrder]{Name: "private", Into: func(r *readOrder) any { return &r.private }}

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
	o.CreatedAt, o.UpdatedAt = o.CreatedAt.UTC(), o.UpdatedAt.UTC()
	o.CompletedAt, o.ErasedAt = store.UTCOrNil(o.CompletedAt), store.UTCOrNil(o.ErasedAt)
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

var lineFields = []store.Field[readLine]{
	{Name: "id", Into: func(r *readLine) any { return &r.ID }},
	{Name: "order_id", Into: func(r *readLine) any { return &r.OrderID }},
	{Name: "position", Into: func(r *readLine) any { return &r.Position }},
	{Name: "product_id", Into: func(r *readLine) any { return &r.ProductID }},
	{Name: "sku", Into: func(r *readLine) any { return &r.SKU }},
	{Name: "product_name", Into: func(r *readLine) any { return &r.ProductName }},
	{Name: "source", Into: func(r *readLine) any { return &r.source }},
	{Name: "quantity", Into: func(r *readLine) any { return &r.Quantity }},
	{Name: "completed", Into: func(r *readLine) any { return &r.Completed }},
	{Name: "failed", Into: func(r *readLine) any { return &r.Failed }},
	{Name: "cancelled", Into: func(r *readLine) any { return &r.Cancelled }},
	{Name: "status", Into: func(r *readLine) any { return &r.Status }},
	{Name: "unit_price_micros", Into: func(r *readLine) any { return &r.UnitPrice }},
	{Name: "price_rule", Into: func(r *readLine) any { return &r.PriceRule }},
	{Name: "subtotal_micros", Into: func(r *readLine) any { return &r.Subtotal }},
	{Name: "discount_micros", Into: func(r *readLine) any { return &r.Discount }},
	{Name: "total_micros", Into: func(r *readLine) any { return &r.Total }},
	{Name: "refunded_micros", Into: func(r *readLine) any { return &r.Refunded }},
	{Name: "external_reference", Into: func(r *readLine) any { return &r.ExternalReference }},
	{Name: "use_date", Into: func(r *readLine) any { return &r.UseDate }},
	{Name: "code", Into: func(r *readLine) any { return &r.code }},
	{Name: "sealed_door_state", Into: func(r *readLine) any { return &r.sealedState }},
	{Name: "door_state", Into: func(r *readLine) any { return &r.stateInClear }},
	{Name: "private", Into: func(r *readLine) any { return &r.private }},
	{Name: "failure_code", Into: func(r *readLine) any { return &r.FailureCode }},
	{Name: "failure_message", Into: func(r *readLine) any { return &r.FailureMessage }},
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

var goodsFields = []store.Field[readGoods]{
	{Name: "id", Into: func(r *readGoods) any { return &r.id }},
	{Name: "line_id", Into: func(r *readGoods) any { return &r.lineID }},
	{Name: "content", Into: func(r *readGoods) any { return &r.content }},
	{Name: "ticket_code", Into: func(r *readGoods) any { return &r.ticketCode }},
	{Name: "use_date", Into: func(r *readGoods) any { return &r.UseDate }},
	{Name: "status", Into: func(r *readGoods) any { return &r.Status }},
	{Name: "delivered_at", Into: func(r *readGoods) any { return &r.deliveredAt }},
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
		goods.DeliveredAt = row.deliveredAt.UTC()
	}
	return goods, nil
}
