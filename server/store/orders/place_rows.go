package orders

import (
	"time"

	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

// orderRow is an order to be written.
type orderRow struct {
	*order.Order

	fingerprint []byte
	couponID    int64 // 0 for none
	private     []byte
	personal    []byte         // what is sealed of the personal data
	inClear     store.Personal // the rest of it
	metadata    string         // JSON
}

var ordersTable = &store.Table[orderRow]{Name: "orders", Columns: []store.Column[orderRow]{
	store.Bigint("id", func(r *orderRow) int64 { return r.ID }),
	store.Text("number", func(r *orderRow) string { return r.Number }),
	store.Bigint("merchant_id", func(r *orderRow) int64 { return r.MerchantID }),
	store.Text("reference", func(r *orderRow) string { return r.Reference }),
	store.Bytes("fingerprint", func(r *orderRow) []byte { return r.fingerprint }),
	store.Text("door", func(r *orderRow) string { return r.Door }),
	store.Text("status", func(r *orderRow) order.Status { return r.Status }),
	store.Text("currency", func(r *orderRow) money.Currency { return r.Currency }),
	store.Bigint("subtotal_micros", func(r *orderRow) money.Amount { return r.Subtotal }),
	store.Bigint("discount_micros", func(r *orderRow) money.Amount { return r.Discount }),
	store.Bigint("total_micros", func(r *orderRow) money.Amount { return r.Total }),
	store.NullBigint("coupon_id", func(r *orderRow) int64 { return r.couponID }),
	store.Text("coupon_code", func(r *orderRow) string { return r.CouponCode }),
	store.Bytes("personal", func(r *orderRow) []byte { return r.personal }),
	store.Text("recipient_user_id", func(r *orderRow) string { return r.inClear.UserID }),
	store.Text("recipient_server_id", func(r *orderRow) string { return r.inClear.ServerID }),
	store.Text("recipient_character_id", func(r *orderRow) string { return r.inClear.CharacterID }),
	store.Text("notify_url", func(r *orderRow) string { return r.inClear.NotifyURL }),
	store.JSON("metadata", func(r *orderRow) string { return r.metadata }),
	store.Bytes("private", func(r *orderRow) []byte { return r.private }),
	store.Time("created_at", func(r *orderRow) time.Time { return r.CreatedAt }),
	store.Time("updated_at", func(r *orderRow) time.Time { return r.UpdatedAt }),
	store.NullTime("completed_at", func(r *orderRow) *time.Time { return r.CompletedAt }),
}}

// lineRow is a line to be written.
type lineRow struct {
	*order.Line

	order        *order.Order
	private      []byte
	sealedState  []byte // what a door keeps of the line, or
	stateInClear string
}

// source is where the line's goods come from.
func (r *lineRow) source() catalog.Source {
	if r.FromProvider {
		return catalog.SourceProvider
	}
	return catalog.SourceStock
}

var linesTable = &store.Table[lineRow]{Name: "order_lines", Columns: []store.Column[lineRow]{
	store.Bigint("id", func(r *lineRow) int64 { return r.ID }),
	store.Bigint("order_id", func(r *lineRow) int64 { return r.order.ID }),
	store.Bigint("merchant_id", func(r *lineRow) int64 { return r.order.MerchantID }),
	store.Bigint("position", func(r *lineRow) int { return r.Position }),
	store.Bigint("product_id", func(r *lineRow) int64 { return r.ProductID }),
	store.Text("sku", func(r *lineRow) string { return r.SKU }),
	store.Text("product_name", func(r *lineRow) string { return r.ProductName }),
	store.Text("source", (*lineRow).source),
	store.Bigint("quantity", func(r *lineRow) int64 { return r.Quantity }),
	store.Bigint("completed", func(r *lineRow) int64 { return r.Completed }),
	store.Text("status", func(r *lineRow) order.Status { return r.Status }),
	store.Bigint("unit_price_micros", func(r *lineRow) money.Amount { return r.UnitPrice }),
	store.Text("price_rule", func(r *lineRow) string { return r.PriceRule }),
	store.Bigint("subtotal_micros", func(r *lineRow) money.Amount { return r.Subtotal }),
	store.Bigint("discount_micros", func(r *lineRow) money.Amount { return r.Discount }),
	store.Bigint("total_micros", func(r *lineRow) money.Amount { return r.Total }),
	store.Text("external_reference", func(r *lineRow) string { return r.ExternalReference }),
	store.Text("use_date", func(r *lineRow) string { return r.UseDate }),
	store.NullText("code", func(r *lineRow) string { return r.Code }),
	store.Bytes("sealed_door_state", func(r *lineRow) []byte { return r.sealedState }),
	store.Text("door_state", func(r *lineRow) string { return r.stateInClear }),
	store.Bytes("private", func(r *lineRow) []byte { return r.private }),
	store.Time("created_at", func(r *lineRow) time.Time { return r.order.CreatedAt }),
	store.Time("updated_at", func(r *lineRow) time.Time { return r.order.UpdatedAt }),
}}

// lineReference finds an order by what a merchant calls one of its lines.
type lineReference struct {
	merchantID int64
	reference  string
	orderID    int64
}

var lineReferencesTable = &store.Table[lineReference]{Name: "line_references", Columns: []store.Column[lineReference]{
	store.Bigint("merchant_id", func(r *lineReference) int64 { return r.merchantID }),
	store.Text("reference", func(r *lineReference) string { return r.reference }),
	store.Bigint("order_id", func(r *lineReference) int64 { return r.orderID }),
}}

// couponUse is an order that used a coupon.
type couponUse struct{ couponID, merchantID, orderID int64 }

var couponUsesTable = &store.Table[couponUse]{Name: "coupon_uses", Columns: []store.Column[couponUse]{
	store.Bigint("coupon_id", func(r *couponUse) int64 { return r.couponID }),
	store.Bigint("merchant_id", func(r *couponUse) int64 { return r.merchantID }),
	store.Bigint("order_id", func(r *couponUse) int64 { return r.orderID }),
}}

var changeCoupons = &store.Change[order.CouponState]{
	Table: "coupons", ID: func(r *order.CouponState) int64 { return r.ID },
	Columns: []store.Column[order.CouponState]{store.Bigint("uses", func(r *order.CouponState) int64 { return r.Uses })},
}

// claimedUnit is a unit of the stock that an order gets.
type claimedUnit struct {
	id, orderID, lineID int64
	at                  time.Time
}

var claimUnits = &store.Change[claimedUnit]{
	Table: "units", Guard: "status = 'available'", ID: func(r *claimedUnit) int64 { return r.id },
	Columns: []store.Column[claimedUnit]{
		store.Text("status", func(*claimedUnit) order.GoodsStatus { return order.GoodsDelivered }),
		store.Bigint("order_id", func(r *claimedUnit) int64 { return r.orderID }),
		store.Bigint("line_id", func(r *claimedUnit) int64 { return r.lineID }),
		store.Time("delivered_at", func(r *claimedUnit) time.Time { return r.at }),
	},
}
