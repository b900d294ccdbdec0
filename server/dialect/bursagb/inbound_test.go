package bursagb_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/catalog"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/door"
	"orderhub/server/door/doortest"
	"orderhub/server/order"
)

const resellerID = 5

var keys = [][]byte{[]byte("thirty-two bytes for tests only.")}

// client calls the door as the partner's clients do.
type client struct {
	t     *testing.T
	base  string
	token string
}

func open(t *testing.T, h *doortest.Hub, c bursagb.Config) client {
	t.Helper()
	c.TokenKeys = keys
	return client{t: t, base: h.Serve(bursagb.New(h.Doors, c)).URL, token: "demo-reseller-key"}
}

func (c client) send(method, path, body string, headers ...string) (status int, answer string, header http.Header) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(c.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	require.Equal(c.t, "application/json", response.Header.Get("Content-Type"))
	return response.StatusCode, string(text), response.Header
}

// refused compares a refusal without data, which is the same every time.
func (c client) refused(method, path, body string, status int, message string, headers ...string) {
	c.t.Helper()
	gotStatus, got, _ := c.send(method, path, body, headers...)
	require.Equal(c.t, fmt.Sprintf(`%d {"data":null,"success":false,"message":"%s"}`, status, message), fmt.Sprint(gotStatus, " ", got), "%.300s", body)
}

// ok returns the data of a success.
func (c client) ok(method, path, body string, headers ...string) string {
	c.t.Helper()
	status, text, _ := c.send(method, path, body, headers...)
	require.Equal(c.t, 200, status, text)
	data, found := strings.CutPrefix(text, `{"data":`)
	require.True(c.t, found)
	data, found = strings.CutSuffix(data, `,"success":true,"message":"OK"}`)
	require.True(c.t, found, text)
	return data
}

type placed struct {
	OrderID int64
	Details []struct {
		DeliverID     string
		OrderDetailID int64
		Quantity      int64
		Price         json.Number
	} `json:"details"`
}

func (c client) order(body string) placed {
	c.t.Helper()
	var o placed
	require.NoError(c.t, json.Unmarshal([]byte(c.ok("POST", "/Order/create", body)), &o))
	return o
}

func (c client) detail(id int64) string { return c.ok("GET", fmt.Sprint("/order/DETAIL/", id), "") }

func TestLogin(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		c.token = ""
		const path = "/Login/Customer/Api/Verify"
		data := c.ok("POST", path, `{"Email":"Reseller@example.com","Password":"demo-password","callbackData":"login-7"}`)
		require.Regexp(t, `^{"Token":"[^"]+","Expiration":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","callbackData":"login-7","customerApiKey":"demo-reseller-key"}$`, data)
		data = c.ok("POST", strings.ToLower(path), `{"EMAIL":"reseller@example.com","password":"demo-password"}`, "h-region-code", "XX")
		require.Contains(t, data, `"callbackData":null`)
		var login struct{ Token string }
		require.NoError(t, json.Unmarshal([]byte(data), &login))
		c.token = login.Token
		require.Equal(t, `{"firstName":"Demo Store","lastName":"","email":"reseller@example.com","balance":50000.00,"currencyCode":"TRY"}`, c.ok("GET", "/Customer/Get", ""))

		const wrong = "Invalid email or password."
		for _, body := range []string{
			`{"Email":"reseller@example.com","Password":"nope"}`, `{"Email":"nobody@example.com","Password":"demo-password"}`,
			`{"Email":"demo@example.com","Password":"demo-password"}`, `{"Email":"suspended@example.com","Password":"demo-password"}`,
			`{"Email":"reseller@example.com","Password":"` + strings.Repeat("x", 5000) + `"}`,
			`{"Email":"` + strings.Repeat("x", 1<<19) + `@example.com","Password":"demo-password"}`,
		} {
			c.refused("POST", path, body, 400, wrong)
		}
		c.refused("POST", path, `{"Password":"x"}`, 400, "Email is required.")
		c.refused("POST", path, `{"Email":5,"Password":"x"}`, 400, "Email must be a string.")
		c.refused("POST", path, ``, 400, "The request body is not valid JSON.")
		for range 10 {
			c.refused("POST", path, `{"Email":"locked@example.com","Password":"nope"}`, 400, wrong)
		}
		c.refused("POST", path, `{"Email":"Locked@example.com","Password":"nope"}`, 429, "Too many requests.")

		fenced := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		_, err := h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{IPAllowlist: &fenced})
		require.NoError(t, err)
		c.refused("POST", path, `{"Email":"reseller@example.com","Password":"demo-password"}`, 400, wrong)
		fenced = nil
		_, err = h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{IPAllowlist: &fenced})
		require.NoError(t, err)

		off := open(t, h, bursagb.Config{IntegrationOff: true})
		off.ok("POST", path, `{"Email":"reseller@example.com","Password":"demo-password"}`)
		off.refused("GET", "/Customer/Get", "", 404, "API access is switched off.")
		off.token = "wrong"
		off.refused("GET", "/Customer/Get", "", 401, "Unauthorized.")
	})
}

