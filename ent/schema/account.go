package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/index"
)

// Account is one side of a transfer: a merchant's wallet, a provider's account or one of the hub's own. All accounts of
// a currency sum to zero.
type Account struct{ ent.Schema }

// Fields of the accounts table.
func (Account) Fields() []ent.Field {
	return []ent.Field{
		id("The account's id; wallets are locked in this order."),
		text(
			"kind",
			"wallet, funding (where deposits come from), revenue (where charges go), held (where the money of holds is), cost "+
				"(where purchases come from), or 'provider:' and the id of the provider that they go to.",
		),
		text("currency", "ISO 4217 code of every amount on the account."),
		optionalRef("merchant_id", "Owner of a wallet; NULL for all others."),
		micros(
			"balance_micros",
			"Sum of the wallet's transfers; kept for wallets only, 0 elsewhere. Negative within the credit limit.",
		),
		micros("credit_limit_micros", "How far below zero the wallet may go; 0 or more."),
		optionalRef(
			"low_balance_micros", "A charge that takes the balance below this is told to the merchant; NULL for never.",
		),
		bigCount(
			"event_sequence",
			"Number of the merchant's last event; raised only under this row's lock, so that numbers have no gaps.",
		),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the accounts table.
func (Account) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id").Unique(),
		index.Fields("kind", "currency").Unique().Annotations(entsql.IndexWhere("merchant_id IS NULL")),
	}
}
