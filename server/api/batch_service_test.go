package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/catalog"
)

func (h *services) batch(ctx context.Context, atomic bool, orders ...*orderhubv1.Order) (
	*orderhubv1.BatchCreateOrdersResponse, error,
) {
	return orderhubv1.NewBatchServiceClient(h.conn).BatchCreateOrders(
		ctx, &orderhubv1.BatchCreateOrdersRequest{Orders: orders, Atomic: atomic},
	)
}

func batchOf(n int, sku string) []*orderhubv1.Order {
	all := make([]*orderhubv1.Order, n)
	for i := range all {
		all[i] = newOrder(fmt.Sprintf("row-%d", i), line(sku, 1)).GetOrder()
	}
	return all
}

// Each row is answered as its own call would have been.
func TestBatchAnswersRowByRow(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 20)
	orders := batchOf(13, "CODE") // the shop has money for ten
	orders[1] = newOrder("", line("CODE", 1)).GetOrder()
	orders[2] = newOrder("row-0", line("CODE", 1)).GetOrder()
	orders[3].ExpectedTotalAmount = "a lot"
	orders[4].NotifyUrl = "http://127.0.0.1/"
	orders[5].Lines[0].Quantity = 0
	answer, err := h.batch(h.asShop(), false, orders...)
	require.NoError(t, err)
	require.Len(t, answer.GetRows(), 13)
	for i, want := range map[int]string{
		1: "referenceId", 2: "referenceId", 3: "expectedTotalAmount", 4: "notifyUrl", 5: "lines[0].quantity",
	} {
		row := answer.GetRows()[i]
		require.Equal(t, "VALIDATION_FAILED", row.GetError().GetReason(), "row %d: %v", i, row)
		require.Equal(t, "INVALID_ARGUMENT", row.GetError().GetCode())
		require.Equal(t, want, row.GetError().GetViolations()[0].GetField(), "row %d", i)
		require.Nil(t, row.GetOrder())
	}
	require.Equal(t, "CODE-1", answer.GetRows()[0].GetOrder().GetLines()[0].GetGoods()[0].GetContent())
	require.EqualValues(t, 8, answer.GetOrderCount())
	require.EqualValues(t, 5, answer.GetErrorCount())

	again, err := h.batch(h.asShop(), false, orders...)
	require.NoError(t, err)
	for i, row := range again.GetRows() {
		require.Equal(t, answer.GetRows()[i].GetOrder().GetOrderNumber(), row.GetOrder().GetOrderNumber())
	}
	more := []*orderhubv1.Order{
		newOrder("more-1", line("CODE", 1)).GetOrder(), newOrder("more-2", line("CODE", 2)).GetOrder(),
	}
	answer, err = h.batch(h.asShop(), false, more...)
	require.NoError(t, err)
	require.NotNil(t, answer.GetRows()[0].GetOrder())
	require.Equal(t, "INSUFFICIENT_BALANCE", answer.GetRows()[1].GetError().GetReason())
	require.Equal(t, "100.00", answer.GetRows()[1].GetError().GetMetadata()["missing_amount"])
}

func TestAtomicBatch(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 20)
	_, err := h.batch(h.asShop(), true, batchOf(11, "CODE")...)
	p := refused(t, err, codes.FailedPrecondition, "INSUFFICIENT_BALANCE")
	require.Equal(t, "11", p.Metadata["row"])
	require.Equal(t, "row-10", p.Metadata["reference_id"])
	require.Equal(t, "100.00", p.Metadata["missing_amount"])

	wrong := batchOf(2, "CODE")
	wrong[1].Lines[0].Quantity = 0
	_, err = h.batch(h.asShop(), true, wrong...)
	p = refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	require.Contains(t, p.Violations, "orders[1].lines[0].quantity")

	list, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{})
	require.NoError(t, err)
	require.Empty(t, list.GetOrders())
	answer, err := h.batch(h.asShop(), true, batchOf(10, "CODE")...)
	require.NoError(t, err)
	require.EqualValues(t, 10, answer.GetOrderCount())
	again, err := h.batch(h.asShop(), true, batchOf(10, "CODE")...)
	require.NoError(t, err)
	require.Equal(t, answer.GetRows()[9].GetOrder().GetOrderNumber(), again.GetRows()[9].GetOrder().GetOrderNumber())
}

