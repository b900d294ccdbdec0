package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"orderhub/server/app"
	"orderhub/server/command"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/secret"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/storetest"
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
		t.Errorf("orderhub %s: exit code %d, %q; want 1 and one line with %q", strings.Join(args, " "), r.code, r.err, want)
	}
}

// everyCommand is what a person can type.
var everyCommand = [][]string{
	{"serve"},
	{"demo"},
	{"migrate"},
	{"backup"},
	{"reseal"},
	{"verify"},
	{"merchant", "create"},
	{"merchant", "list"},
	{"merchant", "suspend"},
	{"merchant", "resume"},
	{"key", "create"},
	{"key", "list"},
	{"key", "revoke"},
	{"deposit"},
	{"adjust"},
	{"product", "import"},
	{"units", "import"},
	{"units", "list"},
	{"units", "imports"},
	{"units", "withdraw"},
	{"units", "void"},
	{"provider", "create"},
	{"provider", "set"},
	{"provider", "list"},
	{"provider", "sync"},
	{"offer", "create"},
	{"attempts", "list"},
	{"attempts", "resolve"},
	{"order", "explain"},
	{"simulate"},
}

func TestHelp(t *testing.T) {
	all := do(t, "--help")
	for _, words := range everyCommand {
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
	if text := do(t, "migrate", "--status", "--database", url); !strings.Contains(text, "initial") || strings.Contains(text, "no\n") {
		t.Errorf("status: %q", text)
	}
}

// hub runs an app on the database for the time of the test.
func hub(t *testing.T, url string) (base string) {
	t.Helper()
	cfg := config.Default()
	cfg.HTTP, cfg.GRPC, cfg.Metrics, cfg.Database = "127.0.0.1:0", "127.0.0.1:0", "", url
	if cfg.Postgres() {
		cfg.Key = testKey
	}
	a, err := app.New(t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return "http://" + a.Addresses().HTTP
}

var testKey = secret.Redacted(secret.GenerateKey())

type answer struct {
	Status string `json:"status"`
	Reason string `json:"reason"`
	Lines  []struct {
		Goods []struct {
			Content string `json:"content"`
		} `json:"goods"`
	} `json:"lines"`
}

func order(t *testing.T, base, key, reference, sku string) answer {
	t.Helper()
	body := fmt.Sprintf(`{"referenceId":%q,"lines":[{"sku":%q,"quantity":1}]}`, reference, sku)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/hub/v1/orders", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

// orderUntil repeats an order until it is answered as wanted: a change by a
// command is noticed within a second or so.
func orderUntil(t *testing.T, base, key, sku, want string) answer {
	t.Helper()
	begin := time.Now()
	for attempt := 0; ; attempt++ {
		a := order(t, base, key, fmt.Sprintf("%s-%s-%d", sku, want, attempt), sku)
		if a.Status == want || a.Reason == want {
			return a
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("ordering %s still gives %s%s, want %s", sku, a.Status, a.Reason, want)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestLiveDatabase runs every command of an operator beside a running hub.
func TestLiveDatabase(t *testing.T) {
	for _, kind := range []struct {
		name string
		url  func(*testing.T) string
		args []string
	}{
		{"sqlite", database, nil},
		{"postgres", func(t *testing.T) string { return storetest.PostgresURL(t) }, []string{"--key", testKey.Reveal()}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			url := kind.url(t)
			base := hub(t, url)
			at := func(args ...string) []string { return append(args, "--database", url) }

			text := do(t, at("merchant", "create", "shop", "--currency", "THB", "--email", "shop@example.com", "--rate", "6000")...)
			if !strings.Contains(text, "Created merchant shop with id 1.") {
				t.Errorf("merchant create: %q", text)
			}
			do(t, at("merchant", "create", "ops", "--operator")...)
			key := strings.TrimSpace(do(t, at("key", "create", "shop", "--label", "till 3")...))
			if !regexp.MustCompile(`^ohk_[0-9A-Za-z]{32}$`).MatchString(key) {
				t.Errorf("key create printed %q", key)
			}
			text = do(t, at("deposit", "shop", "100.50", "--reference", "bank 1")...)
			if !strings.Contains(text, "THB 100.50") {
				t.Errorf("deposit: %q", text)
			}
			if again := do(t, at("deposit", "shop", "100.50", "--reference", "bank 1")...); again != text {
				t.Errorf("the same deposit again: %q", again)
			}
			text = do(t, at("adjust", "shop", "-0.50", "--reason", "booked twice", "--reference", "ticket 1")...)
			if !strings.Contains(text, "by THB -0.50") || !strings.Contains(text, "balance THB 100.00") {
				t.Errorf("adjust: %q", text)
			}
			if again := do(t, at("adjust", "shop", "--force", "-0.50", "--reason", "booked twice", "--reference=ticket 1")...); again != text {
				t.Errorf("the same adjustment again: %q", again)
			}
			do(t, at("adjust", "shop", "0.50", "--reason", "was right")...)
			text = do(t, at("product", "import", "--create-categories", file(t, "products.csv",
				"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))...)
			if text != "1 created, 0 changed, 0 unchanged, 0 refused.\n" {
				t.Errorf("product import: %q", text)
			}
			units := append(at("units", "import", "CODE", file(t, "codes.txt", "first\nsecond\n")), kind.args...)
			if text = do(t, units...); text != "2 units imported into CODE, 0 refused.\n" {
				t.Errorf("units import: %q", text)
			}

			got := orderUntil(t, base, key, "CODE", "ORDER_STATUS_COMPLETED")
			if content := got.Lines[0].Goods[0].Content; content != "first" {
				t.Errorf("delivered %q, want the first unit", content)
			}
			if text = do(t, at("merchant", "suspend", "shop")...); text != "Merchant shop is suspended.\n" {
				t.Errorf("merchant suspend: %q", text)
			}
			orderUntil(t, base, key, "CODE", "MERCHANT_SUSPENDED")
			do(t, at("merchant", "resume", "shop")...)
			orderUntil(t, base, key, "CODE", "ORDER_STATUS_COMPLETED")
			text = do(t, at("key", "list", "shop")...)
			if !strings.Contains(text, "till 3") || strings.Contains(text, key) {
				t.Errorf("key list: %q", text)
			}
			do(t, at("key", "revoke", "shop", "1")...)
			orderUntil(t, base, key, "CODE", "UNAUTHENTICATED")

			text = do(t, at("merchant", "list")...)
			if !regexp.MustCompile(`(?m)^1 +shop +merchant +active +THB 80\.50 +THB 0\.00 +6000/min +shop@example\.com$`).MatchString(text) ||
				!regexp.MustCompile(`(?m)^2 +ops +operator +active +- +- +- +-$`).MatchString(text) {
				t.Errorf("merchant list:\n%s", text)
			}
			if text = do(t, append(at("verify"), kind.args...)...); !strings.HasPrefix(text, "Everything agrees: 2 orders, 2 lines, 5 transfers, 2 units") {
				t.Errorf("verify: %q", text)
			}
		})
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
		`[{"sku":"DIAMOND","name":"Diamond","category":"gems","price":"1.00","currency":"THB","source":"provider"}]`))...)
	for _, test := range []struct {
		want string
		args []string
	}{
		{"name already", at("merchant", "create", "shop", "--currency", "THB")},
		{"email already", at("merchant", "create", "shop-two", "--currency", "THB", "--email", "SHOP@example.com")},
		{"name must be", at("merchant", "create", "Shop", "--currency", "THB")},
		{"--currency is missing", at("merchant", "create", "another")},
		{"--currency: ", at("merchant", "create", "another", "--currency", "baht")},
		{"no wallet", at("merchant", "create", "another", "--operator", "--currency", "THB")},
		{"--credit-limit: ", at("merchant", "create", "another", "--currency", "KRW", "--credit-limit", "1.5")},
		{"--allow: ", at("merchant", "create", "another", "--currency", "KRW", "--allow", "home")},
		{`no merchant "nobody"`, at("merchant", "suspend", "nobody")},
		{`no merchant "nobody"`, at("key", "create", "nobody")},
		{`no merchant "7"`, at("key", "list", "7")},
		{"has no key 7", at("key", "revoke", "shop", "7")},
		{"too many decimal places", at("deposit", "shop", "1.005")},
		{"in THB, not in TRY", at("deposit", "shop", "1", "--currency", "TRY")},
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
		{"has no units", at("units", "import", "DIAMOND", "nowhere.txt")},
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
	if err := json.NewDecoder(strings.NewReader(r.out)).Decode(&finding); err != nil || r.code != 1 || finding.Row == "" {
		t.Errorf("verify --json: exit code %d, %v\n%s", r.code, err, r.out)
	}
}

func TestUnitsImport(t *testing.T) {
	url := database(t)
	do(t, "product", "import", "--database", url, "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))
	units := func(stdin string, args ...string) result {
		t.Helper()
		return run(t, stdin, append([]string{"units", "import", "code", "-", "--database", url}, args...)...)
	}

	r := units("alpha\nbeta\nalpha\n\ngamma\xff\ndelta\nbeta\n")
	if r.code != 1 || r.out != "3 units imported into CODE, 3 refused.\n" ||
		!strings.Contains(r.err, "line 5: is not valid UTF-8") || !strings.Contains(r.err, "line 3, 7\n") {
		t.Errorf("first import: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	for _, content := range []string{"alpha", "beta", "gamma"} {
		if strings.Contains(r.out+r.err, content) {
			t.Errorf("a content is shown:\n%s%s", r.out, r.err)
		}
	}
	r = units("content\n\"epsilon\"\nalpha\nbeta\n", "--json")
	var report struct {
		Imported, Refused int
		DuplicateLines    []int
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || r.code != 1 || report.Imported != 1 || report.Refused != 2 ||
		!slices.Equal(report.DuplicateLines, []int{3, 4}) {
		t.Errorf("second import: exit code %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	if r = units(""); r.code != 0 || r.out != "0 units imported into CODE, 0 refused.\n" {
		t.Errorf("an empty file: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = units("eta\nalpha\u00a0\n\u200bALPHA\ncode\n", "--dry-run"); r.code != 1 || r.out != "2 units would be imported into CODE, 2 refused.\n" ||
		!strings.Contains(r.err, "line 4: is the header of a table") || !strings.Contains(r.err, "line 2\n") {
		t.Errorf("a preview: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	garbage := strings.Repeat("\x01\n", 30) + "eta\n"
	if r = units(garbage); r.code != 1 || r.out != "0 units imported into CODE, 30 refused.\n" || !strings.Contains(r.err, "stopped") {
		t.Errorf("mostly garbage: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = units(garbage, "--force"); r.code != 1 || r.out != "1 unit imported into CODE, 30 refused.\n" {
		t.Errorf("mostly garbage, forced: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r = units("content,use_date\nzeta,2027-01-01\n"); r.code != 1 || !strings.Contains(r.err, "line 2") {
		t.Errorf("a day of use: exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestUnitsTakenBack(t *testing.T) {
	url := database(t)
	do(t, "product", "import", "--database", url, "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))
	units := func(args ...string) result {
		t.Helper()
		return run(t, "SECRET-1\nSECRET-2\nSECRET-3\n", append(append([]string{"units"}, args...), "--database", url)...)
	}
	if r := units("import", "CODE", "-"); r.code != 0 || !strings.Contains(r.err, "units withdraw 1") {
		t.Fatalf("import: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("void", "2"); r.out != "Unit 2 of CODE is void.\n" {
		t.Errorf("void: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("list", "CODE", "--state", "available"); strings.Count(r.out, "available") != 2 || strings.Contains(r.out, "SECRET") {
		t.Errorf("list: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := units("withdraw", "1"); r.out != "2 units of 3 imported units withdrawn.\n" {
		t.Errorf("withdraw: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	var imp struct {
		Product      string
		Available    int
		WithdrawTime time.Time
	}
	r := units("imports", "--json")
	if err := json.Unmarshal([]byte(r.out), &imp); err != nil || imp.Product != "CODE" || imp.Available != 0 || imp.WithdrawTime.IsZero() {
		t.Errorf("imports: exit code %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	if r := units("list", "CODE", "--import", "1", "--json"); strings.Count(r.out, `"void"`) != 3 {
		t.Errorf("list --json: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	for _, args := range [][]string{{"withdraw", "9"}, {"void", "9"}, {"list", "CODE", "--import", "9"}} {
		if r := units(args...); r.code != 1 || !strings.Contains(r.err, "there is no") {
			t.Errorf("%v: exit code %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	if r := units("import", "CODE", "-"); r.out != "2 units imported into CODE, 1 refused.\n" {
		t.Errorf("import again: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	do(t, "verify", "--database", url)
}

// TestManyUnits imports 100,000 units in one file, with one of them twice.
func TestManyUnits(t *testing.T) {
	url := database(t)
	do(t, "product", "import", "--database", url, "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))
	var content strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&content, "CODE-%012d\n", i)
	}
	content.WriteString("CODE-000000004711\n")
	begin := time.Now()
	r := run(t, "", "units", "import", "CODE", file(t, "codes.txt", content.String()), "--database", url)
	t.Logf("took %s", time.Since(begin))
	if r.code != 1 || r.out != "100,000 units imported into CODE, 1 refused.\n" || !strings.Contains(r.err, "line 100001\n") {
		t.Errorf("exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestProductImport(t *testing.T) {
	url := database(t)
	products := func(content string, args ...string) result {
		t.Helper()
		return run(t, content, append([]string{"product", "import", "-", "--database", url}, args...)...)
	}
	const header = "sku,name,category,price,currency,source\n"
	steps := []struct {
		name, content string
		args          []string
		code          int
		out, err      string
	}{
		{"an unknown category", header + "A,Name,codes,1.00,THB,stock\n", nil, 1, "0 created, 0 changed, 0 unchanged, 1 refused.\n", "line 2: there is no category \"codes\""},
		{"it is created", header + "A,Name,codes,1.00,THB,stock\nB,Name,codes,2.00,THB,stock\n", []string{"--create-categories"}, 0, "2 created, 0 changed, 0 unchanged, 0 refused.\n", ""},
		{"the same again", header + "A,Name,codes,1.00,THB,stock\nB,Name,codes,2.00,THB,stock\n", nil, 0, "0 created, 0 changed, 2 unchanged, 0 refused.\n", ""},
		{"only some columns", "sku,price\nA,1.50\n", nil, 0, "0 created, 1 changed, 0 unchanged, 0 refused.\n", ""},
		{"one product twice", "sku,price\nA,1.60\nA,1.70\n", nil, 0, "0 created, 2 changed, 0 unchanged, 0 refused.\n", ""},
		{"JSON", `{"sku":"B","fields":[{"id":1,"identifier":"userid","title":"User","type":"text","required":true}]}`, nil, 0, "0 created, 1 changed, 0 unchanged, 0 refused.\n", ""},
		{"a price too fine", "sku,price\nA,1.505\nB,3.00\n", nil, 1, "0 created, 1 changed, 0 unchanged, 1 refused.\n", "line 2: "},
		{"a new product without what it needs", "sku,price,currency\nC,1.00,THB\n", nil, 1, "0 created, 0 changed, 0 unchanged, 1 refused.\n", "line 2: category is missing"},
		{"a column that is none", "sku,colour\nA,red\n", nil, 1, "0 created, 0 changed, 0 unchanged, 1 refused.\n", "line 1: "},
	}
	for _, step := range steps {
		r := products(step.content, step.args...)
		if r.code != step.code || r.out != step.out || !strings.Contains(r.err, step.err) {
			t.Errorf("%s: exit code %d\n%s%s", step.name, r.code, r.out, r.err)
		}
	}
	r := products(`[{"sku":"A","price":"1.70"},{"sku":"-"}]`, "--json")
	var report struct {
		Unchanged, Refused int
		Problems           []struct{ Line int }
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || report.Unchanged != 1 || report.Refused != 1 || len(report.Problems) != 1 {
		t.Errorf("--json: %v\n%s%s", err, r.out, r.err)
	}
}

// TestServe runs the whole program until it is told to stop.
func TestServe(t *testing.T) {
	t.Setenv("ORDERHUB_HTTP", "127.0.0.1:0")
	t.Setenv("ORDERHUB_GRPC", "127.0.0.1:0")
	t.Setenv("ORDERHUB_METRICS", "off")
	t.Setenv("ORDERHUB_DATABASE", "sqlite:"+filepath.Join(t.TempDir(), "orderhub.sqlite"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := &lines{}
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(ctx, []string{"serve"}, command.Streams{In: strings.NewReader(""), Out: io.Discard, Err: log})
	}()
	ready := log.waitFor(t, `"msg":"ready"`)
	var entry struct{ HTTP string }
	if err := json.Unmarshal([]byte(ready), &entry); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get("http://" + entry.HTTP + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("GET /readyz: %d", response.StatusCode)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d\n%s", code, log.String())
	}
	log.waitFor(t, `"msg":"stopped"`)
}

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
		"INSUFFICIENT_BALANCE", "refund", "Webhook-Signature: v1,", "verified: it is the hub's",
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
			if !strings.HasPrefix(text, "Everything agrees: 10 orders, 10 lines, ") {
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

// lines collects what is written while it is read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// waitFor returns the first line with part in it.
func (l *lines) waitFor(t *testing.T, part string) string {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(10 * time.Millisecond) {
		for line := range strings.Lines(l.String()) {
			if strings.Contains(line, part) {
				return line
			}
		}
	}
	t.Fatalf("no line has %q:\n%s", part, l.String())
	return ""
}
