package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// PriceList says what products of a currency cost the merchants that have it.
type PriceList struct{ ent.Schema }

// Fields of the price_lists table.
func (PriceList) Fields() []ent.Field {
	return []ent.Field{
		id("The list's id."),
		field.Text("name").Unique().Comment("Its name, unique."),
		optionalText("description", "Text that operators read."),
		text("currency", "ISO 4217 code of the products that it is about."),
		textDefault("status", "draft", "draft, active or archived; only an active one makes prices."),
		optionalInstant("starts_at", "First instant at which it makes prices, UTC; NULL for always."),
		optionalInstant("ends_at", "First instant at which it no longer does, UTC; NULL for never."),
		jsonArray("rules", "Its rules, decoded by the store."),
		field.Bool("by_cost").Default(false).Comment("Whether a rule goes from costs, so that prices move with them."),
		bigCount("version", "Raised by every change; lines of orders name it."),
		createdAt(),
		updatedAt(),
	}
}

// PriceListMerchant is a merchant that has a price list: at most one.
type PriceListMerchant struct{ ent.Schema }

// Fields of the price_list_merchants table.
func (PriceListMerchant) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		ref("merchant_id", "The merchant, once."),
		ref("price_list_id", "The list that it has."),
		createdAt(),
	}
}

// Edges of the price_list_merchants table.
func (PriceListMerchant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("merchant", Merchant.Type).Field("merchant_id").Unique().Required(),
		edge.To("price_list", PriceList.Type).Field("price_list_id").Unique().Required(),
	}
}

// Indexes of the price_list_merchants table.
func (PriceListMerchant) Indexes() []ent.Index {
	return []ent.Index{index.Fields("merchant_id").Unique(), index.Fields("price_list_id")}
}
