package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// RecipientCheck is what a merchant was told last of a recipient of a product that wants it checked. Who it is can only
// be found by who knows: neither the recipient nor its name is kept.
type RecipientCheck struct{ tableOnly }

// Fields of the recipient_checks table.
func (RecipientCheck) Fields() []ent.Field {
	return []ent.Field{
		id("The check's id."),
		ref("merchant_id", "Who had it checked."),
		text("mark", "Keyed fingerprint of merchant, product and recipient, in base64."),
		field.Bool("found").Comment("Whether there is such a recipient."),
		instant("checked_at", "When it was asked, UTC."),
		instant("expires_at", "When the check counts no more, and is removed, UTC."),
	}
}

// Indexes of the recipient_checks table.
func (RecipientCheck) Indexes() []ent.Index {
	return []ent.Index{index.Fields("merchant_id", "mark").Unique(), index.Fields("expires_at")}
}
