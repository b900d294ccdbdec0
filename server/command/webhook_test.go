package command_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"orderhub/server/command"
	"orderhub/server/webhook/standard"
)

// listen receives until the test ends and returns its address and what it prints.
func listen(t *testing.T, args ...string) (address string, out *lines) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out = &lines{}
	errs := &lines{}
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(
			ctx, append([]string{"webhook", "listen", "--address", "127.0.0.1:0"}, args...),
			command.Streams{Out: out, Err: errs},
		)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("webhook listen ended with %d: %s", code, errs)
		}
	})
	errs.waitFor(t, "Listening on")
	return regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(errs.String()), out
}

func expectIn(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}

func TestWebhookCommands(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite")
	on := func(args ...string) string {
		t.Helper()
		return do(t, append(args, "--database", database)...)
	}
	on("migrate")
	on("merchant", "create", "shop", "--currency", "THB")
	const secret = "whsec_c2VjcmV0IG9mIHRoZSBzaG9w"
	address, printed := listen(t, "--secret", secret)

	local := "--allow-local-targets"
	first := strings.TrimSpace(on("webhook", "create", "shop", address, local, "--events", "order.completed"))
	if !strings.HasPrefix(first, "whsec_") {
		t.Errorf("got %q, want a secret alone", first)
	}
	fails(t, "must be an absolute https URL", "webhook", "create", "shop", address, "--database", database)
	fails(t, `there is no merchant "nobody"`, "webhook", "list", "nobody", "--database", database)
	expectIn(t, on("webhook", "list", "shop"), "1   standard  active  -              order.completed  "+address)
	expectIn(t, on("webhook", "list", "shop", "--json"), `"secretHint":"whse..."`)

	fails(t, "401", "webhook", "test", "shop", "1", local, "--database", database)
	printed.waitFor(t, "webhook.test")
	expectIn(t, printed.String(), "REFUSED (no signature of the message is right) whd_")
	second := strings.TrimSpace(on("webhook", "set", "shop", "1", "--new-secret", "--status", "inactive"))
	if second == first || !strings.HasPrefix(second, "whsec_") {
		t.Errorf("got %q, want another secret alone", second)
	}
	expectIn(t, on("webhook", "list", "shop"), "inactive")
	expectIn(
		t, on("webhook", "deliveries", "shop", "--status", "failed"),
		"webhook.test  -      failed  1         -     401 after",
	)
	expectIn(t, on("webhook", "deliveries", "shop", "1"), "webhook.test to "+address+", failed")
	fails(t, "no such delivery", "webhook", "deliveries", "shop", "9", "--database", database)
	fails(t, "not active", "webhook", "redeliver", "shop", "1", "--database", database)
	on("webhook", "set", "shop", "1", "--status", "active")
	expectIn(t, on("webhook", "redeliver", "shop", "1"), "Delivery 1 is pending and will be sent.")
	expectIn(t, on("webhook", "deliveries", "shop", "--status", "pending"), "pending") // by the hub, not by commands
	expectIn(t, on("webhook", "replay", "shop", "1"), "0 events would be told")
	fails(
		t, "--to must be after --from", "webhook", "replay", "shop", "1", "--from", "2026-01-02T00:00:00Z", "--to",
		"2026-01-01T00:00:00Z", "--database", database,
	)
	expectIn(t, on("webhook", "delete", "shop", "1"), "Removed endpoint 1 of shop.")
	fails(t, "no such endpoint", "webhook", "delete", "shop", "1", "--database", database)
	expectIn(t, on("merchant", "set", "shop", "--low-balance=-5.50"), "Changed the settings")
	for _, bad := range []string{
		"javascript:alert(1)", "not a url", "ftp://a.example", "https://user:password@a.example", "https://a.example/#x",
		"https://a.example:99999",
	} {
		fails(t, "--callback-url", "merchant", "set", "shop", "--callback-url", bad, "--database", database)
	}
	on("merchant", "set", "shop", "--callback-url", "HTTPS://A.example/ü")
	on("merchant", "set", "shop", "--callback-url", "")
	fails(t, "--low-balance", "merchant", "set", "shop", "--low-balance", "much", "--database", database)
}

// Operators' endpoints are seen to as merchants' are.
func TestEventEndpointCommands(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite")
	on := func(args ...string) string {
		t.Helper()
		return do(t, append(append([]string{"event", "endpoint"}, args...), "--database", database)...)
	}
	do(t, "migrate", "--database", database)
	address, printed := listen(t, "--secret", "whsec_c2VjcmV0IG9mIHRoZSBodWI=")
	local := "--allow-local-targets"
	secret := strings.TrimSpace(on("create", address, local, "--events", "stock.low,supply.held"))
	if !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("got %q, want a secret alone", secret)
	}
	fails(t, "must be one of claim.created, claim.overdue", "event", "endpoint", "create", address, local,
		"--events", "order.created", "--database", database)
	expectIn(t, on("list"), "1   active  -              stock.low,supply.held  "+address)
	fails(t, "401", "event", "endpoint", "test", "1", local, "--database", database)
	printed.waitFor(t, "webhook.test")
	expectIn(t, on("deliveries", "--status", "failed"), "webhook.test")
	expectIn(t, on("deliveries", "1"), "ATTEMPT")
	expectIn(t, on("redeliver", "1"), "Delivery 1 is pending and will be sent.")
	expectIn(t, on("set", "1", "--new-secret", "--status", "inactive"), "whsec_")
	expectIn(t, on("list", "--json"), `"status":"inactive"`)
	expectIn(t, on("delete", "1"), "Removed endpoint 1.")
	fails(t, "there is no such endpoint", "event", "endpoint", "test", "1", "--database", database)
}

func TestWebhookListen(t *testing.T) {
	post := func(address, body string, header http.Header) int {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body)
		return response.StatusCode
	}
	const secret = "the secret of the shop"
	signed := func(body string) http.Header {
		now := time.Now()
		header := make(http.Header)
		header.Set(standard.HeaderID, "whd_1")
		header.Set(standard.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		header.Set(standard.HeaderSignature, standard.Sign(secret, "whd_1", now, []byte(body)))
		return header
	}
	address, out := listen(t, "--secret", secret, "--status", "503")
	if got := post(address, `{"a":1}`, signed(`{"a":1}`)); got != 503 {
		t.Errorf("got %d, want what --status says", got)
	}
	out.waitFor(t, `{"a":1}`)
	expectIn(t, out.String(), "VERIFIED whd_1, answered 503\n{\"a\":1}\n")
	if got := post(address, `{"a":2}`, signed(`{"a":1}`)); got != 401 {
		t.Errorf("got %d for a body that was not signed", got)
	}
	out.waitFor(t, "REFUSED")

	address, out = listen(t)
	if got := post(address, "anything", nil); got != 200 {
		t.Errorf("got %d", got)
	}
	out.waitFor(t, "anything")
	expectIn(t, out.String(), "NOT VERIFIED message")
	address, _ = listen(t, "--format", "bursagb", "--secret", "key")
	if got := post(address, "{}", http.Header{"Apikey": {"key"}}); got != 200 {
		t.Errorf("got %d for the right key", got)
	}
	if got := post(address, "{}", http.Header{"Apikey": {"another"}}); got != 401 {
		t.Errorf("got %d for another key", got)
	}
	address, _ = listen(t, "--format", "gameso", "--secret", "key")
	if got := post(address, "{}", nil); got != 401 {
		t.Errorf("got %d for no signature", got)
	}
}
