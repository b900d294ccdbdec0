package bursagb_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/door/doortest"
	"orderhub/server/order"
)

func TestOrders(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		body := `{"basketData":[{"DeliverID":" a ` +
			`1","CustomerStoreProductID":1,"Quantity":2,"RequireData":[{"ProductRequireID":1,"Identifier":"wrong",` +
			`"Value":"x"},{"ProductRequireID":1,"Value":12341234}]},` +
			`{"DeliverID":"a2","CustomerStoreProductID":"2","Quantity":"1"}],"BillingAddressID":1234,` +
			`"NotifyURL":"https://your-domain.com/notify-order-callback"}`
		first := c.order(body)
		require.Len(t, first.Details, 2)
		require.Equal(
			t, []any{" a 1", int64(2), json.Number("19.90")},
			[]any{first.Details[0].DeliverID, first.Details[0].Quantity, first.Details[0].Price},
		)
		require.Equal(t, json.Number("25.00"), first.Details[1].Price)
		camel := strings.NewReplacer(
			"DeliverID", "deliverID", "CustomerStoreProductID", "customerstoreproductid", "Quantity", "quantity", "RequireData",
			"requireData",
			"BillingAddressID", "billingAddressId", "NotifyURL", "notifyURL", "basketData", "BasketData",
		).Replace(body)
		require.Equal(t, first, c.order(camel), "a retry is answered with the first answer")
		require.Equal(
			t, first, c.order(strings.Replace(body, `"BillingAddressID":1234,`, ``, 1)),
			"the default address is the same address",
		)

		h.Settle(t)
		require.Regexp(
			t,
			`^{"DeliverID":" a `+
				`1","OrderDetailID":\d+,"Status":1,"DeliveryData":null,"DeliveryNote":\["SIM-[A-Z0-9]{12}","SIM-[A-Z0-9]{12}"\]}$`,
			c.detail(first.Details[0].OrderDetailID),
		)
		require.Regexp(
			t, `^{"DeliverID":"a2","OrderDetailID":\d+,"Status":1,"DeliveryData":\["EPIN-[A-Z0-9]{16}"\],"DeliveryNote":null}$`,
			c.detail(first.Details[1].OrderDetailID),
		)

		user := `"RequireData":[{"Identifier":"USERID","title":"x","Value":"player"}]`
		slow := c.order(
			`{"basketData":[{"DeliverID":"slow","CustomerStoreProductID":4,"Quantity":1,` + user +
				`},{"DeliverID":"slow","CustomerStoreProductID":4,"Quantity":1,` + user + `}]}`,
		)
		failing := c.order(`{"basketData":[{"DeliverID":"fails","CustomerStoreProductID":5,"Quantity":1,` + user + `}]}`)
		require.Regexp(
			t, `^{"DeliverID":"slow","OrderDetailID":\d+,"Status":2,"DeliveryData":null,"DeliveryNote":null}$`,
			c.detail(slow.Details[0].OrderDetailID),
		)
		cancel := func(body string) { require.Equal(t, "null", c.ok("POST", "/Order/cancel", body)) }
		for range 2 {
			cancel(fmt.Sprintf(`{"OrderDetailID":%d}`, slow.Details[0].OrderDetailID))
			require.Regexp(t, `"Status":0,"DeliveryData":null,"DeliveryNote":null}$`, c.detail(slow.Details[0].OrderDetailID))
			require.Regexp(t, `"Status":2,`, c.detail(slow.Details[1].OrderDetailID))
		}
		cancel(fmt.Sprintf(`{"orderid":"%d"}`, slow.OrderID))
		require.Regexp(t, `"Status":0,`, c.detail(slow.Details[1].OrderDetailID))
		h.Settle(t)
		require.Regexp(
			t, `"Status":0,"DeliveryData":null,"DeliveryNote":\["[^"]+"\]}$`, c.detail(failing.Details[0].OrderDetailID),
		)
		c.refused(
			"POST", "/Order/cancel", fmt.Sprintf(`{"OrderDetailID":%d}`, first.Details[0].OrderDetailID), 400,
			"Order can no longer be cancelled.",
		)
		c.refused(
			"POST", "/Order/cancel", fmt.Sprintf(`{"OrderID":%d}`, first.OrderID), 400, "Order can no longer be cancelled.",
		)
		cancel(fmt.Sprintf(`{"OrderID":%d}`, failing.OrderID))

		list := c.ok("POST", "/order/customer/list", "")
		require.Regexp(
			t,
			fmt.Sprintf(
				`^\[{"OrderID":%d,"CreatedAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","details":\[{"DeliverID":"fails",`+
					`"OrderDetailID":\d+,"Quantity":1,"Price":15.00,"Status":0}\]},{"OrderID":%d,.*,{"OrderID":%d,.*\]$`,
				failing.OrderID, slow.OrderID, first.OrderID,
			), list,
		)
		require.Regexp(
			t, fmt.Sprintf(`^\[{"OrderID":%d,[^\[]*\[[^\]]*\]}\]$`, slow.OrderID),
			c.ok("POST", "/Order/customer/list", `{"page":2,"pageSize":1}`),
		)
		require.Equal(t, "[]", c.ok("POST", "/Order/customer/list", `{"page":9}`))

		o, err := h.Orders.GetByID(t.Context(), resellerID, first.OrderID)
		require.NoError(t, err)
		require.Equal(t, "12341234", o.Lines[0].Fields["userid"])
		require.Equal(t, "1234", o.Metadata["billing_address_id"])
		require.Equal(t, "bursagb", o.Door)
		h.Verify(t)
	})
}

