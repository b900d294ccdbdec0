package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/index"
)

// Transfer is one movement of money between two accounts. Rows are only ever added.
type Transfer struct{ ent.Schema }

// Fields of the transfers table.
func (Transfer) Fields() []ent.Field {
	return []ent.Field{
		id("The transfer's id; grows within a wallet."),
		ref("debit_account_id", "Account whose balance falls by the amount."),
		ref("credit_account_id", "Account whose balance rises by the amount."),
		text("currency", "ISO 4217 code, that of both accounts."),
		micros("amount_micros", "Amount moved, 0 or more."),
		text(
			"kind",
			"deposit, charge, refund or adjustment of a wallet; hold, from a wallet to what is held, or release, back; "+
				"purchase from a provider, or credit for one.",
		),
		ref("merchant_id", "Whose wallet is one of the two accounts; 0 for purchases and credits, which no merchant sees."),
		optionalRef("order_id", "Order that a charge or a refund belongs to; NULL otherwise."),
		optionalRef("attempt_id", "Attempt that a purchase or a credit belongs to; NULL otherwise."),
		optionalRef("hold_id", "Hold that a hold or a release belongs to; NULL otherwise."),
		nullableText("hold_number", "Its number, for when the hold is no longer kept; NULL otherwise."),
		nullableText(
			"reference",
			"The caller's reference of a deposit or an adjustment, unique per merchant; NULL for all others.",
		),
		optionalText("description", "What the merchant reads in the list of transfers."),
		micros("balance_micros", "The wallet's balance after this transfer; 0 for purchases and credits."),
		createdAt(),
	}
}

// Indexes of the transfers table.
func (Transfer) Indexes() []ent.Index {
	return []ent.Index{
		// Charges and refunds, nearly all there is, have no reference.
		index.Fields("merchant_id", "reference").Unique().Annotations(entsql.IndexWhere("reference IS NOT NULL")),
		index.Fields("merchant_id", "id"),
		index.Fields("order_id"),
		// What was paid in is summed up without reading every charge.
		index.Fields("merchant_id").Annotations(entsql.IndexWhere("kind IN ('deposit', 'adjustment')")),
	}
}
