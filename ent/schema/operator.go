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
