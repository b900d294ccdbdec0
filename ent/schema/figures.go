package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// OrderFigures sum up the orders of one currency that were placed in five minutes, as they were when they were last
// counted. Everything in it can be counted anew from the orders.
type OrderFigures struct{ tableOnly }

// Fields of the order_figures table.
func (OrderFigures) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		instant("starts_at", "When the five minutes begin, UTC."),
		text("currency", "ISO 4217 code of the orders."),
		bigCount("orders", "Orders that were placed."),
		bigCount("completed", "Those of them that are completed."),
		bigCount("failed", "Those of them that failed."),
		bigCount("cancelled", "Those of them that were cancelled."),
		micros("charged_micros", "What was charged for them."),
		micros("refunded_micros", "What was given back of it."),
		field.Text("waits").Default("").
			Comment("How many of the completed ones had their goods within each bound, numbers with commas, or ''."),
		instant("counted_at", "When they were counted, UTC."),
		optionalInstant("due_at", "When to count them again, UTC; NULL for never."),
	}
}

// Indexes of the order_figures table.
func (OrderFigures) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("starts_at", "currency").Unique(),
		index.Fields("due_at").Annotations(entsql.IndexWhere("due_at IS NOT NULL")),
	}
}

// ProviderFigures sum up what was submitted to one provider in five minutes, likewise.
type ProviderFigures struct{ tableOnly }

// Fields of the provider_figures table.
func (ProviderFigures) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		instant("starts_at", "When the five minutes begin, UTC."),
		ref("provider_id", "The provider."),
		bigCount("attempts", "Attempts that were submitted."),
		bigCount("delivered", "Those of them that delivered."),
		bigCount("refused", "Those of them that were refused."),
		bigCount("cancelled", "Those of them that were cancelled."),
		bigCount("parked", "Those of them that wait for an operator."),
		field.Text("waits").Default("").
			Comment("How many of the delivered ones took no longer than each bound, numbers with commas, or ''."),
		instant("counted_at", "When they were counted, UTC."),
		optionalInstant("due_at", "When to count them again, UTC; NULL for never."),
	}
}

// Indexes of the provider_figures table.
func (ProviderFigures) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("starts_at", "provider_id").Unique(),
		index.Fields("due_at").Annotations(entsql.IndexWhere("due_at IS NOT NULL")),
	}
}
