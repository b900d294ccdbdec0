package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/console/consoletest"
	"orderhub/server/operator"
)

// On a telephone the menu has the width of the page, and what one reads has room; a filter does not touch its list.
func TestNarrow(t *testing.T) {
	h := startSQLite(t)
	o := h.parked("shop-1")
	b := h.chromium("sam", operator.Support)
	b.Resize(360, 740)
	b.Visit("/console/orders/" + o.Number)
	b.Accessible()
	top := func(of string) int {
		return consoletest.Evaluate[int](b, `Math.round(document.querySelector("`+of+`").getBoundingClientRect().top)`)
	}
	require.Less(t, top(".who"), top("nav"), "beside the brand")
	require.Less(t, consoletest.Evaluate[int](b, `document.querySelector("nav").offsetHeight`), 200)
	require.GreaterOrEqual(t, consoletest.Evaluate[int](b, `document.querySelector("td.facts").offsetWidth`), 200)
	b.Resize(1200, 740)
	b.Visit("/console/attempts")
	// A pixel is what fractions of one are rounded to.
	require.InDelta(t, top("select"), top(".filters button"), 1, "boxes of a row stand at one height")
}
