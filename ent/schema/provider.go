package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Provider is an upstream supplier.
type Provider struct{ ent.Schema }

// Fields of the providers table.
func (Provider) Fields() []ent.Field {
	return []ent.Field{
		id("The provider's id."),
		field.Text("name").Unique().Comment("Name, unique; shown to operators."),
		text("connector", "Name of the dialect that speaks to it."),
		textDefault("status", "active", "active or disabled; a disabled provider gets no new attempts."),
		field.JSON("config", map[string]any{}).Default(map[string]any{}).Annotations(entsql.Default("{}")).
			Comment("Settings of the connector: addresses, limits, time-outs. Nothing secret."),
		optionalSealed("credentials", "What the connector signs in with, encrypted; NULL when it needs nothing."),
		count("max_concurrency", "Most calls at the same moment; 0 means the hub's default, for each process."),
		count("requests_per_minute", "Most calls in a minute; 0 means no limit."),
		count("burst", "Calls that may come at once; 0 means as many as in a minute."),
		count("timeout_ms", "How long a call may take, in milliseconds; 0 means the hub's default."),
		count("horizon_s", "How long the outcome of an attempt is waited for, in seconds; 0 means the hub's default."),
		micros("low_balance_micros", "Below it our balance there is low."),
		optionalText("low_balance_currency", "ISO 4217 code of low_balance_micros; '' when nothing is low."),
		createdAt(),
		updatedAt(),
	}
}

// ProviderRate is how far a provider's calls in a minute are used up, by all processes. Its row is also what they lock
// to divide the provider's places.
type ProviderRate struct{ tableOnly }

// Fields of the provider_rates table.
func (ProviderRate) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		field.Int64("provider_id").Immutable().Unique().Comment("The provider."),
		instant("used_until", "Until when the turns that were given use the rate, UTC."),
	}
}

// ProviderBalance is what is known of our money at a provider.
type ProviderBalance struct{ tableOnly }

// Fields of the provider_balances table.
func (ProviderBalance) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		field.Int64("provider_id").Immutable().Unique().Comment("The provider."),
		micros("amount_micros", "What could be spent when it was last read."),
		optionalText("currency", "ISO 4217 code of the amount; '' when it never was read."),
		optionalInstant("read_at", "When that reading began, UTC; NULL when it never was read."),
		bigCount("read_after", "The highest attempt's id when that reading began: what cost it later has a higher one."),
		optionalInstant("asked_at", "When a reading last began, UTC; NULL for never."),
		optionalText("problem", "Why the last reading failed, or ''. Nothing secret."),
		optionalInstant("refused_at", "Since when purchases are refused for want of money, UTC; NULL when they are not."),
		optionalInstant("last_refused_at", "When one was last refused so, UTC; NULL when none is."),
		micros("refused_micros", "What the cheapest purchase cost that is refused."),
		optionalText("refused_currency", "ISO 4217 code of that cost, or ''."),
		count("refusals", "How often in a row one was refused after a pause."),
		optionalInstant("try_at", "When a purchase may be tried again, UTC; NULL when none is refused."),
		field.Bool("low").Default(false).Comment("Whether it is below the provider's low balance, which was told."),
	}
}

// ProviderPlace is how many calls one process may have under way at a provider.
type ProviderPlace struct{ tableOnly }

// Fields of the provider_places table.
func (ProviderPlace) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		ref("provider_id", "The provider."),
		text("holder", "The process's way to it, made up anew by each."),
		count("held", "Calls that it may have under way."),
		count("wanted", "Calls that it has under way or waits to make."),
		instant("held_until", "When the places are free again if it says nothing more, UTC."),
	}
}

// Indexes of the provider_places table.
func (ProviderPlace) Indexes() []ent.Index {
	return []ent.Index{index.Fields("provider_id", "holder").Unique()}
}

// Offer is what a provider sells us: one product under the provider's own code.
type Offer struct{ ent.Schema }

// Fields of the offers table.
func (Offer) Fields() []ent.Field {
	return []ent.Field{
		id("The offer's id."),
		ref("product_id", "The product it delivers."),
		ref("provider_id", "Who delivers it."),
		text("provider_sku", "The provider's code for it."),
		micros("cost_micros", "What one unit costs us."),
		text("currency", "ISO 4217 code of the cost."),
		count("priority", "Offers of a product are tried from the lowest number up."),
		textDefault("status", "active", "active or disabled."),
		field.Bool("price_locked").Default(false).Comment("Whether the provider's list leaves the cost alone."),
		field.Bool("state_locked").Default(false).Comment("Whether the provider's list leaves the status alone."),
		bigCount("off_by_sync", "The sync that disabled it, which another one may undo; 0 when none did."),
		micros("listed_cost_micros", "What one unit costs by a list that is held, where that is more; 0 for none."),
		field.Int("max_loss_bp").Optional().Nillable().
			Comment("Share of the cost that may be lost, in hundredths of a percent; NULL for what the product says."),
		createdAt(),
		updatedAt(),
	}
}

