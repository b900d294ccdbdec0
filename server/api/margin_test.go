package api_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
	"orderhub/server/report"
)

func TestMargins(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 5)
	h.Simulated("GOLD", 10, sim.Script{Charge: "7.50"})
	viewer := h.asOperator("vera", operator.Viewer)
	for _, sku := range []string{"CODE", "GOLD"} {
		placed, err := h.orders().CreateOrder(h.asShop(), newOrder(sku, line(sku, 2)))
		require.NoError(t, err)
		o, err := h.Orders.GetByReference(t.Context(), h.shop.ID, placed.GetOrder().GetReferenceId())
		require.NoError(t, err)
		if sku == "GOLD" {
			h.Finish(o)
		}
	}
	none, err := h.reports().GetMargins(viewer, &orderhubv1.GetMarginsRequest{})
	require.NoError(t, err)
	require.Empty(t, none.GetMargins())
	require.Nil(t, none.GetAsOfTime())
	require.NoError(t, report.NewMarginCounter(h.Store.Reports, time.Now, slog.New(slog.DiscardHandler)).Step(t.Context()))

	all := &orderhubv1.GetMarginsRequest{PageSize: 1, GroupBy: []orderhubv1.MarginGroup{
		orderhubv1.MarginGroup_MARGIN_GROUP_PRODUCT, orderhubv1.MarginGroup_MARGIN_GROUP_PROVIDER,
		orderhubv1.MarginGroup_MARGIN_GROUP_MERCHANT, orderhubv1.MarginGroup_MARGIN_GROUP_DAY,
	}}
	first, err := h.reports().GetMargins(viewer, all)
	require.NoError(t, err)
	require.Len(t, first.GetMargins(), 1)
	require.NotNil(t, first.GetAsOfTime())
	require.Empty(t, first.GetCountedFromDate())
	total := first.GetTotals()[0]
	require.Equal(t, []any{int64(4), int64(2), "220.00", "15.00", "205.00"}, []any{
		total.GetUnits(), total.GetUnpricedUnits(), total.GetRevenueAmount(), total.GetCostAmount(), total.GetMarginAmount(),
	})
	all.PageToken = first.GetNextPageToken()
	second, err := h.reports().GetMargins(viewer, all)
	require.NoError(t, err)
	require.Empty(t, second.GetNextPageToken())
	gold := second.GetMargins()[0]
	require.Equal(t, []string{"GOLD", "sim", "shop", "THB", "20.00", "15.00", "5.00"}, []string{
		gold.GetProduct(), gold.GetProvider(), gold.GetMerchant(), gold.GetCurrency(), gold.GetRevenueAmount(),
		gold.GetCostAmount(), gold.GetMarginAmount(),
	})
	require.Equal(t, time.Now().UTC().Format(time.DateOnly), gold.GetDate())
	require.InDelta(t, 0.25, gold.GetMarginRate(), 1e-9)
	require.Zero(t, gold.GetFailureRate())

	for _, wrong := range []*orderhubv1.GetMarginsRequest{
		{FromDate: "2026-02-30"}, {FromDate: "2026-03-02", ToDate: "2026-03-01"}, {FromDate: "2020-01-01"},
	} {
		_, err := h.reports().GetMargins(viewer, wrong)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	}
	_, err = h.reports().GetMargins(viewer, &orderhubv1.GetMarginsRequest{Provider: "nobody"})
	refused(t, err, codes.NotFound, "PROVIDER_NOT_FOUND")
}
