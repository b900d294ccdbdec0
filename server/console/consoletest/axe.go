package consoletest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// installedAxe is where `make axe` puts axe-core, below the module.
const installedAxe = ".ci/tools/axe/node_modules/axe-core/axe.min.js"

// Finding is one rule of axe-core that a page breaks.
type Finding struct {
	ID     string `json:"id"`
	Impact string `json:"impact"` // minor, moderate, serious or critical
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// String is the finding on a few lines, with what it is about.
func (f Finding) String() string {
	text := f.Impact + ": " + f.ID + ", " + f.Help
	for _, n := range f.Nodes {
		text += "\n\t" + n.HTML + "\n\t" + strings.Join(strings.Fields(n.Summary), " ")
	}
	return text
}

// grave reports whether it keeps people from what is on the page, or may.
func (f Finding) grave() bool { return slices.Contains([]string{"serious", "critical"}, f.Impact) }

// readAxe is axe-core, "" where it is not installed.
var readAxe = sync.OnceValues(func() (string, error) {
	at, err := os.Getwd() // of a test: the folder of its package
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			source, err := os.ReadFile(filepath.Join(at, filepath.FromSlash(installedAxe)))
			if errors.Is(err, fs.ErrNotExist) {
				return "", nil
			}
			return string(source), err
		}
		parent := filepath.Dir(at)
		if parent == at {
			return "", errors.New("no go.mod above the test")
		}
		at = parent
	}
})

// HasAxe reports whether axe-core is installed. In CI it is a failure when it is not.
func HasAxe(tb testing.TB) bool {
	tb.Helper()
	source, err := readAxe()
	require.NoError(tb, err)
	if source == "" && os.Getenv("CI") == "true" {
		tb.Fatal("axe-core is not installed: make axe")
	}
	return source != ""
}

// Axe has axe-core look at the page as it is shown, and returns what is grave. It has to be installed.
func (b *Browser) Axe() []Finding {
	b.tb.Helper()
	source, err := readAxe()
	require.NoError(b.tb, err)
	if !Evaluate[bool](b, `typeof axe !== "undefined"`) {
		Evaluate[bool](b, source+"\n;true")
	}
	found := ask(b, chromedp.Evaluate[string](
		`axe.run({resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise,
	))
	var all []Finding
	require.NoError(b.tb, json.Unmarshal([]byte(found), &all))
	return slices.DeleteFunc(all, func(f Finding) bool { return !f.grave() })
}

// settled waits until the page has been drawn: what it does when the window changes is done then.
const settled = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`

// shape is how a page is built, whatever it says: its elements with their classes and the names of their attributes.
const shape = `[...document.querySelectorAll("*")]
	.map(e => [e.tagName, e.getAttribute("class"), ...e.getAttributeNames()].join()).join("\n")`

// checked are the shapes that axe-core had nothing against: the same page on another database is not looked at again.
var checked sync.Map

// axeFindsNothing has axe-core look at the page in one look.
func (b *Browser) axeFindsNothing(at string, l look) {
	b.tb.Helper()
	if !HasAxe(b.tb) {
		return // TestAxe says so
	}
	ask(b, chromedp.Evaluate[bool](settled, chromedp.EvalAwaitPromise))
	key := l.String() + Evaluate[string](b, shape)
	if _, known := checked.Load(key); known {
		return
	}
	if assert.Empty(b.tb, b.Axe(), "%s, %s", at, l) {
		checked.Store(key, nil)
	}
}

// look is one way in which a page is shown.
type look struct {
	width, height int64
	dark          bool
}

func (l look) String() string { return fmt.Sprintf("%d wide, dark %t", l.width, l.dark) }

// looks are those in which every page is checked: at a desk and on a telephone, in light and in dark.
func looks() []look {
	return []look{{1280, 900, false}, {1280, 900, true}, {360, 740, true}, {360, 740, false}}
}
