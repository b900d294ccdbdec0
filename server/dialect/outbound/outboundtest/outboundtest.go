// Package outboundtest plays a provider whose every answer a test decides.
package outboundtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"orderhub/server/dialect/outbound"
)

// Now is the time of every test.
var Now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// Reply is one answer.
type Reply struct {
	Status int
	File   string // of testdata; or
	Body   string
	Header map[string]string
}

// Call is one request, with its body read.
type Call struct {
	*http.Request
	Content string
}

// Provider answers what it is asked.
type Provider struct {
	URL   string
	Calls []Call // in their order
}

// Start answers every request with what reply returns for it.
func Start(t *testing.T, reply func(c Call) Reply) *Provider {
	t.Helper()
	p := &Provider{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c := Call{Request: r, Content: string(body)}
		p.Calls = append(p.Calls, c)
		answer := reply(c)
		content := []byte(answer.Body)
		if answer.File != "" {
			var err error
			if content, err = os.ReadFile("testdata/" + answer.File); err != nil {
				t.Error(err)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		for name, value := range answer.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(answer.Status)
		_, _ = w.Write(content)
	}))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Setup is what a connector to the provider is made from. settings is JSON in
// which %URL% stands for the provider's address.
func (p *Provider) Setup(settings string, credentials map[string]string) outbound.Setup {
	return outbound.Setup{
		Settings: []byte(strings.ReplaceAll(settings, "%URL%", p.URL)), Credentials: credentials,
		Now: func() time.Time { return Now },
	}
}