// full is a guard of a hub in which every place is taken.
type full struct{ control *admission.Control }

func (full) Address(string, []string) netip.Addr { return netip.MustParseAddr("192.0.2.1") }

func (f full) Admission() *admission.Control { return f.control }

// Signing in takes none of the hub's places.
func TestLoginWhileFull(t *testing.T) {
	h := doortest.SQLite(t)
	control, err := admission.New(admission.Options{Calls: 1})
	require.NoError(t, err)
	taken, err := control.Enter(t.Context(), netip.MustParseAddr("192.0.2.2"))
	require.NoError(t, err)
	defer taken.Leave()
	crowded := h.Doors
	crowded.Gate = door.NewGate(nil, full{control})
	c := client{t: t, base: h.Serve(bursagb.New(crowded, bursagb.Config{TokenKeys: keys})).URL}
	c.ok("POST", "/Login/Customer/Api/Verify", `{"Email":"reseller@example.com","Password":"demo-password"}`)
	c.refused("GET", "/Customer/Get", "", 429, "Too many requests.")
}

// A token ends with the credentials that it was given for.
func TestTokensEnd(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		signIn := func(password string) client {
			t.Helper()
			anyone := c
			anyone.token = ""
			var login struct{ Token string }
			data := anyone.ok("POST", "/Login/Customer/Api/Verify", `{"Email":"reseller@example.com","Password":"`+password+`"}`)
			require.NoError(t, json.Unmarshal([]byte(data), &login))
			known := c
			known.token = login.Token
			known.ok("GET", "/Customer/Get", "")
			return known
		}
		ends := func(known client, status int) {
			t.Helper()
			require.Eventually(t, func() bool {
				got, _, _ := known.send("GET", "/Customer/Get", "")
				return got == status
			}, time.Minute, 50*time.Millisecond)
		}
		set := func(password string) {
			t.Helper()
			require.NoError(t, h.Accounts.SetPassword(t.Context(), resellerID, password))
		}
		first, second := signIn("demo-password"), signIn("demo-password")
		set("another password")
		third := signIn("another password") // at once, whatever is remembered of the merchant
		ends(first, 401)
		ends(second, 401)

		suspended, active := account.StatusSuspended, account.StatusActive
		_, err := h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{Status: &suspended})
		require.NoError(t, err)
		ends(third, 403)
		ends(first, 403)
		_, err = h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{Status: &active})
		require.NoError(t, err)
		ends(third, 200)

		set("")
		ends(third, 401)
		set("a third password")
		fourth := signIn("a third password")
		keys, err := h.Accounts.ListKeys(t.Context(), resellerID)
		require.NoError(t, err)
		for _, key := range keys {
			_, err := h.Accounts.RevokeKey(t.Context(), resellerID, key.ID)
			require.NoError(t, err)
		}
		ends(fourth, 401)
		signIn("a third password")
	})
}

