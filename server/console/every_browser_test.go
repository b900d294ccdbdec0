package console_test

import (
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/console/consoletest"
	"orderhub/server/operator"
)

// number is what tells pages of one kind apart.
var number = regexp.MustCompile(`/(ord_[0-9a-z]+|[0-9]+)\b`)

// Every link of the console leads somewhere, and every kind of page is accessible.
func TestEveryPage(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("EPIN", 25, 9)
	h.place("shop-1", "EPIN", 2)
	h.parked("shop-2")
	h.endpoint()
	h.finds()
	b := h.chromium("ada", operator.Admin)
	found, seen := []string{"/console/today"}, map[string]bool{}
	for len(found) > 0 {
		at := found[0]
		found = found[1:]
		u, err := url.Parse(at)
		require.NoError(t, err)
		kind := number.ReplaceAllString(u.Path, "/N")
		if seen[kind] || strings.Contains(path.Base(u.Path), ".") { // a file
			continue
		}
		seen[kind] = true
		b.Visit(at)
		b.NotSee("404 Not Found")
		b.Accessible()
		found = append(found, consoletest.Evaluate[[]string](
			b, `[...document.querySelectorAll("a[href^='/console/']")].map(a => a.getAttribute("href"))`,
		)...)
	}
	require.Greater(t, len(seen), 20)
}
