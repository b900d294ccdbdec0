package command_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/command"
	"orderhub/server/config"
	"orderhub/server/store/pgtest"
	"orderhub/server/tlsfiles/tlstest"
)

// elsewhere is a hub, and how commands are given for it from another machine.
func elsewhere(t *testing.T, changes ...func(*config.Config)) (address string, beside, at func(...string) []string) {
	t.Helper()
	url := database(t)
	address = hubAt(t, url, changes...).GRPC
	beside = func(args ...string) []string { return append(args, "--database", url) }
	return address, beside, asAdmin(t, address, beside)
}

// TestImportsOfAnyLength brings files to a hub elsewhere and to the one of a database in calls, and accounts for every
// line. Units are one import, whatever it took.
func TestImportsOfAnyLength(t *testing.T) {
	t.Run("elsewhere", func(t *testing.T) {
		_, beside, at := elsewhere(t)
		importsOfAnyLength(t, beside, at)
	})
	t.Run("SQLite", func(t *testing.T) {
		url := database(t)
		at := func(args ...string) []string { return append(args, "--database", url) }
		importsOfAnyLength(t, at, at)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := pgtest.New(t)
		at := func(args ...string) []string { return append(args, "--database", url, "--key", testKey.Reveal()) }
		do(t, at("migrate")...)
		importsOfAnyLength(t, at, at)
	})
}

func importsOfAnyLength(t *testing.T, beside, at func(...string) []string) {
	t.Helper()
	products := "sku,name,category,price,currency,source\n" +
		"CODE,Code,codes,10.00,THB,stock\nPIN,Pin,codes,2.50,THB,stock\n"
	created := run(t, "", at("product", "import", file(t, "products.csv", products))...)
	require.Equal(t, 1, created.code, "there is no such category")
	require.Contains(t, created.err, `refused: line 2: there is no category "codes"`)
	imported := func(text string) string {
		return do(t, at("product", "import", "--create-categories", file(t, "products.csv", text))...)
	}
	require.Equal(t, "2 created, 0 changed, 0 unchanged, 0 refused.\n", imported(products))
	require.Equal(t, "0 created, 0 changed, 2 unchanged, 0 refused.\n", imported(products))
	dearer := strings.Replace(products, "2.50", "2.75", 1)
	require.Equal(t, "0 created, 1 changed, 1 unchanged, 0 refused.\n", imported(dearer))
	require.Contains(t, do(t, beside("product", "list", "--query", "pin")...), "THB 2.75")
	bad := run(t, "", at("product", "import", file(t, "bad.csv", "sku,slug\nCODE,same\nPIN,same\n"))...)
	require.Equal(t, 1, bad.code)
	require.Contains(t, bad.out, "0 created, 1 changed, 0 unchanged, 1 refused.")
	require.Contains(t, bad.err, "refused: line 3: product", "the hub refuses it, and the others are imported")
	require.Contains(t, bad.err, "already exists")

	var codes strings.Builder
	codes.WriteString("content\npin\n") // which is a code in a column
	for n := range 12_000 {
		fmt.Fprintf(&codes, "code-%d\n", n)
	}
	codes.WriteString("code-7\nbell\a\ncode-8\n")
	path := file(t, "codes.txt", codes.String())
	for range 2 { // a dry run imports nothing
		dry := run(t, "", at("units", "import", "CODE", path, "--dry-run")...)
		require.Equal(t, 1, dry.code)
		require.Contains(t, dry.out, "12,001 units would be imported into CODE, 3 refused.")
		require.Contains(t, dry.err, "repeats an earlier line or import: line 12003, 12005")
	}
	first := run(t, "", at("units", "import", "CODE", path)...)
	require.Contains(t, first.out, "12,001 units imported into CODE, 3 refused.")
	require.Contains(t, first.err, "refused: line 12004: column \"content\" contains a control character")
	require.Contains(t, first.err, "repeats an earlier line or import: line 12003, 12005")
	require.Contains(t, first.err, "This is import 1;")
	again := run(t, "", at("units", "import", "CODE", path, "--json")...)
	require.Contains(t, again.out, `"repeated": 12003`)
	require.Contains(t, do(t, beside("units", "stock", "CODE")...), "12,001 units of CODE")
	require.Regexp(t, `\n1 +CODE +codes.txt +12,001 +3 `, do(t, at("units", "imports", "CODE")...))

	more := strings.NewReplacer("code-", "more-").Replace(codes.String())
	expired := at("units", "import", "CODE", file(t, "late.txt", more), "--expires", "2020-01-01")
	require.Contains(t, run(t, "", expired...).err, "stopped: 10000 of the first 10000 lines are no units")
	forced := run(t, "", append(expired, "--force")...)
	require.Contains(t, forced.out, "0 units imported into CODE, 12,004 refused.")
	require.Contains(t, forced.err, "refused: line 2: has expired")
	garbage := strings.Repeat("\a\n", 10_000)
	stopped := run(t, "", at("units", "import", "CODE", file(t, "bad.txt", garbage+more))...)
	require.Contains(t, stopped.err, "stopped: 10000 of the first 10000 lines are no units")
	require.Contains(t, do(t, beside("units", "stock", "CODE")...), "12,001 units of CODE")

	cut := run(t, "", at("units", "list", "CODE", "--limit", "2")...)
	require.Contains(t, cut.err, "There are more; --limit says")
	require.NotContains(t, run(t, "", at("units", "list", "CODE", "--limit", "13000")...).err, "There are more")
	ids := strings.Fields(cut.out)
	require.Contains(t, do(t, at("units", "list", "CODE", "--limit", "1", "--after", ids[7])...), "\n2 ")
	require.Contains(t, do(t, beside("audit", "list")...), "CatalogService.ImportUnits")
	require.Contains(t, do(t, at("units", "withdraw", "1")...), "12,001 units of 12,001 imported units withdrawn.")
	do(t, beside("verify")...)
}

