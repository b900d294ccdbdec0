package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
)

// doorMerchants are who comes to the doors of which not everybody does.
var doorMerchants = map[string]string{"BursaGB": "reseller", "AX Cloud": "channel"}

// narrowKey is the key of fewer rights that whoever comes to a door has.
func narrowKey(door string, scope account.Scope) string {
	merchant := doorMerchants[door]
	if merchant == "" {
		merchant = "demo"
	}
	return merchant + "-" + string(scope)
}

func addNarrowKeys(t *testing.T, h *hub) {
	t.Helper()
	for _, name := range []string{"demo", "reseller", "channel"} {
		m, err := h.Accounts.FindMerchant(t.Context(), name)
		require.NoError(t, err)
		for _, scope := range []account.Scope{account.ScopeRead, account.ScopeOrders} {
			_, err := h.Accounts.AddKey(
				t.Context(), account.Key{MerchantID: m.ID, Scope: scope}, name+"-"+string(scope),
			)
			require.NoError(t, err)
		}
	}
}

// doorRoutes has every route of every door, and the scopes whose keys it serves.
var doorRoutes = map[string][]struct{ route, scopes string }{
	"GameSO": {
		{"POST /v1/orders", "orders"},
		{"GET /v1/orders/none", "read orders"},
		{"GET /v1/merchant-webhooks", "read"},
		{"POST /v1/merchant-webhooks", ""},
		{"GET /v1/merchant-webhooks/999", "read"},
		{"PATCH /v1/merchant-webhooks/999", ""},
		{"DELETE /v1/merchant-webhooks/999", ""},
	},
	"BursaGB": {
		{"POST /Order/create", "orders"},
		{"GET /Order/detail/999999", "read orders"},
		{"POST /Order/cancel", "orders"},
		{"POST /Order/customer/list", "read orders"},
		{"GET /Customer/Get", "read"},
		{"GET /Categories", "read"},
		{"POST /Products/List", "read"},
		{"POST /Products/Detail/999999", "read"},
	},
	"marketacc": {
		{"GET /api/v2/me", "read"},
		{"GET /api/v2/categories", "read"},
		{"GET /api/v2/products", "read"},
		{"GET /api/v2/products/none", "read"},
		{"POST /api/v2/orders", "orders"},
		{"GET /api/v2/orders", "read orders"},
		{"GET /api/v2/orders/none", "read orders"},
	},
	"AX Cloud": {
		{"POST /v1/channel/orders/day-ticket", "orders"},
		{"GET /v1/channel/orders/day-ticket/none", "read orders"},
		{"PATCH /v1/channel/orders/day-ticket/none", "orders"},
		{"PATCH /v1/channel/orders/day-ticket/none/tickets/none", "orders"},
		{"GET /v1/channel/products/day-ticket", "read"},
		{"GET /v1/channel/products/day-ticket/none", "read"},
		{"POST /v1/channel/products/day-ticket/registration/none", ""},
		{"GET /v1/channel/price/day-ticket/none", "read"},
		{"GET /v1/channel/inventory/day-ticket/none", "read"},
	},
}

// refusedScope is how a door refuses a key of fewer rights: before it looks at anything else.
var refusedScope = map[string]struct {
	status int
	body   string
}{
	"GameSO":    {http.StatusUnauthorized, `{"status":401,"code":"UNAUTHORIZED","message":"Invalid or missing API key"}`},
	"BursaGB":   {http.StatusForbidden, `{"data":null,"success":false,"message":"Forbidden."}`},
	"marketacc": {http.StatusForbidden, `{"error":{"code":"forbidden","message":"API key does not allow this"}}`},
	"AX Cloud": {
		http.StatusForbidden,
		`{"detail":"이 작업을 수행할 권한(permission)이 없습니다.","message":"이 작업을 수행할 권한(permission)이 없습니다."}`,
	},
}

func TestScopesAtDoors(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			h := startDemo(t, database.new(t))
			addNarrowKeys(t, h)
			for door, routes := range doorRoutes {
				for _, scope := range []account.Scope{account.ScopeRead, account.ScopeOrders} {
					for _, r := range routes {
						method, path, _ := strings.Cut(r.route, " ")
						status, _, body := h.ask(t, door, request{method: method, path: path, body: "{}", key: narrowKey(door, scope)})
						want := refusedScope[door]
						refused := status == want.status && strings.TrimSpace(varying(body, shortBody)) == want.body
						serves := slices.Contains(strings.Fields(r.scopes), string(scope))
						require.Equal(t, !serves, refused, "%s of %s with a key of scope %s: %d %s", r.route, door, scope, status, body)
					}
				}
			}
		})
	}
}