// Edges of the offers table.
func (Offer) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("product", Product.Type).Field("product_id").Unique().Required(),
		edge.To("provider", Provider.Type).Field("provider_id").Unique().Required(),
	}
}

// Indexes of the offers table.
func (Offer) Indexes() []ent.Index {
	return []ent.Index{index.Fields("product_id", "provider_id", "provider_sku").Unique()}
}

// Attempt is one submission of a line, or part of it, to one provider. It is written before the provider is called.
type Attempt struct{ ent.Schema }

// Fields of the attempts table.
func (Attempt) Fields() []ent.Field {
	return []ent.Field{
		id("The attempt's id."),
		ref("order_id", "The order."),
		ref("line_id", "The line."),
		optionalRef("replacement_id", "The replacement that it is for; NULL for what was ordered."),
		ref("merchant_id", "Who ordered."),
		ref("provider_id", "Who is asked to deliver."),
		ref("offer_id", "The offer it was made on."),
		optionalText("provider_sku", "The provider's code of what was asked for, as the offer had it."),
		micros("cost_micros", "What one unit costs us, as the offer had it."),
		optionalText("currency", "ISO 4217 code of the cost."),
		field.Int("number").Comment("Try within the line, from 1."),
		field.Text("reference").Unique().Comment(
			"Our reference at the provider, unique; the same in every repeat of the call.",
		),
		field.Int("quantity").Comment("Units asked for, 1 or more."),
		count("delivered", "Units that came of it."),
		text("status", "waiting, submitting, accepted, delivered, refused, unknown, parked or cancelled."),
		optionalText("provider_reference", "The provider's own id of the purchase; '' until it is known."),
		optionalText("failure_code", "Stable code of a refusal or of a parking, or ''."),
		optionalText("failure_message", "The same for people, or ''."),
		count("checks", "How often the provider was asked about it."),
		optionalSealed(
			"held", "Goods that came with an acceptance and wait for the delivery, encrypted; NULL when there are none.",
		),
		field.Bytes("exchanges").Optional().Comment(
			"The latest requests to the provider and its answers as JSON, with everything masked but what is known to be " +
				"harmless; NULL when there are none.",
		),
		optionalText("dispute", "How the provider contradicted a settled outcome later, for operators, or ''."),
		instant("submitted_at", "When it was first sent, UTC."),
		field.Int64("charged_micros").Optional().Nillable().Comment(
			"What the provider says it charges for all units asked for; NULL while it has not said.",
		),
		optionalText("charged_currency", "ISO 4217 code of that; '' while it has not said."),
		field.Int64("booked_micros").Optional().Nillable().Comment(
			"What of it is in the books: the sum of its transfers. NULL of attempts from before there were any.",
		),
		optionalText("booked_currency", "ISO 4217 code of that; '' while nothing is booked."),
		micros("credited_micros", "What its provider credited of it since it was settled, in that currency."),
		micros(
			"adjusted_micros", "What its cost was corrected by since, after a statement of its provider; in that currency.",
		),
		optionalInstant("next_check_at", "When to ask the provider next, UTC; NULL when nothing is planned."),
		optionalInstant("settled_at", "When its outcome became final, UTC; NULL before."),
		optionalInstant("overdue_at", "When operators were told that it waits for too long, UTC; NULL unless that happened."),
		optionalInstant(
			"payload_removed_at",
			"When failure_message, held and exchanges were emptied because they are no longer kept, UTC; NULL unless that "+
				"happened.",
		),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the attempts table.
func (Attempt) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("line_id", "number").Unique(),
		index.Fields("next_check_at").Annotations(entsql.IndexWhere("settled_at IS NULL")),
		index.Fields("order_id"),
		index.Fields("provider_id", "provider_reference").Annotations(entsql.IndexWhere("provider_reference <> ''")),
		index.Fields("status", "id").Annotations(entsql.IndexWhere("status = 'parked' OR dispute <> ''")),
		index.Fields("id").StorageKey("attempt_contents").Annotations(entsql.IndexWhere(
			"settled_at IS NOT NULL AND dispute = '' AND (failure_message <> '' OR held IS NOT NULL OR " +
				"exchanges IS NOT NULL)",
		)),
	}
}

// Callback is a notice of a provider, kept so that each takes effect once.
type Callback struct{ tableOnly }

// Fields of the callbacks table.
func (Callback) Fields() []ent.Field {
	return []ent.Field{
		id("The callback's id."),
		ref("provider_id", "Who sent it."),
		text("notice", "What tells it apart from the provider's other notices."),
		optionalRef("attempt_id", "The attempt it is about; NULL when the hub knows none."),
		createdAt(),
	}
}

// Indexes of the callbacks table.
func (Callback) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("provider_id", "notice").Unique(),
		index.Fields("attempt_id"),
	}
}
