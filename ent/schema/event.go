package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
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
		textDefault(
			"data", "{}", "What there is to know about it, as a JSON object in text: stored and given back byte for byte.",
		),
		optionalText(
			"state", "What of the order changes, as it stood then, as JSON in text: with the order's fixed facts it makes "+
				"what is told the same whenever it is told. '' for an event about no order.",
		),
		optionalText(
			"targets",
			"Ids of the webhook endpoints that are to be told, as a JSON array in text; 0 is the order's own address. '' for "+
				"none.",
		),
		field.Int64("transaction_id").Default(0).Immutable().
			Comment("Number of the transaction that wrote it; 0 on SQLite, where ids are in the order of commits.").
			Annotations(entsql.DefaultExprs(map[string]string{
				dialect.Postgres: "pg_current_xact_id()::text::bigint", dialect.SQLite: "0",
			})),
		createdAt(),
	}
}

// EventLog says which log the events are: there is one row. A database that is
// restored elsewhere, or copied, goes on as another log; so does one whose server is
// replaced by another that followed it, where positions hold as long as what they
// name is there.
type EventLog struct{ tableOnly }

// Fields of the event_logs table.
func (EventLog) Fields() []ent.Field {
	return []ent.Field{
		assignedID("Always 1."),
		text("name", "Identifier of the log, part of every position in it."),
		text("home", "What tells the server and database, or the file, that the log is kept in from any other."),
		countDefault("generation", 1, "Which log of these events it is: 1 for the first, one more after each restore."),
		bigCount(
			"restored_id",
			"Events up to this id were restored: their transactions have ended, whatever their numbers, which are another "+
				"server's.",
		),
		optionalText(
			"earlier",
			"The logs that it goes on from since the server was replaced by one that followed it, the newest first: name:id, "+
				"with the last id that is kept of each, separated by spaces; or ''.",
		),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the events table.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "sequence").Unique(),
		index.Fields("order_id", "sequence"),
		index.Fields("transaction_id", "id"), // the log of all merchants, in an order that nothing is added to later
	}
}
