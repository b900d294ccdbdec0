package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SupplyPolicy is how a provider's list is followed, and whose turn it is to.
type SupplyPolicy struct{ ent.Schema }

// Fields of the supply_policies table.
func (SupplyPolicy) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		field.Int64("provider_id").Immutable().Unique().Comment("The provider."),
		count("interval_s", "How often its list is read, in seconds; 0 for only when somebody asks."),
		textDefault("new_items", "propose", "propose or import: what becomes of items that no offer is about."),
		count("hold_gone_percent", "A list from which more of the active offers are gone waits for a person; 0: default."),
		count("hold_rise_percent", "A list with a cost that rose by more waits for a person; 0: default."),
		jsonArray("rules", "By what new items are imported, decoded by the store."),
		optionalInstant("next_at", "When its list is read next, UTC; NULL for only when somebody asks."),
		optionalInstant("read_at", "When its list was last read and dealt with, UTC; NULL for never."),
		bigCount("listed", "How many items that list had."),
		optionalText("claimed_by", "Which process reads it now, made up anew by each; '' for none."),
		optionalInstant("claimed_until", "Until when nobody else reads it, UTC."),
		createdAt(),
		updatedAt(),
	}
}

// SupplySync is one reading of a provider's list and what became of it.
type SupplySync struct{ ent.Schema }

// Fields of the supply_syncs table.
func (SupplySync) Fields() []ent.Field {
	return []ent.Field{
		id("The sync's id."),
		ref("provider_id", "Whose list."),
		text("status", "planning, applying, applied, held, rejected, refused, failed or undone."),
		optionalText("reason", "Why it is held, was refused or failed, for people; '' otherwise."),
		optionalText("asked_by", "Name of who asked for it; '' for the schedule."),
		optionalText("decided_by", "Name of who approved, rejected or undid it; ''."),
		count("listed", "How many items the list had."),
		count("proposed", "How many of them were proposed."),
		count("changes", "How many changes it makes."),
		count("skipped", "How many of those were left out when they were applied."),
		countDefault("times", 1, "How often in a row the list was as bad as this."),
		optionalInstant("ended_at", "When nothing more was to be done, UTC."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the supply_syncs table.
func (SupplySync) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("provider_id", "id"),
		index.Fields("status", "id").Annotations(entsql.IndexWhere("status IN ('held', 'applying', 'planning')")),
	}
}

// SupplyChange is one change that a sync makes, with what was before.
type SupplyChange struct{ ent.Schema }

// Fields of the supply_changes table.
func (SupplyChange) Fields() []ent.Field {
	return []ent.Field{
		id("The change's id."),
		ref("sync_id", "The sync."),
		text("kind", "cost, off, on or import."),
		text("state", "planned, applied, skipped, undone or kept."),
		optionalText("note", "Why it was skipped or could not be undone; ''."),
		bigCount("offer_id", "The offer; 0 of an import that is not made."),
		bigCount("product_id", "The product; 0 of an import that is not made."),
		text("provider_sku", "The provider's code."),
		optionalText("name", "The provider's name of the item; ''."),
		micros("old_cost_micros", "The cost before."),
		optionalText("old_currency", "Currency of the cost before; '' of an import."),
		micros("new_cost_micros", "The cost after."),
		optionalText("new_currency", "Currency of the cost after."),
		bigCount("old_mark", "The offer's off_by_sync before."),
		jsonObject("product", "What an import makes, decoded by the store."),
		updatedAt(),
	}
}

// Indexes of the supply_changes table.
func (SupplyChange) Indexes() []ent.Index { return []ent.Index{index.Fields("sync_id", "id")} }

// SupplyProposal is an item that a provider lists and no offer is about.
type SupplyProposal struct{ ent.Schema }

// Fields of the supply_proposals table.
func (SupplyProposal) Fields() []ent.Field {
	return []ent.Field{
		id("The proposal's id."),
		ref("provider_id", "Who lists it."),
		text("provider_sku", "The provider's code."),
		optionalText("name", "The provider's name of it."),
		optionalText("category", "The provider's category of it."),
		micros("cost_micros", "What one unit costs; 0 when the provider does not say."),
		optionalText("currency", "ISO 4217 code of the cost; '' when the provider does not say."),
		bigCount("stock", "Units on sale; -1 when the provider does not say."),
		field.Bool("available").Default(true).Comment("Whether it can be bought."),
		textDefault("status", "open", "open, accepted, dismissed, or gone when it is not listed any more."),
		optionalText("note", "Why no rule imported it, for people; ''."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the supply_proposals table.
func (SupplyProposal) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("provider_id", "provider_sku").Unique(),
		index.Fields("status", "id"),
	}
}
