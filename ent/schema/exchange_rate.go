package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ExchangeRate is what one currency is worth in another one from a moment on. Rows are only ever added.
type ExchangeRate struct{ ent.Schema }

// Fields of the exchange_rates table.
func (ExchangeRate) Fields() []ent.Field {
	return []ent.Field{
		id("The entry's number; of two for the same moment the higher one holds."),
		text("base", "ISO 4217 code of what is exchanged."),
		text("quote", "ISO 4217 code of what it is worth that in."),
		field.Int64("rate_nanos").Comment("What one unit of base is worth in quote, times 10^9; 1 or more."),
		instant("starts_at", "From when it holds, until the next entry of the pair does, UTC."),
		createdAt(),
	}
}

// Indexes of the exchange_rates table.
func (ExchangeRate) Indexes() []ent.Index {
	return []ent.Index{index.Fields("base", "quote", "starts_at")}
}
