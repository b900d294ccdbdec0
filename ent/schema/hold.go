package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Hold is a priced draft with what is reserved for it until it becomes an order, is given up, or its time is over.
type Hold struct{ tableOnly }

// Fields of the holds table.
func (Hold) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The hold's id, reserved from the 'orders' counter; its order has another one."),
		field.Text("number").Unique().Immutable().Comment("Its public number, which its order gets."),
		ref("merchant_id", "Whose it is."),
		text("reference", "The merchant's own reference, which its order gets; the number where there is none."),
		field.Bytes("fingerprint").
			Comment("Keyed hash of the request behind its version, as that of orders; tells a repeat of it."),
		textDefault("status", "held", "held, confirmed, released or expired."),
		text("currency", "ISO 4217 code of its amounts."),
		micros("total_micros", "What it costs, which is taken from the wallet until it ends."),
		optionalRef("coupon_id", "The coupon that it uses, or NULL."),
		jsonObject("terms", "Its lines with what they cost; nothing of the customer."),
		optionalSealed("draft", "What else of the draft its order needs, encrypted JSON; NULL once it has ended."),
		count("extensions", "How often its time was extended."),
		instant("expires_at", "When its time is over, UTC."),
		optionalInstant("ended_at", "When it was confirmed, released or found expired, UTC; NULL while it is held."),
		optionalRef("order_id", "The order that it became, or NULL."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the holds table.
func (Hold) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "reference").Unique(),
		index.Fields("merchant_id", "id"),
		// Every order looks for an open hold with its reference, whatever else there is of holds.
		index.Fields("merchant_id", "reference").StorageKey("holds_open_reference").
			Annotations(entsql.IndexWhere("status = 'held'")),
		// Few are open among many that have ended.
		index.Fields("id").StorageKey("holds_open_id").Annotations(entsql.IndexWhere("status = 'held'")),
		index.Fields("expires_at").Annotations(entsql.IndexWhere("status = 'held'")),
		index.Fields("ended_at").Annotations(entsql.IndexWhere("ended_at IS NOT NULL")), // in which order they are removed
	}
}

// HoldPart is stock that a hold keeps from others: a unit, or places of a day. The parts of a hold go when it ends.
type HoldPart struct{ tableOnly }

// Fields of the hold_parts table.
func (HoldPart) Fields() []ent.Field {
	return []ent.Field{
		id("The entry's id."),
		ref("hold_id", "The hold."),
		field.Int("line").Comment("Position of the hold's line, from 1."),
		ref("product_id", "The product."),
		field.Int64("unit_id").Optional().Nillable().Unique().Comment("The unit; NULL for places of a day."),
		optionalText("use_date", "The day, 'YYYY-MM-DD'; '' for a unit."),
		field.Int("quantity").Comment("How many places; 1 for a unit."),
	}
}

// Indexes of the hold_parts table.
func (HoldPart) Indexes() []ent.Index {
	return []ent.Index{index.Fields("hold_id"), index.Fields("product_id", "use_date")}
}
