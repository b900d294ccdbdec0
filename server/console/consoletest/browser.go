// Package consoletest walks the pages of the console in a real browser, as people do: by what they read, not by how a
// page is made. A test fails when a page's script fails or the policy of its content refuses something.
package consoletest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// patience is how long a page may take to show something.
const patience = 20 * time.Second

// Browser is somebody's, with an empty jar for cookies.
type Browser struct {
	tb   testing.TB
	base string
	ctx  context.Context

	window [2]int64 // its width and height

	mu     sync.Mutex
	faults []string
}

// program is the browser, where there is one.
func program() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Open opens a browser for the hub at an address; the test's end closes it. Where no browser is installed the test is
// skipped, but in CI.
func Open(tb testing.TB, base string) *Browser {
	tb.Helper()
	path := program()
	switch {
	case path != "":
	case os.Getenv("CI") != "true":
		tb.Skip("not run in a browser: chromium is not installed")
	default:
		tb.Fatal("chromium is not installed")
	}
	allocator, endAllocator := chromedp.NewExecAllocator(
		context.Background(), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless,
		chromedp.WindowSize(1280, 900), chromedp.UserDataDir(tb.TempDir()), chromedp.Env("TZ=Asia/Bangkok"),
	)
	ctx, end := chromedp.NewContext(allocator)
	b := &Browser{tb: tb, base: base, ctx: ctx}
	tb.Cleanup(func() {
		end()
		endAllocator()
		b.mu.Lock()
		defer b.mu.Unlock()
		require.Empty(tb, b.faults, "what the browser complained about")
	})
	require.NoError(tb, chromedp.Do(ctx), "starting %s", path)
	require.NoError(tb, chromedp.Listen(ctx, b.listen))
	b.Resize(1280, 900)
	return b
}

// listen keeps what a page should not give occasion for. That the hub refuses something is no fault of a page.
func (b *Browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, e.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError && e.Entry.Source != cdplog.EntrySourceNetwork {
			b.faults = append(b.faults, e.Entry.Text)
		}
	}
}

func (b *Browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.fail(err)
	}
}

// navigate is do for what leads to another page; it waits for that.
func (b *Browser) navigate(steps ...chromedp.Action[chromedp.Void]) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, steps...); err != nil {
		b.fail(err)
	}
}

// ask runs what has a result, again where another page came in between.
func ask[T any](b *Browser, action chromedp.Action[T]) T {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		result, err := chromedp.Run(ctx, action)
		switch {
		case err == nil:
			return result
		case ctx.Err() != nil || !leftPage(err):
			b.fail(err)
		}
	}
}

// leftPage says of an error that the page was left while it was asked.
func leftPage(err error) bool {
	return slices.ContainsFunc([]string{
		"Cannot find context", "context was destroyed", "navigated or closed", "No node with given id",
		"not belong to the document",
	}, func(text string) bool { return strings.Contains(err.Error(), text) })
}

func (b *Browser) fail(err error) {
	b.tb.Helper()
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`)) // only to say where it was
	b.tb.Fatalf("%v\n%s", err, text)
}

// Visit goes to a page.
func (b *Browser) Visit(path string) {
	b.tb.Helper()
	b.navigate(chromedp.Navigate(b.base + path))
}

// Path is where the browser is, with its query.
func (b *Browser) Path() string {
	b.tb.Helper()
	u, err := url.Parse(ask(b, chromedp.Location()))
	require.NoError(b.tb, err)
	return u.RequestURI()
}

// Text is what somebody reads on the page.
func (b *Browser) Text() string {
	b.tb.Helper()
	return ask(b, chromedp.Evaluate[string](`document.body.innerText`))
}

// See waits until the page says something.
func (b *Browser) See(text string) {
	b.tb.Helper()
	ask(b, chromedp.PollFunction[bool](
		`text => document.body.innerText.includes(text)`, chromedp.WithPollingArgs(text),
		chromedp.WithPollingTimeout(patience),
	))
}

// NotSee says that the page does not say something.
func (b *Browser) NotSee(text string) {
	b.tb.Helper()
	require.NotContains(b.tb, b.Text(), text)
}

// Fill types into the field with this label, in the place of what was there.
func (b *Browser) Fill(label, text string) {
	b.tb.Helper()
	field := b.labelled(label)
	Evaluate[bool](b, fmt.Sprintf(`(document.querySelector(%q).value = "", true)`, field))
	b.do(chromedp.SendKeys(field, text))
}

// Choose chooses one of a field's choices.
func (b *Browser) Choose(label, choice string) {
	b.tb.Helper()
	chosen := ask(b, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
		const field = document.querySelector(%q);
		const option = Array.from(field.options).find(o => o.textContent.trim() === %q);
		if (!option) return false;
		field.value = option.value;
		field.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, b.labelled(label), choice)))
	require.True(b.tb, chosen, "%s has no choice %s", label, choice)
}

// Tick clicks a box or a circle with this label.
func (b *Browser) Tick(label string) {
	b.tb.Helper()
	b.do(chromedp.Click(b.labelled(label)))
}

// Upload gives the field with this label a file.
func (b *Browser) Upload(label, name, content string) {
	b.tb.Helper()
	path := filepath.Join(b.tb.TempDir(), name)
	require.NoError(b.tb, os.WriteFile(path, []byte(content), 0o600))
	b.do(chromedp.SetUploadFiles(b.labelled(label), []string{path}))
}

// labelled finds a field by the beginning of its label.
func (b *Browser) labelled(label string) chromedp.CSS {
	b.tb.Helper()
	selector := ask(b, chromedp.Evaluate[string](fmt.Sprintf(`(() => {
		const said = %q, text = e => e.textContent.replace(/\s+/g, " ").trim();
		const field = [...document.querySelectorAll("label")].find(l => text(l).startsWith(said))?.control ??
			[...document.querySelectorAll("[aria-label]")].find(e => e.getAttribute("aria-label") === said);
		if (!field) return "";
		field.dataset.found = said;
		return "[data-found=" + JSON.stringify(said) + "]";
	})()`, label)))
	require.NotEmpty(b.tb, selector, "no field %s", label)
	return chromedp.CSS(selector)
}

// Press presses the button, or follows the link, with this text; another page is waited for.
func (b *Browser) Press(text string) {
	b.tb.Helper()
	b.openMenu(text)
	b.navigate(chromedp.Click(b.pressable(text)))
}

// Download presses the button with this text and has the content of the file that comes, by its name.
func (b *Browser) Download(text, name string) (content string) {
	b.tb.Helper()
	folder := b.tb.TempDir()
	_, err := chromedp.Call(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
	})
	require.NoError(b.tb, err)
	b.do(chromedp.Click(b.pressable(text)))
	require.Eventually(b.tb, func() bool { // it has another name before it is whole
		file, err := os.ReadFile(filepath.Join(folder, name))
		content = string(file)
		return err == nil
	}, patience, 10*time.Millisecond, name)
	return content
}

// openMenu opens the part of the menu that the link with this text is in, if it is in one.
func (b *Browser) openMenu(text string) {
	b.tb.Helper()
	ask(b, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
		const found = document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue;
		const menu = found?.closest("nav details");
		if (menu) {
			menu.open = true;
		}
		return true;
	})()`, b.pressable(text))))
}

