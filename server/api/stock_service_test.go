package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func TestUnitsThatExpire(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", func(p *orderhubv1.Product) {
		p.ExpiryMargin, p.LowStock = durationpb.New(time.Hour), new(int32(3))
	})
	soon, later := time.Now().Add(30*time.Minute), time.Now().Add(48*time.Hour).Truncate(time.Second)
	request := &orderhubv1.ImportUnitsRequest{
		Product: "CODE", Contents: []string{"a", "b", "c"}, ExpireTime: timestamppb.New(later),
		Expiries: []*orderhubv1.UnitExpiry{{Line: 2, ExpireTime: timestamppb.New(soon)}},
	}
	report, err := h.catalog().ImportUnits(h.asAdmin(), request)
	require.NoError(t, err)
	require.EqualValues(t, 2, report.GetImportedCount())
	require.Equal(t, orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_EXPIRED, report.GetRefused()[0].GetReason())
	require.EqualValues(t, 2, report.GetRefused()[0].GetLine())
	units, err := h.catalog().ListUnits(h.asAdmin(), &orderhubv1.ListUnitsRequest{Product: "CODE"})
	require.NoError(t, err)
	first := units.GetUnits()[0]
	require.True(t, later.Equal(first.GetExpireTime().AsTime()))
	aside, err := h.catalog().SetUnitAside(h.asAdmin(), &orderhubv1.SetUnitAsideRequest{Unit: first.GetId()})
	require.NoError(t, err)
	require.Equal(t, orderhubv1.UnitState_UNIT_STATE_SET_ASIDE, aside.GetUnit().GetState())
	stock, err := h.catalog().GetStock(h.asAdmin(), &orderhubv1.GetStockRequest{Product: "CODE"})
	require.NoError(t, err)
	require.EqualValues(t, 1, stock.GetStock().GetAvailableCount())
	require.EqualValues(t, 3, stock.GetStock().GetLowStock())
	require.True(t, later.Equal(stock.GetStock().GetNextExpireTime().AsTime()))
	require.Nil(t, stock.GetStock().DaysLeft, "nothing was sold")
	back, err := h.catalog().PutUnitBack(h.asAdmin(), &orderhubv1.PutUnitBackRequest{Unit: first.GetId()})
	require.NoError(t, err)
	require.Equal(t, orderhubv1.UnitState_UNIT_STATE_AVAILABLE, back.GetUnit().GetState())
	_, err = h.catalog().VoidUnit(h.asAdmin(), &orderhubv1.VoidUnitRequest{Unit: first.GetId()})
	require.NoError(t, err)
	_, err = h.catalog().PutUnitBack(h.asAdmin(), &orderhubv1.PutUnitBackRequest{Unit: first.GetId()})
	refused(t, err, codes.FailedPrecondition, "UNIT_VOID")
	_, err = h.catalog().SetUnitAside(h.asAdmin(), &orderhubv1.SetUnitAsideRequest{Unit: 4711})
	refused(t, err, codes.NotFound, "UNIT_NOT_FOUND")

	request.Expiries = append(request.Expiries, request.GetExpiries()[0], &orderhubv1.UnitExpiry{
		Line: 4, ExpireTime: timestamppb.New(later),
	})
	_, err = h.catalog().ImportUnits(h.asAdmin(), request)
	violations := refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations
	assert.Contains(t, violations, "expiries[1].line")
	assert.Contains(t, violations, "expiries[2].line")
	request.Expiries, request.ExpireTime = nil, timestamppb.New(time.Unix(0, 0))
	_, err = h.catalog().ImportUnits(h.asAdmin(), request)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "expireTime")
	_, err = h.catalog().UpdateProduct(h.asAdmin(), &orderhubv1.UpdateProductRequest{
		Product: "CODE", Changes: &orderhubv1.Product{Source: orderhubv1.ProductSource_PRODUCT_SOURCE_PROVIDER},
	})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "lowStock")
}

// TestImportsOfSeveralCalls are one import, which counts and is withdrawn as one.
func TestImportsOfSeveralCalls(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", nil)
	h.shelf("OTHER", nil)
	send := func(r *orderhubv1.ImportUnitsRequest) (*orderhubv1.ImportUnitsResponse, error) {
		return h.catalog().ImportUnits(h.asAdmin(), r)
	}
	// Of a file that was read the first content may be any.
	first, err := send(&orderhubv1.ImportUnitsRequest{
		Product: "CODE", Contents: []string{"pin", "a"}, ImportName: "x", SkippedCount: new(int32(0)),
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, first.GetImportedCount())
	more := &orderhubv1.ImportUnitsRequest{
		Product: "CODE", Contents: []string{"key", "a"}, UnitImport: first.GetUnitImport(), SkippedCount: new(int32(4)),
	}
	second, err := send(more)
	require.NoError(t, err)
	require.Equal(t, first.GetUnitImport(), second.GetUnitImport())
	require.Equal(t, []int32{1, 1}, []int32{second.GetImportedCount(), second.GetRepeatedCount()})
	listed, err := h.catalog().ListUnitImports(h.asAdmin(), &orderhubv1.ListUnitImportsRequest{Product: "CODE"})
	require.NoError(t, err)
	require.Len(t, listed.GetUnitImports(), 1)
	require.EqualValues(t, 3, listed.GetUnitImports()[0].GetImportedCount())
	require.EqualValues(t, 5, listed.GetUnitImports()[0].GetRefusedCount())

	more.SkippedCount = new(int32(30))
	_, err = send(more)
	refused(t, err, codes.InvalidArgument, "MOSTLY_REFUSED")
	more.Product = "OTHER"
	_, err = send(more)
	require.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "unitImport")
	more.Product, more.UnitImport = "CODE", 4711
	_, err = send(more)
	refused(t, err, codes.NotFound, "UNIT_IMPORT_NOT_FOUND")

	withdrawn, err := h.catalog().WithdrawUnitImport(
		h.asAdmin(), &orderhubv1.WithdrawUnitImportRequest{UnitImport: first.GetUnitImport()},
	)
	require.NoError(t, err)
	require.EqualValues(t, 3, withdrawn.GetVoidedCount())
	more.UnitImport = first.GetUnitImport()
	_, err = send(more)
	refused(t, err, codes.FailedPrecondition, "UNIT_IMPORT_WITHDRAWN")
}
