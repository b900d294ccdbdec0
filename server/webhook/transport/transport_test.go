package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"orderhub/server/nettest"
	"orderhub/server/webhook"
	"orderhub/server/webhook/transport"
)

func send(t *testing.T, c *transport.Client, url string) webhook.Answer {
	t.Helper()
	return sendWithin(t, time.Minute, c, url)
}

func sendWithin(t *testing.T, most time.Duration, c *transport.Client, url string) webhook.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	return c.Post(ctx, url, map[string][]string{"X-Test": {"yes"}}, []byte("body"))
}

func open(t *testing.T, o transport.Options) *transport.Client {
	t.Helper()
	c := transport.New(o)
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Only then does the server notice that its client has gone.
		body, err := io.ReadAll(r.Body)
		if err == nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			handler(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestPost(t *testing.T) {
	c := open(t, transport.Options{AllowLocal: true})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "body" || r.Method != http.MethodPost || r.Header.Get("X-Test") != "yes" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "thanks\x00\xff")
	})
	a := send(t, c, url)
	require.Equal(t, 202, a.Status)
	require.Equal(t, "thanks��", a.Excerpt)
	require.Equal(t, 17*time.Second, a.RetryAfter)
	require.True(t, a.OK())
	require.Positive(t, a.Took)
}

func TestPostBounds(t *testing.T) {
	c := open(t, transport.Options{AllowLocal: true})
	var redirected atomic.Bool
	target := serve(t, func(http.ResponseWriter, *http.Request) { redirected.Store(true) })
	a := send(t, c, serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	}))
	require.Equal(t, 307, a.Status)
	require.False(t, redirected.Load(), "a redirect is an answer, not an order")

	a = send(t, c, serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("é", 1<<10)); err != nil {
				return
			}
		}
	}))
	require.Equal(t, 200, a.Status, "an endless answer is an answer")
	require.Equal(t, strings.Repeat("é", 1000), a.Excerpt)

	a = sendWithin(t, time.Second, c, serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	require.Equal(t, "0 no answer in time", fmt.Sprint(a.Status, " ", a.Excerpt))

	a = send(t, c, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "cut")
		panic(http.ErrAbortHandler)
	}))
	require.Zero(t, a.Status, "half an answer is none")

	a = send(t, c, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	require.InDelta(t, time.Hour, a.RetryAfter, float64(5*time.Second))

	a = send(t, c, "http://"+nettest.Reserve(t).Address+"/?token=hidden")
	require.Equal(t, "the address cannot be reached", a.Excerpt)
}

func TestRetryAfter(t *testing.T) {
	c := open(t, transport.Options{AllowLocal: true})
	var value atomic.Value
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", value.Load().(string))
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	for asked, want := range map[string]time.Duration{
		"0": 0, "17": 17 * time.Second, "86400": 24 * time.Hour, "2147483647": 24 * time.Hour, "9999999999": 24 * time.Hour,
		strings.Repeat("9", 40): 24 * time.Hour, "-1": 0, "+5": 0, "1.5": 0, "1e9": 0, "soon": 0, "": 0,
		"Thu, 01 Jan 1970 00:00:00 GMT": 0, "Thu, 01 Jan 1970 00:00:00": 0,
	} {
		value.Store(asked)
		require.Equal(t, want, send(t, c, url).RetryAfter, asked)
	}
	value.Store("Fri, 31 Dec 9999 23:59:59 GMT")
	require.Greater(t, send(t, c, url).RetryAfter, 24*time.Hour, "the sender waits no longer than a day")
}

