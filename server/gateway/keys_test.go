package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/account"
)

// A merchant's own keys, in JSON: made, used, listed, revoked.
func TestOwnKeysOverREST(t *testing.T) {
	h := startHub(t)
	const keys = "/hub/v1/account/keys"
	made := h.call("POST", keys, `{"label": "reports", "scope": "KEY_SCOPE_READ"}`)
	require.Equal(t, 200, made.Status, made.Text)
	plain, _ := made.Body["secret"].(string)
	key, _ := made.Body["key"].(map[string]any)
	id, _ := key["id"].(string)
	require.NotEmpty(t, plain)
	assert.Equal(t, []any{"KEY_SCOPE_READ", "reports", "shop"}, []any{key["scope"], key["label"], key["merchant"]})
	assert.NotEqual(t, "0", key["madeBy"])

	assert.Equal(t, 200, h.call("GET", "/hub/v1/account", "", "X-Api-Key", plain).Status)
	refused := h.call("POST", "/hub/v1/orders", `{"referenceId": "r", "lines": [{"sku": "CODE", "quantity": 1}]}`,
		"X-Api-Key", plain)
	assert.Equal(t, 403, refused.Status)
	assert.Equal(t, "SCOPE_MISSING", refused.Body["reason"])
	assert.Equal(t, map[string]any{"scopes": "merchant,orders"}, refused.Body["metadata"])

	listed := h.call("GET", keys, "", "X-Api-Key", plain)
	require.Equal(t, 200, listed.Status, listed.Text)
	assert.Len(t, listed.Body["keys"], 2)
	for body, reason := range map[string]string{
		`{"scope": "KEY_SCOPE_MERCHANT"}`: "SCOPE_TOO_WIDE", `{"label": "x"}`: "VALIDATION_FAILED",
		`{"scope": "KEY_SCOPE_ROOT"}`: "VALIDATION_FAILED",
	} {
		assert.Equal(t, reason, h.call("POST", keys, body).Body["reason"], body)
	}
	assert.Equal(t, 403, h.call("POST", keys+"/"+id+":revoke", "{}", "X-Api-Key", plain).Status)
	revoked := h.call("POST", keys+"/"+id+":revoke", "{}")
	require.Equal(t, 200, revoked.Status, revoked.Text)
	assert.NotNil(t, revoked.Body["revokeTime"])
	assert.Equal(t, 404, h.call("POST", keys+"/999:revoke", "{}").Status)
	first, _ := listed.Body["keys"].([]any)[0].(map[string]any)
	own := h.call("POST", keys+"/"+first["id"].(string)+":revoke", "{}")
	assert.Equal(t, []any{400, "OWN_KEY"}, []any{own.Status, own.Body["reason"]})

	orders := h.issueKey(h.shop.ID, account.ScopeOrders)
	assert.Equal(t, 403, h.call("GET", "/hub/v1/events", "", "X-Api-Key", orders).Status)
	assert.Equal(t, 200, h.call("GET", "/hub/v1/orders", "", "X-Api-Key", orders).Status)
}
