package gateway_test

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/gateway"
)

func TestOrderOverREST(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 100, 5)
	h.Simulated("GOLD", 10, sim.Script{})

	created := h.call("POST", "/hub/v1/orders", `{
		"referenceId": "ref-1", "recipient": {"userId": "player"}, "metadata": {"a_key": "x"},
		"lines": [{"sku": "CODE", "quantity": 1, "externalReference": "mine"}, {"sku": "GOLD", "quantity": 2}]
	}`)
	require.Equal(t, 200, created.Status, created.Text)
	assert.Equal(t, "application/json", created.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", created.Header.Get("Cache-Control"))
	assert.Regexp(t, "^req_", created.Header.Get("X-Request-Id"))
	for name := range created.Header {
		assert.NotContains(t, name, "Grpc", "what is behind the gateway stays there")
	}
	o := created.Body
	for name, want := range map[string]any{
		"referenceId": "ref-1", "merchant": "shop", "status": "ORDER_STATUS_PROCESSING", "currency": "THB",
		"subtotalAmount": "120.00",
		"discountAmount": "0.00", "totalAmount": "120.00", "refundedAmount": "0.00", "coupon": "", "notifyUrl": "",
		"failureCode":    "",
		"failureMessage": "", "door": "hub", "completeTime": nil, "metadata": map[string]any{"a_key": "x"},
		"recipient": map[string]any{"userId": "player", "serverId": "", "characterId": ""},
	} {
		got, there := o[name]
		assert.True(t, there, "%s is always there", name)
		assert.Equal(t, want, got, name)
	}
	lines := created.list("lines")
	require.Len(t, lines, 2)
	assert.Equal(t, "mine", lines[0]["externalReference"])
	assert.Equal(t, "100.00", lines[0]["unitPrice"])
	assert.EqualValues(t, 1, lines[0]["completedQuantity"])
	assert.Equal(t, "CODE-1", lines[0]["goods"].([]any)[0].(map[string]any)["content"])
	assert.Equal(t, []any{}, lines[1]["goods"])
	number := o["orderNumber"].(string)

	assert.Equal(
		t, number,
		h.call("POST", "/hub/v1/orders", `{"referenceId":"ref-1","recipient":{"userId":"player"},"metadata":{"a_key":"x"},
		"lines":[{"sku":"CODE","quantity":"1","externalReference":"mine"},
			{"sku":"GOLD","quantity":2.0}]}`).Body["orderNumber"], "the same order, written differently",
	)
	assert.Equal(t, number, h.call("GET", "/hub/v1/orders/"+number, "").Body["orderNumber"])
	assert.Equal(t, number, h.call("GET", "/hub/v1/orders:byReference?referenceId=ref-1", "").Body["orderNumber"])
	assert.Equal(
		t, number,
		h.call("GET", "/hub/v1/orders?status=ORDER_STATUS_PROCESSING&pageSize=5", "").list("orders")[0]["orderNumber"],
	)
	assert.Empty(t, h.call("GET", "/hub/v1/orders?status=ORDER_STATUS_FAILED", "").list("orders"))
	assert.Equal(t, "order.created", h.call("GET", "/hub/v1/orders/"+number+"/events", "").list("events")[0]["type"])
	assert.Equal(t, "880.00", h.call("GET", "/hub/v1/account", "").Body["balance"])
	assert.Equal(t, "-120.00", h.call("GET", "/hub/v1/account/transfers?pageSize=1", "").list("transfers")[0]["amount"])
	quote := h.call("POST", "/hub/v1/orders:quote", `{"referenceId": "x", "lines": [{"sku": "CODE", "quantity": 9}]}`)
	assert.Equal(t, "OUT_OF_STOCK", quote.list("lines")[0]["failureCode"], quote.Text)
	assert.Equal(t, "CODE", h.call("GET", "/hub/v1/products/code", "").Body["sku"])
	assert.Len(t, h.call("GET", "/hub/v1/products?query=code&minStock=1", "").list("products"), 1)
	assert.Len(t, h.call("GET", "/hub/v1/categories", "").list("categories"), 1)
	cancelled := h.call("POST", "/hub/v1/orders/"+number+":cancel", "")
	assert.Equal(t, "20.00", cancelled.Body["refundedAmount"], "nobody was asked for the gold yet")
}