func TestCatalogue(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		require.Equal(
			t,
			`[{"productCategoryID":3,"categoryName":"Game `+
				`gold","parentID":null},{"productCategoryID":4,"categoryName":"E-pin","parentID":null}]`,
			c.ok("GET", "/categories", ""),
		)
		field := `[{"productRequireID":1,"identifier":"userid","title":"Your character name in the ` +
			`game","type":"text","min_length":3,"max_length":50,"placeholder":null,"default_value":null,"options":[],` +
			`"is_required":true}]`
		gold := `{"productID":401,"customerStoreProductID":1,"productCategoryID":3,"productName":"10 Gold ` +
			`bars","productSlug":"gold-10","productData":{"productDescription":"","productMainImage":null,"productImages":[],` +
			`"productInfo":null},` +
			`"requireData":` + field + `,"productRequire":` + field +
			`,"marketPrice":19.90,"salePrice":19.90,"saleMinCount":1,"saleMaxCount":1000,"totalStock":1000000,"status":1}`
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
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		huge, err := h.Catalog.CreateProduct(t.Context(), catalog.Product{
			SKU: "HUGE", Name: "As many as the hub can count", Category: catalog.Category{ID: 3}, Currency: "TRY",
			Source:      catalog.SourceProvider,
			MaxQuantity: 1_000_000, Fields: []catalog.Field{{Identifier: "a", Title: "A"}, {Identifier: "b", Title: "B"}},
		})
		require.NoError(t, err)
		for _, number := range []string{"90", "91"} {
			_, err = h.Catalog.CreateListing(
				t.Context(), catalog.Listing{MerchantID: resellerID, ProductID: huge.ID, ExternalID: number},
			)
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
		refused(
			`"CustomerStoreProductID":90,"Quantity":1,"RequireData":[{"Identifier":"b","Value":"`+strings.Repeat("x", 1001)+
				`"}]`, "Required data invalid: b",
		)
		refused(
			`"CustomerStoreProductID":90,"Quantity":1,"RequireData":[{"Identifier":"b","Value":"a\tb"}]`,
			"Required data invalid: b",
		)
		c.refused(
			"POST", "/Order/create",
			`{"basketData":[{"DeliverID":"h","CustomerStoreProductID":90,"Quantity":1}],"NotifyURL":"https://example.com/`+
				strings.Repeat("ü", 1500)+`"}`,
			400, "NotifyURL must be an absolute https address of at most 2048 characters without user name and password.",
		)

		// Fields without a number are only found by name, what belongs to no field
		// may be anything, and of two entries or names the last counts.
		o := c.order(
			`{"basketData":[{"DeliverID":"x","deliverid":"h","CustomerStoreProductID":90,"quantity":"x","Quantity":1,` +
				`"unknown":{},"RequireData":[{"Identifier":"A","Value":"0"},{"Identifier":"a","Value":1},` +
				`{"ProductRequireID":77,"Identifier":"b","Value":"` + strings.Repeat("x", 5000) + `"}]}]}`,
		)
		placed, err := h.Orders.GetByID(t.Context(), resellerID, o.OrderID)
		require.NoError(t, err)
		require.Equal(t, "h", placed.Lines[0].ExternalReference)
		require.Equal(t, map[string]string{"a": "1"}, placed.Lines[0].Fields)
		// another number of the product
		refused(
			`"CustomerStoreProductID":91,"Quantity":1,"RequireData":[{"Identifier":"a","Value":"1"}]`, "DeliverID already used",
		)
		h.Settle(t)
		h.Verify(t)
	})
}

