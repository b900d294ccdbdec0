package post_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

	"orderhub/server/webhook"
	"orderhub/server/webhook/post"
)

func send(t *testing.T, c *post.Client, url string) webhook.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	return c.Post(ctx, url, map[string][]string{"X-Test": {"yes"}}, []byte("body"))
}

func open(t *testing.T, o post.Options) *post.Client {
	t.Helper()
	c := post.New(o)
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
	c := open(t, post.Options{AllowLocal: true})
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
	c := open(t, post.Options{AllowLocal: true})
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

	a = send(t, c, serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
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

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	a = send(t, c, "http://"+listener.Addr().String()+"/?token=hidden")
	require.Contains(t, a.Excerpt, "connection refused")
	require.NotContains(t, a.Excerpt, "hidden")
}

// resolver answers every name with the addresses in turn, as a name server that
// wants to lead the hub elsewhere would.
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
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				address := netip.MustParseAddr(addresses[min(int(asked.Add(1)), len(addresses))-1])
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: address.As4()},
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
	strict := open(t, post.Options{})
	for _, target := range []string{
		"https://127.0.0.1", "https://127.1", "https://127.0.0.1.", "https://0", "https://0.0.0.0",
		"https://2130706433", "https://0x7f000001", "https://0x7f.0.0.1", "https://017700000001", "https://0177.0.0.1",
		"https://localhost", "https://LOCALHOST.", "https://a.localhost",
		"https://[::1]", "https://[::]", "https://[::ffff:127.0.0.1]", "https://[::ffff:7f00:1]", "https://[0:0:0:0:0:ffff:127.0.0.1]",
		"https://[64:ff9b::7f00:1]", "https://[2002:7f00:1::]", "https://[2001:0:7f00:1::]", "https://[fe80::1%25eth0]", "https://[fe80::1]",
		"https://[fc00::1]", "https://[ff02::1]", "https://[2001:db8::1]",
		"https://10.0.0.1", "https://172.16.0.1", "https://192.168.0.1", "https://169.254.169.254", "https://100.64.0.1",
		"https://192.0.2.1", "https://198.18.0.1", "https://203.0.113.1", "https://224.0.0.1", "https://255.255.255.255",
		"https://example.com@127.0.0.1", "https://127.0.0.1@example.com", "http://example.com", "https://127.0.0.1#@example.com",
		"https:\\\\127.0.0.1", "https:127.0.0.1", "//127.0.0.1", "gopher://127.0.0.1", "file:///etc/passwd", "https://①②⑦.⓪.⓪.①",
	} {
		whole := target
		if !strings.Contains(target, "#") {
			whole += port + "/"
		}
		a := send(t, strict, whole)
		require.Zero(t, a.Status, target)
		require.Regexp(t, `private or local|absolute|user name|host's name`, a.Excerpt, target)
	}
	for name, addresses := range map[string][]string{
		"a name of a local address":     {"127.0.0.1"},
		"a name of the metadata server": {"169.254.169.254"},
		"a name that changes its mind":  {"10.0.0.1", "127.0.0.1"},
	} {
		c := open(t, post.Options{Resolver: resolver(t, addresses...)})
		for range 2 {
			a := send(t, c, "https://merchant.example"+port+"/")
			require.Equal(t, "the address is private or local", a.Excerpt, name)
		}
	}
	require.False(t, reached.Load())

	require.Equal(t, 200, send(t, open(t, post.Options{AllowLocal: true}), url).Status)
	require.Equal(t, 200, send(t, open(t, post.Options{AllowLocal: true, Resolver: resolver(t, "127.0.0.1")}), "http://merchant.example"+port).Status)
}
