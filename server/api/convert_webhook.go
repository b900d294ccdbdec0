package api

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/webhook"
)

var toAPIFormat = map[string]orderhubv1.WebhookFormat{
	webhook.FormatStandard: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_HUB,
	"gameso":               orderhubv1.WebhookFormat_WEBHOOK_FORMAT_GAMESO,
	"bursagb":              orderhubv1.WebhookFormat_WEBHOOK_FORMAT_BURSAGB,
}

var formatsByAPI = inverse(toAPIFormat)

// fromAPIFormat is the format, or the usual one where none is given.
func fromAPIFormat(f orderhubv1.WebhookFormat, usual string) string {
	if format, given := formatsByAPI[f]; given {
		return format
	}
	return usual
}

var toAPIEndpointStatus = map[webhook.Status]orderhubv1.WebhookEndpointStatus{
	webhook.StatusActive:   orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_ACTIVE,
	webhook.StatusInactive: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE,
	webhook.StatusDisabled: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_DISABLED,
}

var fromAPIEndpointStatus = inverse(toAPIEndpointStatus)

// fromAPIEndpoint reads a new endpoint but for its secret.
func fromAPIEndpoint(merchantID int64, m *orderhubv1.WebhookEndpoint) webhook.Endpoint {
	return webhook.Endpoint{
		MerchantID: merchantID, Format: fromAPIFormat(m.GetFormat(), webhook.FormatStandard), URL: m.GetUrl(),
		EventTypes: m.GetEventTypes(), Status: fromAPIEndpointStatus[m.GetStatus()], Description: m.GetDescription(),
		MaxRetries: fromAPIRetries(m.MaxRetries), RetryDelay: fromAPIRetryDelay(m.GetRetryDelay()),
	}
}

// fromAPIEndpointChange takes over the fields of the set. An empty secret keeps
// the one there is.
func fromAPIEndpointChange(set fieldSet, m *orderhubv1.WebhookEndpoint) webhook.Change {
	var c webhook.Change
	if set.has("url") {
		c.URL = &m.Url
	}
	if set.has("secret") && m.GetSecret() != "" {
		c.Secret = &m.Secret
	}
	if set.has("event_types") {
		c.EventTypes = &m.EventTypes
	}
	if status, given := fromAPIEndpointStatus[m.GetStatus()]; given && set.has("status") {
		c.Status = &status
	}
	if set.has("max_retries") {
		retries := fromAPIRetries(m.MaxRetries)
		c.MaxRetries = &retries
	}
	if set.has("retry_delay") {
		delay := fromAPIRetryDelay(m.GetRetryDelay())
		c.RetryDelay = &delay
	}
	if set.has("description") {
		c.Description = &m.Description
	}
	return c
}

func fromAPIRetries(n *int32) int {
	if n == nil {
		return webhook.ByFormat
	}
	return int(*n)
}

// fromAPIRetryDelay leaves an absent delay to the format.
func fromAPIRetryDelay(d *durationpb.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return d.AsDuration()
}

// toAPIEndpoint has no secret: only the answer to its creation has.
func toAPIEndpoint(e *webhook.Endpoint, merchant string) *orderhubv1.WebhookEndpoint {
	converted := &orderhubv1.WebhookEndpoint{
		Id: e.ID, Url: e.URL, EventTypes: e.EventTypes, Format: toAPIFormat[e.Format], SecretHint: e.SecretHint,
		Status: toAPIEndpointStatus[e.Status], Description: e.Description, Merchant: merchant, DisableReason: e.DisableReason,
		CreateTime: toAPITime(e.CreatedAt), UpdateTime: toAPITime(e.UpdatedAt),
		FailingSinceTime: toAPIOptionalTime(e.FailingSince), HeldUntilTime: toAPIOptionalTime(e.HeldUntil),
	}
	if e.MaxRetries != webhook.ByFormat {
		retries := toAPICount(int64(e.MaxRetries))
		converted.MaxRetries = &retries
	}
	if e.RetryDelay != 0 {
		converted.RetryDelay = durationpb.New(e.RetryDelay)
	}
	return converted
}
