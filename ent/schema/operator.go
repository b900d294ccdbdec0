package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Operator is a person who runs the hub.
type Operator struct{ ent.Schema }

// Fields of the operators table.
func (Operator) Fields() []ent.Field {
	return []ent.Field{
		id("The operator's id."),
		field.Text("name").Unique().Immutable().Comment("Name, unique among operators."),
		text("roles", "What the operator may do: words with a blank between them, such as 'catalogue finance'."),
		textDefault("status", "active", "active or suspended; a suspended operator is refused."),
		field.Text("login").Optional().Nillable().Unique().
			Comment("What an OpenID provider calls the operator, in lower case; NULL for none."),
		field.Text("password_hash").Default("").Sensitive().Comment("Argon2id of the password, salted; '' for none."),
		optionalSealed("second_factor", "The secret of the second factor (TOTP); NULL for none."),
		bigCount("used_step", "Step of the last code of the second factor that was used: no earlier one is good."),
		count("login_version", "Grows with every change of these that ends sessions."),
		field.Bytes("invitation_hash").Optional().Unique().Sensitive().
			Comment("SHA-256 of the invitation by which the operator may set a password; NULL for none."),
		optionalInstant("invitation_expires_at", "Until when the invitation is good, UTC."),
		createdAt(),
		updatedAt(),
	}
}

// OperatorKey is a credential of an operator; the key itself is shown once and never stored.
type OperatorKey struct{ ent.Schema }

// Fields of the operator_keys table.
func (OperatorKey) Fields() []ent.Field {
	return []ent.Field{
		id("The key's id."),
		ref("operator_id", "Whose key it is."),
		field.Bytes("hash").Unique().Immutable().Sensitive().
			Comment("SHA-256 of the key, 32 bytes; what a request is found by."),
		optionalText("label", "The owner's name for the key."),
		createdAt(),
		optionalInstant("revoked_at", "When the key stopped working, UTC; NULL while it works."),
	}
}

// Edges of the operator_keys table.
func (OperatorKey) Edges() []ent.Edge {
	return []ent.Edge{edge.To("operator", Operator.Type).Field("operator_id").Unique().Required()}
}

// Indexes of the operator_keys table.
func (OperatorKey) Indexes() []ent.Index { return []ent.Index{index.Fields("operator_id")} }

// OperatorSession is what an operator acts by who has signed in. It is removed when it ends, or after it.
type OperatorSession struct{ ent.Schema }

// Fields of the operator_sessions table.
func (OperatorSession) Fields() []ent.Field {
	return []ent.Field{
		id("The session's number, as the record has it."),
		ref("operator_id", "Who signed in."),
		field.Bytes("hash").Unique().Immutable().Sensitive().
			Comment("SHA-256 of the token and the browser, 32 bytes; what a request is found by."),
		text("stage", "whole, or enrolling while nothing but the second factor can be set up."),
		optionalText("place", "Where it may be used from: an address, or the /64 of one; '' where that is not known."),
		optionalSealed("proposed_factor", "The secret of a second factor that is not confirmed yet; NULL for none."),
		createdAt(),
		instant("last_used_at", "When it was used last, to the minute, UTC."),
		instant("expires_at", "When it ends, however much it is used, UTC."),
	}
}

// Edges of the operator_sessions table.
func (OperatorSession) Edges() []ent.Edge {
	return []ent.Edge{edge.To("operator", Operator.Type).Field("operator_id").Unique().Required()}
}

// Indexes of the operator_sessions table.
func (OperatorSession) Indexes() []ent.Index { return []ent.Index{index.Fields("operator_id")} }
