package gameso

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/door"
)

// webhookRequestWire is what create and change may send, section 4.2.
type webhookRequestWire struct {
	URL        *string   `json:"url,omitempty"`
	Secret     *string   `json:"secret,omitempty"`
	Events     *[]string `json:"events,omitempty"`
	Status     *string   `json:"status,omitempty"`
	MaxRetries *int      `json:"max_retries,omitempty"`
	RetryDelay *int64    `json:"retry_delay,omitempty"`
}

// wireOf has, by the beginning of its name, what each example decodes into.
// Longer names come first.
var wireOf = []struct {
	prefix string
	new    func() any
}{
	{"create_order_error", func() any { return new(errorWire) }},
	{"create_order_request", func() any { return new(createOrderWire) }},
	{"create_order_response", func() any { return new(orderWire) }},
	{"error_", func() any { return new(errorWire) }},
	{"get_order_error", func() any { return new(errorWire) }},
	{"get_order_response", func() any { return new(orderWire) }},
	{"merchant_webhooks_create_request", func() any { return new(webhookRequestWire) }},
	{"merchant_webhooks_patch_request", func() any { return new(webhookRequestWire) }},
	{"merchant_webhooks_error", func() any { return new(errorWire) }},
	{"merchant_webhooks_list", func() any { return new([]webhookWire) }},
	{"merchant_webhooks_", func() any { return new(webhookWire) }},
	{"seed_create_order_error", func() any { return new(errorWire) }},
	{"seed_create_order_request", func() any { return new(createOrderWire) }},
	{"seed_create_order_response", func() any { return new(orderWire) }},
	{"seed_get_order_error", func() any { return new(errorWire) }},
	{"seed_get_order_response", func() any { return new(orderWire) }},
	{"webhook_payload", func() any { return new(deliveryWire) }},
	{"webhook_request_headers", func() any { return new(map[string]string) }},
	{"webhook_signature_vectors", nil},
}

// Every example is decoded, encoded again and compared to the letter, key order
// included.
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
				if w.new == nil {
					return
				}
				wire := w.new()
				decoder := json.NewDecoder(bytes.NewReader(content))
				decoder.DisallowUnknownFields()
				require.NoError(t, decoder.Decode(wire))
				got, err := json.Marshal(wire)
				require.NoError(t, err)
				_, unordered := wire.(*map[string]string)
				if unordered || strings.Contains(file, "create_order_request") {
					require.JSONEq(t, want.String(), string(got)) // the order of a request's keys is the client's
					return
				}
				require.Equal(t, want.String(), string(got))
				return
			}
			t.Fatalf("no wire struct for %s", file)
		})
	}
}

// The vectors are of the body in its compact form, as wire structs write it.
func TestSignatureVectors(t *testing.T) {
	content, err := os.ReadFile("testdata/webhook_signature_vectors.json")
	require.NoError(t, err)
	var file struct {
		Vectors []struct {
			Secret    string `json:"secret"`
			Timestamp string `json:"timestamp_header"`
			Body      string `json:"body"`
			Signature string `json:"signature_header"`
		} `json:"vectors"`
	}
	require.NoError(t, json.Unmarshal(content, &file))
	require.Len(t, file.Vectors, 2)
	for _, v := range file.Vectors {
		var wire deliveryWire
		require.NoError(t, json.Unmarshal([]byte(v.Body), &wire))
		if wire.Data.OrderNumber != "" { // the other is too short to be a delivery
			encoded, err := json.Marshal(wire)
			require.NoError(t, err)
			require.Equal(t, v.Body, string(encoded))
		}
		mac := hmac.New(sha256.New, []byte(v.Secret))
		mac.Write([]byte(v.Timestamp + "." + v.Body))
		require.Equal(t, v.Signature, "sha256="+hex.EncodeToString(mac.Sum(nil)))
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
		`{"items":[{"quantity":99999999999999999999}]}`, `{"items":[[],null,1]}`, `[]`, `{"reference_id":5}`,
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