func TestOrders(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		body := `{"basketData":[{"DeliverID":" a 1","CustomerStoreProductID":1,"Quantity":2,"RequireData":[{"ProductRequireID":1,"Identifier":"wrong","Value":"x"},{"ProductRequireID":1,"Value":12341234}]},` +
			`{"DeliverID":"a2","CustomerStoreProductID":"2","Quantity":"1"}],"BillingAddressID":1234,"NotifyURL":"https://your-domain.com/notify-order-callback"}`
		first := c.order(body)
		require.Len(t, first.Details, 2)
		require.Equal(t, []any{" a 1", int64(2), json.Number("19.90")}, []any{first.Details[0].DeliverID, first.Details[0].Quantity, first.Details[0].Price})
		require.Equal(t, json.Number("25.00"), first.Details[1].Price)
		camel := strings.NewReplacer("DeliverID", "deliverID", "CustomerStoreProductID", "customerstoreproductid", "Quantity", "quantity", "RequireData", "requireData",
			"BillingAddressID", "billingAddressId", "NotifyURL", "notifyURL", "basketData", "BasketData").Replace(body)
		require.Equal(t, first, c.order(camel), "a retry is answered with the first answer")
		require.Equal(t, first, c.order(strings.Replace(body, `"BillingAddressID":1234,`, ``, 1)), "the default address is the same address")

		h.Settle(t)
		require.Regexp(t, `^{"DeliverID":" a 1","OrderDetailID":\d+,"Status":1,"DeliveryData":null,"DeliveryNote":\["SIM-[A-Z0-9]{12}","SIM-[A-Z0-9]{12}"\]}$`, c.detail(first.Details[0].OrderDetailID))
		require.Regexp(t, `^{"DeliverID":"a2","OrderDetailID":\d+,"Status":1,"DeliveryData":\["EPIN-[A-Z0-9]{16}"\],"DeliveryNote":null}$`, c.detail(first.Details[1].OrderDetailID))

		user := `"RequireData":[{"Identifier":"USERID","title":"x","Value":"player"}]`
		slow := c.order(`{"basketData":[{"DeliverID":"slow","CustomerStoreProductID":4,"Quantity":1,` + user + `},{"DeliverID":"slow","CustomerStoreProductID":4,"Quantity":1,` + user + `}]}`)
		failing := c.order(`{"basketData":[{"DeliverID":"fails","CustomerStoreProductID":5,"Quantity":1,` + user + `}]}`)
		require.Regexp(t, `^{"DeliverID":"slow","OrderDetailID":\d+,"Status":2,"DeliveryData":null,"DeliveryNote":null}$`, c.detail(slow.Details[0].OrderDetailID))
		cancel := func(body string) { require.Equal(t, "null", c.ok("POST", "/Order/cancel", body)) }
		for range 2 {
			cancel(fmt.Sprintf(`{"OrderDetailID":%d}`, slow.Details[0].OrderDetailID))
			require.Regexp(t, `"Status":0,"DeliveryData":null,"DeliveryNote":null}$`, c.detail(slow.Details[0].OrderDetailID))
			require.Regexp(t, `"Status":2,`, c.detail(slow.Details[1].OrderDetailID))
		}
		cancel(fmt.Sprintf(`{"orderid":"%d"}`, slow.OrderID))
		require.Regexp(t, `"Status":0,`, c.detail(slow.Details[1].OrderDetailID))
		h.Settle(t)
		require.Regexp(t, `"Status":0,"DeliveryData":null,"DeliveryNote":\["[^"]+"\]}$`, c.detail(failing.Details[0].OrderDetailID))
		c.refused("POST", "/Order/cancel", fmt.Sprintf(`{"OrderDetailID":%d}`, first.Details[0].OrderDetailID), 400, "Order can no longer be cancelled.")
		c.refused("POST", "/Order/cancel", fmt.Sprintf(`{"OrderID":%d}`, first.OrderID), 400, "Order can no longer be cancelled.")
		cancel(fmt.Sprintf(`{"OrderID":%d}`, failing.OrderID))

		list := c.ok("POST", "/order/customer/list", "")
		require.Regexp(t, fmt.Sprintf(`^\[{"OrderID":%d,"CreatedAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","details":\[{"DeliverID":"fails","OrderDetailID":\d+,"Quantity":1,"Price":15.00,"Status":0}\]},{"OrderID":%d,.*,{"OrderID":%d,.*\]$`,
			failing.OrderID, slow.OrderID, first.OrderID), list)
		require.Regexp(t, fmt.Sprintf(`^\[{"OrderID":%d,[^\[]*\[[^\]]*\]}\]$`, slow.OrderID), c.ok("POST", "/Order/customer/list", `{"page":2,"pageSize":1}`))
		require.Equal(t, "[]", c.ok("POST", "/Order/customer/list", `{"page":9}`))

		o, err := h.Orders.GetByID(t.Context(), resellerID, first.OrderID)
		require.NoError(t, err)
		require.Equal(t, "12341234", o.Lines[0].Fields["userid"])
		require.Equal(t, "1234", o.Metadata["billing_address_id"])
		require.Equal(t, "bursagb", o.Door)
		h.Verify(t)
	})
}

