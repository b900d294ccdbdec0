package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// APIKey is a credential of a merchant; the key itself is shown once and never stored.
type APIKey struct{ ent.Schema }

// Fields of the api_keys table.
func (APIKey) Fields() []ent.Field {
	return []ent.Field{
		id("The key's id."),
		ref("merchant_id", "Whose key it is."),
		field.Bytes("hash").Unique().Immutable().Sensitive().
			Comment("SHA-256 of the key, 32 bytes; what a request is found by."),
		textDefault("scope", "merchant", "merchant, read, orders or admin."),
		optionalText("label", "The owner's name for the key."),
		field.Bytes("certificate").Optional().Nillable().Immutable().
			Comment("SHA-256 of the client's certificate that stands for the key, 32 bytes; NULL for none."),
		optionalRef("made_by", "Key of the merchant's that it was made with; NULL where an operator made it."),
		createdAt(),
		optionalInstant("revoked_at", "When the key stopped working, UTC; NULL while it works."),
	}
}

// Edges of the api_keys table.
func (APIKey) Edges() []ent.Edge {
	return []ent.Edge{edge.To("merchant", Merchant.Type).Field("merchant_id").Unique().Required()}
}

// Indexes of the api_keys table.
func (APIKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id"),
		index.Fields("certificate").Unique().
			Annotations(entsql.IndexWhere("certificate IS NOT NULL AND revoked_at IS NULL")),
	}
}