// Lines that nobody can buy here are shown nowhere, and odd paths find nothing.
func TestListingsOfOtherDoors(t *testing.T) {
	h := doortest.SQLite(t)
	c := open(t, h, bursagb.Config{})
	for i, l := range []catalog.Listing{
		{ExternalID: "af01c7c4"}, {ExternalID: "092"}, {ExternalID: "93", ExternalOptionID: "o"}, {ExternalID: "-5"},
	} {
		p, err := h.Catalog.CreateProduct(
			t.Context(),
			catalog.Product{
				SKU: fmt.Sprint("OTHER_", i), Name: "x", Category: catalog.Category{ID: 2}, Currency: "TRY",
				Source: catalog.SourceProvider,
			},
		)
		require.NoError(t, err)
		l.MerchantID, l.ProductID = resellerID, p.ID
		_, err = h.Catalog.CreateListing(t.Context(), l)
		require.NoError(t, err)
		c.refused("POST", fmt.Sprint("/Products/Detail/", p.ID), "", 404, "Product not found.")
	}
	require.NotContains(t, c.ok("GET", "/Categories", ""), `"productCategoryID":2,`)
	require.NotContains(t, c.ok("POST", "/Products/List", ""), "OTHER_")
	for path, message := range map[string]string{
		"/Order/detail/1%2F2": "Order detail not found.", "/Order/detail/%31%30%30%30%30%30": "Order detail not found.",
		"/Order/detail/%00": "Order detail not found.",
		"/Order/detail/%FF": "Order detail not found.", "/Order/detail/": "Not found.",
		"/Order/detail/99999999999999999999": "Order detail not found.", "/order%2Fdetail/1": "Not found.",
	} {
		c.refused("GET", path, "", 404, message)
	}
	require.Equal(t, "[]", c.ok("POST", "/Order/customer/list", `{"page":9223372036854775807,"pageSize":100}`))
	require.Equal(t, "[]", c.ok("POST", "/Products/List?page=1&PAGE=9223372036854775807&pageSize=1000", ""))
}

// A cancelled line is paid back, and somebody else's cannot be touched.
func TestMoneyBackAndOwnership(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		o := c.order(
			`{"basketData":[{"DeliverID":"m","CustomerStoreProductID":4,"Quantity":3,"RequireData":[{"ProductRequireID":1,` +
				`"Value":"player"}]}]}`,
		)
		require.Contains(t, c.ok("GET", "/Customer/Get", ""), `"balance":49940.30,`)
		other := c
		other.token = "demo-key"
		line, whole := fmt.Sprintf(`{"OrderDetailID":%d}`, o.Details[0].OrderDetailID), fmt.Sprintf(
			`{"OrderID":%d}`, o.OrderID,
		)
		other.refused("GET", fmt.Sprint("/Order/detail/", o.Details[0].OrderDetailID), "", 404, "Order detail not found.")
		other.refused("POST", "/Order/cancel", line, 404, "Order not found.")
		other.refused("POST", "/Order/cancel", whole, 404, "Order not found.")
		require.Equal(t, "[]", other.ok("POST", "/Order/customer/list", ""))
		require.Equal(t, "[]", other.ok("POST", "/Products/List", ""))
		require.Equal(t, "null", c.ok("POST", "/Order/cancel", whole))
		require.Contains(t, c.ok("GET", "/Customer/Get", ""), `"balance":50000.00,`)
		_, got, _ := c.send(
			"POST", "/Order/create", `{"basketData":[{"DeliverID":"m","CustomerStoreProductID":2,"Quantity":1}]}`,
		)
		require.Contains(t, got, "DeliverID already used", "a cancelled line's id stays used")
		h.Verify(t)
	})
}

// Fifty who ask at once with one DeliverID get one order.
func TestOneDeliverIDAtOnce(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
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
