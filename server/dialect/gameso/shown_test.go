package gameso_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/gameso"
	"orderhub/server/webhook"
)

// What people may read of a webhook says what became of the order, and of whose it is nothing.
func TestShownWebhook(t *testing.T) {
	body, err := os.ReadFile("testdata/webhook_payload_order_completed.json")
	require.NoError(t, err)
	shown := dialect.Shown(webhook.TraitsOf(gameso.Name).Shown).Mask(body)
	require.Contains(t, shown, `"event":"order.completed"`)
	require.Contains(t, shown, `"sku":"`)
	require.Contains(t, shown, `"user_id":"‹`)
	require.Contains(t, shown, `"created_by":{"id":"‹number›","name":"‹`)
}
