package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// longAgo puts so many orders of the shop far before all others, without lines.
func (h *services) longAgo(count int) {
	h.t.Helper()
	_, err := h.Store.WriteDB.ExecContext(h.t.Context(), `INSERT INTO orders (id, number, merchant_id, reference,
		fingerprint, door, status, currency, created_at, updated_at)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		SELECT 1000000 + i, concat('old', i), $2, concat('old-', i), '', 'gameso', 'completed', 'THB', $3, $3
		FROM n`, count, h.shop.ID, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(h.t, err)
}

func references(orders []*orderhubv1.Order) []string {
	found := []string{}
	for _, o := range orders {
		found = append(found, o.GetReferenceId())
	}
	return found
}

func TestSearchesOfOrders(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 1, 10)
		h.Simulated("HELD", 1, sim.Script{})
		placed := make(map[string]*orderhubv1.Order)
		for reference, sku := range map[string]string{"a": "CODE", "b": "HELD"} {
			answer, err := h.orders().CreateOrder(h.asShop(), newOrder(reference, line(sku, 1)))
			require.NoError(t, err)
			placed[reference] = answer.GetOrder()
		}
		const many = 20_100
		h.longAgo(many)
		number := placed["a"].GetOrderNumber()

		for name, test := range map[string]struct {
			request *orderhubv1.ListOrdersRequest
			found   []string
			goesOn  bool
		}{
			"number":        {&orderhubv1.ListOrdersRequest{OrderNumber: number}, []string{"a"}, false},
			"no number":     {&orderhubv1.ListOrdersRequest{OrderNumber: number[:10]}, []string{}, false},
			"reference":     {&orderhubv1.ListOrdersRequest{ReferenceId: "old-20000"}, []string{"old-20000"}, false},
			"number prefix": {&orderhubv1.ListOrdersRequest{OrderNumberPrefix: number[:20]}, []string{"a"}, false},
			"not the hub's": {&orderhubv1.ListOrdersRequest{OrderNumberPrefix: "old20099"}, []string{"old-20099"}, true},
			"SKU":           {&orderhubv1.ListOrdersRequest{Sku: "CODE"}, []string{"a"}, true},
			"door and SKU":  {&orderhubv1.ListOrdersRequest{Sku: "HELD", Door: "gameso"}, []string{}, true},
			"open": {
				&orderhubv1.ListOrdersRequest{Status: []orderhubv1.OrderStatus{
					orderhubv1.OrderStatus_ORDER_STATUS_PENDING, orderhubv1.OrderStatus_ORDER_STATUS_PROCESSING,
				}}, []string{"b"}, false,
			},
		} {
			for who, ctx := range map[string]context.Context{"shop": h.asShop(), "operator": h.asAdmin()} {
				page, err := h.orders().ListOrders(ctx, test.request)
				require.NoError(t, err)
				require.Equal(t, test.found, references(page.GetOrders()), "%s, %s", name, who)
				require.Equal(t, test.goesOn, page.GetNextPageToken() != "", "%s, %s", name, who)
				require.Equal(t, test.goesOn, page.GetLookedBackToTime() != nil, "%s, %s", name, who)
			}
		}

		// What a page did not reach the next one has.
		request := &orderhubv1.ListOrdersRequest{ReferenceIdPrefix: "old-5", PageSize: 1000}
		seen := map[string]bool{}
		for pages := 0; pages == 0 || request.PageToken != ""; pages++ {
			page, err := h.orders().ListOrders(h.asAdmin(), request)
			require.NoError(t, err)
			for _, reference := range references(page.GetOrders()) {
				require.False(t, seen[reference])
				seen[reference] = true
			}
			request.PageToken = page.GetNextPageToken()
		}
		require.Len(t, seen, 1111) // 5, 5x, 5xx and 5xxx
	})
}

