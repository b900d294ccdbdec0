package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Claim is what somebody says of delivered units of one order that do not work.
type Claim struct{ tableOnly }

// Fields of the claims table.
func (Claim) Fields() []ent.Field {
	return []ent.Field{
		id("The claim's number."),
		ref("merchant_id", "Whose order it is about."),
		ref("order_id", "The order."),
		nullableText("reference", "The claimant's own reference, unique per merchant for ever; NULL for none."),
		text("reason", "Stable code of what is wrong with the units."),
		optionalSealed("said", "Text and evidence, encrypted JSON; NULL when there are none, or they were erased."),
		text("asked_kind", "Who made it: merchant, operator, admin_key or local."),
		text("asked_by", "Name of the merchant or the operator."),
		count("waiting", "How many of its units wait for an answer."),
		optionalInstant("answer_by", "Until when they should have one, UTC; NULL for no such time."),
		optionalInstant("overdue_at", "When operators were told that it is past, UTC; NULL unless that happened."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the claims table.
func (Claim) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "reference").Unique().Annotations(entsql.IndexWhere("reference IS NOT NULL")),
		index.Fields("reference").Annotations(entsql.IndexWhere("reference IS NOT NULL")),
		index.Fields("merchant_id", "id"),
		index.Fields("order_id"),
		index.Fields("id").StorageKey("claims_waiting").Annotations(entsql.IndexWhere("waiting > 0")),
		index.Fields("answer_by").Annotations(entsql.IndexWhere("waiting > 0 AND overdue_at IS NULL")),
	}
}

// ClaimedUnit is a unit that a claim is about, with its answer. No unit is claimed twice.
type ClaimedUnit struct{ tableOnly }

// Fields of the claimed_units table.
func (ClaimedUnit) Fields() []ent.Field {
	return []ent.Field{
		id("The entry's id."),
		ref("claim_id", "The claim."),
		ref("merchant_id", "Whose order has the unit."),
		ref("order_id", "The order."),
		ref("line_id", "The line."),
		ref("product_id", "The product."),
		field.Int64("unit_id").Unique().Immutable().Comment("The unit, which is claimed once."),
		textDefault("status", "waiting", "waiting, replacing, replaced, refunded or rejected."),
		optionalText("answered_kind", "Who answered: operator, admin_key, local or policy; '' while nobody has."),
		optionalText("answered_by", "Name of the operator; '' while nobody has."),
		optionalText("answer", "What the answer says in words."),
		optionalInstant("answered_at", "When it was answered, UTC; NULL while it waits."),
		micros("refund_micros", "What was given back for the unit."),
		field.Int64("replacement_unit_id").Optional().Nillable().Unique().
			Comment("The unit that took its place; NULL unless it was replaced."),
		optionalRef("replacement_id", "The replacement that buys, or bought, that unit; NULL for none."),
		optionalText("failure_code", "Stable code of why no unit could be bought in its place; '' unless that happened."),
		textDefault("dispute", "", "'' while it was not passed to its provider; open, credited or refused."),
		optionalText("dispute_reference", "What the provider calls the dispute."),
		optionalRef("dispute_attempt_id", "The attempt that bought the unit; NULL while there is no dispute."),
		optionalInstant("disputed_at", "When it was passed to the provider, UTC; NULL unless that happened."),
		micros("credit_micros", "What the provider credited for it."),
		optionalText("credit_currency", "ISO 4217 code of that; '' for none."),
		optionalInstant("dispute_ended_at", "When the provider's answer was noted, UTC; NULL before."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the claimed_units table.
func (ClaimedUnit) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("claim_id"),
		index.Fields("line_id"),
		index.Fields("merchant_id", "product_id", "answered_at").
			Annotations(entsql.IndexWhere("answered_kind = 'policy'")),
		index.Fields("dispute_attempt_id").Annotations(entsql.IndexWhere("dispute_attempt_id IS NOT NULL")),
	}
}

// Replacement buys units of one line in the place of some that did not work, charged to nobody.
type Replacement struct{ ent.Schema }

// Fields of the replacements table.
func (Replacement) Fields() []ent.Field {
	return []ent.Field{
		id("The replacement's number."),
		ref("claim_id", "The claim that was answered so."),
		ref("merchant_id", "Whose order has the units."),
		ref("order_id", "The order."),
		ref("line_id", "The line."),
		field.Int("quantity").Immutable().Comment("Units to be bought, 1 or more."),
		count("completed", "Units that were."),
		count("failed", "Units that could not be, and whose claim waits again."),
		optionalInstant("ended_at", "When the last of them came or failed, UTC; NULL while it goes on."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the replacements table.
func (Replacement) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("claim_id"),
		index.Fields("order_id").Annotations(entsql.IndexWhere("ended_at IS NULL")),
	}
}

// ClaimPolicy is what holds for a product after the sale.
type ClaimPolicy struct{ tableOnly }

// Fields of the claim_policies table.
func (ClaimPolicy) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The product."),
		bigCount("claim_within_s", "How long after its delivery a unit may be claimed, in seconds; 0 for ever."),
		bigCount("answer_within_s", "How long a claim may wait for an answer, in seconds; 0 for ever."),
		textDefault("answer", "", "What is answered by itself: '' for nothing, refund or replace."),
		bigCount("answer_claimed_within_s", "How long after its delivery a unit must be claimed for that, in seconds."),
		count("answer_per_month", "How many units of a merchant are answered so in a calendar month, UTC."),
		optionalText("time_zone", "IANA name of the zone in which days of use are meant; '' for UTC."),
		createdAt(),
		updatedAt(),
	}
}

// Redemption is a ticket that was used. Its unit is used by then.
type Redemption struct{ tableOnly }

// Fields of the redemptions table.
func (Redemption) Fields() []ent.Field {
	return []ent.Field{
		assignedID("The ticket's unit."),
		ref("merchant_id", "Whose order has the ticket."),
		ref("order_id", "The order."),
		ref("line_id", "The line."),
		ref("product_id", "The product."),
		optionalText("reference", "The venue's own reference, which tells a repeat from another one; '' for none."),
		optionalText("place", "Where it was used, in the venue's words."),
		instant("redeemed_at", "When it was used, UTC."),
		text("redeemed_kind", "Who redeemed it: merchant, operator, admin_key or local."),
		text("redeemed_by", "Name of the merchant or the operator."),
		createdAt(),
	}
}
