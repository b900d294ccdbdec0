package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/operator"
)

func TestExchangeRates(t *testing.T) {
	h := startHub(t, nil)
	rates := orderhubv1.NewExchangeServiceClient(h.conn)
	finance := h.asOperator("fin", operator.Finance)
	set := func(rate string, from *timestamppb.Timestamp) (*orderhubv1.ExchangeRate, error) {
		answer, err := rates.SetExchangeRate(finance, &orderhubv1.SetExchangeRateRequest{
			BaseCurrency: "USD", QuoteCurrency: "THB", Rate: rate, StartTime: from,
		})
		return answer.GetExchangeRate(), err
	}
	now, err := set("34.10", nil)
	require.NoError(t, err)
	require.Equal(t, []any{"34.1", true}, []any{now.GetRate(), now.GetCurrent()})
	later, err := set("35", timestamppb.New(time.Now().Add(time.Hour)))
	require.NoError(t, err)
	require.False(t, later.GetCurrent())
	for _, bad := range []string{"0", "-1", "1e3", "0.0000000001", "a lot"} {
		_, err := set(bad, nil)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	}
	_, err = rates.SetExchangeRate(finance, &orderhubv1.SetExchangeRateRequest{
		BaseCurrency: "THB", QuoteCurrency: "THB", Rate: "1",
	})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	viewer := h.asOperator("vera", operator.Viewer)
	_, err = rates.SetExchangeRate(viewer, &orderhubv1.SetExchangeRateRequest{
		BaseCurrency: "EUR", QuoteCurrency: "THB", Rate: "1",
	})
	refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
	page, err := rates.ListExchangeRates(viewer, &orderhubv1.ListExchangeRatesRequest{PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, later.GetId(), page.GetExchangeRates()[0].GetId())
	page, err = rates.ListExchangeRates(viewer, &orderhubv1.ListExchangeRatesRequest{
		PageSize: 1, PageToken: page.GetNextPageToken(),
	})
	require.NoError(t, err)
	require.Equal(t, now.GetId(), page.GetExchangeRates()[0].GetId())
	require.Empty(t, page.GetNextPageToken())

	found := h.entries(audit.Filter{Method: "ExchangeService.SetExchangeRate", Limit: 10})
	require.Len(t, found, 2)
	require.JSONEq(t, `{"USD/THB": "34.1"}`, found[0].Before)
	require.JSONEq(t, `{"USD/THB": "35"}`, found[0].After)
}

// What an offer costs where its product is sold is told, or that it is not known.
func TestOffersAreCompared(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("GOLD", func(p *orderhubv1.Product) { p.Source = orderhubv1.ProductSource_PRODUCT_SOURCE_PROVIDER })
	_, err := h.admin().CreateProvider(h.asAdmin(), &orderhubv1.CreateProviderRequest{
		Provider: &orderhubv1.Provider{Name: "far", Connector: "sim"},
	})
	require.NoError(t, err)
	made, err := h.admin().CreateOffer(h.asAdmin(), &orderhubv1.CreateOfferRequest{Offer: &orderhubv1.Offer{
		Product: "GOLD", Provider: "far", ProviderSku: "G", Cost: "2.00", Currency: "USD",
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"", "THB"}, []string{made.GetOffer().GetSaleCost(), made.GetOffer().GetSaleCurrency()})
	_, err = orderhubv1.NewExchangeServiceClient(h.conn).SetExchangeRate(h.asAdmin(), &orderhubv1.SetExchangeRateRequest{
		BaseCurrency: "THB", QuoteCurrency: "USD", Rate: "0.04",
	})
	require.NoError(t, err)
	list, err := h.admin().ListOffers(h.asAdmin(), &orderhubv1.ListOffersRequest{})
	require.NoError(t, err)
	require.Equal(t, "50.00", list.GetOffers()[0].GetSaleCost())
	require.Equal(t, catalog.SourceProvider, h.Catalog.Snapshot().ProductBySKU("GOLD").Source)
}
