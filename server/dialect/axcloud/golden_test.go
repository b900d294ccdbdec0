package axcloud

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/door"
)

// updatesAnswer is documented for tours only; the door does not serve it.
type updatesAnswer struct {
	StatusCode int `json:"status_code"`
	Data       []struct {
		ProductCode string `json:"product_code"`
		Title       string `json:"title"`
		Version     int    `json:"version"`
	} `json:"data"`
}

// shapes are what the examples are made of, by the beginning of their names.
var shapes = []struct {
	prefix string
	decode func(t *testing.T, text []byte) any
}{
	{"create_order_request", createShape},
	{"seed_create_order_request", createShape},
	{"cancel_order_request", readShape(readCancelOrder)},
	{"cancel_ticket_request", decodeShape[cancelTicketRequest]},
	{"product_registration_request", decodeShape[registrationRequest]},
	{"create_order_response", decodeShape[answer[createdOrder]]},
	{"get_order_response", decodeShape[answer[[]orderState]]},
	{"cancel_order_response", decodeShape[answer[cancelledOrder]]},
	{"cancel_ticket_response", decodeShape[answer[cancelledTicket]]},
	{"product_list_response", decodeShape[productsAnswer]},
	{"product_update_list_response", decodeShape[updatesAnswer]},
	{"product_detail_response", decodeShape[productAnswer]},
	{"product_registration_response", decodeShape[answer[registration]]},
	{"price_response", decodeShape[pricesAnswer]},
	{"inventory_response", decodeShape[inventoryAnswer]},
	{"error_400_query", decodeShape[wholeError]},
	{"error_400_malformed_json", decodeShape[wholeError]},
	{"error_400", decodeShape[fieldErrors]},
	{"error_", decodeShape[wholeError]},
}

func createShape(t *testing.T, text []byte) any { return readShape(readCreate)(t, text) }

// readShape reads a request as the door does.
func readShape[T any](read func(door.Value) (T, error)) func(*testing.T, []byte) any {
	return func(t *testing.T, text []byte) any {
		v, err := door.ParseJSON(text)
		require.NoError(t, err)
		request, err := read(v)
		require.NoError(t, err)
		return request
	}
}

func decodeShape[T any](t *testing.T, text []byte) any {
	var shape T
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&shape))
	return shape
}

// Every example survives its wire struct: the same fields, the same values in the
// same form and, in what has a fixed order, the same order.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Len(t, files, 45)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, shape := range shapes {
				if !strings.HasPrefix(filepath.Base(file), shape.prefix) {
					continue
				}
				var encoded, wanted bytes.Buffer
				encoder := json.NewEncoder(&encoded)
				encoder.SetEscapeHTML(false)
				decoded := shape.decode(t, text)
				require.NoError(t, encoder.Encode(decoded))
				require.JSONEq(t, string(text), encoded.String())
				switch decoded.(type) {
				case fieldErrors, productAnswer:
					return // maps: the order of their names means nothing
				}
				require.NoError(t, json.Compact(&wanted, text))
				require.Equal(t, wanted.String(), strings.TrimSpace(encoded.String()))
				return
			}
			t.Error("no shape for this file")
		})
	}
}

func example(t testing.TB, file string) *createRequest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	v, err := door.ParseJSON(text)
	require.NoError(t, err)
	request, err := readCreate(v)
	require.NoError(t, err)
	return request
}

// The same order in other words is the same order.
func TestContent(t *testing.T) {
	first := example(t, "create_order_request.json").content()
	require.Equal(t, first, example(t, "create_order_request_table_names.json").content())

	seed, err := os.ReadFile("testdata/seed_create_order_request.json")
	require.NoError(t, err)
	content := func(replacements ...string) [32]byte {
		v, err := door.ParseJSON([]byte(strings.NewReplacer(replacements...).Replace(string(seed))))
		require.NoError(t, err)
		request, err := readCreate(v)
		require.NoError(t, err)
		return request.content()
	}
	same := content()
	for name, replacements := range map[string][]string{
		"amounts":    {`2222`, `"2222.00000"`, `"4000"`, `4.0e3`},
		"vocabulary": {`"dc_code"`, `"option_code"`, `"use_date"`, `"inventory_at"`, `"depth_combinations"`, `"options"`},
		"people":     {`"tickets"`, `"travelers"`},
		"code":       {`"channel_order_code"`, `"channel_order_id"`},
		"dates":      {`2017-05-23 23:30:00`, `2017-05-23T23:30:00.000Z`},
		"case":       {`af01c7c4`, `AF01C7C4`, `d96b2ed4`, `D96B2ED4`},
		"null":       {`"purchased_at"`, `"x": null, "purchased_at"`, `"tickets"`, `"more": 1, "tickets"`},
	} {
		require.Equal(t, same, content(replacements...), name)
	}
	for name, replacements := range map[string][]string{
		"amount":   {`2222`, `2222.00001`},
		"instant":  {`"use_date": "2017-05-23 23:30:00"`, `"use_date": "2017-05-23 23:30:01"`},
		"day":      {`"use_date": "2017-05-23 23:30:00"`, `"use_date": "2017-05-24T00:30:00+01:00"`},
		"person":   {`성 이름`, `성이름`},
		"status":   {`Supplier pending`, `New`},
		"quantity": {`"quantity": 2`, `"quantity": 3`},
	} {
		require.NotEqual(t, same, content(replacements...), name)
	}
}