func TestRefusals(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		create := func(body string, status int, message string, headers ...string) {
			t.Helper()
			c.refused("POST", "/Order/create", body, status, message, headers...)
		}
		line := func(fields string) string { return `{"basketData":[{` + fields + `}]}` }
		good := line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1`)
		for _, body := range []string{`{}`, `{"basketData":null}`, `{"basketData":[]}`, `{"basketData":[` + strings.Repeat("{},", 100) + `{}]}`} {
			create(body, 400, "basketData must have 1 to 100 lines.")
		}
		create(`{"basketData":{}}`, 400, "basketData must be an array.")
		create(`{"basketData":[1]}`, 400, "basketData[0] must be an object.")
		create(line(`"CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID is required.")
		create(line(`"DeliverID":"  ","CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID is required.")
		create(line(`"DeliverID":5,"CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID must be a string.")
		create(line(`"DeliverID":"`+strings.Repeat("ü", 129)+`","CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID must have at most 128 characters.")
		for _, number := range []string{`1.0`, `1e2`, `"x"`, `true`, `[]`, `"1.5"`, `99999999999999999999`, `"+1"`, `""`} {
			create(line(`"DeliverID":"d","CustomerStoreProductID":`+number+`,"Quantity":1`), 400, "basketData[0].CustomerStoreProductID must be an integer.")
			create(line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":`+number), 400, "basketData[0].Quantity must be an integer.")
		}
		create(line(`"DeliverID":"d","CustomerStoreProductID":0,"Quantity":1`), 400, "basketData[0].CustomerStoreProductID must be at least 1.")
		create(line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":"-1"`), 400, "basketData[0].Quantity must be at least 1.")
		create(line(`"DeliverID":"d","CustomerStoreProductID":2`), 400, "basketData[0].Quantity is required.")
		create(line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1,"RequireData":{}`), 400, "basketData[0].RequireData must be an array.")
		create(line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1,"RequireData":[{"Value":[]}]`), 400, "basketData[0].RequireData[0].Value must be a string.")
		create(strings.Replace(good, "]}", `],"BillingAddressID":99}`, 1), 400, "Billing address not found.")
		create(strings.Replace(good, "]}", `],"BillingAddressID":"x"}`, 1), 400, "BillingAddressID must be an integer.")
		create(strings.Replace(good, "]}", `],"NotifyURL":"nope"}`, 1), 400, "NotifyURL must be an absolute https address of at most 2048 characters without user name and password.")
		create(strings.Replace(good, "]}", `],"NotifyURL":5}`, 1), 400, "NotifyURL must be a string.")
		create(strings.Replace(good, "]}", `],"NotifyURL":"\u0000"}`, 1), 400, "NotifyURL must not contain the character NUL.")
		create(line(`"DeliverID":"\ud800","CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID must not contain the character NUL.")
		create(line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1`), 415, "Content-Type must be application/json.", "Content-Type", "text/plain")
		create(`{"x":"`+strings.Repeat("x", 2<<20)+`"}`, 400, "The request body is too large.")
		for _, body := range []string{``, `{`, `[]`, `null`, `{} {}`, "{\"x\":\"\xff\"}", strings.Repeat(`{"a":`, 50_000)} {
			create(body, 400, "The request body is not valid JSON.")
		}
	})
}

