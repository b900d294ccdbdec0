package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// SealingKey is a key that values in this database may be sealed with. The key itself is kept elsewhere.
type SealingKey struct{ tableOnly }

// Fields of the sealing_keys table.
func (SealingKey) Fields() []ent.Field {
	return []ent.Field{
		field.Text("id").StorageKey("key_id").Immutable().
			Comment("The key's id, in hexadecimal, as every value sealed with it begins with it."),
		sealed(
			"value",
			"Sealed with this key: what fingerprints are made with, the same in every row. Who opens it has the right key.",
		),
		createdAt(),
	}
}
