package api_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func (h *services) export(ctx context.Context, r *orderhubv1.ExportRequest) (columns []string, rows int, err error) {
	stream, err := orderhubv1.NewExportServiceClient(h.conn).Export(ctx, r)
	for err == nil {
		var message *orderhubv1.ExportResponse
		if message, err = stream.Recv(); err == nil {
			columns, rows = message.GetColumns(), rows+len(message.GetRows())
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return columns, rows, err
}

// A merchant exports its own, and only what merchants know of.
func TestWhoExports(t *testing.T) {
	h := startHub(t, nil)
	columns, _, err := h.export(h.asShop(), &orderhubv1.ExportRequest{Kind: "orders"})
	require.NoError(t, err)
	require.Contains(t, columns, "order_number")
	for _, kind := range []string{"units", "attempts"} {
		_, _, err = h.export(h.asShop(), &orderhubv1.ExportRequest{Kind: kind})
		refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
		_, _, err = h.export(h.asAdmin(), &orderhubv1.ExportRequest{Kind: kind})
		require.NoError(t, err)
	}
	_, _, err = h.export(h.asShop(), &orderhubv1.ExportRequest{Kind: "orders", Merchant: "other"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	for _, wrong := range []*orderhubv1.ExportRequest{
		{Kind: "secrets"}, {Kind: "orders", After: "nowhere"}, {Kind: "units", Merchant: "shop"},
	} {
		_, _, err = h.export(h.asAdmin(), wrong)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	}
}
