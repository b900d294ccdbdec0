package bursagb

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/order"
)

// wireOf has, by the beginning of its name, what each example decodes into.
// Longer names come first.
var wireOf = []struct {
	prefix string
	new    func() any
}{
	{"account_details", func() any { return new(envelope[accountWire]) }},
	{"callback_ack", func() any { return new(ackWire) }},
	{"callback_headers", func() any { return new(map[string]string) }},
	{"callback_status", func() any { return new(deliveryWire) }},
	{"categories", func() any { return new(envelope[[]categoryWire]) }},
	{"create_order_error_400_lines", func() any { return new(envelope[orderWire]) }},
	{"create_order_error_400_duplicate", func() any { return new(envelope[orderWire]) }},
	{"create_order_error", func() any { return new(envelope[any]) }},
	{"create_order_request", func() any { return new(createOrderWire) }},
	{"create_order_response", func() any { return new(envelope[orderWire]) }},
	{"error_", func() any { return new(envelope[any]) }},
	{"generate_token_error", func() any { return new(envelope[any]) }},
	{"generate_token_request", func() any { return new(loginWire) }},
	{"generate_token_response", func() any { return new(envelope[tokenWire]) }},
	{"order_cancel_request", func() any { return new(cancelWire) }},
	{"order_cancel", func() any { return new(envelope[any]) }},
	{"order_detail_error", func() any { return new(envelope[any]) }},
	{"order_detail_response", func() any { return new(envelope[deliveryWire]) }},
	{"order_list_request", func() any { return new(listWire) }},
	{"order_list_response", func() any { return new(envelope[[]listedOrderWire]) }},
	{"product_detail", func() any { return new(envelope[productWire]) }},
	{"products_list_request", func() any { return new(productsWire) }},
	{"products_list_response", func() any { return new(envelope[[]productWire]) }},
	{"seed_create_order_request", func() any { return new(createOrderWire) }},
	{"seed_create_order_response", func() any { return new(envelope[orderWire]) }},
	{"seed_require_data_item", func() any { return new(requireWire) }},
}

// ackWire is what receivers of callbacks answer.
type ackWire struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// Every example is decoded and encoded again. Answers and callbacks are compared
// to the letter, key order included; requests, which clients write as they like
// and with fields that nobody reads, only have to say the same.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Greater(t, len(files), 40)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			var want bytes.Buffer
			require.NoError(t, json.Compact(&want, content))
			for _, w := range wireOf {
				if !strings.HasPrefix(filepath.Base(file), w.prefix) {
					continue
				}
				wire := w.new()
				if strings.Contains(file, "camelcase") { // with numbers as texts, which only the door reads
					body, err := door.ParseJSON(content)
					require.NoError(t, err)
					wanted, err := fromCreateOrder(body)
					require.NoError(t, err)
					require.NotZero(t, wanted.BasketData[0].CustomerStoreProductID)
					return
				}
				require.NoError(t, json.Unmarshal(content, wire))
				got, err := json.Marshal(wire)
				require.NoError(t, err)
				switch {
				case strings.Contains(file, "require_data_item"):
					again := w.new()
					require.NoError(t, json.Unmarshal(got, again))
					require.Equal(t, wire, again)
				case strings.Contains(file, "request"), strings.Contains(file, "headers"):
					require.JSONEq(t, want.String(), string(got))
				default:
					require.Equal(t, want.String(), string(got))
				}
				return
			}
			t.Fatalf("no wire struct for %s", file)
		})
	}
}

func TestTokens(t *testing.T) {
	now := time.Date(2026, 3, 11, 8, 15, 0, 0, time.UTC)
	issued := tokens{
		keys: [][]byte{[]byte("a key of thirty-two bytes, no 1.")}, lifetime: time.Hour,
		now: func() time.Time { return now },
	}
	token, until, err := issued.issue(account.SignedIn{MerchantID: 7, CredentialsVersion: 3})
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour), until)
	who, err := issued.read(token)
	require.NoError(t, err)
	require.Equal(t, account.SignedIn{MerchantID: 7, CredentialsVersion: 3}, who)

	rotated := issued
	rotated.keys = append([][]byte{[]byte("a key of thirty-two bytes, no 2.")}, issued.keys...)
	_, err = rotated.read(token)
	require.NoError(t, err, "an older key still verifies")
	rotated.keys = rotated.keys[:1]
	_, err = rotated.read(token)
	require.ErrorIs(t, err, errBadToken)

	none, err := jwt.NewWithClaims(
		jwt.SigningMethodNone, jwt.RegisteredClaims{Issuer: issuer, Subject: "7"},
	).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	for _, bad := range []string{"", "x", "a.b.c", none, token[:len(token)-2], token + "x"} {
		_, err := issued.read(bad)
		require.ErrorIs(t, err, errBadToken, bad)
	}
	now = now.Add(time.Hour + time.Second)
	_, err = issued.read(token)
	require.ErrorIs(t, err, errBadToken, "expired")
}

// Which of the two delivery fields is filled, and with what.
func TestToDelivery(t *testing.T) {
	goods := []order.Goods{
		{Content: "one", Status: order.GoodsDelivered}, {Content: "back", Status: order.GoodsCancelled},
	}
	line := func(fromProvider bool, status order.Status, quantity, completed int64) *order.Line {
		return &order.Line{
			ID: 7, ExternalReference: "d", FromProvider: fromProvider, Status: status, Quantity: quantity,
			Completed:      completed,
			FailureMessage: "why", Goods: goods,
		}
	}
	for _, test := range []struct {
		name       string
		line       *order.Line
		status     int
		data, note []string
	}{
		{"new", line(false, order.StatusPending, 1, 0), statusProcessing, nil, nil},
		{"at work, partly there", line(true, order.StatusProcessing, 2, 1), statusProcessing, nil, nil},
		{"codes", line(false, order.StatusCompleted, 1, 1), statusDelivered, []string{"one"}, nil},
		{"a supplier's", line(true, order.StatusCompleted, 1, 1), statusDelivered, nil, []string{"one"}},
		{"a supplier's, in part", line(true, order.StatusFailed, 2, 1), statusDelivered, []string{"one"}, nil},
		{"failed", line(true, order.StatusFailed, 2, 0), statusCancelled, nil, []string{"why"}},
		{"cancelled", line(false, order.StatusCancelled, 1, 0), statusCancelled, nil, []string{"why"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(
				t,
				deliveryWire{
					DeliverID: "d", OrderDetailID: 7, Status: test.status, DeliveryData: test.data,
					DeliveryNote: test.note,
				}, toDelivery(test.line),
			)
		})
	}
}

func FuzzCreateRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/*create_order_request*.json")
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(content)
	}
	for _, seed := range []string{
		`{"BASKETDATA":[{"quantity":"5"}]}`, `{"basketData":[null,1,{"RequireData":[{"Value":1e999}]}]}`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := door.ParseJSON(body)
		if err == nil {
			_, err = fromCreateOrder(v)
		}
		if err != nil {
			require.NotNil(t, words.Of(err), "every refusal has its answer")
		}
	})
}
