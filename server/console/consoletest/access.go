package consoletest

import (
	_ "embed" // the check
	"fmt"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// check finds what keeps people from a page who do not see it, do not see well, or have no mouse.
//
//go:embed access.js
var check string

// mostTabs is how many things on a page are gone to by keyboard.
const mostTabs = 60

// Accessible checks the page: names of fields and buttons, the order of headings, tables, contrast, that it is no wider
// than the window, and that where the keyboard is can be seen. It does so in light and in dark.
func (b *Browser) Accessible() {
	b.tb.Helper()
	at := b.Path()
	for _, dark := range []bool{false, true} {
		b.Dark(dark)
		assert.Empty(b.tb, Evaluate[[]string](b, check), "%s, dark %t", at, dark)
	}
	b.Dark(false)
	b.focusIsSeen(at)
}

// focusIsSeen goes through the page by keyboard.
func (b *Browser) focusIsSeen(at string) {
	b.tb.Helper()
	Evaluate[bool](b, `(document.activeElement?.blur(), true)`)
	for range mostTabs {
		b.Key(kb.Tab)
		seen := Evaluate[struct {
			Where string `json:"where"`
			Seen  bool   `json:"seen"`
		}](b, `(() => {
			const e = document.activeElement;
			const outlined = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
			return {
				where: e === document.body ? "" : e.outerHTML.slice(0, 120),
				seen: outlined(getComputedStyle(e)) || outlined(getComputedStyle(e, "::after")),
			};
		})()`)
		if seen.Where == "" {
			return // once around
		}
		assert.True(b.tb, seen.Seen, fmt.Sprintf("%s: focus is not seen at %s", at, seen.Where))
	}
}
