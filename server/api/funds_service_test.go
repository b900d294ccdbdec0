package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect/sim"
)

// Operators read what the hub has at a provider; merchants see nothing of it, nor what
// anything costs.
func TestProvidersMoney(t *testing.T) {
	h := startHub(t, nil)
	h.Simulated("GOLD", 50, sim.Script{})
	funds := orderhubv1.NewFundsServiceClient(h.conn)
	_, err := funds.ReadProviderBalance(h.asShop(), &orderhubv1.ReadProviderBalanceRequest{Provider: "sim"})
	refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = funds.ReadProviderBalance(h.asAdmin(), &orderhubv1.ReadProviderBalanceRequest{Provider: "nobody"})
	refused(t, err, codes.NotFound, "PROVIDER_NOT_FOUND")
	_, err = funds.ReadProviderBalance(h.asAdmin(), &orderhubv1.ReadProviderBalanceRequest{Provider: "sim"})
	refused(t, err, codes.FailedPrecondition, "PROVIDER_TELLS_NO_BALANCE")
	h.Funded(sim.Balance{Amount: "70.00", Currency: "THB"})
	update := func(p *orderhubv1.Provider, fields ...string) (*orderhubv1.Provider, error) {
		answer, err := h.admin().UpdateProvider(h.asAdmin(), &orderhubv1.UpdateProviderRequest{
			Provider: "sim", Changes: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: fields},
		})
		return answer.GetProvider(), err
	}
	_, err = update(&orderhubv1.Provider{LowBalance: "80.00"}, "low_balance")
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	p, err := update(
		&orderhubv1.Provider{LowBalance: "80.00", LowBalanceCurrency: "THB"}, "low_balance", "low_balance_currency",
	)
	require.NoError(t, err)
	require.Equal(t, "80.00", p.GetLowBalance())
	p, err = update(&orderhubv1.Provider{LowBalance: "90.00"}, "low_balance")
	require.NoError(t, err)
	require.Equal(t, "90.00 THB", p.GetLowBalance()+" "+p.GetLowBalanceCurrency())

	answer, err := funds.ReadProviderBalance(h.asAdmin(), &orderhubv1.ReadProviderBalanceRequest{Provider: "sim"})
	require.NoError(t, err)
	require.Equal(t, "70.00 THB", answer.GetBalance().GetAmount()+" "+answer.GetBalance().GetCurrency())
	require.True(t, answer.GetBalance().GetLow())
	found, err := h.admin().GetProvider(h.asAdmin(), &orderhubv1.GetProviderRequest{Provider: "sim"})
	require.NoError(t, err)
	require.Equal(t, "70.00", found.GetProvider().GetBalance().GetAmount())
	require.Equal(t, "0.00", found.GetProvider().GetBalance().GetReservedAmount())
}

// A quote tells operators who would deliver and at what margin.
func TestQuoteOfMargins(t *testing.T) {
	h := startHub(t, nil)
	h.Simulated("GOLD", 50, sim.Script{})
	offers, err := h.admin().ListOffers(h.asAdmin(), &orderhubv1.ListOffersRequest{Product: "GOLD"})
	require.NoError(t, err)
	cost := func(amount, currency string) {
		t.Helper()
		_, err := h.admin().UpdateOffer(h.asAdmin(), &orderhubv1.UpdateOfferRequest{
			Offer: offers.GetOffers()[0].GetId(), Changes: &orderhubv1.Offer{Cost: amount, Currency: currency},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"cost", "currency"}},
		})
		require.NoError(t, err)
	}
	quote := func() *orderhubv1.QuoteSupply {
		t.Helper()
		answer, err := h.orders().QuoteOrder(h.asAdmin(), &orderhubv1.QuoteOrderRequest{
			Merchant: "shop", Lines: []*orderhubv1.OrderLine{line("GOLD", 2)},
		})
		require.NoError(t, err)
		return answer.GetQuote().GetLines()[0].GetSupply()
	}
	cost("42.50", "THB")
	s := quote()
	require.Equal(t, "sim", s.GetProvider())
	require.Equal(t, "42.50 THB", s.GetCost()+" "+s.GetCostCurrency())
	require.Equal(t, "85.00 15.00", s.GetCostAmount()+" "+s.GetMarginAmount())
	cost("50.01", "THB")
	s = quote()
	require.Zero(t, s.GetOffer())
	require.Equal(t, []string{"sim would cost 100.02 THB, and the line is sold for 100.00 THB."}, s.GetPassedOver())
	cost("900.00", "EUR")
	s = quote()
	require.NotZero(t, s.GetOffer(), "without a rate it cannot be compared")
	require.Empty(t, s.GetMarginAmount())

	answer, err := h.orders().QuoteOrder(
		h.asShop(), &orderhubv1.QuoteOrderRequest{Lines: []*orderhubv1.OrderLine{line("GOLD", 2)}},
	)
	require.NoError(t, err)
	require.Nil(t, answer.GetQuote().GetLines()[0].GetSupply(), "no merchant sees what anything costs")
	_, err = h.orders().QuoteOrder(
		h.asAdmin(), &orderhubv1.QuoteOrderRequest{Lines: []*orderhubv1.OrderLine{line("GOLD", 2)}},
	)
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.orders().QuoteOrder(h.asShop(), &orderhubv1.QuoteOrderRequest{
		Merchant: "another", Lines: []*orderhubv1.OrderLine{line("GOLD", 2)},
	})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}
