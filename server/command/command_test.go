package command_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"orderhub/server/app"
	"orderhub/server/command"
	"orderhub/server/config"
	"orderhub/server/store/pgtest"
)

// result is how a command ended.
type result struct {
	code     int
	out, err string
}

func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := command.Run(t.Context(), args, command.Streams{In: strings.NewReader(stdin), Out: &out, Err: &errs})
	return result{code, out.String(), errs.String()}
}

// do runs a command that must succeed and returns what it printed.
func do(t *testing.T, args ...string) string {
	t.Helper()
	r := run(t, "", args...)
	if r.code != 0 {
		t.Fatalf("orderhub %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// fails runs a command that must fail and say so in one line.
func fails(t *testing.T, want string, args ...string) {
	t.Helper()
	r := run(t, "", args...)
	if r.code != 1 || !strings.Contains(r.err, want) || strings.Count(r.err, "\n") != 1 {
		t.Errorf(
			"orderhub %s: exit code %d, %q; want 1 and one line with %q", strings.Join(args, " "), r.code, r.err, want,
		)
	}
}

func TestHelp(t *testing.T) {
	all := do(t, "--help")
	for _, words := range command.Every() {
		if !strings.Contains(all, strings.Join(words, " ")) {
			t.Errorf("the help does not list %q", words)
		}
		help := do(t, append(slices.Clone(words), "--help")...)
		if !strings.Contains(help, "Example") || !strings.Contains(help, "\n    orderhub "+strings.Join(words, " ")) {
			t.Errorf("the help of %q has no example:\n%s", words, help)
		}
	}
	for _, args := range [][]string{{}, {"help"}} {
		if text := do(t, args...); text != all {
			t.Errorf("orderhub %q does not print the help", args)
		}
	}
	if text := do(t, "help", "key", "create"); text != do(t, "key", "create", "--help") {
		t.Errorf("help for a command: %q", text)
	}
	if text := do(t, "version"); text != do(t, "--version") {
		t.Errorf("version: %q", text)
	}
	if text := do(t, "--version"); !strings.HasPrefix(text, "orderhub ") {
		t.Errorf("version: %q", text)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"nothing"},
		{"merchant"},
		{"merchant", "create"},
		{"serve", "--nothing"},
		{"serve", "--shutdown-timeout", "soon"},
		{"serve", "--log-level", "loud"},
		{"key", "revoke", "shop", "first"},
	} {
		r := run(t, "", args...)
		if r.code != 2 || r.out != "" || !strings.HasPrefix(r.err, "orderhub: ") || !strings.Contains(r.err, "--help") {
			t.Errorf("orderhub %q: exit code %d, %q, %q; want 2 and a hint at --help", args, r.code, r.out, r.err)
		}
	}
}

// What is given and says nothing, as a variable that is not set does, is refused before anything is opened.
func TestBlankArguments(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for _, test := range []struct {
		args []string
		word string
	}{
		{[]string{"backup", ""}, "<file>"},
		{[]string{"backup", " \t"}, "<file>"},
		{[]string{"backup", "copy.sqlite", "--database", ""}, "--database"},
		{[]string{"restore", ""}, "<file>"},
		{[]string{"verify", "--key-file", " "}, "--key-file"},
		{[]string{"migrate", "--database="}, "--database"},
		{[]string{"units", "import", "", "codes.txt"}, "<product>"},
		{[]string{"units", "import", "CODE", ""}, "<file>"},
		{[]string{"units", "imports", ""}, "<product>"},
		{[]string{"product", "import", ""}, "<file>"},
		{[]string{"merchant", "create", " ", "--currency", "THB"}, "<name>"},
		{[]string{"merchant", "suspend", ""}, "<merchant>"},
		{[]string{"deposit", "shop", ""}, "<amount>"},
		{[]string{"webhook", "create", "shop", ""}, "<url>"},
		{[]string{"order", "explain", ""}, "<number>"},
		{[]string{"provider", "create", "topups", "sim", "--credentials", ""}, "--credentials"},
		{[]string{"attempts", "resolve", "1", "delivered", "--evidence", "x", "--goods", ""}, "--goods"},
		{[]string{"simulate", "gameso", "--script", ""}, "--script"},
	} {
		r := run(t, "", test.args...)
		if r.code != 2 || r.out != "" || !strings.Contains(r.err, test.word) ||
			!strings.Contains(r.err, "must not be empty") ||
			!strings.Contains(r.err, "See orderhub "+test.args[0]) {
			t.Errorf("orderhub %q: exit code %d, %q, %q", test.args, r.code, r.out, r.err)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("something was opened: %v, %v", left, err)
	}
}

// database makes a migrated SQLite file.
func database(t *testing.T) string {
	t.Helper()
	url := "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite")
	do(t, "migrate", "--database", url)
	return url
}

func TestMigrate(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		url := "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite")
		fails(t, "no database", "migrate", "--status", "--database", url)
		fails(t, "no database", "merchant", "list", "--database", url)
		checkMigrate(t, url)
	})
	t.Run("postgres", func(t *testing.T) {
		url := pgtest.New(t)
		r := run(t, "", "migrate", "--status", "--database", url)
		if r.code != 1 || !strings.Contains(r.out, "no") {
			t.Errorf("status of an empty database: exit code %d\n%s%s", r.code, r.out, r.err)
		}
		fails(t, "orderhub migrate", "merchant", "list", "--database", url)
		checkMigrate(t, url)
	})
}

