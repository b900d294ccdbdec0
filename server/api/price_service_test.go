package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func TestPriceLists(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", nil)
	h.shelf("OTHER", nil)
	prices := orderhubv1.NewPriceServiceClient(h.conn)
	rules := []*orderhubv1.PriceRule{
		{
			Product: "CODE", Base: orderhubv1.PriceBase_PRICE_BASE_LIST, Percent: "-2.5", Amount: "-0.10",
			Rounding: orderhubv1.PriceRounding_PRICE_ROUNDING_NEAREST, Step: "0.05", Floor: "1.00",
		},
		{Category: "codes", Base: orderhubv1.PriceBase_PRICE_BASE_COST, Percent: "12"},
	}
	created, err := prices.CreatePriceList(h.asAdmin(), &orderhubv1.CreatePriceListRequest{
		PriceList: &orderhubv1.PriceList{Name: "resellers", Currency: "THB", Rules: rules},
	})
	require.NoError(t, err)
	require.Equal(t, orderhubv1.PriceListStatus_PRICE_LIST_STATUS_DRAFT, created.GetPriceList().GetStatus())
	read := created.GetPriceList().GetRules()[0]
	assert.Equal(t, []string{"CODE", "-2.5", "-0.10", "0.05", "1.00"},
		[]string{read.GetProduct(), read.GetPercent(), read.GetAmount(), read.GetStep(), read.GetFloor()})
	assert.Equal(t, "codes", created.GetPriceList().GetRules()[1].GetCategory())

	preview, err := prices.PreviewPriceList(h.asAdmin(), &orderhubv1.PreviewPriceListRequest{
		PriceList: "resellers", PageSize: 1,
	})
	require.NoError(t, err)
	require.Len(t, preview.GetPrices(), 1)
	assert.Equal(t, "9.85", preview.GetPrices()[0].GetPrice()) // 10.20 × 0.975 is 9.95, less 0.10
	assert.EqualValues(t, []int32{2, 1}, []int32{preview.GetProductCount(), preview.GetProblemCount()})
	require.NotEmpty(t, preview.GetNextPageToken())
	problems, err := prices.PreviewPriceList(h.asAdmin(), &orderhubv1.PreviewPriceListRequest{
		PriceList: "resellers", OnlyProblems: true,
	})
	require.NoError(t, err)
	require.Equal(t, "OTHER", problems.GetPrices()[0].GetSku())
	require.Equal(t, orderhubv1.PriceProblem_PRICE_PROBLEM_NO_COST, problems.GetPrices()[0].GetProblem())
	changes := &orderhubv1.PriceList{Rules: rules[:1]}
	looked, err := prices.PreviewPriceList(h.asAdmin(), &orderhubv1.PreviewPriceListRequest{
		PriceList: "resellers", Changes: changes,
	})
	require.NoError(t, err)
	require.Zero(t, looked.GetProblemCount())

	_, err = prices.ActivatePriceList(h.asAdmin(), &orderhubv1.ActivatePriceListRequest{PriceList: "resellers"})
	refused(t, err, codes.FailedPrecondition, "PRICE_LIST_PROBLEMS")
	updated, err := prices.UpdatePriceList(h.asAdmin(), &orderhubv1.UpdatePriceListRequest{
		PriceList: "resellers", Changes: changes,
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, updated.GetPriceList().GetVersion())
	for range 2 { // it may be repeated
		active, err := prices.ActivatePriceList(h.asAdmin(), &orderhubv1.ActivatePriceListRequest{PriceList: "resellers"})
		require.NoError(t, err)
		require.EqualValues(t, 3, active.GetPriceList().GetVersion())
	}
	_, err = prices.GetPriceList(h.asAdmin(), &orderhubv1.GetPriceListRequest{PriceList: "none"})
	refused(t, err, codes.NotFound, "PRICE_LIST_NOT_FOUND")
	_, err = prices.UpdatePriceList(h.asAdmin(), &orderhubv1.UpdatePriceListRequest{
		PriceList: "resellers", Changes: &orderhubv1.PriceList{
			Currency: "EUR", EndTime: timestamppb.New(time.Now()),
			Rules: []*orderhubv1.PriceRule{{Base: orderhubv1.PriceBase_PRICE_BASE_LIST, Product: "NONE"}},
		},
	})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	all, err := prices.ListPriceLists(h.asAdmin(), &orderhubv1.ListPriceListsRequest{})
	require.NoError(t, err)
	require.Len(t, all.GetPriceLists(), 1)
}
