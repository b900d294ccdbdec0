package marketacc

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/door"
	"orderhub/server/money"
)

// wireOf has, by what its name begins with, what each example decodes into.
var wireOf = []struct {
	prefix string
	new    func() any
}{
	{"categories", func() any { return new(categoriesWire) }},
	{"error", func() any { return new(errorWire) }},
	{"me", func() any { return new(accountWire) }},
	{"order_create_request", func() any { return new(createOrderWire) }},
	{"order_create_response", func() any { return new(placedOrderWire) }},
	{"order_response", func() any { return new(orderWire) }},
	{"order_single", func() any { return new(orderWire) }},
	{"orders_list", func() any { return new(pageWire[listedOrderWire]) }},
	{"product_", func() any { return new(productWire) }},
	{"products_list", func() any { return new(pageWire[listedProductWire]) }},
	{"root", func() any { return new(indexWire) }},
}

// sampleGaps are what the partner's own samples leave out or leave empty, and
// what stands there instead: for times, and for things that are only hinted at.
var sampleGaps = strings.NewReplacer(
	`"createdAt":"..."`, `"createdAt":"2026-01-01T00:00:00.000Z"`,
	`"items":[{}]`, `"items":[]`,
	`,"details":[]`, ``,
	`"endpoints":{}`,
	`"endpoints":{"me":"","categories":"","products":"","product":"","createOrder":"","orders":"","order":""}`,
)

// Every example is decoded, encoded again and compared to the letter, key order
// included; of the partner's own samples the numbers may be written otherwise
// (10.20 is 10.2).
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Greater(t, len(files), 40)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			var compact bytes.Buffer
			require.NoError(t, json.Compact(&compact, content))
			name, isSample := strings.CutPrefix(filepath.Base(file), "seed_")
			want := compact.String()
			if isSample {
				want = strings.ReplaceAll(sampleGaps.Replace(want), "10.20", "10.2")
			}
			require.Equal(t, want, again(t, name, want))
		})
	}
}

// again decodes an example strictly and encodes it.
func again(t *testing.T, name, example string) string {
	for _, w := range wireOf {
		if !strings.HasPrefix(name, w.prefix) {
			continue
		}
		wire := w.new()
		decoder := json.NewDecoder(strings.NewReader(example))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(wire))
		encoded, err := json.Marshal(wire)
		require.NoError(t, err)
		return string(encoded)
	}
	t.Fatalf("no wire struct for %s", name)
	return ""
}

// The requests among the examples are read by the decoder of the door as by the
// library's.
func TestExampleRequests(t *testing.T) {
	files, err := filepath.Glob("testdata/*order_create_request*.json")
	require.NoError(t, err)
	require.Len(t, files, 4)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var want createOrderWire
		require.NoError(t, json.Unmarshal(content, &want))
		v, err := door.ParseJSON(content)
		require.NoError(t, err, file)
		got, err := fromCreateOrder(v)
		require.NoError(t, err, file)
		require.Equal(t, want, got, file)
	}
}

func TestAmounts(t *testing.T) {
	for value, want := range map[amount]string{
		0: "0", 10_200_000: "10.2", 18_950_000: "18.95", 379_000_000: "379", 10_000: "0.01", -1_500_000: "-1.5",
		1:                 "0.000001",
		1_000_000_000_000: "1000000", amount(money.MaxAmount): "9223372036854.775807",
		amount(money.MinAmount): "-9223372036854.775808",
	} {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	text, err := json.Marshal(instant(time.Date(2026, 3, 14, 18, 2, 9, 480_900_000, time.FixedZone("", 7*60*60))))
	require.NoError(t, err)
	require.Equal(t, `"2026-03-14T11:02:09.480Z"`, string(text))
}

func FuzzCreateRequest(f *testing.F) {
	files, _ := filepath.Glob("testdata/*order_create_request*.json")
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(content)
	}
	for _, seed := range []string{
		`{"productId":1e2,"quantity":1.0}`, `{"productId":1e999999999,"quantity":1}`, `[]`, `{"productId":"1"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var o createOrderWire
		v, err := door.ParseJSON(body)
		if err == nil {
			o, err = fromCreateOrder(v)
		}
		if err != nil {
			require.NotNil(t, words.Of(err), "every refusal has its answer")
			return
		}
		require.GreaterOrEqual(t, o.ProductID, int64(1))
		require.GreaterOrEqual(t, o.Quantity, int64(1))
	})
}
