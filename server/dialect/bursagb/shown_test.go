package bursagb

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// What people may read of a callback has no goods.
func TestShownCallback(t *testing.T) {
	body, err := Callback(&order.Line{
		ID: 7, ExternalReference: "GK-1", Quantity: 1, Completed: 1, Status: order.StatusCompleted,
		Goods: delivered("DEMO-CODE-1"),
	})
	require.NoError(t, err)
	require.Contains(t, string(body), "DEMO-CODE-1")
	require.JSONEq(
		t, `{"DeliverID":"GK-1","OrderDetailID":7,"Status":1,"DeliveryData":["‹11 characters›"],"DeliveryNote":null}`,
		dialect.Shown(webhook.TraitsOf(Name).Shown).Mask(body),
	)
}
