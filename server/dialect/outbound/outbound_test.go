package outbound_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/nettest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func client(t *testing.T, base string) *outbound.Client {
	t.Helper()
	c, err := (&outbound.Setup{Now: func() time.Time { return noon }}).Client(base, nil, nil)
	require.NoError(t, err)
	return c
}

func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	answer, err := client(t, server.URL+"/base/").Do(t.Context(), outbound.Request{
		Method: http.MethodPost, Path: "/v1/orders/a%2Fb", Query: url.Values{"q": {"1 2"}},
		Header: http.Header{"X-Api-Key": {"k"}}, Body: []byte(`{}`),
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, answer.Status, "redirects are not followed")
	require.Equal(t, "/base/v1/orders/a%2Fb?q=1+2", got.RequestURI)
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	require.Equal(t, "k", got.Header.Get("X-API-Key"))
}

func TestBusy(t *testing.T) {
	tests := []struct {
		name, retryAfter string
		status           int
		busy             bool
		after            time.Duration
	}{
		{"429", "", 429, true, 0},
		{"429 with seconds", "7", 429, true, 7 * time.Second},
		{"429 with a date", noon.Add(time.Minute).Format(http.TimeFormat), 429, true, time.Minute},
		{"429 with a day", "86400", 429, true, 24 * time.Hour},
		{"429 with too much", "9999999999", 429, true, 24 * time.Hour},
		{"429 with 20 digits", "99999999999999999999", 429, true, 24 * time.Hour},
		{"503 with 20 digits", "99999999999999999999", 503, true, 24 * time.Hour},
		{"429 with a far date", noon.AddDate(99, 0, 0).Format(http.TimeFormat), 429, true, 24 * time.Hour},
		{"429 with a past date", noon.AddDate(-1, 0, 0).Format(http.TimeFormat), 429, true, 0},
		{"429 with less than nothing", "-5", 429, true, 0},
		{"429 with nonsense", "soon", 429, true, 0},
		{"503 with seconds", "2", 503, true, 2 * time.Second},
		{"503 alone", "", 503, false, 0},
		{"500 with seconds", "2", 500, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.retryAfter != "" {
					w.Header().Set("Retry-After", tt.retryAfter)
				}
				w.WriteHeader(tt.status)
			}))
			defer server.Close()
			answer, err := client(t, server.URL).Do(t.Context(), outbound.Request{Method: http.MethodGet, Path: "/"})
			if !tt.busy {
				require.NoError(t, err)
				require.Equal(t, tt.status, answer.Status)
				return
			}
			var busy *dialect.BusyError
			require.ErrorAs(t, err, &busy)
			require.ErrorIs(t, err, dialect.ErrNotSent)
			require.Equal(t, tt.after, busy.After)
		})
	}
}

func TestWhetherItCanHaveArrived(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client(t, silent.URL).Do(
		ctx, outbound.Request{Method: http.MethodGet, Path: "/", Query: url.Values{"key": {"secret"}}},
	)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, dialect.ErrNotSent)
	require.NotContains(t, err.Error(), "secret")

	_, err = client(t, "http://"+nettest.Reserve(t).Address).
		Do(t.Context(), outbound.Request{Method: http.MethodGet, Path: "/"})
	require.ErrorIs(t, err, dialect.ErrNotSent)

	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("x", 9<<20)))
	}))
	defer large.Close()
	_, err = client(t, large.URL).Do(t.Context(), outbound.Request{Method: http.MethodGet, Path: "/"})
	require.ErrorIs(t, err, dialect.ErrMalformed)
}

// What is no HTTP may be goods, or change a terminal: no error repeats it.
func TestMalformedAnswers(t *testing.T) {
	const secret = "SECRET-CODE"
	for name, answer := range map[string]string{
		"not HTTP":       secret + "\x1b[31m\r\n\r\n",
		"status":         "HTTP/1.1 " + secret + " OK\r\n\r\n",
		"version":        "HTTP/" + secret + " 200 OK\r\n\r\n",
		"header":         "HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n",
		"content length": "HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n",
		"encoding":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"chunk":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + "\r\n",
		"cut off":        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + secret,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, "http://"+answering(t, answer)).Do(
				t.Context(), outbound.Request{Method: http.MethodGet, Path: "/"},
			)
			require.Error(t, err)
			require.NotErrorIs(t, err, dialect.ErrNotSent, "it has arrived")
			require.NotContains(t, err.Error(), secret)
			require.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err)
		})
	}
}

// answering is the address of a server that answers one request with these bytes.
func answering(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = conn.Write([]byte(answer))
		}
	}()
	return listener.Addr().String()
}

func TestBaseAddress(t *testing.T) {
	for _, base := range []string{
		"", "api.example.com", "ftp://a", "https://u:p@a", "https://a?x=1", "https://a#f", "https://",
		"https://x..example", "https://-x.example", "https://[fe80::1%25eth0]",
	} {
		_, err := (&outbound.Setup{Now: time.Now}).Client(base, nil, nil)
		require.Error(t, err, base)
	}
}
