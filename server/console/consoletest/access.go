package consoletest

import (
	"fmt"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// mostTabs is how many things on a page are gone to by keyboard.
const mostTabs = 60

// Accessible checks the page at a desk and on a telephone, in light and in dark: that axe-core finds nothing grave, and
// that it is no wider than the window; and that where the keyboard is can be seen.
func (b *Browser) Accessible() {
	b.tb.Helper()
	at, before := b.Path(), b.window
	for _, l := range looks() {
		b.Resize(l.width, l.height)
		b.Dark(l.dark)
		b.axeFindsNothing(at, l)
		b.fits(at)
	}
	b.Dark(false)
	b.Resize(before[0], before[1])
	b.focusIsSeen(at)
}

// fits says that the page is no wider than the window.
func (b *Browser) fits(at string) {
	b.tb.Helper()
	wide := Evaluate[[2]int](b, `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`)
	assert.LessOrEqual(b.tb, wide[0], wide[1], "%s is wider than the window", at)
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
