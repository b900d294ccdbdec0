package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Order is one accepted purchase.
type Order struct{ ent.Schema }

// Fields of the orders table.
func (Order) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The order's id, reserved from the 'orders' counter."),
		field.Text("number").Unique().Immutable().Comment("The order's public number, unique."),
		ref("merchant_id", "Who ordered."),
		text("reference", "The merchant's own reference, unique per merchant for ever."),
		field.Bytes("fingerprint").
			Comment(
				"Keyed hash of the first accepted request behind its version, 1, or 32 bytes of a hash without a key; tells a " +
					"repeat of " +
					"it from another request with its reference.",
			),
		text("door", "Name of the dialect the order came in by."),
		text("status", "pending, processing, completed, failed or cancelled."),
		text("currency", "ISO 4217 code of every amount of the order and its lines."),
		micros("subtotal_micros", "Sum of the lines before discount."),
		micros("discount_micros", "What the coupon took off; 0 or more."),
		micros("total_micros", "What was charged: subtotal less discount. Never shrinks."),
		micros("refunded_micros", "What was given back so far."),
		optionalRef("coupon_id", "The coupon used, or NULL."),
		optionalText("coupon_code", "Code of the coupon used, or ''."),
		optionalSealed(
			"personal", "The recipient, where the merchant wants to hear about the order, and the merchant's own keys and "+
				"values, encrypted JSON; NULL when there is none of it, or the five columns that follow have it.",
		),
		optionalText("recipient_user_id", "The customer's account in the game; '' for none, or where personal has it."),
		optionalText("recipient_server_id", "The server of that account; likewise."),
		optionalText("recipient_character_id", "The character of that account; likewise."),
		optionalText("notify_url", "Where the merchant wants to hear about this order, beside its endpoints; likewise."),
		field.JSON("metadata", map[string]string{}).Default(map[string]string{}).Annotations(entsql.Default("{}")).
			Comment("The merchant's own keys and values, given back as they came; likewise."),
		optionalSealed("private", "The customer's data that a dialect needs later, encrypted; NULL when there is none."),
		optionalText("failure_code", "Stable code of why the order failed, or ''."),
		optionalText("failure_message", "The same for people, or ''."),
		createdAt(),
		updatedAt(),
		optionalInstant("completed_at", "When the order first became final, UTC; NULL before."),
		optionalInstant("erased_at", "When what it kept of its customer was first erased, UTC; NULL unless that happened."),
	}
}

// Indexes of the orders table.
func (Order) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "reference").Unique(),
		index.Fields("merchant_id", "created_at", "id"),
		index.Fields("created_at", "id"), // operators' lists, over all merchants
		index.Fields("updated_at").Annotations(entsql.IndexWhere("status IN ('pending', 'processing')")),
	}
}

// OrderLine is one product of an order.
type OrderLine struct{ ent.Schema }

// Fields of the order_lines table.
func (OrderLine) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The line's id, reserved from the 'order_lines' counter."),
		ref("order_id", "The order."),
		ref("merchant_id", "Who ordered."),
		field.Int("position").Comment("Place within the order, from 1."),
		ref("product_id", "The product."),
		text("sku", "The product's SKU when it was ordered."),
		text("product_name", "The product's name when it was ordered."),
		text("source", "stock or provider, as the product was when it was ordered."),
		field.Int("quantity").Comment("Units ordered, 1 or more."),
		count("completed", "Units delivered and not cancelled."),
		count("failed", "Units that could not be delivered."),
		count(
			"cancelled",
			"Units cancelled, before or after delivery. The three never exceed quantity, and reach it when the line is final.",
		),
		text("status", "pending, processing, completed, failed or cancelled."),
		micros("unit_price_micros", "Price of one unit before discount."),
		optionalText(
			"price_rule",
			"What made that price: a listing, or a price list with its version and rule; '' for the product's own price.",
		),
		micros("subtotal_micros", "Price of all units before discount."),
		micros("discount_micros", "The line's share of the order's discount."),
		micros("total_micros", "Subtotal less discount."),
		micros("refunded_micros", "What was given back so far."),
		optionalText("external_reference", "The merchant's own reference of the line, or ''."),
		optionalText("use_date", "Date of a ticket, 'YYYY-MM-DD'; '' for everything else."),
		nullableText("code", "The door's own identifier of the line, unique; NULL when the door has none."),
		optionalSealed(
			"sealed_door_state",
			"What the door keeps with the line and may change later, in its own words, encrypted; NULL for "+
				"nothing, or where door_state has it.",
		),
		optionalText("door_state", "The same in the clear, as it was written before it was sealed, or ''."),
		optionalSealed("private", "Values of the product's customer fields, encrypted; NULL when there are none."),
		optionalText("failure_code", "Stable code of why units failed, or ''."),
		optionalText("failure_message", "The same for people, or ''."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the order_lines table.
func (OrderLine) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("order_id", "position").Unique(),
		index.Fields("code").Unique().Annotations(entsql.IndexWhere("code IS NOT NULL")),
	}
}

// LineReference is a merchant's own reference of a line that it may use for one order only. Only doors that promise so
// write any.
type LineReference struct{ tableOnly }

// Fields of the line_references table.
func (LineReference) Fields() []ent.Field {
	return []ent.Field{
		id("The entry's id."),
		ref("merchant_id", "Whose reference it is."),
		text("reference", "The merchant's own reference, unique per merchant for ever."),
		ref("order_id", "The order that has it, on one line or several."),
	}
}

// Indexes of the line_references table.
func (LineReference) Indexes() []ent.Index {
	return []ent.Index{index.Fields("merchant_id", "reference").Unique()}
}

// LinePass is why offers were passed over when a line was to be bought, as it was judged last. There are rows only of
// lines that passed some over.
type LinePass struct{ tableOnly }

// Fields of the line_passes table.
func (LinePass) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The line."),
		ref("order_id", "The order."),
		text("reasons", "Why, one sentence for each offer, a JSON list in text. Nothing secret or personal."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the line_passes table.
func (LinePass) Indexes() []ent.Index { return []ent.Index{index.Fields("order_id")} }

// Refusal is why an order was last refused under a reference, kept for a while for who lost the answer.
type Refusal struct{ tableOnly }

// Fields of the refusals table.
func (Refusal) Fields() []ent.Field {
	return []ent.Field{
		id("The entry's id."),
		ref("merchant_id", "Whose reference it is."),
		text("reference", "The merchant's own reference; an order that has it came later."),
		text("kind", "What it was refused for; see order.Refusal."),
		jsonObject("facts", "What the refusal says, with nothing of the customer."),
		instant("refused_at", "When it was last refused, UTC."),
	}
}

// Indexes of the refusals table.
func (Refusal) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "reference").Unique(),
		index.Fields("refused_at"), // in which order they are removed
	}
}

// OrderTrail is the trace that an order was placed in. There are rows only of orders that are traced.
type OrderTrail struct{ tableOnly }

// Fields of the order_trails table.
func (OrderTrail) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The order."),
		text("trail", "The traceparent of the call that placed it."),
		createdAt(),
	}
}
