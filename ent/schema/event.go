package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/index"
)

// Event is one numbered entry of a merchant's order log. Rows are only ever added.
type Event struct{ ent.Schema }

// Fields of the events table.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		id("The event's id."),
		ref("merchant_id", "Whose log it is in."),
		bigCount("sequence", "Number within the merchant's log, from 1 without gaps."),
		optionalRef("order_id", "Order it is about, or NULL."),
		optionalRef("line_id", "Line it is about, or NULL."),
		text("type", "What happened, as a dotted name."),
		textDefault("data", "{}", "What there is to know about it, as a JSON object in text: stored and given back byte for byte."),
		createdAt(),
	}
}

// Indexes of the events table.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "sequence").Unique(),
		index.Fields("order_id", "sequence"),
	}
}
