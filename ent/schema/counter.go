package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// Counter is a named number: the last id reserved from a block ('orders', 'order_lines'), or a version that readers
// compare with their copy ('catalog').
type Counter struct{ ent.Schema }

// Fields of the counters table.
func (Counter) Fields() []ent.Field {
	return []ent.Field{
		field.Text("id").StorageKey("name").Immutable().Comment("Name of the counter."),
		bigCount("value", "Last number given out, or the current version."),
	}
}