// Who may not place orders places no batch; every row counts in the limit of who may.
func TestWhoPlacesBatches(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 20)
	_, err := h.batch(h.asAdmin(), false, batchOf(1, "CODE")...)
	refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = h.batch(withKey(t, h.issueKey(h.shop.ID, account.ScopeRead)), false, batchOf(1, "CODE")...)
	refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
	_, err = h.batch(h.asShop(), false)
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.batch(h.asShop(), false, batchOf(1001, "CODE")...)
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")

	few := h.Merchant("few", 1000)
	limit := account.RateLimit{RequestsPerMinute: 1, Burst: 5}
	_, err = h.Accounts.UpdateMerchant(t.Context(), few.ID, account.MerchantChange{RateLimit: &limit})
	require.NoError(t, err)
	key := h.issueKey(few.ID, account.ScopeMerchant)
	answer, err := h.batch(withKey(t, key), false, batchOf(8, "CODE")...)
	require.NoError(t, err)
	require.EqualValues(t, 5, answer.GetOrderCount())
	for _, row := range answer.GetRows()[5:] {
		require.Equal(t, "RATE_LIMITED", row.GetError().GetReason())
		require.NotNil(t, row.GetError().GetRetryAfter())
	}
}

// An atomic batch that does not get in leaves the limit to others, but for the call; one that never can hears so.
func TestAtomicBatchCountsAllOrNothing(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 20)
	few := h.Merchant("few", 1000)
	limit := account.RateLimit{RequestsPerMinute: 1, Burst: 8}
	_, err := h.Accounts.UpdateMerchant(t.Context(), few.ID, account.MerchantChange{RateLimit: &limit})
	require.NoError(t, err)
	ctx := withKey(t, h.issueKey(few.ID, account.ScopeMerchant))
	for range 2 { // 6 are left, and one that may be owed
		_, err = h.batch(ctx, true, batchOf(9, "CODE")...)
		p := refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
		require.Contains(t, p.Violations["orders"], "at most 8 entries")
		require.Zero(t, p.Retry)
	}
	_, err = h.batch(ctx, true, batchOf(8, "CODE")...) // 5
	p := refused(t, err, codes.ResourceExhausted, "RATE_LIMITED")
	require.InDelta(t, 2*time.Minute, p.Retry, float64(5*time.Second), "for all rows, and the call")
	answer, err := h.batch(ctx, true, batchOf(6, "CODE")...)
	require.NoError(t, err)
	require.EqualValues(t, 6, answer.GetOrderCount())
	_, err = h.batch(ctx, true, batchOf(1, "CODE")...)
	refused(t, err, codes.ResourceExhausted, "RATE_LIMITED")
}

// With the limit that merchants have unless somebody says otherwise, a whole batch is let in at once; then its merchant
// waits.
func TestBatchIsLetInByTheDefaultLimit(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 800)
	for i, atomic := range []bool{false, true} {
		m := h.Merchant(fmt.Sprint("usual", i), 1000)
		_, err := h.Accounts.UpdateMerchant(t.Context(), m.ID, account.MerchantChange{RateLimit: &account.HubRateLimit})
		require.NoError(t, err)
		ctx := withKey(t, h.issueKey(m.ID, account.ScopeMerchant))
		answer, err := h.batch(ctx, atomic, batchOf(400, "CODE")...)
		require.NoError(t, err)
		require.EqualValues(t, 400, answer.GetOrderCount())
		_, err = h.batch(ctx, atomic, batchOf(1, "CODE")...)
		p := refused(t, err, codes.ResourceExhausted, "RATE_LIMITED")
		require.Positive(t, p.Retry)
	}
}

// The answer stays below what clients take: goods that do not fit are left out, and said to be.
func TestBatchAnswerIsBounded(t *testing.T) {
	h := startHub(t, nil)
	p := h.Stocked("BIG", 1, 0)
	units := make([]catalog.ImportedUnit, 1000)
	for i := range units {
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: fmt.Sprintf("%04d", i) + strings.Repeat("x", 3500)}
	}
	_, err := h.Catalog.ImportUnits(t.Context(), &p, catalog.ImportOptions{Name: "big"}, units)
	require.NoError(t, err)
	orders := batchOf(10, "BIG")
	for _, o := range orders {
		o.Lines[0].Quantity = 100
	}
	answer, err := h.batch(h.asShop(), false, orders...)
	require.NoError(t, err)
	require.EqualValues(t, 10, answer.GetOrderCount())
	first, last := answer.GetRows()[0], answer.GetRows()[9]
	require.False(t, first.GetGoodsLeftOut())
	require.Len(t, first.GetOrder().GetLines()[0].GetGoods(), 100)
	require.True(t, last.GetGoodsLeftOut())
	require.Empty(t, last.GetOrder().GetLines()[0].GetGoods())
}
