package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/index"
)

// Reconciliation is one comparison of a provider's statement with what was bought from it.
type Reconciliation struct{ tableOnly }

// Fields of the reconciliations table.
func (Reconciliation) Fields() []ent.Field {
	return []ent.Field{
		id("The reconciliation's id."),
		ref("provider_id", "Whose statement."),
		optionalText("name", "What the statement is called, such as the name of its file; ''."),
		text("status", "receiving, matching, done or abandoned."),
		optionalText("stage", "Which part of matching is next; '' before it and when it is done."),
		bigCount("cursor", "How far that part has come: an attempt's id, or a row's line."),
		optionalText("cursor_name", "The same of rows that no attempt belongs to: the last name."),
		optionalInstant("from_at", "The first moment that the statement is about, UTC; NULL for its first row's."),
		optionalInstant("to_at", "The moment after the last, UTC; NULL for after its last row."),
		bigCount("rows", "How many rows it has."),
		bigCount("outside", "How many of them are from another time, and left out."),
		bigCount("matched", "To how many attempts its rows belong."),
		bigCount("found", "How many findings are new."),
		bigCount("open", "How many findings of the provider were open when it ended."),
		optionalText("last_part", "A hash of the rows that came last, by which who sends them again is known; ''."),
		optionalText("asked_by", "Name of who began it."),
		optionalInstant("ended_at", "When it was done or abandoned, UTC; NULL before."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the reconciliations table.
func (Reconciliation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("provider_id", "id"),
		index.Fields("created_at").Annotations(entsql.IndexWhere("status IN ('receiving', 'matching')")),
	}
}

// StatementRow is a row of a provider's statement, kept until it is compared.
type StatementRow struct{ tableOnly }

// Fields of the statement_rows table.
func (StatementRow) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		ref("reconciliation_id", "What it is compared by."),
		ref("line", "Which line of the statement it is from."),
		text("name", "Our reference of the purchase, or p: and the provider's where it has none of ours."),
		optionalText("reference", "Our reference; ''."),
		optionalText("provider_reference", "The provider's own; ''."),
		text("state", "purchased, refused or credited."),
		instant("at", "When that was, by the provider's clock, UTC."),
		micros("amount_micros", "How much was charged or credited; 0 where the statement does not say."),
		optionalText("currency", "ISO 4217 code of that; '' where the statement does not say."),
		bigCount("attempt_id", "The attempt it is about; 0 for none, or while nobody has looked."),
	}
}

// Indexes of the statement_rows table.
func (StatementRow) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("reconciliation_id", "line").Unique(),
		index.Fields("reconciliation_id", "attempt_id", "name", "line"),
	}
}

// StatementCharge is what a provider's statements charged for a purchase, or credited of it, once however many have it.
type StatementCharge struct{ tableOnly }

// Fields of the statement_charges table.
func (StatementCharge) Fields() []ent.Field {
	return []ent.Field{
		id("The entry's id."),
		ref("provider_id", "Whose statements."),
		ref("reconciliation_id", "By what it was read last."),
		bigCount("attempt_id", "The attempt it is about; 0 for none."),
		text("name", "Our reference of the purchase, or p: and the provider's where it has none of ours."),
		text("state", "purchased or credited."),
		instant("at", "When that was, by the provider's clock, UTC."),
		micros("amount_micros", "How much; 0 where the statement does not say."),
		optionalText("currency", "ISO 4217 code of that; '' where the statement does not say."),
	}
}

// Indexes of the statement_charges table.
func (StatementCharge) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("attempt_id").Annotations(entsql.IndexWhere("attempt_id > 0")),
		index.Fields("provider_id", "name").Annotations(entsql.IndexWhere("attempt_id = 0")),
		index.Fields("provider_id", "at"),
	}
}

// ReconciliationFinding is something in which a provider's statement and the hub differ.
type ReconciliationFinding struct{ tableOnly }

// Fields of the reconciliation_findings table.
func (ReconciliationFinding) Fields() []ent.Field {
	return []ent.Field{
		id("The finding's id."),
		ref("provider_id", "Whose statement."),
		ref("reconciliation_id", "By what it was found first."),
		ref("seen_id", "By what it was found last."),
		text("identity", "What tells it from others of its provider, the same each time it is found."),
		text("kind", "missing_there, missing_here, priced_otherwise, charged_twice, credited, uncredited, "+
			"dispute_uncredited or outcome_proven."),
		text("status", "open, accepted, booked, settled, agreed or gone."),
		optionalRef("attempt_id", "The attempt it is about; NULL of missing_here."),
		optionalText("reference", "Our reference; ''."),
		optionalText("provider_reference", "The provider's own; ''."),
		optionalText("said", "purchased, refused or credited: what the statement says; '' for nothing."),
		optionalInstant("at", "When that was, by the provider's clock, UTC; NULL where it says nothing."),
		bigCount("line", "Its first row in the statement; 0 where there is none."),
		micros("said_micros", "What the statement says was charged or credited."),
		optionalText("said_currency", "ISO 4217 code of that; '' where it does not say."),
		micros("ours_micros", "What the hub has instead."),
		optionalText("ours_currency", "ISO 4217 code of that; '' where it has nothing."),
		micros("booked_micros", "What was added to the cost of the attempt because of it; below 0 for a credit."),
		optionalText("action", "What was done about it: accept, book, failed or elsewhere; '' while nothing was."),
		optionalText("note", "Why, in the words of who did."),
		optionalText("resolved_by", "Name of who did; ''."),
		optionalInstant("resolved_at", "When, UTC; NULL while nobody has."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the reconciliation_findings table.
func (ReconciliationFinding) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("provider_id", "identity").Unique(),
		index.Fields("attempt_id").Annotations(entsql.IndexWhere("attempt_id IS NOT NULL")),
		index.Fields("provider_id", "id").Annotations(entsql.IndexWhere("status = 'open'")),
		index.Fields("seen_id", "id"),
	}
}
