package marketacc

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wireOf has, by the beginning of its name, what each example decodes into.
// Longer names come first.
var wireOf = []struct {
	prefix string
	new    func() any
}{
	{"categories_response", func() any { return new(categoriesWire) }},
	{"error_", func() any { return new(errorWire) }},
	{"me_response", func() any { return new(accountWire) }},
	{"order_create_request", func() any { return new(createOrderWire) }},
	{"order_create_response", func() any { return new(placedOrderWire) }},
	{"order_response", func() any { return new(orderWire) }},
	{"orders_list_response", func() any { return new(pageWire[listedOrderWire]) }},
	{"product_response", func() any { return new(productWire) }},
	{"products_list_response", func() any { return new(pageWire[listedProductWire]) }},
	{"root_response", func() any { return new(indexWire) }},
	{"seed_order_create_request", func() any { return new(createOrderWire) }},
}

// Every example is decoded, encoded again and compared to the letter, key order
// included. The partner's own samples have "..." where values belong: those that
// are no requests only have to be read.
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
				decoder := json.NewDecoder(bytes.NewReader(content))
				decoder.DisallowUnknownFields()
				require.NoError(t, decoder.Decode(wire))
				got, err := json.Marshal(wire)
				require.NoError(t, err)
				require.Equal(t, want.String(), string(got))
				return
			}
			require.True(t, strings.HasPrefix(filepath.Base(file), "seed_"), "no wire struct for %s", file)
		})
	}
}

func FuzzCreateRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/*order_create_request*.json")
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(content)
	}
	for _, seed := range []string{`{"productId":1e2,"quantity":1.0}`, `{"productId":1e999999999,"quantity":1}`, `[]`, `{"productId":"1"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := fromCreateOrder(body)
		if err != nil {
			require.NotNil(t, refusalOf(err), "every refusal has its answer")
			return
		}
		require.GreaterOrEqual(t, o.ProductID, int64(1))
		require.GreaterOrEqual(t, o.Quantity, int64(1))
	})
}