// Unfold opens what is folded under a text.
func (b *Browser) Unfold(text string) {
	b.tb.Helper()
	b.do(chromedp.Click(fmt.Sprintf(`//summary[normalize-space()=%s]`, quoted(text))))
}

func (b *Browser) pressable(text string) string {
	return fmt.Sprintf(
		`(//button|//a)[normalize-space()=%[1]s or @aria-label=%[1]s]`, quoted(text),
	)
}

// Offers reports whether there is such a button or link.
func (b *Browser) Offers(text string) bool {
	b.tb.Helper()
	return ask(b, chromedp.Evaluate[bool](fmt.Sprintf(
		`document.evaluate(%q, document, null, XPathResult.BOOLEAN_TYPE).booleanValue`,
		"boolean("+b.pressable(text)+")",
	)))
}

// quoted is a text in an expression of XPath, which knows no way to write both kinds of quotes.
func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, "") + `"` }

// Key presses keys.
func (b *Browser) Key(keys string) {
	b.tb.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// Hit presses the key of one character, as a keyboard does: a page that does something else with it takes it away.
func (b *Browser) Hit(character string) {
	b.tb.Helper()
	for _, step := range []input.DispatchKeyEventParams{
		{Type: input.DispatchKeyEventTypeKeyDown, Key: character, Text: character, UnmodifiedText: character},
		{Type: input.DispatchKeyEventTypeKeyUp, Key: character},
	} {
		_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, step)
		require.NoError(b.tb, err)
	}
}

// Enter presses the enter key, which leads to another page.
func (b *Browser) Enter() {
	b.tb.Helper()
	b.navigate(chromedp.KeyEvent(kb.Enter))
}

// Evaluate asks the page something in JavaScript.
func Evaluate[T any](b *Browser, expression string) T {
	b.tb.Helper()
	return ask(b, chromedp.Evaluate[T](expression))
}

// Resize makes the window another one's: that of a telephone is 360 wide.
func (b *Browser) Resize(width, height int64) {
	b.tb.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	b.window = [2]int64{width, height}
}

// Dark wants dark pages, or light ones again.
func (b *Browser) Dark(dark bool) {
	b.tb.Helper()
	value := "light"
	if dark {
		value = "dark"
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}},
	})
	require.NoError(b.tb, err)
}

// WithoutScript lets no script run from the next page on.
func (b *Browser) WithoutScript() {
	b.tb.Helper()
	_, err := chromedp.Call(
		b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true},
	)
	require.NoError(b.tb, err)
}

// Picture takes a picture of the page for docs/console, with UPDATE=1.
func (b *Browser) Picture(name string) {
	b.tb.Helper()
	if os.Getenv("UPDATE") == "" {
		return
	}
	picture := ask(b, chromedp.CaptureScreenshot())
	folder := filepath.Join("..", "..", "docs", "console")
	require.NoError(b.tb, os.MkdirAll(folder, 0o750))
	require.NoError(b.tb, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600))
}
