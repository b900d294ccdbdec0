package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/operator"
	"orderhub/server/operatorevent"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func (h *services) reports() orderhubv1.ReportServiceClient {
	return orderhubv1.NewReportServiceClient(h.conn)
}

func TestOverview(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 100, 5)
		h.Stocked("LOTS", 1, 12)
		h.Simulated("GOLD", 10, sim.Script{})
		h.Simulated("NONE", 10, sim.Script{Reject: true})
		for i, sku := range []string{"CODE", "GOLD", "NONE", "GOLD"} {
			placed, err := h.orders().CreateOrder(h.asShop(), newOrder(fmt.Sprint(i), line(sku, 1)))
			require.NoError(t, err)
			if i == 1 || i == 2 {
				o, err := h.Orders.GetByReference(t.Context(), h.shop.ID, placed.GetOrder().GetReferenceId())
				require.NoError(t, err)
				h.Finish(o)
			}
		}
		threshold := new(storetest.Baht(10_000))
		low := h.Merchant("poor", 5)
		_, err := h.Accounts.UpdateMerchant(t.Context(), low.ID, account.MerchantChange{LowBalance: &threshold})
		require.NoError(t, err)
		_, err = h.webhooks().CreateEndpoint(h.asShop(), &orderhubv1.CreateEndpointRequest{
			Endpoint: &orderhubv1.WebhookEndpoint{Url: "https://shop.example/hook"},
		})
		require.NoError(t, err)
		_, err = orderhubv1.NewOperatorWebhookServiceClient(h.conn).CreateOperatorEndpoint(h.asAdmin(),
			&orderhubv1.CreateOperatorEndpointRequest{
				Endpoint: &orderhubv1.OperatorEndpoint{Url: "https://pager.example/"},
			})
		require.NoError(t, err)
		_, err = h.Store.WriteDB.ExecContext(t.Context(), `UPDATE webhook_endpoints SET failing_since = $1`,
			time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		_, err = h.Store.WriteDB.ExecContext(t.Context(), `INSERT INTO supply_syncs
			(provider_id, status, created_at, updated_at) SELECT id, 'held', $1, $1 FROM providers`,
			time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		require.NoError(t, h.Store.Providers.ChangeFunds(t.Context(), 1, func(f *fulfil.Funds) []operatorevent.Event {
			f.Low = true
			return nil
		}))
		_, err = h.Store.WriteDB.ExecContext(t.Context(),
			`UPDATE products SET low_stock = 5000, low_since = $1 WHERE sku = 'LOTS'`,
			time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		viewer := h.asOperator("vera", operator.Viewer)

		got, err := h.reports().GetOverview(viewer, &orderhubv1.GetOverviewRequest{UtcOffsetMinutes: 330})
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), got.GetAsOfTime().AsTime(), time.Minute)
		total := got.GetDay().GetTotal()
		require.Equal(t, []int64{4, 2, 1, 0, 1}, []int64{
			total.GetOrders(), total.GetCompleted(), total.GetFailed(), total.GetCancelled(), total.GetOpen(),
		})
		require.InDelta(t, 2.0/3, total.GetSuccessRate(), 1e-9)
		require.Len(t, total.GetRevenue(), 1)
		require.Equal(t, []string{"THB", "130.00", "10.00", "120.00"}, []string{
			total.GetRevenue()[0].GetCurrency(), total.GetRevenue()[0].GetChargedAmount(),
			total.GetRevenue()[0].GetRefundedAmount(), total.GetRevenue()[0].GetAmount(),
		})
		require.NotNil(t, total.GetTimeToGoodsP50())
		require.Nil(t, total.GetTimeToGoodsP99(), "of two orders")
		begins := got.GetDay().GetStartTime().AsTime()
		require.Equal(t, "18:30", begins.Format("15:04"), "midnight in India")
		require.Len(t, got.GetDay().GetHours(), int(time.Since(begins)/time.Hour)+1)
		require.Equal(t, begins.AddDate(0, 0, -7), got.GetWeekBefore().GetStartTime().AsTime())
		require.Zero(t, got.GetDayBefore().GetTotal().GetOrders())
		require.Nil(t, got.GetDayBefore().GetTotal().SuccessRate)

		needs := got.GetNeedsPerson()
		require.Zero(t, needs.GetStuckOrders())
		require.Len(t, needs.GetLowStock(), 2)
		require.Equal(t, "LOTS", needs.GetLowStock()[1].GetProduct(), "fewer than it wants")
		require.EqualValues(t, 1, needs.GetHeldLists())
		require.Equal(t, 2, needs.GetListSinceTime().AsTime().Day())
		require.Len(t, needs.GetPoorProviders(), 1)
		require.Equal(t, "sim", needs.GetPoorProviders()[0].GetProvider())
		require.Nil(t, needs.GetPoorProviders()[0].GetRefusedSinceTime())
		require.Zero(t, needs.GetWaitingPurchases())
		require.Equal(t, "CODE", needs.GetLowStock()[0].GetProduct())
		require.EqualValues(t, 4, needs.GetLowStock()[0].GetAvailable())
		require.Len(t, needs.GetFailingEndpoints(), 2)
		require.Empty(t, needs.GetFailingEndpoints()[1].GetMerchant(), "it is one of the operators'")
		require.Equal(t, "shop", needs.GetFailingEndpoints()[0].GetMerchant())
		require.Len(t, needs.GetLowWallets(), 1)
		poor := needs.GetLowWallets()[0]
		require.Equal(t, []string{"poor", "5.00", "10000.00", "THB"}, []string{
			poor.GetMerchant(), poor.GetBalance(), poor.GetLowBalance(), poor.GetCurrency(),
		})
		require.Len(t, got.GetProviders(), 1)
		require.Equal(t, "sim", got.GetProviders()[0].GetProvider())
		require.EqualValues(t, 2, got.GetProviders()[0].GetTotal().GetAttempts())
		require.Equal(t, "closed", got.GetProviders()[0].GetBreaker())

		figures, err := h.reports().ListProviderFigures(viewer, &orderhubv1.ListProviderFiguresRequest{Provider: "sim"})
		require.NoError(t, err)
		sums := figures.GetProviders()[0]
		require.Len(t, sums.GetHours(), 24)
		require.EqualValues(t, 1, sums.GetTotal().GetDelivered())
		require.EqualValues(t, 1, sums.GetTotal().GetRefused())
		require.Nil(t, sums.GetTotal().GetLatencyP50(), "of one attempt")

		endpoints, err := h.reports().ListEndpointFigures(viewer,
			&orderhubv1.ListEndpointFiguresRequest{Merchant: "shop"})
		require.NoError(t, err)
		require.Len(t, endpoints.GetEndpoints(), 1)
		require.Zero(t, endpoints.GetEndpoints()[0].GetDeliveries())
		require.Equal(t, 2026, endpoints.GetEndpoints()[0].GetFailingSinceTime().AsTime().Year())
		endpoints, err = h.reports().ListEndpointFigures(viewer, &orderhubv1.ListEndpointFiguresRequest{})
		require.NoError(t, err)
		require.Len(t, endpoints.GetEndpoints(), 2)
	})
}

