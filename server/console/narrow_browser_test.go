package console_test

import (
	"fmt"
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
	require.GreaterOrEqual(t, consoletest.Evaluate[int](b, `document.querySelector("td.facts").offsetWidth`), 200)
	b.Resize(1200, 740)
	b.Visit("/console/attempts")
	// A pixel is what fractions of one are rounded to.
	require.InDelta(t, top("select"), top(".filters button"), 1, "boxes of a row stand at one height")
}

// The menu is one line, at a desk and on a telephone, and what is behind its words is in reach.
func TestMenu(t *testing.T) {
	h := startSQLite(t)
	b := h.chromium("ada", operator.Admin)
	for _, width := range []int64{360, 1024, 1400} {
		b.Resize(width, 740)
		b.Visit("/console/audit")
		require.Less(t, consoletest.Evaluate[int](b, `document.querySelector("nav").offsetHeight`), 50, "at %d", width)
		for i := range consoletest.Evaluate[int](b, `document.querySelectorAll("nav details").length`) {
			part := fmt.Sprintf(`document.querySelectorAll("nav details")[%d]`, i)
			require.True(t, consoletest.Evaluate[bool](b, part+`.querySelector("summary").click(), `+part+`.open`))
			require.Equal(t, 1, consoletest.Evaluate[int](b, `document.querySelectorAll("nav details[open]").length`))
			in := part + `.querySelector("ul").getBoundingClientRect()`
			require.GreaterOrEqual(t, consoletest.Evaluate[float64](b, in+`.left`), 0.0, "%d at %d", i, width)
			require.LessOrEqual(t, consoletest.Evaluate[float64](b, in+`.right`), float64(width), "%d at %d", i, width)
		}
		require.Equal(t, 0, consoletest.Evaluate[int](b, `document.querySelector("h1").click(), `+
			`document.querySelectorAll("nav details[open]").length`), "it closes")
	}
	require.True(t, consoletest.Evaluate[bool](b, `document.querySelector("nav summary").click(), true`))
	b.Accessible()
	current := `document.querySelector("nav details.current summary").textContent`
	require.Equal(t, "Hub", consoletest.Evaluate[string](b, current))
	links := consoletest.Evaluate[int](b, `document.querySelectorAll("nav a").length`)
	require.GreaterOrEqual(t, links, 14)
	require.Equal(t, links, consoletest.Evaluate[int](b, `document.querySelectorAll("nav details a").length`)+1,
		"all but the day are in a part")
	b.WithoutScript()
	b.Visit("/console/today")
	b.Unfold("Supply")
	b.Press("Providers")
	require.Equal(t, "/console/providers", b.Path())
}
