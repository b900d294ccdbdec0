package api_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/export"
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
	first := export.Cursor{At: 1, ID: 1}
	columns, rows, err := h.export(h.asShop(), &orderhubv1.ExportRequest{Kind: "orders", After: first.String()})
	require.NoError(t, err)
	require.Empty(t, columns, "who goes on has the heading")
	require.Zero(t, rows)
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

// waitingStore has no part before it is let go on.
type waitingStore struct{ release chan struct{} }

func (s *waitingStore) Part(ctx context.Context, _ export.Query) (export.Part, error) {
	select {
	case <-s.release:
		return export.Part{}, nil
	case <-ctx.Done():
		return export.Part{}, ctx.Err()
	}
}

// Exports of one merchant leave room for others', and all of them have an end.
func TestExportsAtOnce(t *testing.T) {
	store := &waitingStore{make(chan struct{})}
	h := startHub(t, func(o *api.Options) { o.Exports = export.NewService(store, time.Now) })
	begin := func(ctx context.Context) (orderhubv1.ExportService_ExportClient, error) {
		stream, err := orderhubv1.NewExportServiceClient(h.conn).Export(ctx, &orderhubv1.ExportRequest{Kind: "orders"})
		require.NoError(t, err)
		_, err = stream.Recv() // the columns
		return stream, err
	}
	var open []orderhubv1.ExportService_ExportClient
	callers := []context.Context{h.asShop(), h.asAdmin()}
	for _, name := range []string{"second", "third"} {
		callers = append(callers, withKey(t, h.issueKey(h.Merchant(name, 1).ID, account.ScopeMerchant)))
	}
	for _, caller := range callers {
		for range 2 {
			stream, err := begin(caller)
			require.NoError(t, err)
			open = append(open, stream)
		}
		_, err := begin(caller)
		p := refused(t, err, codes.ResourceExhausted, "OVERLOADED")
		require.Equal(t, 10*time.Second, p.Retry)
	}
	fourth := withKey(t, h.issueKey(h.Merchant("fourth", 1).ID, account.ScopeMerchant))
	_, err := begin(fourth)
	refused(t, err, codes.ResourceExhausted, "OVERLOADED")

	close(store.release)
	for _, stream := range open {
		_, err := stream.Recv()
		require.ErrorIs(t, err, io.EOF)
	}
	_, err = begin(fourth)
	require.NoError(t, err)
}
