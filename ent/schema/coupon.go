package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Coupon is a discount that an order may name.
type Coupon struct{ ent.Schema }

// Fields of the coupons table.
func (Coupon) Fields() []ent.Field {
	return []ent.Field{
		id("The coupon's id."),
		field.Text("code").Unique().Comment("What the customer types, in upper case, unique."),
		text("kind", "percent or amount."),
		count("percent_bp", "Discount of a percent coupon in basis points (1/100 of a percent); 0 for an amount coupon."),
		micros("amount_micros", "Discount of an amount coupon; 0 for a percent coupon."),
		optionalText("currency", "ISO 4217 code of the amounts on the coupon; '' when it has none and fits every currency."),
		micros("min_subtotal_micros", "Smallest order subtotal the coupon works on; 0 for any."),
		int64s("product_ids", "Products it works on; empty together with category_ids for all."),
		int64s("category_ids", "Categories it works on; empty together with product_ids for all."),
		optionalInstant("starts_at", "First instant at which it works, UTC; NULL for always."),
		optionalInstant("ends_at", "First instant at which it no longer works, UTC; NULL for never."),
		field.Int64("max_uses").Optional().Nillable().Comment("Most orders that may use it; NULL for any number."),
		field.Int64("max_uses_per_merchant").Optional().Nillable().
			Comment("Most orders of one merchant that may use it; NULL for any number."),
		bigCount("uses", "Orders that have used it."),
		textDefault("status", "active", "active or archived."),
		createdAt(),
		updatedAt(),
	}
}

// CouponUse is one order's use of a coupon, or one hold's.
type CouponUse struct{ ent.Schema }

// Fields of the coupon_uses table.
func (CouponUse) Fields() []ent.Field {
	return []ent.Field{
		id("The use's id."),
		ref("coupon_id", "The coupon."),
		ref("merchant_id", "Whose order used it."),
		field.Int64("order_id").Unique().
			Comment("The order, or the hold's id below zero; each uses at most one coupon."),
	}
}

// Indexes of the coupon_uses table.
func (CouponUse) Indexes() []ent.Index {
	return []ent.Index{index.Fields("coupon_id", "merchant_id")}
}