func TestReportsCheckTheirInput(t *testing.T) {
	h := startHub(t, nil)
	for field, request := range map[string]*orderhubv1.GetOverviewRequest{
		"date": {Date: "2026-02-30"}, "utcOffsetMinutes": {UtcOffsetMinutes: 17},
	} {
		_, err := h.reports().GetOverview(h.asAdmin(), request)
		require.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, field)
	}
	for field, request := range map[string]*orderhubv1.ListProviderFiguresRequest{
		"toTime":   {FromTime: timestamppb.New(time.Unix(0, 0)), ToTime: timestamppb.New(time.Unix(90*86400, 0))},
		"fromTime": {FromTime: timestamppb.New(time.Unix(7, 0)), ToTime: timestamppb.New(time.Unix(3600, 0))},
	} {
		_, err := h.reports().ListProviderFigures(h.asAdmin(), request)
		require.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, field)
	}
	_, err := h.reports().ListProviderFigures(h.asAdmin(), &orderhubv1.ListProviderFiguresRequest{Provider: "none"})
	refused(t, err, codes.NotFound, "PROVIDER_NOT_FOUND")
}

// What a wallet had is found whenever something moved about then, and when nothing did.
func TestGetBalance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil) // 1,000 at first
		h.Stocked("CODE", 100, 5)
		day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for i := range 5 {
			_, err := h.orders().CreateOrder(h.asShop(), newOrder(fmt.Sprint(i), line("CODE", 1)))
			require.NoError(t, err)
		}
		rows, err := h.Accounts.ListTransfers(t.Context(), h.shop.ID, account.TransferFilter{})
		require.NoError(t, err)
		require.Len(t, rows, 6)
		for i := range rows { // newest first: the deposit on the first of March, a charge on each day after
			at := day.AddDate(0, 0, len(rows)-1-i)
			_, err := h.Store.WriteDB.ExecContext(
				t.Context(), `UPDATE transfers SET created_at = $1 WHERE id = $2`, at, rows[i].ID,
			)
			require.NoError(t, err)
		}
		for at, want := range map[time.Time]string{
			day.Add(-time.Second): "0.00", day: "1000.00", day.Add(time.Hour): "1000.00",
			day.AddDate(0, 0, 1):                        "900.00",
			day.AddDate(0, 0, 3).Add(-time.Microsecond): "800.00", day.AddDate(0, 0, 3).Add(5 * time.Minute): "700.00",
			day.AddDate(1, 0, 0): "500.00",
		} {
			got, err := h.account().GetBalance(h.asShop(), &orderhubv1.GetBalanceRequest{AtTime: timestamppb.New(at)})
			require.NoError(t, err)
			require.Equal(t, want, got.GetBalance(), at)
			require.Equal(t, "THB", got.GetCurrency())
			require.Equal(t, at, got.GetAtTime().AsTime())
			require.Equal(t, want != "0.00", got.GetTransfer() != 0)
		}
		now, err := h.account().GetBalance(h.asAdmin(), &orderhubv1.GetBalanceRequest{Merchant: "shop"})
		require.NoError(t, err)
		require.Equal(t, "500.00", now.GetBalance())
		between, err := h.account().ListTransfers(h.asShop(), &orderhubv1.ListTransfersRequest{
			CreateTimeFrom: timestamppb.New(day.AddDate(0, 0, 1)), CreateTimeTo: timestamppb.New(day.AddDate(0, 0, 3)),
		})
		require.NoError(t, err)
		require.Len(t, between.GetTransfers(), 2)
		require.Equal(t, "800.00", between.GetTransfers()[0].GetBalanceAfter())
		_, err = h.account().GetBalance(h.asAdmin(), &orderhubv1.GetBalanceRequest{Merchant: "operator"})
		refused(t, err, codes.FailedPrecondition, "NO_WALLET")
	})
}
