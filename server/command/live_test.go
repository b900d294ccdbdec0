package command_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"orderhub/server/app"
	"orderhub/server/command"
	"orderhub/server/config"
	"orderhub/server/logging/loggingtest"
	"orderhub/server/secret"
	"orderhub/server/store/storetest"
)

// hub runs an app on the database for the time of the test.
func hub(t *testing.T, url string, changes ...func(*config.Config)) (base string) {
	t.Helper()
	return "http://" + hubAt(t, url, changes...).HTTP
}

// hubAt is hub with all its addresses.
func hubAt(t *testing.T, url string, changes ...func(*config.Config)) app.Addresses {
	t.Helper()
	cfg := config.Default()
	cfg.HTTP = "127.0.0.1:0"
	cfg.GRPC = "127.0.0.1:0"
	cfg.Metrics = ""
	cfg.Database = url
	if cfg.Postgres() {
		cfg.Key = testKey
	}
	for _, change := range changes {
		change(&cfg)
	}
	a, err := app.New(
		t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	)
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
	return a.Addresses()
}

var testKey = secret.Redacted(secret.GenerateKey())

type answer struct {
	OrderNumber string `json:"orderNumber"`

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
	return orderLine(t, base, key, reference, fmt.Sprintf(`{"sku":%q,"quantity":1}`, sku))
}

// orderLine places an order of one line, as JSON.
func orderLine(t *testing.T, base, key, reference, line string) answer {
	t.Helper()
	body := fmt.Sprintf(`{"referenceId":%q,"lines":[%s]}`, reference, line)
	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, base+"/hub/v1/orders", strings.NewReader(body),
	)
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
		// Never that of an order before, which would be answered again.
		a := order(t, base, key, fmt.Sprintf("%s-%d-%d", sku, begin.UnixNano(), attempt), sku)
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
			at := func(args ...string) []string { return append(append(args, "--database", url), kind.args...) }

			create := at("merchant", "create", "shop", "--currency", "THB", "--email", "shop@example.com", "--rate", "6000")
			text := do(t, create...)
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
			if again := do(
				t, at("adjust", "shop", "--force", "-0.50", "--reason", "booked twice", "--reference=ticket 1")...,
			); again != text {
				t.Errorf("the same adjustment again: %q", again)
			}
			do(t, at("adjust", "shop", "0.50", "--reason", "was right")...)
			text = do(t, at("product", "import", "--create-categories", file(t, "products.csv",
				"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))...)
			if text != "1 created, 0 changed, 0 unchanged, 0 refused.\n" {
				t.Errorf("product import: %q", text)
			}
			units := at("units", "import", "CODE", file(t, "codes.txt", "first\nsecond\n"))
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
			if !regexp.MustCompile(
				`(?m)^1 +shop +merchant +active +THB 80\.50 +THB 0\.00 +6000/min +shop@example\.com$`,
			).MatchString(text) ||
				!regexp.MustCompile(`(?m)^2 +ops +operator +active +- +- +- +-$`).MatchString(text) {
				t.Errorf("merchant list:\n%s", text)
			}
			if text = do(t, "merchant", "list", "--database", url); len(kind.args) > 0 && !strings.Contains(text, "(sealed)") {
				t.Errorf("merchant list without the key:\n%s", text)
			}
			if text = do(t, at("verify")...); !strings.HasPrefix(
				text, "Everything agrees: 2 orders, 2 lines, 5 transfers, 2 units",
			) {
				t.Errorf("verify: %q", text)
			}
		})
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

// lines is a log to wait for.
type lines struct{ loggingtest.Buffer }

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
