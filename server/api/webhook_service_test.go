package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

const aURL = "https://hooks.example.com/in"

func (h *services) createEndpoint(e *orderhubv1.WebhookEndpoint) (*orderhubv1.WebhookEndpoint, error) {
	resp, err := h.webhooks().CreateEndpoint(h.asShop(), &orderhubv1.CreateEndpointRequest{Endpoint: e})
	return resp.GetEndpoint(), err
}

func TestEndpoints(t *testing.T) {
	h := startHub(t, nil)
	made, err := h.createEndpoint(&orderhubv1.WebhookEndpoint{Url: aURL})
	require.NoError(t, err)
	require.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, made.GetSecret())
	want := &orderhubv1.WebhookEndpoint{
		Id: made.GetId(), Url: aURL, Format: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_HUB, Secret: made.GetSecret(),
		SecretHint: made.GetSecret()[:4] + "...", Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_ACTIVE,
		Merchant: "shop", CreateTime: made.GetCreateTime(), UpdateTime: made.GetCreateTime(),
	}
	assert.True(t, proto.Equal(want, made), "%v", made)
	assert.WithinDuration(t, time.Now(), made.GetCreateTime().AsTime(), time.Minute)

	full, err := h.createEndpoint(&orderhubv1.WebhookEndpoint{
		Url: aURL, EventTypes: []string{"order.failed"}, Format: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_GAMESO,
		Secret: "kq7Lr0VzD2mPfY8hWb",
		Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE, MaxRetries: proto.Int32(0),
		RetryDelay: durationpb.New(time.Minute), Description: "ours",
	})
	require.NoError(t, err)
	assert.Equal(t, "kq7Lr0VzD2mPfY8hWb", full.GetSecret())
	assert.Equal(t, "kq7L...", full.GetSecretHint())
	assert.Equal(t, []string{"order.failed"}, full.GetEventTypes())
	assert.Equal(t, orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE, full.GetStatus())
	require.NotNil(t, full.MaxRetries, "none is a number")
	assert.Zero(t, full.GetMaxRetries())
	assert.Equal(t, time.Minute, full.GetRetryDelay().AsDuration())
	assert.Equal(t, "ours", full.GetDescription())
	unsigned, err := h.createEndpoint(
		&orderhubv1.WebhookEndpoint{Url: aURL, Format: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_BURSAGB},
	)
	require.NoError(t, err)
	assert.Empty(t, unsigned.GetSecret()+unsigned.GetSecretHint())

	// Secrets are in the answer to the creation only.
	want.Secret, full.Secret = "", ""
	for _, e := range []*orderhubv1.WebhookEndpoint{want, full, unsigned} {
		got, err := h.webhooks().GetEndpoint(h.asShop(), &orderhubv1.GetEndpointRequest{Endpoint: e.GetId()})
		require.NoError(t, err)
		assert.True(t, proto.Equal(e, got.GetEndpoint()), "%v", got)
	}
	first, err := h.webhooks().ListEndpoints(h.asShop(), &orderhubv1.ListEndpointsRequest{PageSize: 2})
	require.NoError(t, err)
	require.Len(t, first.GetEndpoints(), 2)
	assert.True(t, proto.Equal(want, first.GetEndpoints()[0]))
	rest, err := h.webhooks().ListEndpoints(
		h.asShop(), &orderhubv1.ListEndpointsRequest{PageSize: 2, PageToken: first.GetNextPageToken()},
	)
	require.NoError(t, err)
	require.Len(t, rest.GetEndpoints(), 1)
	assert.True(t, proto.Equal(unsigned, rest.GetEndpoints()[0]))
	assert.Empty(t, rest.GetNextPageToken())

	_, err = h.webhooks().DeleteEndpoint(h.asShop(), &orderhubv1.DeleteEndpointRequest{Endpoint: made.GetId()})
	require.NoError(t, err)
	_, err = h.webhooks().DeleteEndpoint(h.asShop(), &orderhubv1.DeleteEndpointRequest{Endpoint: made.GetId()})
	refused(t, err, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND")
	assert.NotContains(t, h.log.String(), "kq7Lr0VzD2mPfY8hWb")
	assert.NotContains(t, h.log.String(), made.GetSecret())
}

