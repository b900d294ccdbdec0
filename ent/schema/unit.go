package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// UnitImport is one file of units that an operator brought in.
type UnitImport struct{ ent.Schema }

// Fields of the unit_imports table.
func (UnitImport) Fields() []ent.Field {
	return []ent.Field{
		id("The import's id."),
		ref("product_id", "Product of the units."),
		optionalText("name", "Name of the file."),
		count("imported", "How many units were added."),
		count("refused", "How many rows were refused: repeated or malformed."),
		bigCount("first_unit_id", "The first of its units; 0 when it has none, or is from before this was kept."),
		bigCount("last_unit_id", "The last of its units; others between the two belong to other imports."),
		optionalInstant("withdrawn_at", "When an operator took it back, UTC; NULL unless that happened."),
		createdAt(),
	}
}

// Edges of the unit_imports table.
func (UnitImport) Edges() []ent.Edge {
	return []ent.Edge{edge.To("product", Product.Type).Field("product_id").Unique().Required()}
}

// Indexes of the unit_imports table.
func (UnitImport) Indexes() []ent.Index {
	return []ent.Index{index.Fields("product_id")}
}

// Unit is one deliverable piece: from stock, from a provider, or a ticket.
type Unit struct{ ent.Schema }

// Fields of the units table.
func (Unit) Fields() []ent.Field {
	return []ent.Field{
		id("The unit's id; of what expires at the same time, the first is sold first."),
		ref("product_id", "Product that the unit is one of."),
		optionalRef("import_id", "Import that brought it; NULL when it came from a provider or is a ticket."),
		sealed("content", "The secret itself, encrypted; a zero-length value when there is none."),
		field.Bytes("fingerprint").Optional().Sensitive().
			Comment("Keyed hash of the content, so that no piece is imported twice; NULL when repeats are allowed."),
		textDefault(
			"status", "available",
			"available, held (kept for a hold), set_aside (kept back by an operator), expired (not sold in time), withdrawn "+
				"(sold on by the connector to our own stock), void (taken out of stock by an operator), pending (a ticket that "+
				"its provider has not confirmed), delivered, used, cancelled, failed or replaced (bad, and another unit took its "+
				"place).",
		),
		optionalText("withdrawn_for", "Reference of the attempt that a withdrawn unit serves, or ''."),
		optionalRef("order_id", "Order that has it; NULL while it is available."),
		optionalRef("line_id", "Line that has it, for ever; NULL while it is available."),
		field.Text("ticket_code").Optional().Nillable().Unique().
			Comment("Code of a ticket, unique; NULL for everything else."),
		optionalText("use_date", "Date of a ticket, 'YYYY-MM-DD'; '' for everything else."),
		field.Int64("expires_s").Default(253_402_300_800).
			Comment("When it expires, in seconds since 1970 UTC, and with the year 10000 where it does not: stock is " +
				"sold in this order."),
		createdAt(),
		optionalInstant("delivered_at", "When it was delivered, UTC; NULL before."),
	}
}

// Indexes of the units table.
func (Unit) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("product_id", "fingerprint").Unique(),
		index.Fields("product_id", "expires_s", "id").Annotations(entsql.IndexWhere("status = 'available'")),
		// By this the release before sells, which may serve beside this one; the next release drops it.
		index.Fields("product_id", "id").Annotations(entsql.IndexWhere("status = 'available'")),
		index.Fields("withdrawn_for").Annotations(entsql.IndexWhere("withdrawn_for <> ''")),
		index.Fields("product_id", "use_date", "id").Annotations(entsql.IndexWhere("ticket_code IS NOT NULL")),
		index.Fields("line_id").Annotations(entsql.IndexWhere("line_id IS NOT NULL")),
	}
}