func checkMigrate(t *testing.T, url string) {
	t.Helper()
	if text := do(t, "migrate", "--database", url); !strings.Contains(text, "steps were applied") {
		t.Errorf("first: %q", text)
	}
	if text := do(t, "migrate", "--database", url); !strings.Contains(text, "nothing was missing") {
		t.Errorf("again: %q", text)
	}
	if text := do(t, "migrate", "--status", "--database", url); !strings.Contains(text, "initial") ||
		strings.Contains(text, "no\n") {
		t.Errorf("status: %q", text)
	}
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRefusals(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "shop", "--currency", "THB", "--email", "shop@example.com")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	do(t, at("deposit", "shop", "1", "--reference", "once")...)
	do(t, at("product", "import", "--create-categories", file(t, "products.json",
		`[{"sku":"DIAMOND","name":"Diamond","category":"gems","price":"1.00","currency":"THB",`+
			`"source":"provider"}]`))...)
	for _, test := range []struct {
		want string
		args []string
	}{
		{"name is already in use", at("merchant", "create", "shop", "--currency", "THB")},
		{
			"email is already in use",
			at("merchant", "create", "shop-two", "--currency", "THB", "--email", "SHOP@example.com"),
		},
		{"name must be", at("merchant", "create", "Shop", "--currency", "THB")},
		{"--currency is required for a merchant", at("merchant", "create", "another")},
		{"--currency must be an ISO 4217 code", at("merchant", "create", "another", "--currency", "baht")},
		{"must be empty for an operator", at("merchant", "create", "another", "--operator", "--currency", "THB")},
		{
			"--credit-limit must be an amount of",
			at("merchant", "create", "m", "--currency", "KRW", "--credit-limit", "1.5"),
		},
		{"--allow must be an IP address", at("merchant", "create", "another", "--currency", "KRW", "--allow", "home")},
		{`no merchant "nobody"`, at("merchant", "suspend", "nobody")},
		{`no merchant "nobody"`, at("key", "create", "nobody")},
		{`no merchant "7"`, at("key", "list", "7")},
		{"has no key 7", at("key", "revoke", "shop", "7")},
		{"too many decimal places", at("deposit", "shop", "1.005")},
		{"the wallet of shop is not in TRY", at("deposit", "shop", "1", "--currency", "TRY")},
		{"another movement", at("deposit", "shop", "2", "--reference", "once")},
		{"another movement", at("adjust", "shop", "1", "--reason", "r", "--reference", "once")},
		{"insufficient wallet balance: THB 1.00 missing", at("adjust", "shop", "-2", "--reason", "r")},
		{"reason must not be empty", at("adjust", "shop", "-1", "--reason", " ")},
		{"not be 0", at("adjust", "shop", "0", "--reason", "r")},
		{"has no wallet", at("adjust", "ops", "-1", "--reason", "r")},
		{"has no wallet", at("deposit", "ops", "1")},
		{"above 0", at("deposit", "shop", "0")},
		{"no such file", at("product", "import", "nowhere.csv")},
		{`no product "NOTHING"`, at("units", "import", "NOTHING", "nowhere.txt")},
		{"no such file", at("units", "import", "DIAMOND", "nowhere.txt")},
		{"is a folder", at("product", "import", ".")},
		{"--database", []string{"merchant", "list", "--database", "mysql://localhost"}},
		{"needs a key", []string{"serve", "--database", "postgres://localhost/nothing"}},
		{"needs a key", []string{"units", "import", "CODE", "codes.txt", "--database", "postgres://localhost/nothing"}},
	} {
		fails(t, test.want, test.args...)
	}
}

func TestVerifyNamesTheRow(t *testing.T) {
	url := database(t)
	do(t, "merchant", "create", "shop", "--currency", "THB", "--database", url)
	do(t, "deposit", "shop", "5", "--database", url)
	cfg := config.Default()
	cfg.Database = url
	s, err := app.OpenStore(t.Context(), &cfg, app.Current, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SQLite().Exec(`UPDATE accounts SET balance_micros = 6000000 WHERE kind = 'wallet'`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r := run(t, "", "verify", "--database", url)
	if r.code != 1 || !strings.Contains(r.out, "wallet") || !strings.Contains(r.out, "account") {
		t.Errorf("verify: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	r = run(t, "", "verify", "--json", "--database", url)
	var finding struct{ Row string }
	err = json.NewDecoder(strings.NewReader(r.out)).Decode(&finding)
	if err != nil || r.code != 1 || finding.Row == "" {
		t.Errorf("verify --json: exit code %d, %v\n%s", r.code, err, r.out)
	}
}
