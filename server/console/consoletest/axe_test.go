package consoletest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/console/consoletest"
)

// What keeps people from a page is found, and the policy of the console's pages does not keep axe-core out.
func TestAxe(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>t</title><h1>t</h1><input name="nameless">`))
	}))
	t.Cleanup(site.Close)
	b := consoletest.Open(t, site.URL)
	b.Visit("/")
	if !consoletest.HasAxe(t) {
		t.Skip("axe-core is not installed: make axe")
	}
	found := b.Axe()
	require.Len(t, found, 1)
	require.Equal(t, "label", found[0].ID)
	require.Contains(t, found[0].String(), "nameless")
}
