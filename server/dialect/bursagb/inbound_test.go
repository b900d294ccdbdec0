package bursagb_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/admission"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/door/doortest"
)

const resellerID = 5

var keys = [][]byte{[]byte("thirty-two bytes for tests only.")}

// client calls the door as the partner's clients do.
type client struct {
	t     *testing.T
	base  string
	token string
}

func open(t *testing.T, h *doortest.Server, c bursagb.Config) client {
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
	require.Equal(
		c.t, fmt.Sprintf(`%d {"data":null,"success":false,"message":"%s"}`, status, message), fmt.Sprint(gotStatus, " ", got),
		"%.300s", body,
	)
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

// full is a guard of a hub in which every place is taken.
type full struct{ control *admission.Control }

func (full) Address(string, []string) netip.Addr { return netip.MustParseAddr("192.0.2.1") }

func (f full) Admission() *admission.Control { return f.control }

func TestRefusals(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		create := func(body string, status int, message string, headers ...string) {
			t.Helper()
			c.refused("POST", "/Order/create", body, status, message, headers...)
		}
		line := func(fields string) string { return `{"basketData":[{` + fields + `}]}` }
		good := line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1`)
		for _, body := range []string{
			`{}`, `{"basketData":null}`, `{"basketData":[]}`, `{"basketData":[` + strings.Repeat("{},", 100) + `{}]}`,
		} {
			create(body, 400, "basketData must have 1 to 100 lines.")
		}
		create(`{"basketData":{}}`, 400, "basketData must be an array.")
		create(`{"basketData":[1]}`, 400, "basketData[0] must be an object.")
		create(line(`"CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID is required.")
		create(line(`"DeliverID":"  ","CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID is required.")
		create(
			line(`"DeliverID":5,"CustomerStoreProductID":2,"Quantity":1`), 400, "basketData[0].DeliverID must be a string.",
		)
		create(
			line(`"DeliverID":"`+strings.Repeat("ü", 129)+`","CustomerStoreProductID":2,"Quantity":1`), 400,
			"basketData[0].DeliverID must have at most 128 characters.",
		)
		for _, number := range []string{`1.0`, `1e2`, `"x"`, `true`, `[]`, `"1.5"`, `99999999999999999999`, `"+1"`, `""`} {
			create(
				line(`"DeliverID":"d","CustomerStoreProductID":`+number+`,"Quantity":1`), 400,
				"basketData[0].CustomerStoreProductID must be an integer.",
			)
			create(
				line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":`+number), 400,
				"basketData[0].Quantity must be an integer.",
			)
		}
		create(
			line(`"DeliverID":"d","CustomerStoreProductID":0,"Quantity":1`), 400,
			"basketData[0].CustomerStoreProductID must be at least 1.",
		)
		create(
			line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":"-1"`), 400,
			"basketData[0].Quantity must be at least 1.",
		)
		create(line(`"DeliverID":"d","CustomerStoreProductID":2`), 400, "basketData[0].Quantity is required.")
		create(
			line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1,"RequireData":{}`), 400,
			"basketData[0].RequireData must be an array.",
		)
		create(
			line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1,"RequireData":[{"Value":[]}]`), 400,
			"basketData[0].RequireData[0].Value must be a string.",
		)
		create(strings.Replace(good, "]}", `],"BillingAddressID":99}`, 1), 400, "Billing address not found.")
		create(strings.Replace(good, "]}", `],"BillingAddressID":"x"}`, 1), 400, "BillingAddressID must be an integer.")
		create(
			strings.Replace(good, "]}", `],"NotifyURL":"nope"}`, 1), 400,
			"NotifyURL must be an absolute https address of at most 2048 characters without user name and password.",
		)
		create(strings.Replace(good, "]}", `],"NotifyURL":5}`, 1), 400, "NotifyURL must be a string.")
		create(
			strings.Replace(good, "]}", `],"NotifyURL":"\u0000"}`, 1), 400, "NotifyURL must not contain the character NUL.",
		)
		create(
			line(`"DeliverID":"\ud800","CustomerStoreProductID":2,"Quantity":1`), 400,
			"basketData[0].DeliverID must not contain the character NUL.",
		)
		create(
			line(`"DeliverID":"d","CustomerStoreProductID":2,"Quantity":1`), 415, "Content-Type must be application/json.",
			"Content-Type", "text/plain",
		)
		create(`{"x":"`+strings.Repeat("x", 2<<20)+`"}`, 400, "The request body is too large.")
		for _, body := range []string{``, `{`, `[]`, `null`, `{} {}`, "{\"x\":\"\xff\"}", strings.Repeat(`{"a":`, 50_000)} {
			create(body, 400, "The request body is not valid JSON.")
		}
	})
}