// What was registered in another form is answered in the normal one, which may be
// sent back.
// An address that is told of the same events twice is allowed, and told.
func TestEndpointTwins(t *testing.T) {
	h := startHub(t, nil)
	first, err := h.createEndpoint(
		&orderhubv1.WebhookEndpoint{Url: aURL, EventTypes: []string{"order.failed", "order.completed"}},
	)
	require.NoError(t, err)
	require.Empty(t, first.GetWarnings())
	other, err := h.createEndpoint(&orderhubv1.WebhookEndpoint{Url: aURL, EventTypes: []string{"order.failed"}})
	require.NoError(t, err)
	require.Empty(t, other.GetWarnings(), "of other events")
	want := []string{fmt.Sprintf("the address is told of the same events by endpoint %d already", first.GetId())}
	twin, err := h.createEndpoint(
		&orderhubv1.WebhookEndpoint{
			Url: "HTTPS://Hooks.Example.com/in", EventTypes: []string{"order.completed", "order.failed"},
		},
	)
	require.NoError(t, err)
	require.Equal(t, want, twin.GetWarnings())

	// An answer may be sent back with what it warns of.
	changed, err := h.webhooks().UpdateEndpoint(
		h.asShop(), &orderhubv1.UpdateEndpointRequest{Endpoint: twin.GetId(), Changes: twin},
	)
	require.NoError(t, err)
	require.Equal(t, want, changed.GetEndpoint().GetWarnings())
	changed, err = h.webhooks().UpdateEndpoint(
		h.asShop(), &orderhubv1.UpdateEndpointRequest{Endpoint: twin.GetId(), Changes: &orderhubv1.WebhookEndpoint{
			Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE,
		}},
	)
	require.NoError(t, err)
	require.Empty(t, changed.GetEndpoint().GetWarnings(), "nothing is sent to one that is inactive")
}

func TestEndpointURLs(t *testing.T) {
	h := startHub(t, nil)
	for raw, want := range map[string]string{
		"HTTPS://Hooks.Example.com/in":  "https://hooks.example.com/in",
		"https://bücher.example/x":      "https://xn--bcher-kva.example/x",
		"https://hooks.example.com/ü":   "https://hooks.example.com/%C3%BC",
		"https://hooks.example.com/a|b": "https://hooks.example.com/a%7Cb",
	} {
		made, err := h.createEndpoint(&orderhubv1.WebhookEndpoint{Url: raw})
		require.NoError(t, err, raw)
		assert.Equal(t, want, made.GetUrl())
		for _, url := range []string{want, raw} {
			back, err := h.webhooks().UpdateEndpoint(h.asShop(), &orderhubv1.UpdateEndpointRequest{
				Endpoint: made.GetId(), Changes: &orderhubv1.WebhookEndpoint{Url: url},
			})
			require.NoError(t, err, url)
			assert.True(t, proto.Equal(made.GetUpdateTime(), back.GetEndpoint().GetUpdateTime()), "nothing changed")
		}
	}
}

func TestUpdateEndpoint(t *testing.T) {
	h := startHub(t, nil)
	made, err := h.createEndpoint(
		&orderhubv1.WebhookEndpoint{
			Url: aURL, MaxRetries: proto.Int32(5), RetryDelay: durationpb.New(time.Second), Description: "ours",
		},
	)
	require.NoError(t, err)
	change := func(changes *orderhubv1.WebhookEndpoint, mask ...string) (*orderhubv1.WebhookEndpoint, error) {
		resp, err := h.webhooks().UpdateEndpoint(h.asShop(), &orderhubv1.UpdateEndpointRequest{
			Endpoint: made.GetId(), Changes: changes, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask},
		})
		return resp.GetEndpoint(), err
	}
	same, err := change(&orderhubv1.WebhookEndpoint{})
	require.NoError(t, err)
	want := proto.CloneOf(made)
	want.Secret = ""
	assert.True(t, proto.Equal(want, same), "%v", same)
	same, err = change(want) // edited nowhere and sent back
	require.NoError(t, err)
	assert.True(t, proto.Equal(want, same), "%v", same)

	changed, err := change(&orderhubv1.WebhookEndpoint{
		EventTypes: []string{"order.created"}, Secret: "another secret",
		Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE,
	})
	require.NoError(t, err)
	want.EventTypes = []string{"order.created"}
	want.SecretHint = "ano..."
	want.Status = orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE
	assert.True(t, changed.GetUpdateTime().AsTime().After(want.GetUpdateTime().AsTime()))
	want.UpdateTime = changed.GetUpdateTime()
	assert.True(t, proto.Equal(want, changed), "%v", changed)

	changed, err = change(
		&orderhubv1.WebhookEndpoint{Url: "https://not.taken.example"}, "event_types", "maxRetries", "retry_delay",
		"description", "secret", "status",
	)
	require.NoError(t, err)
	want.EventTypes = nil
	want.MaxRetries = nil
	want.RetryDelay = nil
	want.Description = ""
	want.UpdateTime = changed.GetUpdateTime()
	assert.True(t, proto.Equal(want, changed), "%v", changed)

	for name, tt := range map[string]struct {
		changes *orderhubv1.WebhookEndpoint
		mask    []string
		field   string
	}{
		"format":       {&orderhubv1.WebhookEndpoint{Format: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_GAMESO}, nil, "format"},
		"no URL":       {&orderhubv1.WebhookEndpoint{}, []string{"url"}, "url"},
		"local URL":    {&orderhubv1.WebhookEndpoint{Url: "https://127.0.0.1/"}, nil, "url"},
		"short secret": {&orderhubv1.WebhookEndpoint{Secret: "short"}, nil, "secret"},
		"no base64":    {&orderhubv1.WebhookEndpoint{Secret: "whsec_-_8-_w==-_8-_w=="}, nil, "secret"},
		"short key":    {&orderhubv1.WebhookEndpoint{Secret: "whsec_RkZGRkZGRkZGRkZGRkZGRkY="}, nil, "secret"},
		"no such path": {&orderhubv1.WebhookEndpoint{}, []string{"nope"}, "updateMask"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := change(tt.changes, tt.mask...)
			assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, tt.field)
		})
	}
}

