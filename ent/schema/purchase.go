package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/index"
)

// Purchase is an attempt that a person delivers, at a provider whose connector is manual.
type Purchase struct{ tableOnly }

// Fields of the purchases table.
func (Purchase) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The attempt's id."),
		ref("provider_id", "The provider."),
		textDefault("state", "waiting", "waiting, taken, delivered, refused or cancelled."),
		optionalText("taken_by", "Name of the operator who took it, or ended it; '' for nobody."),
		optionalInstant("taken_until", "Until when nobody else may take it, UTC; NULL unless it is taken."),
		optionalText("reason", "Why it was refused, which the merchant reads; '' unless it was."),
		optionalSealed("goods", "What was delivered, a JSON list, encrypted; NULL unless it was."),
		optionalInstant("deliver_by", "Until when it should be delivered, UTC; NULL of purchases from before there was one."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the purchases table.
func (Purchase) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("state", "id"),
		index.Fields("id").StorageKey("purchases_open").Annotations(entsql.IndexWhere("state IN ('waiting', 'taken')")),
	}
}
