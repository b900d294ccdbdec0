package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// readers and buyers are the scopes of keys of fewer rights. Of the methods that merchants
// may call, the test names for whom each is; a new one fails it until somebody has decided.
const (
	readers = "read"
	buyers  = "orders"
	either  = "read,orders"
	neither = ""
)

var narrowed = map[string]string{
	"OrderService.CreateOrder":         buyers,
	"OrderService.CancelOrder":         buyers,
	"OrderService.GetOrder":            either,
	"OrderService.GetOrderByReference": either,
	"OrderService.ListOrders":          either,
	"OrderService.FindRecipient":       either,
	"OrderService.QuoteOrder":          either,
	"OrderService.ListOrderEvents":     either,
	"OrderService.ExplainOrder":        either,
	"OrderService.ListEvents":          readers,
	"OrderService.WatchOrders":         readers,
	"OrderService.CreateWatchTicket":   readers, // keeps nothing, and opens what the key may read
	"OrderService.EraseOrder":          neither,

	"BatchService.BatchCreateOrders": buyers,
	"HoldService.HoldOrder":          buyers,
	"HoldService.ExtendHold":         buyers,
	"HoldService.ConfirmHold":        buyers,
	"HoldService.ReleaseHold":        buyers,
	"HoldService.GetHold":            either,
	"HoldService.ListHolds":          either,
	"ReferenceService.GetReference":  either,
	"ExportService.Export":           readers,
	"ClaimService.CreateClaim":       buyers,
	"ClaimService.GetClaim":          either,
	"ClaimService.ListClaims":        either,
	"ClaimService.GetClaimPolicy":    either,
	"RedemptionService.RedeemTicket": buyers,
	"RedemptionService.ListTickets":  either,

	"CatalogService.ListCategories": readers,
	"CatalogService.ListProducts":   readers,
	"CatalogService.GetProduct":     readers,

	"AccountService.GetAccount":    readers,
	"AccountService.GetBalance":    readers,
	"AccountService.ListTransfers": readers,
	"AccountService.GetStatement":  readers,

	"RecipientService.CheckRecipient": buyers, // who only reads has no use for it, and might try who exists

	"KeyService.CreateOwnKey": neither,
	"KeyService.ListOwnKeys":  readers,
	"KeyService.RevokeOwnKey": neither,

	"WebhookService.CreateEndpoint":    neither,
	"WebhookService.GetEndpoint":       readers,
	"WebhookService.ListEndpoints":     readers,
	"WebhookService.UpdateEndpoint":    neither,
	"WebhookService.DeleteEndpoint":    neither,
	"WebhookService.SendTestEvent":     neither,
	"WebhookService.ListDeliveries":    readers,
	"WebhookService.GetDelivery":       readers,
	"WebhookService.RedeliverDelivery": neither,
	"WebhookService.ReplayEvents":      neither,
}

// short is a method as the table above has it.
func short(method string) string {
	return strings.ReplaceAll(strings.TrimPrefix(method, "/orderhub.v1."), "/", ".")
}

// The whole table of who may call what, for each scope, over the connection.
func TestScopesOfEveryMethod(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 10, 1)
		_, err := h.orders().CreateOrder(h.asShop(), newOrder("watched", line("CODE", 1))) // what a stream has to tell
		require.NoError(t, err)
		for _, scope := range []account.Scope{account.ScopeMerchant, account.ScopeRead, account.ScopeOrders} {
			t.Run(string(scope), func(t *testing.T) {
				called := 0
				callEachMethod(withKey(t, h.issueKey(h.shop.ID, scope)), t, h.conn, func(method string, err error) {
					called++
					checkScope(t, scope, method, err)
				})
				require.Greater(t, called, len(narrowed))
			})
		}
	})
}

func checkScope(t *testing.T, scope account.Scope, method string, err error) {
	t.Helper()
	p := problemOf(err)
	allowed, merchants := narrowed[short(method)]
	switch {
	case !merchants:
		assert.Zero(t, api.RightOf(method), "%s is for merchants: say above for keys of which scopes", method)
		assert.Equal(t, "PERMISSION_DENIED", p.Reason, method)
	case scope == account.ScopeMerchant, strings.Contains(allowed, string(scope)):
		assert.NotEqual(t, codes.PermissionDenied, p.Code, "%s: %v", method, err)
	default:
		assert.Equal(t, codes.PermissionDenied, p.Code, "%s: %v", method, err)
		assert.Equal(t, "SCOPE_MISSING", p.Reason, method)
		want := "merchant"
		if allowed != neither {
			want += "," + allowed
		}
		assert.Equal(t, want, p.Metadata["scopes"], method)
	}
	if strings.Contains(allowed, readers) && short(method) != "OrderService.CreateWatchTicket" &&
		short(method) != "ExportService.Export" {
		const why = "%s changes something: a key that only reads has no business there"
		assert.True(t, api.IsReading(method), why, method)
	}
}

// A stream is opened by the ticket of who may read, and by no other; the ticket opens nothing else.
func TestTicketsOfScopes(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 10, 1)
	_, err := h.orders().CreateOrder(h.asShop(), newOrder("watched", line("CODE", 1)))
	require.NoError(t, err)
	reader := withKey(t, h.issueKey(h.shop.ID, account.ScopeRead))
	_, err = h.orders().CreateWatchTicket(
		withKey(t, h.issueKey(h.shop.ID, account.ScopeOrders)), &orderhubv1.CreateWatchTicketRequest{},
	)
	refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
	made, err := h.orders().CreateWatchTicket(reader, &orderhubv1.CreateWatchTicketRequest{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(t.Context(), api.TicketHeader, made.GetTicket()))
	defer cancel()
	stream, err := h.orders().WatchOrders(ctx, &orderhubv1.WatchOrdersRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	_, err = h.orders().CreateOrder(ctx, newOrder("by ticket", line("CODE", 1)))
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
	// With the key beside it, the key decides, and still only reads.
	both := metadata.AppendToOutgoingContext(reader, api.TicketHeader, made.GetTicket())
	_, err = h.orders().CreateOrder(both, newOrder("by both", line("CODE", 1)))
	refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
}