// TestRemoteKeys never sends what seals a database, and says what is wrong with what it has.
func TestRemoteKeys(t *testing.T) {
	address, beside, at := elsewhere(t)
	do(t, beside("operator", "create", "vera", "--role", "viewer")...)
	viewer := strings.TrimSpace(do(t, beside("operator", "key", "create", "vera")...))
	inFile := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(inFile, []byte(viewer+"\n"), 0o600))
	sealing := filepath.Join(t.TempDir(), "sealing")
	require.NoError(t, os.WriteFile(sealing, []byte(testKey.Reveal()+"\n"), 0o600))

	list := []string{"operator", "list", "--address", address}
	for _, flags := range [][]string{{"--api-key", viewer}, {"--key", viewer}, {"--key-file", inFile}} {
		require.Contains(t, do(t, append(list, flags...)...), "vera")
	}
	fails(t, "--key: this key seals a database", append(list, "--key", testKey.Reveal())...)
	fails(t, "--key-file: this key seals a database", append(list, "--key-file", sealing)...)
	fails(t, "--address needs --api-key", list...)
	fails(t, "API key", append(list, "--api-key", "ohk_nobodys")...)
	fails(t, "role admin", "operator", "create", "eve", "--role", "viewer", "--address", address, "--api-key", viewer)
	fails(t, "must be HOST:PORT", "operator", "list", "--address", "hub", "--api-key", viewer)
	fails(t, "has a setting of its own", at("webhook", "list", "shop", "--allow-local-targets")...)

	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	fails(t, "the hub at "+gone.Addr().String()+" cannot be reached",
		"operator", "list", "--address", gone.Addr().String(), "--api-key", viewer)
}

// TestRemoteTLS asks a hub that speaks TLS, and only one whose certificate is good.
func TestRemoteTLS(t *testing.T) {
	authority := tlstest.NewAuthority(t, "authority")
	cert, key := authority.Issue("127.0.0.1", time.Now().Add(time.Hour))
	own := tlstest.Write(t, t.TempDir(), cert, key, authority.PEM)
	other := tlstest.Write(t, t.TempDir(), tlstest.NewAuthority(t, "another").PEM)
	address, _, at := elsewhere(t, func(cfg *config.Config) { cfg.TLSCert, cfg.TLSKey = own[0], own[1] })
	require.Contains(t, do(t, at("operator", "list", "--tls-ca", own[2])...), "ada")
	fails(t, "cannot be reached", at("operator", "list")...) // in plain text
	fails(t, "certificate", at("operator", "list", "--tls-ca", other[0])...)
	fails(t, "--tls-ca", at("operator", "list", "--tls-ca", own[1])...)
	fails(
		t, "--plaintext", "--plaintext", "operator", "list", "--tls-ca", own[2], "--address", address, "--api-key", "x",
	)
}

// lockedBuffer may be read while a command writes to it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// patience is how long a condition may take, and pause how often it is looked at.
const (
	patience = time.Minute
	pause    = 20 * time.Millisecond
)

// TestWatch prints what is new of a list until it is interrupted.
func TestWatch(t *testing.T) {
	_, beside, at := elsewhere(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(
			ctx, at("audit", "list", "--watch"), command.Streams{In: strings.NewReader(""), Out: &out, Err: t.Output()},
		)
	}()
	require.Eventually(t, func() bool {
		return strings.Contains(out.String(), "OperatorService.CreateOperatorKey")
	}, patience, pause)
	do(t, beside("merchant", "create", "shop", "--currency", "THB")...)
	require.Eventually(t, func() bool {
		return strings.Contains(out.String(), "AdminService.CreateMerchant")
	}, patience, pause)
	cancel()
	require.Zero(t, <-ended)
	require.Equal(t, 1, strings.Count(out.String(), "OperatorService.CreateOperatorKey"), "a row is printed once")
}

// TestCompletion answers as shells ask.
func TestCompletion(t *testing.T) {
	for line, want := range map[string][]string{
		"orderhub app":                  {"approval"},
		"orderhub order ":               {"list", "get", "cancel", "explain", "export"},
		"orderhub order list --st":      {"--status"},
		"orderhub attempts resolve 17 ": {"inquire", "delivered", "failed", "elsewhere"},
	} {
		t.Run(line, func(t *testing.T) {
			t.Setenv("COMP_LINE", line)
			t.Setenv("COMP_POINT", fmt.Sprint(len(line)))
			require.Subset(t, strings.Fields(do(t)), want)
		})
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		require.Contains(t, do(t, "completion", shell), "complete")
	}
}