// A merchant cannot tell a name that does not exist from one that leads to where
// nothing may be posted or to where nobody listens; not by the time either.
func TestUnreachableIsOneAnswer(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	closed := nettest.Reserve(t).Address

	inside := open(t, transport.Options{Resolver: resolver(t, "10.0.0.1"), Log: log})
	missing := open(t, transport.Options{Resolver: resolver(t), Log: log})
	unanswered := open(
		t,
		transport.Options{
			Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("no name server")
			}}, Log: log,
		},
	)
	for name, c := range map[string]*transport.Client{"private": inside, "missing": missing, "unanswered": unanswered} {
		a := send(t, c, "https://db.internal.example/?token=hidden")
		require.Equal(t, webhook.Answer{Excerpt: "the address cannot be reached", Took: a.Took}, a, name)
		require.InDelta(t, time.Second, a.Took, float64(500*time.Millisecond), name)
	}
	refused := send(t, open(t, transport.Options{AllowLocal: true, Log: log}), "http://"+closed+"/?token=hidden")
	require.Equal(t, "the address cannot be reached", refused.Excerpt)
	for _, cause := range []string{"private or local", "no such host", "no name server", "connection refused"} {
		require.Contains(t, logged.String(), cause, "the operator's log knows")
	}
	require.NotContains(t, logged.String(), "hidden")
}

// resolver answers every name with the addresses in turn, as a name server that
// wants to lead the hub elsewhere would; without any, no name exists.
func resolver(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	var asked atomic.Int64
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil {
				continue
			}
			m.Response = true
			m.Additionals = nil
			q := m.Questions[0]
			if len(addresses) == 0 {
				m.RCode = dnsmessage.RCodeNameError
			} else if q.Type == dnsmessage.TypeA {
				address := netip.MustParseAddr(addresses[min(int(asked.Add(1)), len(addresses))-1])
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: address.As4()},
				}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = server.WriteTo(packed, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// Everything that leads to an address which is not of the public network is
// refused, and nothing of it is connected to.
func TestNotPublic(t *testing.T) {
	var reached atomic.Bool
	url := serve(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	port := url[strings.LastIndexByte(url, ':'):]
	strict := open(t, transport.Options{})
	for _, target := range []string{
		"https://127.0.0.1", "https://127.1", "https://127.0.0.1.", "https://0", "https://0.0.0.0",
		"https://2130706433", "https://0x7f000001", "https://0x7f.0.0.1", "https://017700000001", "https://0177.0.0.1",
		"https://localhost", "https://LOCALHOST.", "https://a.localhost",
		"https://[::1]", "https://[::]", "https://[::ffff:127.0.0.1]", "https://[::ffff:7f00:1]",
		"https://[0:0:0:0:0:ffff:127.0.0.1]",
		"https://[64:ff9b::7f00:1]", "https://[2002:7f00:1::]", "https://[2001:0:7f00:1::]", "https://[fe80::1%25eth0]",
		"https://[fe80::1]",
		"https://[fc00::1]", "https://[ff02::1]", "https://[2001:db8::1]",
		"https://10.0.0.1", "https://172.16.0.1", "https://192.168.0.1", "https://169.254.169.254", "https://100.64.0.1",
		"https://192.0.2.1", "https://198.18.0.1", "https://203.0.113.1", "https://224.0.0.1", "https://255.255.255.255",
		"https://example.com@127.0.0.1", "https://127.0.0.1@example.com", "http://example.com",
		"https://127.0.0.1#@example.com",
		"https:\\\\127.0.0.1", "https:127.0.0.1", "//127.0.0.1", "gopher://127.0.0.1", "file:///etc/passwd",
		"https://①②⑦.⓪.⓪.①",
	} {
		whole := target
		if !strings.Contains(target, "#") {
			whole += port + "/"
		}
		a := send(t, strict, whole)
		require.Zero(t, a.Status, target)
		require.Regexp(t, `private or local|absolute|user name|cannot be reached|that DNS can have`, a.Excerpt, target)
	}
	for name, addresses := range map[string][]string{
		"a name of a local address":     {"127.0.0.1"},
		"a name of the metadata server": {"169.254.169.254"},
		"a name that changes its mind":  {"10.0.0.1", "127.0.0.1"},
	} {
		c := open(t, transport.Options{Resolver: resolver(t, addresses...)})
		for range 2 {
			a := send(t, c, "https://merchant.example"+port+"/")
			require.Equal(t, "the address cannot be reached", a.Excerpt, name)
		}
	}
	require.False(t, reached.Load())

	require.Equal(t, 200, send(t, open(t, transport.Options{AllowLocal: true}), url).Status)
	require.Equal(
		t, 200,
		send(
			t, open(t, transport.Options{AllowLocal: true, Resolver: resolver(t, "127.0.0.1")}), "http://merchant.example"+port,
		).Status,
	)
}
