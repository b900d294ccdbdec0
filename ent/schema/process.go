package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// HubProcess is a process of the hub that serves on this database. Each says again and again that it lives.
type HubProcess struct{ tableOnly }

// Fields of the hub_processes table.
func (HubProcess) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		field.Text("name").Unique().Immutable().Comment("The process, made up anew by each."),
		field.Bool("alone").Default(false).
			Comment("Whether it counts merchants' requests by itself: others count none before it stops."),
		instant("lives_until", "When it is taken for dead if it says nothing more, UTC."),
	}
}

// RateBucket is how far a merchant's limit of requests is used up, by all processes together.
type RateBucket struct{ ent.Schema }

// Fields of the rate_buckets table.
func (RateBucket) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		ref("merchant_id", "The merchant."),
		ref("key_id", "The key that has the limit for itself, or 0."),
		field.Int("requests_per_minute").Immutable().Comment("Requests in a minute that the limit allows."),
		field.Int("burst").Immutable().Comment("Requests that may come at once."),
		instant("used_until", "When the limit is not used any more if nobody calls, UTC; the row may go then."),
	}
}

// Indexes of the rate_buckets table.
func (RateBucket) Indexes() []ent.Index {
	return []ent.Index{index.Fields("merchant_id", "key_id", "requests_per_minute", "burst").Unique()}
}
