package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/secret"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// databases are the kinds of databases that a hub is tried on.
var databases = []struct {
	name string
	new  func(testing.TB) config.Config
}{
	{"sqlite", sqliteConfig},
	{"postgres", postgresConfig},
}

func sqliteConfig(tb testing.TB) config.Config {
	cfg := testConfig()
	cfg.Database = "sqlite:" + filepath.Join(tb.TempDir(), "orderhub.sqlite")
	return cfg
}

// postgresConfig is that of a PostgreSQL database that has been migrated.
func postgresConfig(tb testing.TB) config.Config {
	tb.Helper()
	cfg := testConfig()
	cfg.Database, cfg.Key = storetest.PostgresURL(tb), secret.Redacted(secret.GenerateKey())
	return cfg
}

func testConfig() config.Config {
	cfg := config.Default()
	cfg.HTTP, cfg.GRPC, cfg.Metrics = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	return cfg
}

func openStore(tb testing.TB, cfg *config.Config, demand app.Demand) *stores.All {
	tb.Helper()
	s, err := app.OpenStore(context.Background(), cfg, demand, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// hub is a running app as its clients see it.
type hub struct {
	*app.App

	tb      testing.TB
	cfg     *config.Config // where a test needs the database too
	base    string
	stop    func() error // ends Run as a signal does and returns its error
	stopped chan error
}

// start runs an app, prepared before anybody calls it; the test's end stops it.
func start(tb testing.TB, cfg config.Config, prepare ...func(*app.App)) *hub {
	tb.Helper()
	log := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.New(tb.Context(), cfg, log)
	if err != nil {
		tb.Fatalf("starting: %v", err)
	}
	for _, prepared := range prepare {
		prepared(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	scheme := "http://"
	if cfg.TLSCert != "" {
		scheme = "https://"
	}
	h := &hub{App: a, tb: tb, base: scheme + a.Addresses().HTTP, stopped: make(chan error, 1)}
	go func() { h.stopped <- a.Run(ctx) }()
	var once atomic.Bool
	h.stop = func() error {
		cancel()
		if once.Swap(true) {
			return nil
		}
		return <-h.stopped
	}
	tb.Cleanup(func() {
		if err := h.stop(); err != nil {
			tb.Errorf("stopping: %v", err)
		}
	})
	return h
}

// startDemo runs an app with the demo's data.
func startDemo(tb testing.TB, cfg config.Config, prepare ...func(*app.App)) *hub {
	tb.Helper()
	h := start(tb, cfg, prepare...)
	services := demo.Services{
		Accounts: h.Accounts, Operators: h.Operators, Sessions: h.Sessions, Catalog: h.Catalog, Providers: h.Providers,
	}
	if err := demo.Seed(tb.Context(), services); err != nil {
		tb.Fatalf("loading the demo: %v", err)
	}
	return h
}

// exportsAtOnce has exports say what happened a moment ago, too.
func exportsAtOnce(a *app.App) { a.Exports.Aged(0) }

// call sends a request in JSON and decodes the answer.
func (h *hub) call(method, key, path string, body, into any) (status int) {
	h.tb.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			h.tb.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(h.tb.Context(), method, h.base+path, content)
	if err != nil {
		h.tb.Fatal(err)
	}
	request.Header.Set("X-API-Key", key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.tb.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		h.tb.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			h.tb.Fatalf("%s %s: %d %s: %v", method, path, response.StatusCode, answer, err)
		}
	}
	return response.StatusCode
}

// grpc is a connection as a client in another process has it.
func (h *hub) grpc() *grpc.ClientConn {
	h.tb.Helper()
	connection, err := grpc.NewClient(h.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		h.tb.Fatal(err)
	}
	h.tb.Cleanup(func() { _ = connection.Close() })
	return connection
}

func (h *hub) orders() orderhubv1.OrderServiceClient {
	return orderhubv1.NewOrderServiceClient(h.grpc())
}

func withKey(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-api-key", key)
}

// The answers, in the names that clients read.
type (
	orderJSON struct {
		OrderNumber    string `json:"orderNumber"`
		ReferenceID    string `json:"referenceId"`
		Status         string `json:"status"`
		Currency       string `json:"currency"`
		SubtotalAmount string `json:"subtotalAmount"`
		DiscountAmount string `json:"discountAmount"`
		TotalAmount    string `json:"totalAmount"`
		RefundedAmount string `json:"refundedAmount"`
		FailureCode    string `json:"failureCode"`
		FailureMessage string `json:"failureMessage"`
		Door           string `json:"door"`
		CompleteTime   string `json:"completeTime"`
		Lines          []struct {
			SKU               string      `json:"sku"`
			Quantity          int         `json:"quantity"`
			CompletedQuantity int         `json:"completedQuantity"`
			FailedQuantity    int         `json:"failedQuantity"`
			CancelledQuantity int         `json:"cancelledQuantity"`
			FailureCode       string      `json:"failureCode"`
			Status            string      `json:"status"`
			Goods             []goodsJSON `json:"goods"`
		} `json:"lines"`
		errorJSON
	}
	goodsJSON struct {
		Content    string `json:"content"`
		TicketCode string `json:"ticketCode"`
		UseDate    string `json:"useDate"`
		Status     string `json:"status"`
	}
	errorJSON struct {
		Code       string `json:"code"`
		Reason     string `json:"reason"`
		Message    string `json:"message"`
		Violations []struct {
			Field   string `json:"field"`
			Message string `json:"message"`
		} `json:"violations"`
		RequestID string `json:"requestId"`
	}
	accountJSON struct {
		Name        string `json:"name"`
		Balance     string `json:"balance"`
		Currency    string `json:"currency"`
		CreditLimit string `json:"creditLimit"`
		errorJSON
	}
)

var references atomic.Int64

// newOrder is the body of an order of one line.
func newOrder(sku string, quantity int, more ...map[string]any) map[string]any {
	line := map[string]any{"sku": sku, "quantity": quantity}
	body := map[string]any{"referenceId": fmt.Sprintf("test-%d", references.Add(1)), "lines": []any{line}}
	for _, fields := range more {
		for name, value := range fields {
			switch name {
			case "useDate", "fields":
				line[name] = value
			default:
				body[name] = value
			}
		}
	}
	return body
}

func (h *hub) place(key string, body map[string]any) (int, orderJSON) {
	h.tb.Helper()
	var placed orderJSON
	status := h.call(http.MethodPost, key, "/hub/v1/orders", body, &placed)
	return status, placed
}

// final waits until the order is final.
func (h *hub) final(key, number string) orderJSON {
	h.tb.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var o orderJSON
		if status := h.call(http.MethodGet, key, "/hub/v1/orders/"+number, nil, &o); status != http.StatusOK {
			h.tb.Fatalf("GET order %s: %d %s", number, status, o.Reason)
		}
		if o.CompleteTime != "" {
			return o
		}
		if time.Now().After(deadline) {
			h.tb.Fatalf("order %s is still %s", number, o.Status)
		}
	}
}

func (h *hub) balance(key string) string {
	h.tb.Helper()
	var a accountJSON
	if status := h.call(http.MethodGet, key, "/hub/v1/account", nil, &a); status != http.StatusOK {
		h.tb.Fatalf("GET account: %d %s", status, a.Reason)
	}
	return a.Balance
}

// verify fails the test for every row that breaks an invariant.
func (h *hub) verify(cfg *config.Config) {
	h.tb.Helper()
	s := openStore(h.tb, cfg, app.Current)
	defer s.Close()
	_, err := s.Verification.Verify(context.Background(), func(f verification.Finding) {
		h.tb.Errorf("broken: %d %s %s: %s", f.Invariant, f.Rule, f.Row, f.Detail)
	})
	if err != nil {
		h.tb.Error(err)
	}
}