func TestRefusedBaskets(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		refused := func(c client, body string, status int, items string) {
			t.Helper()
			gotStatus, got, _ := c.send("POST", "/Order/create", body)
			require.Equal(t, fmt.Sprintf(`%d {"data":{"OrderID":0,"details":[],"items":[%s]},"success":false,"message":"Some lines cannot be ordered."}`, status, items), fmt.Sprint(gotStatus, " ", got))
		}
		item := func(product, quantity int, reason string) string {
			return fmt.Sprintf(`{"ProductID":%d,"Quantity":%d,"StoreName":"Demo Store","reason":"%s"}`, product, quantity, reason)
		}
		basket := `{"basketData":[{"DeliverID":"1","CustomerStoreProductID":3,"Quantity":2},{"DeliverID":"2","CustomerStoreProductID":2,"Quantity":1},` +
			`{"DeliverID":"3","CustomerStoreProductID":1,"Quantity":1},{"DeliverID":"4","CustomerStoreProductID":1,"Quantity":1,"RequireData":[{"ProductRequireID":1,"Value":"ab"}]},` +
			`{"DeliverID":"5","CustomerStoreProductID":777,"Quantity":1},{"DeliverID":"6","CustomerStoreProductID":2,"Quantity":51}]}`
		items := strings.Join([]string{
			item(403, 2, "Out of stock"), item(401, 1, "Required data missing: userid"), item(401, 1, "Required data invalid: userid"),
			item(777, 1, "Product not found"), item(402, 51, "Quantity not allowed"),
		}, ",")
		refused(c, basket, 400, items)
		refused(open(t, h, bursagb.Config{RefusedBasketOK: true}), basket, 200, items)

		c.order(`{"basketData":[{"DeliverID":"1","CustomerStoreProductID":2,"Quantity":1}]}`) // nothing was used up
		refused(c, `{"basketData":[{"DeliverID":"1","CustomerStoreProductID":2,"Quantity":2}]}`, 400, item(402, 2, "DeliverID already used"))
		refused(c, `{"basketData":[{"DeliverID":"new","CustomerStoreProductID":2,"Quantity":1},{"DeliverID":"1","CustomerStoreProductID":2,"Quantity":1}]}`, 400, item(402, 1, "DeliverID already used"))
		c.refused("POST", "/Order/create", `{"basketData":[{"DeliverID":"rich","CustomerStoreProductID":1,"Quantity":1000,"RequireData":[{"Identifier":"userid","Value":"abc"}]},`+
			`{"DeliverID":"rich","CustomerStoreProductID":1,"Quantity":1000,"RequireData":[{"Identifier":"userid","Value":"abc"}]},{"DeliverID":"rich","CustomerStoreProductID":1,"Quantity":1000,"RequireData":[{"Identifier":"userid","Value":"abc"}]}]}`, 400, "Insufficient balance.")
		h.Verify(t)
	})
}

