package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

// What is typed wrongly into a filter is said at the filter, and nothing that was typed is lost.
func TestWrongFilters(t *testing.T) {
	h := startSQLite(t)
	b := h.browser("ada", operator.Admin)
	for _, c := range []struct {
		path, field string
		status      int
	}{
		{"catalogue?query=kept&minPrice=abc", "minPrice", http.StatusBadRequest},
		{"catalogue?query=kept&minStock=many", "minStock", http.StatusBadRequest},
		{"catalogue?query=kept&merchant=nobody", "merchant", http.StatusNotFound},
		{"orders?sku=kept&from=2026-11-02T00:00&to=2026-11-01T00:00", "to", http.StatusBadRequest},
		{"orders?sku=kept&from=yesterday", "from", http.StatusBadRequest},
		{"orders?sku=kept&merchant=nobody", "merchant", http.StatusNotFound},
		{"attempts?status=parked&provider=nobody", "provider", http.StatusNotFound},
		{"audit?actor=kept&method=Deposti", "method", http.StatusBadRequest},
		{"audit?actor=kept&from=2026-11-02T00:00&to=2026-11-01T00:00", "to", http.StatusBadRequest},
		{"catalogue/imports?product=nothing", "product", http.StatusNotFound},
		{"webhooks?merchant=nobody", "merchant", http.StatusNotFound},
	} {
		page := b.get("/console/" + c.path)
		require.Equal(t, c.status, page.StatusCode, c.path)
		require.Contains(t, page.body, `id="f-`+c.field+`-error"`, c.path)
		require.Contains(t, page.body, "Nothing was looked for: look at the field above.", c.path)
		require.NotContains(t, page.body, `class="empty"`, c.path)
		if strings.Contains(c.path, "kept") {
			require.Contains(t, page.body, `value="kept"`, c.path)
		}
	}
}
