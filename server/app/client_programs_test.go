//go:build !race

package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/console/consoletest"
	"orderhub/server/demo"
	"orderhub/server/nettest"
)

// needs skips a test for which something is not installed, but in CI.
func needs(t *testing.T, there bool, what string) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") == "true":
		t.Fatal(what)
	default:
		t.Skip(what)
	}
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// repository is the path of something in it.
func repository(t *testing.T, path string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return filepath.Join(root, path)
}

// program is a command in a folder, with a key.
type program struct{ folder, key string }

func (p program) run(t *testing.T, name string, arguments ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, arguments...)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "ORDERHUB_API_KEY="+p.key)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// bought is what the examples print.
const bought = `costs 100.00 THB\nplaced ord_\w+\n\d+ order.created\n` +
	`(\d+ .*\n)*\d+ order.completed\ndelivered SIM-\w+\n$`

// The package is made of the contract as it is, installed from its file without a network, compiled against and run.
func TestTypeScriptClient(t *testing.T) {
	source := repository(t, "client/typescript")
	compiler := filepath.Join(source, "node_modules/typescript/bin/tsc")
	needs(t, isFile(compiler), "what makes the TypeScript client is not installed: make typescript")
	h := startDemo(t, sqliteConfig(t), exportsAtOnce)

	shop := program{folder: t.TempDir(), key: demo.MerchantKey}
	out, err := program{folder: source}.run(t, "npm", "pack", "--silent", "--pack-destination", shop.folder)
	require.NoError(t, err, out)
	packed, err := filepath.Glob(filepath.Join(shop.folder, "orderhub-client-*.tgz"))
	require.NoError(t, err)
	require.Len(t, packed, 1)
	files := map[string]string{"package.json": `{"private": true, "type": "module"}`}
	for name, from := range map[string]string{
		"shop.ts":    "docs/examples/client-typescript/shop.ts",
		"follow.mjs": "server/app/testdata/clients/follow.mjs",

		"after-sale.mjs": "server/app/testdata/clients/after-sale.mjs",
	} {
		content, err := os.ReadFile(repository(t, from))
		require.NoError(t, err)
		files[name] = string(content)
	}
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(shop.folder, name), []byte(content), 0o600))
	}
	out, err = shop.run(t, "npm", "install", "--offline", "--cache", t.TempDir(), "--ignore-scripts", "--no-audit",
		"--no-fund", packed[0])
	require.NoError(t, err, out)
	out, err = shop.run(t, "node", compiler, "--strict", "--target", "es2022", "--module", "nodenext",
		"--lib", "es2022,dom", "shop.ts")
	require.NoError(t, err, out)

	out, err = shop.run(t, "node", "shop.js", h.base, "DIAMOND_100")
	require.NoError(t, err, out)
	require.Regexp(t, bought, out)
	out, err = program{shop.folder, demo.PoorKey}.run(t, "node", "shop.js", h.base, "DIAMOND_100")
	require.Error(t, err)
	require.Contains(t, out, "90.00 THB are missing")
	out, err = shop.run(t, "node", "shop.js", h.base, "NOTHING")
	require.Error(t, err)
	require.Contains(t, out, "not sold: lines[0].sku: no such product")
	// What keeps breaking its connection is followed nevertheless, each event once.
	out, err = shop.run(t, "node", "follow.mjs", h.base)
	require.NoError(t, err, out)
	require.Contains(t, out, "followed 12 events over")
	out, err = shop.run(t, "node", "after-sale.mjs", h.base, demo.OperatorKey)
	require.NoError(t, err, out)
	require.Contains(t, out, "replaced by")
}

// Debian's python3-grpcio is for Debian's Python.
const python = "/usr/bin/python3"

