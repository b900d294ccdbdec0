package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
)

// A merchant holds an order, sees what is kept, and confirms it at the price that it had.
func TestHolds(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 3)
	holds, accounts := orderhubv1.NewHoldServiceClient(h.conn), orderhubv1.NewAccountServiceClient(h.conn)
	shown := func() *orderhubv1.Account {
		answer, err := accounts.GetAccount(h.asShop(), &orderhubv1.GetAccountRequest{})
		require.NoError(t, err)
		return answer.GetAccount()
	}
	before := shown()
	request := &orderhubv1.HoldOrderRequest{
		Order: newOrder("a", line("CODE", 2)).GetOrder(), HoldFor: durationpb.New(time.Minute),
	}
	answer, err := holds.HoldOrder(h.asShop(), request)
	require.NoError(t, err)
	held := answer.GetHold()
	assert.Equal(t, orderhubv1.HoldStatus_HOLD_STATUS_HELD, held.GetStatus())
	assert.Equal(t, "200.00", held.GetTotalAmount())
	assert.Equal(t, "CODE", held.GetLines()[0].GetSku())
	assert.Equal(t, "shop", held.GetMerchant())
	assert.WithinDuration(t, time.Now().Add(time.Minute), held.GetExpireTime().AsTime(), 30*time.Second)
	number := held.GetHoldNumber()

	now := shown()
	assert.Equal(t, "0.00", before.GetHeldBalance())
	assert.Equal(t, "200.00", now.GetHeldBalance())
	assert.NotEqual(t, before.GetAvailableBalance(), now.GetAvailableBalance())
	stock, err := h.catalog().GetStock(h.asAdmin(), &orderhubv1.GetStockRequest{Product: "CODE"})
	require.NoError(t, err)
	assert.EqualValues(t, 1, stock.GetStock().GetAvailableCount())
	assert.EqualValues(t, 2, stock.GetStock().GetHeldCount())
	units, err := h.catalog().ListUnits(
		h.asAdmin(), &orderhubv1.ListUnitsRequest{Product: "CODE", State: orderhubv1.UnitState_UNIT_STATE_HELD},
	)
	require.NoError(t, err)
	require.Len(t, units.GetUnits(), 2)
	_, err = h.catalog().VoidUnit(h.asAdmin(), &orderhubv1.VoidUnitRequest{Unit: units.GetUnits()[0].GetId()})
	refused(t, err, codes.FailedPrecondition, "UNIT_HELD")

	_, err = h.orders().CreateOrder(h.asShop(), newOrder("a", line("CODE", 1)))
	refused(t, err, codes.AlreadyExists, "REFERENCE_HELD")
	references := orderhubv1.NewReferenceServiceClient(h.conn)
	reference, err := references.GetReference(h.asShop(), &orderhubv1.GetReferenceRequest{ReferenceId: "a"})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.ReferenceState_REFERENCE_STATE_HELD, reference.GetReference().GetState())
	assert.Equal(t, number, reference.GetReference().GetHold().GetHoldNumber())

	extended, err := holds.ExtendHold(h.asShop(), &orderhubv1.ExtendHoldRequest{HoldNumber: number})
	require.NoError(t, err)
	assert.EqualValues(t, 1, extended.GetHold().GetExtensions())
	for range 2 {
		confirmed, err := holds.ConfirmHold(h.asShop(), &orderhubv1.ConfirmHoldRequest{HoldNumber: number})
		require.NoError(t, err)
		assert.Equal(t, number, confirmed.GetOrder().GetOrderNumber())
		assert.Equal(t, "200.00", confirmed.GetOrder().GetTotalAmount())
		assert.Len(t, confirmed.GetOrder().GetLines()[0].GetGoods(), 2)
	}
	assert.Equal(t, "0.00", shown().GetHeldBalance())
	_, err = holds.ReleaseHold(h.asShop(), &orderhubv1.ReleaseHoldRequest{HoldNumber: number})
	refused(t, err, codes.FailedPrecondition, "HOLD_ENDED")
	transfers, err := accounts.ListTransfers(h.asShop(), &orderhubv1.ListTransfersRequest{PageSize: 3})
	require.NoError(t, err)
	var kinds []orderhubv1.TransferKind
	for _, moved := range transfers.GetTransfers() {
		kinds = append(kinds, moved.GetKind())
	}
	assert.Equal(t, []orderhubv1.TransferKind{
		orderhubv1.TransferKind_TRANSFER_KIND_CHARGE, orderhubv1.TransferKind_TRANSFER_KIND_RELEASE,
		orderhubv1.TransferKind_TRANSFER_KIND_HOLD,
	}, kinds)
	assert.Equal(t, number, transfers.GetTransfers()[2].GetHoldNumber())
}

