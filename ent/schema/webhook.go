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
		optionalSealed("sealed_url", "Where to post, encrypted; NULL where url has it."),
		text("url", "The same in the clear, as it was written before it was sealed, or ''."),
		text("format", "Name of the dialect whose webhook format it gets."),
		strings("event_types", "Event types it gets; empty for all."),
		textDefault("status", "active", "active, inactive (by its merchant) or disabled (by the hub)."),
		optionalText("disable_reason", "Why the hub disabled it, or ''."),
		optionalInstant("failing_since", "First failure since the last success, UTC; NULL while it answers."),
		optionalSealed("secret", "What deliveries are signed with, encrypted; NULL when the format does not sign."),
		optionalSealed("previous_secret", "The secret before the last change, encrypted; NULL when there is none."),
		optionalInstant("previous_secret_until", "Until when deliveries are signed with it too, UTC."),
		optionalSealed(
			"previous_secrets",
			"Every secret that goes on to sign with until when it does, the newest first, encrypted JSON; NULL when there is "+
				"none.",
		),
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

// WebhookDelivery is one event on its way to one address.
type WebhookDelivery struct{ ent.Schema }

// Fields of the webhook_deliveries table.
func (WebhookDelivery) Fields() []ent.Field {
	return []ent.Field{
		id("The delivery's id."),
		ref("merchant_id", "Whose event it is."),
		bigCount("endpoint_id", "The endpoint; 0 for an address that the order or the account names."),
		optionalSealed("sealed_url", "Where to post when there is no endpoint, encrypted; else NULL, or where url has it."),
		optionalText("url", "The same in the clear, as it was written before it was sealed, or ''."),
		text("format", "Name of the format it is written in."),
		bigCount("event_id", "The event; 0 of a test."),
		bigCount("sequence", "The event's number in the merchant's log; 0 of a test."),
		text("type", "Type of the event."),
		text("lane", "Name of the queue it waits in: one per endpoint, or per merchant and host."),
		bigCount("order_id", "Order the event is about, or 0."),
		bigCount("line_id", "Line that the message is about, or 0."),
		text("message_id", "Identifier of the message to its receiver, the same in every attempt."),
		textDefault("status", "pending", "pending, delivered, failed or superseded."),
		count("attempts", "How often it was posted since it was made or last sent again."),
		sealed("payload", "The body as posted, encrypted; empty where webhook_bodies has it, by event, format and line."),
		count("response_status", "HTTP status of the last answer; 0 when there was none."),
		optionalText("response_excerpt", "Beginning of the last answer or the error, or ''."),
		bigCount("duration_ms", "How long the last post took, in milliseconds."),
		optionalInstant(
			"next_attempt_at", "When to post next, UTC, or when whoever claimed it is given up; NULL when nothing is planned.",
		),
		optionalInstant("happened_at", "When the event happened, UTC; NULL of a test."),
		optionalInstant("claimed_until", "Until when somebody is posting it, UTC; NULL when nobody is."),
		createdAt(),
		updatedAt(),
	}
}

// Indexes of the webhook_deliveries table.
func (WebhookDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("merchant_id", "id"),
		index.Fields("endpoint_id", "id"),
		index.Fields("event_id", "endpoint_id", "line_id").Unique().Annotations(entsql.IndexWhere("event_id > 0")),
		index.Fields("order_id").Annotations(entsql.IndexWhere("order_id > 0")),
		index.Fields("line_id").Annotations(entsql.IndexWhere("line_id > 0")),
		index.Fields("lane", "next_attempt_at").Annotations(entsql.IndexWhere("next_attempt_at IS NOT NULL")),
	}
}

// WebhookBody is what a message says, once for all deliveries of it in one format.
// A delivery with a payload of its own, a test for instance, has none.
type WebhookBody struct{ ent.Schema }

// Fields of the webhook_bodies table.
func (WebhookBody) Fields() []ent.Field {
	return []ent.Field{
		id("The body's id."),
		ref("event_id", "The event that it tells of."),
		text("format", "Name of the format it is written in."),
		bigCount("line_id", "Line that the message is about, or 0."),
		sealed("payload", "The body as posted, encrypted."),
		createdAt(),
	}
}

// Indexes of the webhook_bodies table.
func (WebhookBody) Indexes() []ent.Index {
	return []ent.Index{index.Fields("event_id", "format", "line_id").Unique()}
}

// WebhookAttempt is one post of a delivery. Rows are only ever added.
type WebhookAttempt struct{ ent.Schema }

// Fields of the webhook_attempts table.
func (WebhookAttempt) Fields() []ent.Field {
	return []ent.Field{
		id("The attempt's id."),
		ref("delivery_id", "The delivery."),
		count("number", "1, 2, 3 … since the delivery was made or last sent again."),
		text("request_id", "Identifier of the request, as its receiver saw it."),
		count("status", "HTTP status of the answer; 0 when there was none."),
		optionalText("excerpt", "Beginning of the answer or the error, or ''."),
		bigCount("duration_ms", "How long it took, in milliseconds."),
		createdAt(),
	}
}

// Indexes of the webhook_attempts table.
func (WebhookAttempt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("delivery_id", "id")}
}

// WebhookLane is a queue of deliveries whose receiver failed lately. One whose receiver answers has none.
type WebhookLane struct{ ent.Schema }

// Fields of the webhook_lanes table.
func (WebhookLane) Fields() []ent.Field {
	return []ent.Field{
		id("The row's id."),
		field.Text("name").Unique().Immutable().Comment("The lane."),
		count("failures", "Posts in a row that failed."),
		instant("left_alone_until", "Until when nothing is posted to it, UTC; long ago when something may be."),
		optionalText("holder", "The process that alone posts to it, until held_until, or ''."),
		instant("held_until", "When another process may take it over, UTC."),
		updatedAt(),
	}
}

// Indexes of the webhook_lanes table.
func (WebhookLane) Indexes() []ent.Index { return []ent.Index{index.Fields("updated_at")} }
