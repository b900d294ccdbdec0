package api

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Only proxies that are trusted say what a client speaks, and of what they say counts what the first of them does.
func TestOverTLS(t *testing.T) {
	s := &Server{guard: &guard{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	const stranger, proxy = "192.0.2.1:4000", "10.0.0.1:4000"
	for name, test := range map[string]struct {
		peer       string
		tls        bool
		forwarded  []string
		protocols  []string
		wantSecure bool
	}{
		"direct":                             {peer: stranger, tls: true, wantSecure: true},
		"in plain text":                      {peer: stranger},
		"a stranger says so":                 {peer: stranger, protocols: []string{"https"}},
		"a proxy":                            {peer: proxy, protocols: []string{"HTTPS"}, wantSecure: true},
		"a proxy of plain text":              {peer: proxy, protocols: []string{"http"}},
		"a proxy says nothing":               {peer: proxy},
		"a client says so before it":         {peer: proxy, protocols: []string{"https, http"}},
		"on two lines":                       {peer: proxy, protocols: []string{"https", "http"}},
		"a client denies it":                 {peer: proxy, protocols: []string{"http,https"}, wantSecure: true},
		"two proxies, in plain text between": {proxy, false, []string{"192.0.2.1, 10.0.0.2"}, []string{"https, http"}, true},
		"two proxies, the other way":         {proxy, false, []string{"192.0.2.1, 10.0.0.2"}, []string{"http, https"}, false},
		"two proxies and a liar": {
			proxy, false, []string{"10.0.0.9, 192.0.2.1, 10.0.0.2"}, []string{"https, http, http"}, false,
		},
		"two proxies, of which one says it": {proxy, false, []string{"192.0.2.1, 10.0.0.2"}, []string{"https"}, true},
		"a proxy that is not trusted":       {proxy, false, []string{"192.0.2.1, 192.0.2.2"}, []string{"https, http"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: test.peer, Header: http.Header{}}
			r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Proto"] = test.forwarded, test.protocols
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			assert.Equal(t, test.wantSecure, s.OverTLS(r))
		})
	}
}