func TestFindRecipient(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 1, 10)
		for reference, recipient := range map[string]*orderhubv1.Recipient{
			"ann": {UserId: "ann"}, "ann at 2": {UserId: "ann", ServerId: "2"}, "bob": {UserId: "bob"},
		} {
			request := newOrder(reference, line("CODE", 1))
			request.Order.Recipient = recipient
			_, err := h.orders().CreateOrder(h.asShop(), request)
			require.NoError(t, err)
		}
		find := func(ctx context.Context, request *orderhubv1.FindRecipientRequest) *orderhubv1.FindRecipientResponse {
			answer, err := h.orders().FindRecipient(ctx, request)
			require.NoError(t, err)
			return answer
		}
		for _, ctx := range []context.Context{h.asShop(), h.asAdmin()} {
			all := find(ctx, &orderhubv1.FindRecipientRequest{Recipient: &orderhubv1.Recipient{UserId: "ann"}})
			require.ElementsMatch(t, []string{"ann", "ann at 2"}, references(all.GetOrders()))
			require.Empty(t, all.GetNextPageToken())
			one := find(ctx, &orderhubv1.FindRecipientRequest{
				Recipient: &orderhubv1.Recipient{UserId: "ann", ServerId: "2"}, Merchant: "shop",
			})
			require.Equal(t, []string{"ann at 2"}, references(one.GetOrders()))
			first := find(ctx, &orderhubv1.FindRecipientRequest{Recipient: &orderhubv1.Recipient{UserId: "ann"}, PageSize: 1})
			second := find(ctx, &orderhubv1.FindRecipientRequest{
				Recipient: &orderhubv1.Recipient{UserId: "ann"}, PageToken: first.GetNextPageToken(),
			})
			require.ElementsMatch(
				t, references(all.GetOrders()), append(references(first.GetOrders()), references(second.GetOrders())...),
			)
			none := find(ctx, &orderhubv1.FindRecipientRequest{
				Recipient: &orderhubv1.Recipient{UserId: "ann"}, CreateTimeTo: timestamppb.New(time.Unix(0, 0)),
			})
			require.Empty(t, none.GetOrders())
		}
		_, err := h.orders().FindRecipient(h.asShop(), &orderhubv1.FindRecipientRequest{Recipient: &orderhubv1.Recipient{}})
		require.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "recipient")
		other := h.Merchant("other", 0)
		elsewhere := find(
			withKey(t, h.issueKey(other.ID, account.ScopeMerchant)),
			&orderhubv1.FindRecipientRequest{Recipient: &orderhubv1.Recipient{UserId: "ann"}},
		)
		require.Empty(t, elsewhere.GetOrders())

		request := &orderhubv1.HoldOrderRequest{Order: newOrder("held", line("CODE", 1)).GetOrder()}
		request.Order.Recipient = &orderhubv1.Recipient{UserId: "ann"}
		hold, err := orderhubv1.NewHoldServiceClient(h.conn).HoldOrder(h.asShop(), request)
		require.NoError(t, err)
		page := find(h.asShop(), &orderhubv1.FindRecipientRequest{
			Recipient: &orderhubv1.Recipient{UserId: "ann"}, PageSize: 1,
		})
		require.Equal(t, []string{hold.GetHold().GetHoldNumber()}, page.GetOpenHoldNumbers())
		page = find(h.asShop(), &orderhubv1.FindRecipientRequest{
			Recipient: &orderhubv1.Recipient{UserId: "ann"}, PageSize: 1, PageToken: page.GetNextPageToken(),
		})
		require.Empty(t, page.GetOpenHoldNumbers(), "it was named on the first page")
		erase, err := h.orders().EraseRecipient(h.asAdmin(), &orderhubv1.EraseRecipientRequest{
			Recipient: &orderhubv1.Recipient{UserId: "ann"}, DryRun: true,
		})
		require.NoError(t, err)
		require.Equal(t, []string{hold.GetHold().GetHoldNumber()}, erase.GetOpenHoldNumbers())

		h.longAgo(5001)
		last := find(h.asAdmin(), &orderhubv1.FindRecipientRequest{Recipient: &orderhubv1.Recipient{UserId: "nobody"}})
		require.Empty(t, last.GetOrders())
		require.Equal(t, 2020, last.GetLookedBackToTime().AsTime().Year())
		last = find(h.asAdmin(), &orderhubv1.FindRecipientRequest{
			Recipient: &orderhubv1.Recipient{UserId: "nobody"}, PageToken: last.GetNextPageToken(),
		})
		require.Empty(t, last.GetNextPageToken())
	})
}

func TestFindGoods(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 1, 2) // CODE-1, CODE-2
		h.Simulated("GOLD", 1, sim.Script{})
		sold, err := h.orders().CreateOrder(h.asShop(), newOrder("stock", line("CODE", 1)))
		require.NoError(t, err)
		bought, err := h.orders().CreateOrder(h.asShop(), newOrder("provider", line("GOLD", 1)))
		require.NoError(t, err)
		placed, err := h.Orders.Get(t.Context(), order.ByOperator(), bought.GetOrder().GetOrderNumber())
		require.NoError(t, err)
		h.Finish(placed)
		got, err := h.orders().GetOrder(
			h.asShop(), &orderhubv1.GetOrderRequest{OrderNumber: bought.GetOrder().GetOrderNumber()},
		)
		require.NoError(t, err)
		fromProvider := got.GetOrder().GetLines()[0].GetGoods()[0].GetContent()
		require.NotEmpty(t, fromProvider)

		find := func(content string) []*orderhubv1.FoundGoods {
			var all []*orderhubv1.FoundGoods
			request := &orderhubv1.FindGoodsRequest{Content: content, PageSize: 1}
			for more := true; more; more = request.PageToken != "" {
				answer, err := h.orders().FindGoods(h.asAdmin(), request)
				require.NoError(t, err)
				all, request.PageToken = append(all, answer.GetGoods()...), answer.GetNextPageToken()
			}
			return all
		}
		for content, want := range map[string]*orderhubv1.FoundGoods{
			" CODE-1 ": {
				Product: "CODE", Status: "delivered", OrderNumber: sold.GetOrder().GetOrderNumber(), Merchant: "shop",
				LinePosition: 1,
			},
			"CODE-2": {Product: "CODE", Status: "available"},
			fromProvider: {
				Product: "GOLD", Status: "delivered", OrderNumber: bought.GetOrder().GetOrderNumber(), Merchant: "shop",
				LinePosition: 1,
			},
		} {
			found := find(content)
			require.Len(t, found, 1, content)
			require.Equal(t, want.GetStatus() == "delivered", found[0].GetDeliverTime() != nil)
			require.NotZero(t, found[0].GetUnit())
			found[0].Unit, found[0].DeliverTime = 0, nil
			require.Equal(t, want.String(), found[0].String())
		}
		require.Empty(t, find("CODE-3"))

		entries := h.entries(audit.Filter{Method: "OrderService.FindGoods"})
		require.Len(t, entries, 4, "one for each search, not for each page")
		for _, entry := range entries {
			require.Contains(t, entry.Request, `"content":"#`)
			require.NotContains(t, entry.Request, "CODE")
		}
		require.NotContains(t, h.log.String(), fromProvider)
		_, err = h.orders().FindGoods(h.asShop(), &orderhubv1.FindGoodsRequest{Content: "CODE-1"})
		refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
		_, err = h.orders().FindGoods(h.asOperator("vera", operator.Viewer), &orderhubv1.FindGoodsRequest{Content: "CODE-1"})
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
	})
}
