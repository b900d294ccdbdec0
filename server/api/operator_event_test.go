package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
	"orderhub/server/operatorevent"
)

func TestOperatorEvents(t *testing.T) {
	h := startHub(t, nil)
	told := orderhubv1.NewOperatorEventServiceClient(h.conn)
	product := h.Simulated("GOLD", 10, sim.Script{})
	providers, err := h.Store.Providers.ListProviders(t.Context())
	require.NoError(t, err)
	require.NoError(t, h.Store.OperatorEvents.Add(t.Context(),
		operatorevent.Event{
			Kind: "cost.differs", ProviderID: providers[0].ID, ProductID: product.ID, Message: "It cost more.",
			Data: map[string]any{"charged": "9.00"},
		},
		operatorevent.Event{Kind: "list.held", Message: "Held."},
	))
	viewer := h.asOperator("vera", operator.Viewer)
	list := func(r *orderhubv1.ListOperatorEventsRequest) (*orderhubv1.ListOperatorEventsResponse, error) {
		return told.ListOperatorEvents(viewer, r)
	}
	page, err := list(&orderhubv1.ListOperatorEventsRequest{PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, []string{"list.held", "", ""}, []string{
		page.GetEvents()[0].GetKind(), page.GetEvents()[0].GetProvider(), page.GetEvents()[0].GetProduct(),
	})
	page, err = list(&orderhubv1.ListOperatorEventsRequest{PageSize: 1, PageToken: page.GetNextPageToken()})
	require.NoError(t, err)
	require.Empty(t, page.GetNextPageToken())
	e := page.GetEvents()[0]
	require.Equal(t, []string{"cost.differs", providers[0].Name, "GOLD", "It cost more.", "9.00"}, []string{
		e.GetKind(), e.GetProvider(), e.GetProduct(), e.GetMessage(), e.GetData().
			GetFields()["charged"].GetStringValue(),
	})
	page, err = list(&orderhubv1.ListOperatorEventsRequest{
		Kind: "cost.differs", Provider: providers[0].Name, Product: "GOLD",
	})
	require.NoError(t, err)
	require.Len(t, page.GetEvents(), 1)
	_, err = list(&orderhubv1.ListOperatorEventsRequest{Provider: "nobody"})
	refused(t, err, codes.NotFound, "PROVIDER_NOT_FOUND")
	_, err = list(&orderhubv1.ListOperatorEventsRequest{Product: "NOTHING"})
	refused(t, err, codes.NotFound, "PRODUCT_NOT_FOUND")
	_, err = told.ListOperatorEvents(h.asShop(), &orderhubv1.ListOperatorEventsRequest{})
	refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
}
