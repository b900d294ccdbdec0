package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// WebhookEndpoint is an address of a merchant that events are posted to.
type WebhookEndpoint struct{ ent.Schema }

// Fields of the webhook_endpoints table.
func (WebhookEndpoint) Fields() []ent.Field {
	return []ent.Field{
		id("The endpoint's id."),
		ref("merchant_id", "Whose endpoint it is."),
		text("url", "Where to post."),
		text("format", "Name of the dialect whose webhook format it gets."),
		strings("event_types", "Event types it gets; empty for all."),
		textDefault("status", "active", "active or disabled."),
		optionalSealed("secret", "What deliveries are signed with, encrypted; NULL when the format does not sign."),
		jsonObject("settings", "Settings of the format and the schedule, decoded by the store."),
		createdAt(),
		updatedAt(),
	}
}

// Edges of the webhook_endpoints table.
func (WebhookEndpoint) Edges() []ent.Edge {
	return []ent.Edge{edge.To("merchant", Merchant.Type).Field("merchant_id").Unique().Required()}
}

// Indexes of the webhook_endpoints table.
func (WebhookEndpoint) Indexes() []ent.Index {
	return []ent.Index{index.Fields("merchant_id")}
}

// WebhookDelivery is one event on its way to one endpoint.
type WebhookDelivery struct{ ent.Schema }

// Fields of the webhook_deliveries table.
func (WebhookDelivery) Fields() []ent.Field {
	return []ent.Field{
		id("The delivery's id."),
		ref("merchant_id", "Whose endpoint it is."),
		ref("endpoint_id", "The endpoint."),
		ref("event_id", "The event."),
		textDefault("status", "pending", "pending, delivered or failed."),
		count("attempts", "How often it was posted."),
		field.Bytes("payload").Optional().Sensitive().Comment("The body as posted; NULL until it is first built."),
		count("response_status", "HTTP status of the last answer; 0 when there was none."),
		optionalText("response_excerpt", "Beginning of the last answer or the error, or ''."),
		bigCount("duration_ms", "How long the last post took, in milliseconds."),
		optionalInstant("next_attempt_at", "When to post next, UTC; NULL when nothing is planned."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the webhook_deliveries table.
func (WebhookDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "id"),
		index.Fields("endpoint_id", "id"),
		index.Fields("event_id", "endpoint_id"),
		index.Fields("next_attempt_at").Annotations(entsql.IndexWhere("next_attempt_at IS NOT NULL")),
	}
}