func TestEndpointRefusals(t *testing.T) {
	h := startHub(t, nil)
	for name, tt := range map[string]struct {
		endpoint *orderhubv1.WebhookEndpoint
		field    string
	}{
		"plain http":      {&orderhubv1.WebhookEndpoint{Url: "http://hooks.example.com"}, "url"},
		"private address": {&orderhubv1.WebhookEndpoint{Url: "https://10.0.0.1/"}, "url"},
		"unsigned secret": {
			&orderhubv1.WebhookEndpoint{
				Url: aURL, Format: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_BURSAGB, Secret: "0123456789",
			}, "secret",
		},
		"no base64":      {&orderhubv1.WebhookEndpoint{Url: aURL, Secret: "whsec_===="}, "secret"},
		"short key":      {&orderhubv1.WebhookEndpoint{Url: aURL, Secret: "whsec_RkZGRkZGRkZGRkZGRkZGRkY="}, "secret"},
		"capital prefix": {&orderhubv1.WebhookEndpoint{Url: aURL, Secret: "WHSEC_RkZGRkZGRkZG"}, "secret"},
		"blanks":         {&orderhubv1.WebhookEndpoint{Url: aURL, Secret: "          "}, "secret"},
		"blank in front": {&orderhubv1.WebhookEndpoint{Url: aURL, Secret: " whsec_RkZGRkZGRkZGRkZGRkZGRkY="}, "secret"},
		"invisible":      {&orderhubv1.WebhookEndpoint{Url: aURL, Secret: "abcdefghij\u200b"}, "secret"},
		"event of another": {
			&orderhubv1.WebhookEndpoint{
				Url: aURL, Format: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_GAMESO, EventTypes: []string{"order.created"},
			}, "eventTypes[0]",
		},
		"fraction of delay": {
			&orderhubv1.WebhookEndpoint{Url: aURL, RetryDelay: durationpb.New(1500 * time.Millisecond)}, "retryDelay",
		},
		"many retries": {&orderhubv1.WebhookEndpoint{Url: aURL, MaxRetries: proto.Int32(21)}, "maxRetries"},
		"disabled": {
			&orderhubv1.WebhookEndpoint{Url: aURL, Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_DISABLED},
			"status",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.createEndpoint(tt.endpoint)
			assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, tt.field)
		})
	}
	for range 20 {
		_, err := h.createEndpoint(&orderhubv1.WebhookEndpoint{Url: aURL})
		require.NoError(t, err)
	}
	_, err := h.createEndpoint(&orderhubv1.WebhookEndpoint{Url: aURL})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
}

// An operator acts for a merchant that it names; a merchant for itself alone.
func TestEndpointsOfOthers(t *testing.T) {
	h := startHub(t, nil)
	other := h.Merchant("other", 0)
	otherKey := withKey(t, h.issueKey(other.ID, "merchant"))
	_, err := h.webhooks().CreateEndpoint(
		h.asAdmin(), &orderhubv1.CreateEndpointRequest{Endpoint: &orderhubv1.WebhookEndpoint{Url: aURL}},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "merchant")
	made, err := h.webhooks().CreateEndpoint(
		h.asAdmin(), &orderhubv1.CreateEndpointRequest{Endpoint: &orderhubv1.WebhookEndpoint{Url: aURL}, Merchant: "shop"},
	)
	require.NoError(t, err)
	assert.Equal(t, "shop", made.GetEndpoint().GetMerchant())
	id := made.GetEndpoint().GetId()

	_, err = h.webhooks().GetEndpoint(otherKey, &orderhubv1.GetEndpointRequest{Endpoint: id})
	refused(t, err, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND")
	_, err = h.webhooks().UpdateEndpoint(
		otherKey, &orderhubv1.UpdateEndpointRequest{Endpoint: id, Changes: &orderhubv1.WebhookEndpoint{}},
	)
	refused(t, err, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND")
	_, err = h.webhooks().DeleteEndpoint(otherKey, &orderhubv1.DeleteEndpointRequest{Endpoint: id})
	refused(t, err, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND")
	_, err = h.webhooks().ListEndpoints(otherKey, &orderhubv1.ListEndpointsRequest{Merchant: "shop"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	list, err := h.webhooks().ListEndpoints(otherKey, &orderhubv1.ListEndpointsRequest{})
	require.NoError(t, err)
	assert.Empty(t, list.GetEndpoints())
}