func TestRefusedBaskets(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		refused := func(c client, body string, status int, items string) {
			t.Helper()
			gotStatus, got, _ := c.send("POST", "/Order/create", body)
			require.Equal(
				t,
				fmt.Sprintf(
					`%d {"data":{"OrderID":0,"details":[],"items":[%s]},"success":false,"message":"Some lines cannot be ordered."}`,
					status, items,
				), fmt.Sprint(gotStatus, " ", got),
			)
		}
		item := func(product, quantity int, reason string) string {
			return fmt.Sprintf(
				`{"ProductID":%d,"Quantity":%d,"StoreName":"Demo Store","reason":"%s"}`, product, quantity, reason,
			)
		}
		basket := `{"basketData":[{"DeliverID":"1","CustomerStoreProductID":3,"Quantity":2},{"DeliverID":"2",` +
			`"CustomerStoreProductID":2,"Quantity":1},` +
			`{"DeliverID":"3","CustomerStoreProductID":1,"Quantity":1},{"DeliverID":"4","CustomerStoreProductID":1,` +
			`"Quantity":1,"RequireData":[{"ProductRequireID":1,"Value":"ab"}]},` +
			`{"DeliverID":"5","CustomerStoreProductID":777,"Quantity":1},{"DeliverID":"6","CustomerStoreProductID":2,` +
			`"Quantity":51}]}`
		items := strings.Join([]string{
			item(403, 2, "Out of stock"), item(401, 1, "Required data missing: userid"),
			item(401, 1, "Required data invalid: userid"),
			item(777, 1, "Product not found"), item(402, 51, "Quantity not allowed"),
		}, ",")
		refused(c, basket, 400, items)
		refused(open(t, h, bursagb.Config{RefusedBasketOK: true}), basket, 200, items)

		c.order(`{"basketData":[{"DeliverID":"1","CustomerStoreProductID":2,"Quantity":1}]}`) // nothing was used up
		refused(
			c, `{"basketData":[{"DeliverID":"1","CustomerStoreProductID":2,"Quantity":2}]}`, 400,
			item(402, 2, "DeliverID already used"),
		)
		refused(
			c,
			`{"basketData":[{"DeliverID":"new","CustomerStoreProductID":2,"Quantity":1},{"DeliverID":"1",`+
				`"CustomerStoreProductID":2,"Quantity":1}]}`, 400, item(402, 1, "DeliverID already used"),
		)
		c.refused(
			"POST", "/Order/create",
			`{"basketData":[{"DeliverID":"rich","CustomerStoreProductID":1,"Quantity":1000,`+
				`"RequireData":[{"Identifier":"userid","Value":"abc"}]},`+
				`{"DeliverID":"rich","CustomerStoreProductID":1,"Quantity":1000,"RequireData":[{"Identifier":"userid",`+
				`"Value":"abc"}]},{"DeliverID":"rich","CustomerStoreProductID":1,"Quantity":1000,`+
				`"RequireData":[{"Identifier":"userid","Value":"abc"}]}]}`, 400, "Insufficient balance.",
		)
		h.Verify(t)
	})
}
