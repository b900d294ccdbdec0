package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// AuditEntry is one change that an operator made, or one look at goods. Rows are only ever added, each in the
// transaction of its change. What is secret or personal in request, before and after is there as keyed hashes.
type AuditEntry struct{ ent.Schema }

// Fields of the audit_entries table.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The entry's number: one more than that of the entry before, without gaps."),
		instant("at", "When, UTC."),
		text("actor_kind", "Who: operator with a key, session of one, admin_key of a merchant with the role operator, or "+
			"local on this machine."),
		ref("actor_id", "The operator's or the merchant's id; 0 on this machine."),
		text("actor_name", "Name of the operator, the merchant, or the user of this machine."),
		ref("key_id", "What was shown, of operator_keys, operator_sessions or api_keys; 0 on this machine."),
		text("address", "Where it came from: an address, or local."),
		text("via", "grpc, rest, command or console."),
		text("request_id", "The call's id, as the log has it; '' of a command without a call."),
		text("method", "What was called, such as AdminService.Deposit, or the command."),
		text("target_kind", "What it was done to, such as merchant or order; '' for nothing in particular."),
		text("target", "Which: its name, number or id; '' for nothing in particular."),
		text("reason", "Why, where a reason is asked; else ''."),
		text("request", "What was asked, as JSON; ''."),
		text("before", "What was there before, as JSON; '' where that is not told."),
		text("after", "What was there afterwards, as JSON; '' where that is not told."),
		field.Bool("broken").Comment("The head was not as the hub had left it when this was added."),
		field.Bytes("hash").Immutable().Comment("Keyed hash of this entry and of the hash of the one before, 32 bytes."),
	}
}

// Indexes of the audit_entries table.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("actor_name", "id"), index.Fields("method", "id"), index.Fields("target_kind", "target", "id"),
		index.Fields("at"),
	}
}

// AuditHead is the end of the record, a single row: so that entries cut off at the end are missed.
type AuditHead struct{ tableOnly }

// Fields of the audit_heads table.
func (AuditHead) Fields() []ent.Field {
	return []ent.Field{
		assignedID("1."),
		ref("entry_id", "The number of the last entry; 0 before the first one."),
		field.Bytes("hash").Comment("Its hash; empty before the first one."),
		field.Bytes("mac").Comment("Keyed hash of both; empty before the first one."),
	}
}