func TestWhoAndWhere(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		c.refused("GET", "/Order/detail/999999", "", 404, "Order detail not found.")
		c.refused("GET", "/Order/detail/x", "", 404, "Order detail not found.")
		c.refused("GET", "/Order/detail/0", "", 400, "orderDetailID must be at least 1.")
		c.refused("POST", "/Order/cancel", `{"OrderID":999999}`, 404, "Order not found.")
		for _, body := range []string{`{}`, `{"OrderID":1,"OrderDetailID":1}`, `{"OrderID":null}`} {
			c.refused("POST", "/Order/cancel", body, 400, "Exactly one of OrderDetailID and OrderID is required.")
		}
		c.refused("POST", "/Order/customer/list", `{"pageSize":101}`, 400, "pageSize must be at most 100.")
		c.refused("POST", "/Order/customer/list", `{"page":0}`, 400, "page must be at least 1.")
		c.refused("GET", "/order", "", 404, "Not found.")
		c.refused("GET", "/Products/none", "", 404, "Not found.")
		status, text, header := c.send("GET", "/ORDER/create", "")
		require.Equal(t, `405 {"data":null,"success":false,"message":"Method not allowed."} POST`, fmt.Sprint(status, " ", text, " ", header.Get("Allow")))
		c.refused("GET", "/Customer/Get", "", 403, "Forbidden.", "Authorization", "Bearer demo-reseller-suspended-key")
		c.refused("GET", "/Customer/Get", "", 403, "Forbidden.", "Authorization", "Bearer demo-fenced-key")
		for _, key := range []string{"wrong", "a.b.c", "demo-admin-key", ""} {
			c.refused("GET", "/Customer/Get", "", 401, "Unauthorized.", "Authorization", "Bearer "+key)
		}
		_, _, header = c.send("GET", "/Customer/Get", "", "Authorization", "Basic x")
		require.Equal(t, "Bearer", header.Get("WWW-Authenticate"))
		c.ok("GET", "/Customer/Get", "", "Authorization", "", "X-API-Key", "demo-reseller-key")
		poor, err := h.Accounts.FindMerchant(t.Context(), "poor")
		require.NoError(t, err)
		_, err = h.Accounts.UpdateMerchant(t.Context(), poor.ID, account.MerchantChange{RateLimit: &account.RateLimit{RequestsPerMinute: 1}})
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			status, text, header = c.send("GET", "/Customer/Get", "", "Authorization", "Bearer demo-poor-key")
			return status != http.StatusOK
		}, time.Minute, time.Millisecond)
		require.Equal(t, `429 {"data":null,"success":false,"message":"Too many requests."}`, fmt.Sprint(status, " ", text))
		require.NotEmpty(t, header.Get("Retry-After"))
	})
}

func TestCatalogue(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		require.Equal(t, `[{"productCategoryID":3,"categoryName":"Game gold","parentID":null},{"productCategoryID":4,"categoryName":"E-pin","parentID":null}]`, c.ok("GET", "/categories", ""))
		field := `[{"productRequireID":1,"identifier":"userid","title":"Your character name in the game","type":"text","min_length":3,"max_length":50,"placeholder":null,"default_value":null,"options":[],"is_required":true}]`
		gold := `{"productID":401,"customerStoreProductID":1,"productCategoryID":3,"productName":"10 Gold bars","productSlug":"gold-10","productData":{"productDescription":"","productMainImage":null,"productImages":[],"productInfo":null},` +
			`"requireData":` + field + `,"productRequire":` + field + `,"marketPrice":19.90,"salePrice":19.90,"saleMinCount":1,"saleMaxCount":1000,"totalStock":1000000,"status":1}`
		require.Equal(t, gold, c.ok("POST", "/products/detail/401", ""))
		c.refused("POST", "/Products/Detail/1", "", 404, "Product not found.")
		c.refused("POST", "/Products/Detail/-1", "", 400, "productID must be at least 1.")
		for _, test := range []struct{ path, body, want string }{
			{"/Products/List", "", "401 402 403 404 405"},
			{"/Products/List?page=2&pageSize=2", "", "403 404"},
			{"/Products/List?PAGESIZE=2", `{"page":0,"pageSize":"3","detailed":true}`, "401 402 403"},
			{"/Products/List", `{"productCategoryID":4,"pageSize":5000}`, "402 403"},
			{"/Products/List", `{"page":7}`, ""},
		} {
			var list []struct{ ProductID int64 }
			require.NoError(t, json.Unmarshal([]byte(c.ok("POST", test.path, test.body)), &list))
			var ids []string
			for _, p := range list {
				ids = append(ids, fmt.Sprint(p.ProductID))
			}
			require.Equal(t, test.want, strings.Join(ids, " "), "%s %s", test.path, test.body)
		}
		c.refused("POST", "/Products/List", `{"pageSize":0}`, 400, "pageSize must be at least 1.")
	})
}

