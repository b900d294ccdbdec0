package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ApprovalRequest is a deposit, a correction or a credit limit that somebody asked for and another one decides about.
type ApprovalRequest struct{ ent.Schema }

// Fields of the approval_requests table.
func (ApprovalRequest) Fields() []ent.Field {
	return []ent.Field{
		id("The request's number."),
		text("kind", "deposit, adjustment or credit_limit."),
		ref("merchant_id", "Whose wallet it is about."),
		text("currency", "ISO 4217 code, that of the wallet."),
		micros("amount_micros", "What is to be moved, signed as the wallet sees it; or the new credit limit."),
		micros("previous_micros", "The credit limit when another one was asked for; else 0."),
		nullableText("reference", "The caller's reference of a movement, unique per merchant; NULL when there is none."),
		optionalText("reason", "What the merchant reads in the list of transfers."),
		field.Bool("force").Default(false).Comment("An adjustment may take the balance below the credit limit."),
		text("asked_kind", "Who asked: operator, or admin_key of a merchant with the role operator."),
		ref("asked_id", "The operator's or the merchant's id."),
		text("asked_name", "Name of the operator or the merchant."),
		ref("asked_key_id", "The key that was shown."),
		createdAt(),
		instant("expires_at", "When nobody can approve it any more, UTC."),
		textDefault("status", "pending", "pending, approved, rejected or withdrawn; pending after expires_at is expired."),
		optionalText("decided_kind", "Who decided: as asked_kind, or local on the machine; '' while nobody has."),
		bigCount("decided_id", "The operator's or the merchant's id; 0 on the machine."),
		optionalText("decided_name", "Name of the operator, the merchant, or the user of the machine."),
		bigCount("decided_key_id", "The key that was shown; 0 on the machine."),
		optionalInstant("decided_at", "When it was decided, UTC; NULL while nobody has."),
		optionalText("note", "Why it was rejected or withdrawn."),
		optionalRef("transfer_id", "By which an approved movement was made; NULL for none."),
	}
}

// Indexes of the approval_requests table.
func (ApprovalRequest) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "reference").Unique().Annotations(entsql.IndexWhere("reference IS NOT NULL")),
		index.Fields("merchant_id", "id"),
		// What waits is found, and counted, without what expired long ago.
		index.Fields("status", "expires_at"),
		index.Fields("transfer_id").Unique(),
	}
}
