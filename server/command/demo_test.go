package command_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"orderhub/server/command"
	"orderhub/server/demo"
	"orderhub/server/store/pgtest"
)

// runDemo runs the demo until it serves, and then stops it.
func runDemo(t *testing.T, args ...string) (out, errs string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	shown, logged := &lines{}, &lines{}
	ended := make(chan int, 1)
	args = append([]string{"demo", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "127.0.0.1:0"}, args...)
	go func() {
		ended <- command.Run(ctx, args, command.Streams{In: strings.NewReader(""), Out: shown, Err: logged})
	}()
	shown.waitFor(t, "Serving until it is interrupted")
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, logged.String())
	}
	return shown.String(), logged.String()
}

// TestDemo takes the tour.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	text, errs := runDemo(t)
	for _, want := range []string{
		"demo-key", "demo-admin-key", "curl -s http://127.0.0.1:", "grpcurl -plaintext",
		"user00001@example.com|", "wallet: THB 1000000.00 before, 999979.60 after", "SIM-", "given back 90.00",
		"at a cost of 10.20 USD each, 347.82 THB then", "INSUFFICIENT_BALANCE", "refund",
		"Webhook-Signature: v1,", "verified: it is the hub's",
		"and no money moved. Sign in as ada or grace", "/console/approvals/1", "/console/webhooks/demo/endpoints/1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the demo does not show %q", want)
		}
	}
	if strings.Contains(text, "\x1b[") {
		t.Error("colours without a terminal")
	}
	if errs != "" {
		t.Errorf("on standard error:\n%s", errs)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "orderhub-demo-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestDemoOnADatabase goes on with what is there, and leaves what is not a
// demo's alone.
func TestDemoOnADatabase(t *testing.T) {
	for _, kind := range []struct {
		name string
		url  func(*testing.T) string
		args []string
	}{
		{"sqlite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "demo.sqlite") }, nil},
		{"postgres", func(t *testing.T) string { return pgtest.New(t) }, []string{"--key", demo.SealingKey}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			url := kind.url(t)
			runDemo(t, "--database", url)
			runDemo(t, "--database", url, "--no-tour")
			text := do(t, append([]string{"verify", "--database", url}, kind.args...)...)
			// What the tour ordered is delivered in part or in full by now; each order cost something.
			if !strings.HasPrefix(text, "Everything agrees: 12 orders, 12 lines, ") {
				t.Errorf("verify: %q", text)
			}
		})
	}
	t.Run("not a demo's", func(t *testing.T) {
		url := database(t)
		do(t, "merchant", "create", "shop", "--currency", "THB", "--database", url)
		fails(t, "not a demo's", "demo", "--database", url)
	})
}

func TestDemoStaysAtHome(t *testing.T) {
	r := run(t, "", "demo", "--http", "0.0.0.0:0", "--grpc", ":0")
	if r.code != 1 || strings.Count(r.err, "--allow-remote") != 2 {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
}
