package app_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/demo"
)

// received is the head of an answer.
type received struct {
	StatusCode    int
	Header        http.Header
	ContentLength int64
}

// raw sends a request with exactly these headers, pairs of name and value, and
// follows no redirect.
func (h *hub) raw(t *testing.T, method, path, body string, headers ...string) (received, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.base+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return received{response.StatusCode, response.Header, response.ContentLength}, string(text)
}

// entrance is an order at a door, and the headers that let it in.
type entrance struct {
	request
	name    string
	headers []string
	unknown int // the status for who is not known
}

func entrances(reference string) []entrance {
	all := everywhere(reference, func(string, *request) {})
	channel := []string{"Authorization", "Token " + demo.ChannelKey, "Channel", "Code " + demo.ChannelCode}
	return []entrance{
		{all["REST"], "REST", []string{"X-Api-Key", demo.MerchantKey}, 401},
		{all["GameSO"], "GameSO", []string{"X-Api-Key", demo.MerchantKey}, 401},
		{all["BursaGB"], "BursaGB", []string{"Authorization", "Bearer " + demo.ResellerKey}, 401},
		{all["marketacc"], "marketacc", []string{"Authorization", "Bearer " + demo.MerchantKey}, 401},
		{all["AX Cloud"], "AX Cloud", channel, 403},
	}
}

// Two keys that are both somebody's leave open who is meant: nobody is, at every
// door, however they come. One that nobody has changes nothing.
func TestTwoKeys(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	other := map[string]string{"BursaGB": demo.MerchantKey, "AX Cloud": demo.MerchantKey}
	for _, e := range entrances("two") {
		t.Run(e.name, func(t *testing.T) {
			second := other[e.name]
			if second == "" {
				second = demo.ResellerKey
			}
			ways := [][]string{{"X-Api-Key", second}, {"X-Api-Key", "nobody-has-this", "X-Api-Key", second}}
			if e.name != "AX Cloud" {
				ways = append(
					ways, []string{"Authorization", "bearer " + second}, []string{"Authorization", "Token " + second},
				)
			}
			for _, way := range ways {
				response, text := h.raw(t, e.method, e.path, e.body, append(slices.Clone(e.headers), way...)...)
				require.Equal(t, e.unknown, response.StatusCode, "%s: %s", way, text)
			}
			if e.name == "marketacc" {
				response, text := h.raw(t, e.method, e.path+"?api_key="+second, e.body, e.headers...)
				require.Equal(t, e.unknown, response.StatusCode, text)
				response, text = h.raw(t, "GET", "/api/v2/me?api_key="+second+"&api_key="+demo.MerchantKey, "")
				require.Equal(t, e.unknown, response.StatusCode, text)
			}
			response, text := h.raw(
				t, e.method, e.path, e.body, append(slices.Clone(e.headers), "X-Api-Key", "nobody-has-this")...,
			)
			require.Contains(t, []int{200, 201}, response.StatusCode, "a key that nobody has: %s", text)
			if e.name != "AX Cloud" { // whose form it is
				response, text = h.raw(t, e.method, e.path, e.body, "Authorization", "Token "+demo.MerchantKey)
				require.Equal(t, e.unknown, response.StatusCode, "another door's form alone: %s", text)
			}
			response, text = h.raw(t, e.method, e.path, e.body, e.headers...)
			require.Contains(t, []int{200, 201, 409}, response.StatusCode, text)
		})
	}
	for _, scheme := range []string{"Bearer ", "Token "} {
		ctx := metadata.AppendToOutgoingContext(
			t.Context(), "x-api-key", demo.MerchantKey, "authorization", scheme+demo.OperatorKey,
		)
		_, err := orderhubv1.NewAccountServiceClient(h.grpc()).GetAccount(ctx, &orderhubv1.GetAccountRequest{})
		require.Equal(t, codes.Unauthenticated, status.Code(err), scheme)
	}
}

// A compressed body is refused as such, in the door's own form; one that says
// that it is not compressed is none.
func TestCompressedBodies(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	for _, e := range entrances("gzip") {
		t.Run(e.name, func(t *testing.T) {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, _ = w.Write([]byte(e.body))
			require.NoError(t, w.Close())
			for coding, body := range map[string]string{
				"gzip": packed.String(), "br": e.body, "identity, GZIP": packed.String(),
			} {
				response, text := h.raw(t, e.method, e.path, body, append(slices.Clone(e.headers), "Content-Encoding", coding)...)
				require.Equal(t, http.StatusUnsupportedMediaType, response.StatusCode, "%s: %s", coding, text)
				require.Contains(t, response.Header.Get("Content-Type"), "application/json")
			}
			response, text := h.raw(
				t, e.method, e.path, e.body, append(slices.Clone(e.headers), "Content-Encoding", "Identity")...,
			)
			require.Contains(t, []int{200, 201}, response.StatusCode, text)
		})
	}
}