// What the hub cannot carry is refused in the partner's words, and nothing of it
// is ordered in another amount.
func TestBeyondTheHub(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		huge, err := h.Catalog.CreateProduct(t.Context(), catalog.Product{
			SKU: "HUGE", Name: "As many as the hub can count", Category: catalog.Category{ID: 3}, Currency: "TRY", Source: catalog.SourceProvider,
			MaxQuantity: 1_000_000, Fields: []catalog.Field{{Identifier: "a", Title: "A"}, {Identifier: "b", Title: "B"}},
		})
		require.NoError(t, err)
		for _, number := range []string{"90", "91"} {
			_, err = h.Catalog.CreateListing(t.Context(), catalog.Listing{MerchantID: resellerID, ProductID: huge.ID, ExternalID: number})
			require.NoError(t, err)
		}
		refused := func(line, reason string) {
			t.Helper()
			_, got, _ := c.send("POST", "/Order/create", `{"basketData":[{"DeliverID":"h",`+line+`}]}`)
			require.Contains(t, got, `"reason":"`+reason+`"}]},"success":false,"message":"Some lines cannot be ordered."}`)
			require.Contains(t, got, fmt.Sprintf(`"ProductID":%d,`, huge.ID))
		}
		refused(`"CustomerStoreProductID":90,"Quantity":1000001`, "Quantity not allowed")
		refused(`"CustomerStoreProductID":90,"Quantity":9223372036854775807`, "Quantity not allowed")
		refused(`"CustomerStoreProductID":90,"Quantity":1,"RequireData":[{"Identifier":"b","Value":"`+strings.Repeat("x", 1001)+`"}]`, "Required data invalid: b")
		refused(`"CustomerStoreProductID":90,"Quantity":1,"RequireData":[{"Identifier":"b","Value":"a\tb"}]`, "Required data invalid: b")
		c.refused("POST", "/Order/create", `{"basketData":[{"DeliverID":"h","CustomerStoreProductID":90,"Quantity":1}],"NotifyURL":"https://example.com/`+strings.Repeat("ü", 1500)+`"}`,
			400, "NotifyURL must be an absolute https address of at most 2048 characters without user name and password.")

		// Fields without a number are only found by name, what belongs to no field
		// may be anything, and of two entries or names the last counts.
		o := c.order(`{"basketData":[{"DeliverID":"x","deliverid":"h","CustomerStoreProductID":90,"quantity":"x","Quantity":1,"unknown":{},"RequireData":[{"Identifier":"A","Value":"0"},{"Identifier":"a","Value":1},` +
			`{"ProductRequireID":77,"Identifier":"b","Value":"` + strings.Repeat("x", 5000) + `"}]}]}`)
		placed, err := h.Orders.GetByID(t.Context(), resellerID, o.OrderID)
		require.NoError(t, err)
		require.Equal(t, "h", placed.Lines[0].ExternalReference)
		require.Equal(t, map[string]string{"a": "1"}, placed.Lines[0].Fields)
		refused(`"CustomerStoreProductID":91,"Quantity":1,"RequireData":[{"Identifier":"a","Value":"1"}]`, "DeliverID already used") // another number of the product
		h.Settle(t)
		h.Verify(t)
	})
}

