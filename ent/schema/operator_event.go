package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// OperatorEvent is something that operators should see and merchants must not. Nothing of a row changes but told.
type OperatorEvent struct{ ent.Schema }

// Fields of the operator_events table.
func (OperatorEvent) Fields() []ent.Field {
	return []ent.Field{
		id("The event's number."),
		text("kind", "What happened, as a dotted name."),
		optionalRef("provider_id", "The provider it is about, or NULL."),
		optionalRef("product_id", "The product it is about, or NULL."),
		text("message", "The same for people, in a sentence."),
		textDefault("data", "{}", "What there is to know about it, as a JSON object in text. Nothing secret or personal."),
		field.Bool("told").Default(true).
			Comment("Whether it was made a delivery for each of operators' endpoints; true of what is written without it."),
		createdAt(),
	}
}

// Indexes of the operator_events table.
func (OperatorEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("kind", "id"), index.Fields("provider_id", "id"), index.Fields("product_id", "id"),
		index.Fields("created_at"),
		index.Fields("id").StorageKey("operator_events_untold").Annotations(entsql.IndexWhere("NOT told")),
	}
}
