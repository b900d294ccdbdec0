package app_test

import (
	"net/http"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
)

// newHold holds an order.
func newHold(e *examples) string {
	var held struct{ HoldNumber string }
	status := e.h.call(http.MethodPost, demo.MerchantKey, "/hub/v1/holds", map[string]any{
		"order": newOrder("EMAIL_BASIC", 1),
	}, &held)
	require.Equal(e.t, http.StatusOK, status)
	return held.HoldNumber
}