// Lines that nobody can buy here are shown nowhere, and odd paths find nothing.
func TestListingsOfOtherDoors(t *testing.T) {
	h := doortest.SQLite(t)
	c := open(t, h, bursagb.Config{})
	for i, l := range []catalog.Listing{{ExternalID: "af01c7c4"}, {ExternalID: "092"}, {ExternalID: "93", ExternalOptionID: "o"}, {ExternalID: "-5"}} {
		p, err := h.Catalog.CreateProduct(t.Context(), catalog.Product{SKU: fmt.Sprint("OTHER_", i), Name: "x", Category: catalog.Category{ID: 2}, Currency: "TRY", Source: catalog.SourceProvider})
		require.NoError(t, err)
		l.MerchantID, l.ProductID = resellerID, p.ID
		_, err = h.Catalog.CreateListing(t.Context(), l)
		require.NoError(t, err)
		c.refused("POST", fmt.Sprint("/Products/Detail/", p.ID), "", 404, "Product not found.")
	}
	require.NotContains(t, c.ok("GET", "/Categories", ""), `"productCategoryID":2,`)
	require.NotContains(t, c.ok("POST", "/Products/List", ""), "OTHER_")
	for path, message := range map[string]string{
		"/Order/detail/1%2F2": "Order detail not found.", "/Order/detail/%31%30%30%30%30%30": "Order detail not found.", "/Order/detail/%00": "Order detail not found.",
		"/Order/detail/%FF": "Order detail not found.", "/Order/detail/": "Not found.", "/Order/detail/99999999999999999999": "Order detail not found.", "/order%2Fdetail/1": "Not found.",
	} {
		c.refused("GET", path, "", 404, message)
	}
	require.Equal(t, "[]", c.ok("POST", "/Order/customer/list", `{"page":9223372036854775807,"pageSize":100}`))
	require.Equal(t, "[]", c.ok("POST", "/Products/List?page=1&PAGE=9223372036854775807&pageSize=1000", ""))
}

// A cancelled line is paid back, and somebody else's cannot be touched.
func TestMoneyBackAndOwnership(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		o := c.order(`{"basketData":[{"DeliverID":"m","CustomerStoreProductID":4,"Quantity":3,"RequireData":[{"ProductRequireID":1,"Value":"player"}]}]}`)
		require.Contains(t, c.ok("GET", "/Customer/Get", ""), `"balance":49940.30,`)
		other := c
		other.token = "demo-key"
		line, whole := fmt.Sprintf(`{"OrderDetailID":%d}`, o.Details[0].OrderDetailID), fmt.Sprintf(`{"OrderID":%d}`, o.OrderID)
		other.refused("GET", fmt.Sprint("/Order/detail/", o.Details[0].OrderDetailID), "", 404, "Order detail not found.")
		other.refused("POST", "/Order/cancel", line, 404, "Order not found.")
		other.refused("POST", "/Order/cancel", whole, 404, "Order not found.")
		require.Equal(t, "[]", other.ok("POST", "/Order/customer/list", ""))
		require.Equal(t, "[]", other.ok("POST", "/Products/List", ""))
		require.Equal(t, "null", c.ok("POST", "/Order/cancel", whole))
		require.Contains(t, c.ok("GET", "/Customer/Get", ""), `"balance":50000.00,`)
		_, got, _ := c.send("POST", "/Order/create", `{"basketData":[{"DeliverID":"m","CustomerStoreProductID":2,"Quantity":1}]}`)
		require.Contains(t, got, "DeliverID already used", "a cancelled line's id stays used")
		h.Verify(t)
	})
}

// Fifty who ask at once with one DeliverID get one order.
func TestOneDeliverIDAtOnce(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Hub) {
		c := open(t, h, bursagb.Config{})
		answers := make([]placed, 50)
		var running sync.WaitGroup
		for i := range answers {
			running.Go(func() {
				answers[i] = c.order(`{"basketData":[{"DeliverID":"one","CustomerStoreProductID":2,"Quantity":1}]}`)
			})
		}
		running.Wait()
		for _, answer := range answers {
			require.Equal(t, answers[0], answer)
		}
		count, err := h.Orders.Count(t.Context(), order.ByMerchant(resellerID), order.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 1, count)
		h.Verify(t)
	})
}