// A path that would have to be cleaned up is unknown: no answer leads elsewhere.
func TestUncleanPaths(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	for _, path := range []string{
		"//v1/orders", "/x/../v1/orders", "/./v1/orders", "/v1/./orders", "/v1//orders", "/v1/orders/../orders",
		"//hub/v1/orders", "/hub/v1//orders",
		"/hub/../hub/v1/orders", "/hub/v1/orders/../orders", "//api/v2/orders", "/x/../api/v2/orders", "//Order/create",
		"/x/../Order/create",
		"//v1/channel/orders/day-ticket", "/docs/../v1/orders", "/docs//v1/orders", "//docs", "/healthz/", "//healthz",
		"/docs/index.html", "/docs/..",
	} {
		for _, method := range []string{"GET", "POST"} {
			response, text := h.raw(
				t, method, path, "{}", "X-Api-Key", demo.MerchantKey, "Authorization", "Token "+demo.ChannelKey, "Channel",
				"Code "+demo.ChannelCode,
			)
			// 403: AX Cloud's keys come first
			require.Contains(t, []int{403, 404}, response.StatusCode, "%s %s: %s", method, path, text)
			require.Empty(t, response.Header.Get("Location"), path)
			require.Contains(t, response.Header.Get("Content-Type"), "application/json", path)
		}
	}
}

// HEAD is GET without the body.
func TestHead(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	channel := []string{"Authorization", "Token " + demo.ChannelKey, "Channel", "Code " + demo.ChannelCode}
	for path, headers := range map[string][]string{
		"/": nil, "/healthz": nil, "/readyz": nil, "/docs": nil, "/openapi.json": nil, "/orderhub.binpb": nil,
		"/hub/v1/account": {"X-Api-Key", demo.MerchantKey}, "/hub/v1/orders": {"X-Api-Key", demo.MerchantKey},
		"/hub/v1/orders/none": {"X-Api-Key", demo.MerchantKey},
		"/hub/v1/products":    nil, "/v1/merchant-webhooks": {"X-Api-Key", demo.MerchantKey},
		"/v1/orders/none": {"X-Api-Key", demo.MerchantKey},
		"/Customer/Get":   {"X-Api-Key", demo.ResellerKey}, "/api/v2": nil, "/api/v2/me": {"X-Api-Key", demo.MerchantKey},
		"/v1/channel/products/day-ticket": channel,
	} {
		got, want := "", ""
		for method, answer := range map[string]*string{"HEAD": &got, "GET": &want} {
			response, text := h.raw(t, method, path, "", headers...)
			*answer = fmt.Sprint(response.StatusCode, " ", response.Header.Get("Content-Type"))
			require.Equal(t, method == "HEAD", text == "", "%s %s", method, path)
		}
		require.Equal(t, want, got, path)
	}
	h.place(demo.MerchantKey, newOrder("EMAIL_BASIC", 1))
	response, _ := h.raw(t, "HEAD", "/hub/v1/orders:watch", "", "X-Api-Key", demo.MerchantKey)
	require.Equal(t, http.StatusOK, response.StatusCode, "and a stream ends")
	response, _ = h.raw(t, "HEAD", "/hub/v1/orders:quote", "", "X-Api-Key", demo.MerchantKey)
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
}

// Who cannot prove to be a provider does not learn which providers there are.
func TestCallbacksTellNothing(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	status := h.call(http.MethodPost, demo.OperatorKey, "/hub/v1/providers", map[string]any{
		"name": "upstream", "connector": "gameso", "settings": map[string]any{"baseUrl": "http://127.0.0.1:1"},
		"credentials": map[string]any{"api_key": "k", "webhook_secret": "a secret of theirs"},
	}, nil)
	require.Equal(t, http.StatusOK, status)
	for _, ask := range []struct {
		method, body string
		headers      []string
	}{
		{"POST", `{"event":"order.completed"}`, nil},
		{"POST", `{`, []string{"X-Webhook-Timestamp", fmt.Sprint(time.Now().Unix()), "X-Webhook-Signature", "00"}},
		{"POST", strings.Repeat("x", 2<<20), nil},
		{"POST", "x", []string{"Content-Encoding", "gzip"}},
		{"GET", "", nil},
		{"HEAD", "", nil},
		{"PUT", "{}", nil},
	} {
		var answers []string
		for _, name := range []string{"upstream", "nobody", "sim", ""} {
			response, text := h.raw(t, ask.method, "/callbacks/"+name, ask.body, ask.headers...)
			header := response.Header.Clone()
			header.Del("Date")
			header.Del("X-Request-Id")
			answers = append(answers, fmt.Sprint(response.StatusCode, " ", header, " ", text))
		}
		require.Len(t, slices.Compact(answers), 1, "%s: %q", ask.method, answers)
	}
}

// A deadline that is over is told as one, whatever it interrupted.
func TestDeadlines(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	h.place(demo.MerchantKey, newOrder("EMAIL_BASIC", 1))
	for _, path := range []string{
		"account", "products", "orders", "orders/x", "orders:watch", "events", "account/transfers", "webhook-endpoints",
	} {
		for _, timeout := range []string{"1n", "1u"} {
			response, text := h.raw(t, "GET", "/hub/v1/"+path, "", "X-Api-Key", demo.MerchantKey, "Grpc-Timeout", timeout)
			require.Equal(t, http.StatusGatewayTimeout, response.StatusCode, "%s: %s", path, text)
			require.Contains(t, text, `"reason":"DEADLINE_EXCEEDED"`)
		}
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-api-key", demo.MerchantKey, "grpc-timeout", "1n")
	_, err := orderhubv1.NewAccountServiceClient(h.grpc()).GetAccount(ctx, &orderhubv1.GetAccountRequest{})
	require.NotEqual(t, codes.Internal, status.Code(err))
}

// The documentation, into which people type keys, is shown in no frame.
func TestDocsAreNotFramed(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	for _, path := range []string{"/docs", "/docs/", "/docs/swagger-ui.css"} {
		response, _ := h.raw(t, "GET", path, "")
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Equal(t, "DENY", response.Header.Get("X-Frame-Options"))
		require.Contains(t, response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	}
}
