package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Merchant is who buys from the hub, or an operator of it.
type Merchant struct{ ent.Schema }

// Fields of the merchants table.
func (Merchant) Fields() []ent.Field {
	return []ent.Field{
		id("The merchant's id."),
		field.Text("name").Unique().Comment("Name, unique; shown to operators."),
		field.Text("email").Optional().Nillable().Unique().
			Comment("Address for signing in, lower case, as it was written before it was sealed; else NULL."),
		field.Bytes("email_hash").Optional().Unique().Sensitive().
			Comment("Keyed hash of the address for signing in, by which it is found; NULL where there is none or it is clear."),
		field.Bytes("sealed_email").Optional().Sensitive().
			Comment("The address for signing in, encrypted; NULL where there is none or it is clear."),
		textDefault("role", "merchant", "merchant or operator."),
		textDefault("status", "active", "active or suspended; a suspended merchant is refused at every door."),
		count(
			"requests_per_minute",
			"Sustained request rate for all keys together; 0 means no limit, -1 the default of each door.",
		),
		count("burst", "Requests that may come at once; 0 means as many as in a minute."),
		strings("ip_allowlist", "Addresses and CIDR prefixes that may use the merchant's keys; empty allows all."),
		jsonObject(
			"settings",
			"Settings of the merchant's doors and webhooks, decoded by the store; the names of billing addresses, and the "+
				"address and the key for callbacks in them are encrypted.",
		),
		field.Text("password_hash").Default("").Sensitive().
			Comment("Encoded password hash for the console; '' when the merchant has no password."),
		count("credentials_version", "Grows when what was signed in for with the credentials of before must end."),
		createdAt(),
		updatedAt(),
	}
}

// SignInGuess is the wrong passwords of one e-mail address, merchant's or not, that still count against it.
type SignInGuess struct{ ent.Schema }

// Fields of the sign_in_guesses table.
func (SignInGuess) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		field.Bytes("email_hash").Unique().Immutable().Sensitive().Comment("Keyed hash of the address."),
		optionalText("times", "When they were made, oldest first: a JSON array of microseconds since 1970."),
		instant("counts_until", "When the last of them counts no more, UTC; the row may go then."),
	}
}

// Indexes of the sign_in_guesses table.
func (SignInGuess) Indexes() []ent.Index { return []ent.Index{index.Fields("counts_until")} }
