package api

import (
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

var (
	toAPIEndpointStatus   = byWord[webhook.Status, orderhubv1.WebhookEndpointStatus]()
	fromAPIEndpointStatus = inverse(toAPIEndpointStatus)
)

// fromAPIEndpoint reads a new endpoint but for its secret.
func fromAPIEndpoint(merchantID int64, m *orderhubv1.WebhookEndpoint) webhook.Endpoint {
	return webhook.Endpoint{
		MerchantID: merchantID, Format: fromAPIFormat(m.GetFormat(), webhook.FormatStandard), URL: m.GetUrl(),
		EventTypes: m.GetEventTypes(), Status: fromAPIEndpointStatus[m.GetStatus()], Description: m.GetDescription(),
		MaxRetries: fromAPIRetries(m.MaxRetries), RetryDelay: m.GetRetryDelay().AsDuration(),
	}
}

// fromAPIEndpointChange takes over the fields of the set. An empty secret keeps
// the one there is.
func fromAPIEndpointChange(set fieldSet, m *orderhubv1.WebhookEndpoint) webhook.Change {
	c := webhook.Change{
		URL: given(set, "url", m.GetUrl()), EventTypes: given(set, "event_types", m.GetEventTypes()),
		MaxRetries:  given(set, "max_retries", fromAPIRetries(m.MaxRetries)),
		RetryDelay:  given(set, "retry_delay", m.GetRetryDelay().AsDuration()),
		Description: given(set, "description", m.GetDescription()),
	}
	if set.has("secret") && m.GetSecret() != "" {
		c.Secret = &m.Secret
	}
	if status, known := fromAPIEndpointStatus[m.GetStatus()]; known && set.has("status") {
		c.Status = &status
	}
	return c
}

func fromAPIRetries(n *int32) int {
	if n == nil {
		return webhook.ByFormat
	}
	return int(*n)
}

// toAPIEndpoint has no secret: only the answer to its creation has.
func toAPIEndpoint(e *webhook.Endpoint, merchant string) *orderhubv1.WebhookEndpoint {
	converted := &orderhubv1.WebhookEndpoint{
		Id: e.ID, Url: e.URL, EventTypes: e.EventTypes, Format: toAPIFormat[e.Format], SecretHint: e.SecretHint,
		Status: toAPIEndpointStatus[e.Status], Description: e.Description, Merchant: merchant,
		DisableReason: e.DisableReason, CreateTime: toAPITime(e.CreatedAt), UpdateTime: toAPITime(e.UpdatedAt),
		FailingSinceTime: toAPIOptionalTime(e.FailingSince), HeldUntilTime: toAPIOptionalTime(e.HeldUntil),
		RetryDelay: toAPIDuration(e.RetryDelay),
	}
	if e.MaxRetries != webhook.ByFormat {
		converted.MaxRetries = new(toAPICount(int64(e.MaxRetries)))
	}
	return converted
}