func TestPythonExamples(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	shop := program{repository(t, "docs/examples/client-python"), demo.MerchantKey}
	poor := program{shop.folder, demo.PoorKey}
	t.Run("REST", func(t *testing.T) {
		needs(t, isFile(python), "Python is not installed")
		out, err := shop.run(t, python, "rest.py", h.base, "DIAMOND_100")
		require.NoError(t, err, out)
		require.Regexp(t, bought, out)
		out, err = poor.run(t, python, "rest.py", h.base, "DIAMOND_100")
		require.Error(t, err)
		require.Contains(t, out, "90.00 THB are missing")
	})
	t.Run("gRPC", func(t *testing.T) {
		_, err := program{}.run(t, python, "-c", "import grpc")
		needs(t, err == nil, "grpcio is not installed: Debian's python3-grpcio and python3-protobuf")
		response, err := http.Get(h.base + "/orderhub.binpb")
		require.NoError(t, err)
		defer response.Body.Close()
		descriptors := filepath.Join(t.TempDir(), "orderhub.binpb")
		file, err := os.Create(descriptors)
		require.NoError(t, err)
		_, err = file.ReadFrom(response.Body)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		out, err := shop.run(t, python, "grpc_client.py", descriptors, h.Addresses().GRPC, "DIAMOND_100")
		require.NoError(t, err, out)
		require.Regexp(t, bought, out)
		out, err = poor.run(t, python, "grpc_client.py", descriptors, h.Addresses().GRPC, "DIAMOND_100")
		require.Error(t, err)
		require.Contains(t, out, "90.00 THB are missing")
		out, err = program{shop.folder, "nobody's"}.run(
			t, python, "grpc_client.py", descriptors, h.Addresses().GRPC, "DIAMOND_100",
		)
		require.Error(t, err)
		require.Contains(t, out, "UNAUTHENTICATED UNAUTHENTICATED: ")
	})
}

// The collection is run as Postman runs it, for what a merchant does.
func TestPostmanCollection(t *testing.T) {
	newman := repository(t, ".ci/tools/postman/node_modules/newman/bin/newman.js")
	needs(t, isFile(newman), "newman is not installed: make collection")
	h := startDemo(t, sqliteConfig(t))
	arguments := []string{
		newman, "run", "orderhub.postman_collection.json", "--environment", "orderhub.postman_environment.json",
		"--env-var", "baseUrl=" + h.base, "--timeout-request", "20000", "--color", "off",
	}
	requests := []string{
		"GetAccount", "ListProducts", "QuoteOrder", "CreateOrder", "GetOrder", "GetOrderByReference", "ListOrderEvents",
	}
	for _, name := range requests {
		arguments = append(arguments, "--folder", name)
	}
	out, err := program{folder: repository(t, "docs/postman")}.run(t, "node", arguments...)
	require.NoError(t, err, out)
	require.Equal(t, len(requests), strings.Count(out, "[200 OK"), out)
}

// A page of another origin buys and follows in a browser, also while its hub is started again.
func TestPageInBrowser(t *testing.T) {
	shop := httptest.NewServer(http.FileServer(http.Dir("../../docs/examples")))
	defer shop.Close()
	b := consoletest.Open(t, shop.URL)
	cfg := sqliteConfig(t)
	cfg.CORSOrigins = []string{shop.URL}
	h := startDemo(t, cfg)
	relay := nettest.Pass(t, h.Addresses().HTTP)

	press := func(text string) {
		const click = `(button => button.disabled ? false : (button.click(), true))(
			[...document.querySelectorAll("button")].find(b => b.textContent === %q))`
		require.Eventually(t, func() bool {
			return consoletest.Evaluate[bool](b, fmt.Sprintf(click, text))
		}, 20*time.Second, 20*time.Millisecond)
	}
	b.Visit("/page.html")
	b.Fill("Hub", "http://"+relay.Address)
	b.Fill("API key", demo.MerchantKey)
	press("Ask for the price")
	b.See("It costs 100.00 THB.")
	press("Place the order")
	b.See("Following.")
	b.See("completed, 100.00 THB")
	b.See("SIM-")

	require.NoError(t, h.stop())
	b.See("The hub cannot be reached; trying again.")
	press("Place the order")
	b.See("To place the same order again is safe.")
	relay.To(start(t, cfg).Addresses().HTTP)
	press("Place the order")
	b.See("Following.")
	b.See("order.completed (6)")

	both := regexp.MustCompile(`(?s)\bord_\w+\s+completed, 100\.00 THB.*\bord_\w+\s+completed, 100\.00 THB`)
	require.Eventually(t, func() bool { return both.MatchString(b.Text()) }, time.Minute, 20*time.Millisecond)
	text := b.Text()
	for _, event := range []string{
		"order.created (1)", "order.processing (2)", "order.completed (3)", "order.created (4)", "order.processing (5)",
		"order.completed (6)",
	} {
		require.Equal(t, 1, strings.Count(text, event), "%s in\n%s", event, text)
	}
	require.Equal(t, "/page.html", b.Path(), "nothing of the form is in the address")
}
