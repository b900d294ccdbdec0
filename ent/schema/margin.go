package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// MarginDay is a day of which margins are kept. Everything in margin_figures can be counted anew from orders, lines and
// attempts.
type MarginDay struct{ tableOnly }

// Fields of the margin_days table.
func (MarginDay) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		field.Time("starts_at").Unique().Comment("When the day begins, UTC."),
		instant("counted_at", "When it was counted, UTC."),
		optionalInstant("due_at", "When to count it again, UTC; NULL for never."),
	}
}

// Indexes of the margin_days table.
func (MarginDay) Indexes() []ent.Index {
	return []ent.Index{index.Fields("due_at").Annotations(entsql.IndexWhere("due_at IS NOT NULL"))}
}

// MarginFigures sum up what was sold of one product to one merchant out of what one provider delivered, of the orders
// that were placed in a day, as they were when they were last counted.
type MarginFigures struct{ tableOnly }

// Fields of the margin_figures table.
func (MarginFigures) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		instant("starts_at", "When the day begins, UTC."),
		ref("product_id", "The product."),
		ref("merchant_id", "Who bought."),
		ref("provider_id", "Who delivered, or failed to; 0 for our own stock and for what nobody was asked for."),
		text("currency", "ISO 4217 code of the orders."),
		optionalText("cost_currency", "ISO 4217 code of the cost; '' where no cost is known."),
		bigCount("units", "Units that were delivered and not cancelled."),
		bigCount(
			"failed", "Units the provider was asked for and did not deliver; with provider 0, those that the orders lack.",
		),
		bigCount("unpriced", "Those of the delivered units whose cost is not known."),
		micros("revenue_micros", "What was charged for the delivered units and not given back, after discounts."),
		micros("cost_micros", "What they cost, in cost_currency."),
	}
}

// Indexes of the margin_figures table.
func (MarginFigures) Indexes() []ent.Index {
	return []ent.Index{
		// Its own name would be too long, and be cut differently by each database.
		index.Fields("starts_at", "product_id", "merchant_id", "provider_id", "currency", "cost_currency").Unique().
			StorageKey("margin_figures_row"),
	}
}
