package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/audit"
	"orderhub/server/store/storetest"
)

// A key of admin scope is shown goods by each call that answers one order; the record can be asked for each of them.
func TestGoodsShownAreFound(t *testing.T) {
	h := startHubOn(t, storetest.SQLite(t)(), nil)
	h.Stocked("CODE", 10, 5)
	placed, err := h.orders().CreateOrder(h.asShop(), newOrder("one", line("CODE", 1)))
	require.NoError(t, err)
	number, admin := placed.GetOrder().GetOrderNumber(), h.asAdmin()
	_, err = h.orders().GetOrder(admin, &orderhubv1.GetOrderRequest{OrderNumber: number})
	require.NoError(t, err)
	_, err = h.orders().GetOrderByReference(
		admin, &orderhubv1.GetOrderByReferenceRequest{Merchant: "shop", ReferenceId: "one"},
	)
	require.NoError(t, err)
	_, err = h.orders().EraseOrder(admin, &orderhubv1.EraseOrderRequest{OrderNumber: number})
	require.NoError(t, err)

	record, shown := orderhubv1.NewOperatorServiceClient(h.conn), 0
	for _, entry := range h.entries(audit.Filter{}) {
		if !strings.HasSuffix(entry.Method, api.ShowGoods) {
			continue
		}
		shown++
		found, err := record.ListAuditEntries(admin, &orderhubv1.ListAuditEntriesRequest{Method: entry.Method})
		require.NoError(t, err, entry.Method)
		require.Len(t, found.GetEntries(), 1, entry.Method)
	}
	require.Equal(t, 3, shown)
}