func TestAdminOverREST(t *testing.T) {
	h := startHub(t)
	h.Product("A:B", 100, func(p *catalog.Product) { p.Slug = "a-b" })
	paid := h.asAdmin("POST", "/hub/v1/merchants/shop:deposit", `{"amount": "5", "reference": "r"}`)
	require.Equal(t, 200, paid.Status, paid.Text)
	assert.Equal(t, "1005.00", paid.Body["account"].(map[string]any)["balance"])

	// A body that has a field sets it, even to nothing; one that has not leaves it.
	p := h.asAdmin("PATCH", "/hub/v1/products/A%3AB", `{"price": "11", "description": "about it"}`)
	require.Equal(t, 200, p.Status, p.Text)
	assert.Equal(t, "11.00", p.Body["price"])
	p = h.asAdmin("PATCH", "/hub/v1/products/A:B", `{"description": ""}`)
	require.Equal(t, 200, p.Status, p.Text)
	assert.Equal(t, "11.00", p.Body["price"])
	assert.Empty(t, p.Body["description"])
	back := h.asAdmin("PATCH", "/hub/v1/products/A:B", strings.Replace(p.Text, "11.00", "12.00", 1))
	require.Equal(t, 200, back.Status, back.Text)
	assert.Equal(t, "12.00", back.Body["price"], "an answer may be edited and sent back")
	masked := h.asAdmin("PATCH", "/hub/v1/products/A:B?updateMask=minQuantity", `{"minQuantity": 2, "name": "no"}`)
	require.Equal(t, 200, masked.Status, masked.Text)
	assert.EqualValues(t, 2, masked.Body["minQuantity"])
	assert.Equal(t, "A:B", masked.Body["name"])

	m := h.asAdmin("PATCH", "/hub/v1/merchants/shop", `{"rateLimit": {"requestsPerMinute": 6000, "burst": 10}}`)
	require.Equal(t, 200, m.Status, m.Text)
	m = h.asAdmin("PATCH", "/hub/v1/merchants/shop", `{"rateLimit": {"burst": 20}}`)
	assert.Equal(t, map[string]any{"requestsPerMinute": 6000.0, "burst": 20.0}, m.Body["rateLimit"])
	before := m.Body
	m = h.asAdmin("PATCH", "/hub/v1/merchants/shop", `{"rateLimit": {}, "settings": {}}`)
	assert.Equal(t, before, m.Body, "a part with nothing in it changes nothing")
	m = h.asAdmin("PATCH", "/hub/v1/merchants/shop?updateMask=rateLimit", `{"rateLimit": {}}`)
	assert.Nil(t, m.Body["rateLimit"], "a part that is named is cleared: %s", m.Text)
	h.asAdmin("PATCH", "/hub/v1/merchants/shop", `{"rateLimit": {"requestsPerMinute": 5}}`)
	m = h.asAdmin("PATCH", "/hub/v1/merchants/shop", `{"rateLimit": null}`)
	assert.Nil(t, m.Body["rateLimit"], m.Text)
	m = h.asAdmin("PATCH", "/hub/v1/merchants/shop", `{"rateLimit": {"burst": 20}}`)
	assert.Equal(t, 400, m.Status)
	assert.Equal(t, "rateLimit.requestsPerMinute: must be above 0 for rateLimit.burst: "+
		"there is no limit that it belongs to", m.Body["message"])

	made := h.asAdmin(
		"POST", "/hub/v1/providers", `{"name": "sim", "connector": "sim", "settings": {"scripts": {"A": {"failLast": 1}}}}`,
	)
	require.Equal(t, 200, made.Status, made.Text)
	assert.Equal(t, map[string]any{"scripts": map[string]any{"A": map[string]any{"failLast": 1.0}}}, made.Body["settings"])
	made = h.asAdmin("PATCH", "/hub/v1/providers/sim", `{"settings": {"scripts": {"A": {}}}}`)
	require.Equal(t, 200, made.Status, made.Text)
	assert.Equal(t, map[string]any{"scripts": map[string]any{"A": map[string]any{}}}, made.Body["settings"])

	for _, call := range []answer{
		h.asAdmin("GET", "/hub/v1/merchants", ""), h.asAdmin("GET", "/hub/v1/merchants/1/keys", ""),
		h.asAdmin("GET", "/hub/v1/coupons", ""), h.asAdmin("GET", "/hub/v1/offers", ""),
		h.asAdmin("GET", "/hub/v1/merchants/shop/listings", ""),
		h.asAdmin("GET", "/hub/v1/products/A:B/stock", ""),
		h.asAdmin("POST", "/hub/v1/products/A:B/units:import", `{"contents": ["x"]}`),
		h.asAdmin("POST", "/hub/v1/products/A:B:archive", ""),
	} {
		assert.Equal(t, 200, call.Status, call.Text)
	}
}

