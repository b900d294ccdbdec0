package command_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"orderhub/server/command"
)

// An operator sets a provider up, looks at its attempts and at an order, all
// beside a running hub.
func TestSupplyCommands(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite")
	do(t, "migrate", "--database", database)
	on := func(args ...string) string {
		t.Helper()
		return do(t, append(args, "--database", database)...)
	}
	expect := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	settings := `{"items": [{"sku": "A", "name": "Thing A", "cost": "5.00", "currency": "THB", "stock": 3}, {"sku": ` +
		`"B", "name": "Thing B", "cost": "6.00", "currency": "THB"}]}`
	expect(
		on("provider", "create", "supplier", "sim", "--settings", settings, "--concurrency", "4"),
		"Created provider supplier with id 1",
	)
	expect(on("provider", "list"), "idempotent inquires cancels")
	fails(t, "must be one of axcloud, bursagb", "provider", "create", "other", "fax", "--database", database)
	fails(t, "must be as the connector gameso takes them", "provider", "create", "other", "gameso", "--database", database)
	fails(t, "provider already exists", "provider", "create", "supplier", "sim", "--database", database)
	fails(t, "there is no provider", "provider", "set", "nobody", "--status", "disabled", "--database", database)

	r := run(
		t,
		`[{"sku": "THING", "name": "Thing", "category": "things", "price": "10.00", "currency": "THB", "source": `+
			`"provider"}]`,
		"product", "import", "-", "--create-categories", "--database", database,
	)
	if r.code != 0 {
		t.Fatalf("product import: %s%s", r.out, r.err)
	}
	expect(on("offer", "create", "THING", "supplier", "A", "--cost", "4.50"), "supplier sells THING as A for THB 4.50")
	synced := on("provider", "sync", "supplier", "--apply")
	expect(synced, "supplier lists 2 items: 1 new, 1 changed, 0 gone.")
	expect(synced, "THB 4.50")
	expect(on("provider", "sync", "supplier"), "1 new, 0 changed, 0 gone.")
	expect(on("provider", "set", "supplier", "--status", "disabled"), "Changed provider supplier.")
	expect(on("attempts", "list", "--parked"), "REFERENCE")
	fails(t, "there is no attempt 7", "attempts", "resolve", "7", "failed", "--evidence", "x", "--database", database)
	fails(t, "there is no order", "order", "explain", "ord_none", "--database", database)
}

func TestSimulate(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out := &lines{}
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(ctx, []string{"simulate", "gameso", "--listen", "127.0.0.1:0", "--script", "-"}, command.Streams{
			In: strings.NewReader(`{"faults": [{"on": "inquire", "do": "status", "status": 503}]}`), Out: out, Err: io.Discard,
		})
	}()
	out.waitFor(t, "Interrupt to stop")
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-API-Key", "demo-key")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	if status, text := ask(
		http.MethodPost, "/v1/orders", `{"reference_id":"r","user_id":"u","items":[{"sku":"DIAMOND_100"}]}`,
	); status != http.StatusOK {
		t.Errorf("creating: %d %s", status, text)
	}
	if status, text := ask(http.MethodGet, "/v1/orders/r", ""); status != http.StatusServiceUnavailable ||
		!strings.Contains(text, "SERVICE_UNAVAILABLE") {
		t.Errorf("asking: %d %s", status, text)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, script := range []string{`{"fault": []}`, `{"faults": [{"on": "place", "do": "explode"}]}`, `{`} {
		if r := run(t, script, "simulate", "gameso", "--script", "-"); r.code != 1 || !strings.Contains(r.err, "script") {
			t.Errorf("%s: exit code %d, %q", script, r.code, r.err)
		}
	}
	fails(t, "no dialect", "simulate", "fax")
}

// An operator erases what orders keep of a customer.
func TestEraseCommand(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite")
	do(t, "migrate", "--database", database)
	on := func(args ...string) string {
		t.Helper()
		return do(t, append(args, "--database", database)...)
	}
	expect := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	on("merchant", "create", "shop", "--currency", "THB")
	on("deposit", "shop", "100.00")
	key := strings.TrimSpace(on("key", "create", "shop"))
	r := run(
		t,
		`[{"sku": "CODE", "name": "Code", "category": "things", "price": "1.00", "currency": "THB", "source": "stock"}]`,
		"product", "import", "-", "--create-categories", "--database", database,
	)
	if r.code != 0 {
		t.Fatalf("product import: %s%s", r.out, r.err)
	}
	if r := run(t, "code-1\ncode-2\n", "units", "import", "CODE", "-", "--database", database); r.code != 0 {
		t.Fatalf("units import: %s%s", r.out, r.err)
	}
	base := hub(t, database)
	for i, user := range []string{"ann", "ben"} {
		body := strings.NewReader(`{"referenceId": "order-` + user + `", "recipient": {"userId": "` + user +
			`"}, "lines": [{"sku": "CODE", "quantity": 1}]}`)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/hub/v1/orders", body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Api-Key", key)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("order %d: %d %s %v", i, response.StatusCode, said, err)
		}
	}
	fails(t, `there is no order "order-cleo"`, "erase", "order-cleo", "--database", database)
	expect(on("erase", "--user", "ann", "--dry-run"), "Would erase 1 order of 2 looked at.")
	expect(on("erase", "--user", "ann", "--json"), `"open"`)
	expect(on("erase", "--user", "ann"), "Erased 0 orders of 1 looked at.")
	expect(on("erase", "order-ben", "--dry-run"), "Would erase 1 order")
	expect(on("erase", "order-ben"), "Erased 1 order of 1 looked at.")
	expect(on("order", "explain", "order-ben"), "The customer's data was erased.")
	on("verify")
	for _, args := range [][]string{{"erase"}, {"erase", "order-ben", "--user", "ben"}} {
		if r := run(t, "", append(args, "--database", database)...); r.code != 2 {
			t.Errorf("%v: %d %s", args, r.code, r.err)
		}
	}
}