func TestHoldsAreTheirMerchants(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 3)
	holds := orderhubv1.NewHoldServiceClient(h.conn)
	answer, err := holds.HoldOrder(
		h.asShop(), &orderhubv1.HoldOrderRequest{Order: newOrder("a", line("CODE", 1)).GetOrder()},
	)
	require.NoError(t, err)
	number := answer.GetHold().GetHoldNumber()
	other := withKey(t, h.issueKey(h.Merchant("other", 1000).ID, account.ScopeMerchant))
	_, err = holds.GetHold(other, &orderhubv1.GetHoldRequest{HoldNumber: number})
	refused(t, err, codes.NotFound, "HOLD_NOT_FOUND")
	_, err = holds.ConfirmHold(other, &orderhubv1.ConfirmHoldRequest{HoldNumber: number})
	refused(t, err, codes.NotFound, "HOLD_NOT_FOUND")
	_, err = holds.ExtendHold(other, &orderhubv1.ExtendHoldRequest{HoldNumber: number})
	refused(t, err, codes.NotFound, "HOLD_NOT_FOUND")
	listed, err := holds.ListHolds(other, &orderhubv1.ListHoldsRequest{})
	require.NoError(t, err)
	assert.Empty(t, listed.GetHolds())

	_, err = holds.ConfirmHold(h.asAdmin(), &orderhubv1.ConfirmHoldRequest{HoldNumber: number})
	refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	listed, err = holds.ListHolds(h.asAdmin(), &orderhubv1.ListHoldsRequest{Merchant: "shop", Open: true})
	require.NoError(t, err)
	require.Len(t, listed.GetHolds(), 1)
	released, err := holds.ReleaseHold(h.asAdmin(), &orderhubv1.ReleaseHoldRequest{HoldNumber: number})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.HoldStatus_HOLD_STATUS_RELEASED, released.GetHold().GetStatus())
	_, err = holds.HoldOrder(h.asShop(), &orderhubv1.HoldOrderRequest{
		Order: newOrder("b", line("CODE", 1)).GetOrder(), HoldFor: durationpb.New(2 * time.Hour),
	})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = holds.HoldOrder(h.asShop(), &orderhubv1.HoldOrderRequest{
		Order: newOrder("b", line("CODE", 1)).GetOrder(), HoldFor: durationpb.New(1500 * time.Millisecond),
	})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
}

// What cannot be confirmed for a damaged unit is told in a way to act on, and stays held.
func TestDamagedHoldIsNotConfirmed(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 1)
	holds := orderhubv1.NewHoldServiceClient(h.conn)
	answer, err := holds.HoldOrder(
		h.asShop(), &orderhubv1.HoldOrderRequest{Order: newOrder("a", line("CODE", 1)).GetOrder()},
	)
	require.NoError(t, err)
	number := answer.GetHold().GetHoldNumber()
	_, err = h.Store.WriteDB.ExecContext(
		t.Context(), `UPDATE units SET content = $1 WHERE status = 'held'`,
		[]byte("not a sealed value, but long enough to be taken for one by its length alone"),
	)
	require.NoError(t, err)
	_, err = holds.ConfirmHold(h.asShop(), &orderhubv1.ConfirmHoldRequest{HoldNumber: number})
	refused(t, err, codes.FailedPrecondition, "HOLD_DAMAGED")
	hold, err := holds.GetHold(h.asShop(), &orderhubv1.GetHoldRequest{HoldNumber: number})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.HoldStatus_HOLD_STATUS_HELD, hold.GetHold().GetStatus())
}
