package command

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// What version 0.1.0 printed is still there, under the names that it had.
func TestFormerNames(t *testing.T) {
	at := timestamppb.New(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC))
	const when = `"2026-11-29T12:00:00Z"`
	merchant := orderhubv1.MerchantStatus_MERCHANT_STATUS_ACTIVE
	for _, tt := range []struct {
		name string
		now  any
		then string
	}{
		{
			"merchant", asMerchant(&orderhubv1.Merchant{
				Id: 7, Name: "shop", Email: "a@b.example", Role: orderhubv1.MerchantRole_MERCHANT_ROLE_MERCHANT, Status: merchant,
				Currency: "THB", Balance: "1.00", CreditLimit: "2.00", CreateTime: at, IpAllowlist: []string{"192.0.2.1"},
				RateLimit: &orderhubv1.RateLimit{RequestsPerMinute: 60, Burst: 5},
			}),
			`{"id":7,"name":"shop","email":"a@b.example","role":"merchant","status":"active","currency":"THB","balance":"1.00",
			"creditLimit":"2.00","requestsPerMinute":60,"burst":5,"ipAllowlist":["192.0.2.1/32"],"createTime":` + when + `}`,
		},
		{
			"new key", asNewKey(&orderhubv1.CreateKeyResponse{Secret: "ohk_1", Key: &orderhubv1.ApiKey{
				Id: 7, Scope: orderhubv1.KeyScope_KEY_SCOPE_READ, Label: "till", MadeBy: 3, CreateTime: at, RevokeTime: at,
				CertificateSha256: "ab",
			}}),
			`{"id":7,"scope":"read","label":"till","key":"ohk_1","madeBy":3,"createTime":` + when + `,"revokeTime":` + when +
				`,"certificateSha256":"ab"}`,
		},
		{
			"attempt", asMessage(&orderhubv1.Attempt{
				Id: 7, Reference: "r", OrderNumber: "o", Provider: "p", ProviderSku: "s", Quantity: 2, Cost: "1.00",
				Currency: "THB", Status: orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED, FailureCode: "c", FailureMessage: "m",
				Dispute: "d", SubmitTime: at, PayloadRemovedTime: at,
			}),
			`{"id":7,"reference":"r","orderNumber":"o","provider":"p","providerSku":"s","quantity":2,"cost":"1.00",
			"currency":"THB","status":"parked","failureCode":"c","failureMessage":"m","dispute":"d","submitTime":` + when +
				`,"payloadRemovedTime":` + when + `}`,
		},
		{
			"unit", asUnit(&orderhubv1.Unit{
				Id: 7, UnitImport: 3, State: orderhubv1.UnitState_UNIT_STATE_SOLD, OrderNumber: "o", CreateTime: at,
				DeliverTime: at, ExpireTime: at,
			}),
			`{"id":7,"importId":3,"state":"sold","orderNumber":"o","createTime":` + when + `,"deliverTime":` + when +
				`,"expireTime":` + when + `}`,
		},
		{
			"import", asUnitImport(&orderhubv1.UnitImport{Id: 7, Sku: "S", ImportedCount: 4, SoldCount: 1, CreateTime: at}),
			`{"id":7,"product":"S","name":"","imported":4,"refused":0,"available":0,"sold":1,"setAside":0,"expired":0,"void":0,
			"createTime":` + when + `}`,
		},
		{
			"endpoint", asEndpoint(&orderhubv1.WebhookEndpoint{
				Id: 7, Url: "https://a.example", Format: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_HUB, EventTypes: []string{"e"},
				Status:           orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_DISABLED,
				DisableReason:    "w",
				FailingSinceTime: at, Secret: "s", SecretHint: "h", Description: "d",
			}),
			`{"id":7,"url":"https://a.example","format":"standard","eventTypes":["e"],"status":"disabled","disableReason":"w",
			"failingSince":` + when + `,"secret":"s","secretHint":"h","description":"d"}`,
		},
		{
			"delivery", asDelivery(&orderhubv1.WebhookDelivery{
				Id: 7, EndpointId: 3, EventType: "e", OrderNumber: "o", ResponseStatus: 200, NextAttemptTime: at,
				Status: orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_PENDING,
			}),
			`{"id":7,"endpointId":3,"eventSequence":0,"eventType":"e","orderNumber":"o","status":"pending","attemptCount":0,
			"responseStatus":200,"nextAttemptTime":` + when + `}`,
		},
		{
			"posting", asDelivery(&orderhubv1.WebhookDelivery{Attempts: []*orderhubv1.WebhookAttempt{
				{Number: 1, RequestId: "r", ResponseDuration: durationpb.New(30 * time.Millisecond), CreateTime: at},
			}}).had,
			`{"eventSequence":0,"attemptCount":0,"attempts":[{"number":1,"requestId":"r","responseMillis":30,
			"responseDuration":"0.030s","createTime":` + when + `}]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(tt.now)
			require.NoError(t, err)
			var now, then map[string]any
			require.NoError(t, json.Unmarshal(text, &now))
			require.NoError(t, json.Unmarshal([]byte(tt.then), &then))
			for name, value := range then {
				assert.Equal(t, value, now[name], name)
			}
		})
	}
}
