package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func TestListOrdersPages(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 10)
	for _, reference := range []string{"a-1", "a-2", "b-1", "a-3", "a-4"} {
		_, err := h.orders().CreateOrder(h.asShop(), newOrder(reference, line("CODE", 1)))
		require.NoError(t, err)
	}
	in := &orderhubv1.ListOrdersRequest{
		PageSize: 2, ReferenceIdPrefix: "a-", Status: []orderhubv1.OrderStatus{orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED},
	}
	var seen []string
	for {
		page, err := h.orders().ListOrders(h.asShop(), in)
		require.NoError(t, err)
		for _, o := range page.GetOrders() {
			seen = append(seen, o.GetReferenceId())
			assert.Empty(t, o.GetLines()[0].GetGoods())
		}
		if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
			break
		}
	}
	assert.Equal(t, []string{"a-4", "a-3", "a-2", "a-1"}, seen)

	none, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{ReferenceId: "c"})
	require.NoError(t, err)
	assert.Empty(t, none.GetOrders())
	_, err = h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{
		CreateTimeFrom: &timestamppb.Timestamp{Seconds: 2}, CreateTimeTo: &timestamppb.Timestamp{Seconds: 1},
	})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "createTimeTo")
	_, err = h.orders().ListOrders(
		h.asShop(), &orderhubv1.ListOrdersRequest{CreateTimeFrom: &timestamppb.Timestamp{Seconds: 1 << 60}},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "createTimeFrom")
}

func TestPageTokensServeOnlyTheirList(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 10)
	for _, reference := range []string{"1", "2", "3"} {
		_, err := h.orders().CreateOrder(h.asShop(), newOrder(reference, line("CODE", 1)))
		require.NoError(t, err)
	}
	page, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{PageSize: 1})
	require.NoError(t, err)
	token := page.GetNextPageToken()
	require.NotEmpty(t, token)
	_, err = h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{PageSize: 2, PageToken: token})
	require.NoError(t, err, "the size of a page may change")

	for name, call := range map[string]func() error{
		"another filter": func() error {
			_, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{PageToken: token, ReferenceId: "1"})
			return err
		},
		"another caller": func() error {
			_, err := h.orders().ListOrders(h.asAdmin(), &orderhubv1.ListOrdersRequest{PageToken: token})
			return err
		},
		"another list": func() error {
			_, err := h.catalog().ListProducts(h.asShop(), &orderhubv1.ListProductsRequest{PageToken: token})
			return err
		},
		"cut short": func() error {
			_, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{PageToken: token[:len(token)-1]})
			return err
		},
		"garbage": func() error {
			_, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{PageToken: "!"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := refused(t, call(), codes.InvalidArgument, "VALIDATION_FAILED")
			assert.Contains(t, p.Violations, "pageToken")
		})
	}
}

// Where the installation allows no local addresses, orders cannot name one.
func TestNotifyURL(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 10, 5)
	for i, tt := range []struct{ url, problem string }{
		{"http://a.example/x", "must be an absolute https URL"},
		{"https://127.0.0.1/x", "must not be a private or local address"},
		{"https://a.example/x?order=1", ""},
	} {
		request := newOrder(fmt.Sprint(i), line("CODE", 1))
		request.Order.NotifyUrl = tt.url
		_, err := h.orders().CreateOrder(h.asShop(), request)
		if tt.problem == "" {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, tt.problem, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations["notifyUrl"])
	}
}

func TestRefusedStreams(t *testing.T) {
	h := startHub(t, nil)
	stream, err := h.orders().WatchOrders(h.asShop(), &orderhubv1.WatchOrdersRequest{AfterSequence: -1})
	require.NoError(t, err)
	_, err = stream.Recv()
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "afterSequence")

	stream, err = h.orders().WatchOrders(t.Context(), &orderhubv1.WatchOrdersRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
}