func TestWhereARequestComesFrom(t *testing.T) {
	h := startHub(t)
	fenced := h.Merchant("fenced", 1)
	fence := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	_, err := h.Accounts.UpdateMerchant(context.Background(), fenced.ID, account.MerchantChange{IPAllowlist: &fence})
	require.NoError(t, err)
	key := h.issueKey(fenced.ID, account.ScopeMerchant)
	for name, headers := range map[string][]string{
		"directly":    {"X-Api-Key", key},
		"forged":      {"X-Api-Key", key, "X-Forwarded-For", "192.0.2.1"},
		"as metadata": {"X-Api-Key", key, "Grpc-Metadata-X-Forwarded-For", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.call("GET", "/hub/v1/account", "", headers...)
			assert.Equal(t, 403, a.Status)
			assert.Equal(t, "ADDRESS_NOT_ALLOWED", a.Body["reason"])
		})
	}
}

func TestPagesOutsideTheContract(t *testing.T) {
	door := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/panic" {
			panic("secret")
		}
		_, _ = w.Write([]byte("door " + r.URL.Path + " " + r.Header.Get("X-Request-Id")))
	})
	h := startHub(
		t,
		gateway.Mount{
			Name: "partner", Path: "/v1/", Handler: door,
			Matches: func(path string) bool { return strings.HasPrefix(path, "/v1/") },
		},
	)
	assert.Equal(t, 200, h.call("GET", "/healthz", "").Status)
	assert.Equal(t, "ready", h.call("GET", "/readyz", "").Body["status"])
	h.ready = errDown
	assert.Equal(t, 503, h.call("GET", "/readyz", "").Status)
	assert.NotContains(t, h.call("GET", "/readyz", "").Text, errDown.Error())
	wrong := h.call("POST", "/healthz", "")
	assert.Equal(t, 405, wrong.Status)
	assert.Equal(t, "GET, HEAD", wrong.Header.Get("Allow"))

	index := h.call("GET", "/", "")
	assert.Equal(t, "orderhub", index.Body["name"])
	assert.Equal(
		t, []map[string]any{{"name": "hub", "path": "/hub/v1/"}, {"name": "partner", "path": "/v1/"}}, index.list("doors"),
	)

	document := h.call("GET", "/openapi.json", "")
	assert.Equal(t, "application/json", document.Header.Get("Content-Type"))
	assert.Contains(t, document.Body["paths"], "/hub/v1/orders")
	descriptors := h.call("GET", "/orderhub.binpb", "")
	assert.Equal(t, "application/protobuf", descriptors.Header.Get("Content-Type"))
	var set descriptorpb.FileDescriptorSet
	require.NoError(t, proto.Unmarshal([]byte(descriptors.Text), &set))
	files, err := protodesc.NewFiles(&set)
	require.NoError(t, err, "it has all that it imports, and that first")
	for _, name := range []protoreflect.FullName{
		"orderhub.v1.OrderService.CreateOrder", "google.rpc.Status", "google.rpc.ErrorInfo", "google.rpc.RetryInfo",
	} {
		_, err = files.FindDescriptorByName(name)
		require.NoError(t, err, name)
	}
	for _, path := range []string{"/docs", "/docs/"} {
		page := h.call("GET", path, "")
		assert.Equal(t, 200, page.Status)
		assert.Contains(t, page.Text, "/docs/swagger-ui-bundle.js")
		assert.NotContains(t, page.Text, `src="http`, "nothing is loaded from elsewhere")
	}
	script := h.call("GET", "/docs/swagger-ui-bundle.js", "")
	assert.Equal(t, 200, script.Status)
	assert.Greater(t, len(script.Text), 100_000)

	assert.Equal(t, "door /v1/orders my-id", h.call("GET", "/v1/orders", "", "X-Request-Id", "my-id").Text)
	assert.Equal(t, 404, h.call("POST", "/v1", "").Status)
	failed := h.call("GET", "/v1/panic", "")
	assert.Equal(t, 500, failed.Status)
	assert.Equal(t, "INTERNAL", failed.Body["reason"])
	assert.NotContains(t, failed.Text, "secret")
}
