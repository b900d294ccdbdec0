package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/secret"
	"orderhub/server/store/pgtest"
)

// TestDoors goes in by every door there is.
func TestDoors(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			h := startDemo(t, database.new(t))
			t.Run("health", func(t *testing.T) {
				for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/docs": 200, "/nothing": 404} {
					if status := h.get(path); status != want {
						t.Errorf("GET %s: %d, want %d", path, status, want)
					}
				}
				answer, err := healthpb.NewHealthClient(h.grpc()).Check(t.Context(), &healthpb.HealthCheckRequest{})
				if err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
					t.Errorf("gRPC health: %v, %v", answer.GetStatus(), err)
				}
			})
			t.Run("metrics", func(t *testing.T) { checkMetrics(t, h) })
			t.Run("reflection", func(t *testing.T) { checkReflection(t, h) })
			t.Run("gRPC and REST see the same", func(t *testing.T) { checkSameOrder(t, h) })
		})
	}
}

func (h *hub) get(path string) int {
	h.tb.Helper()
	response, err := http.Get(h.base + path)
	if err != nil {
		h.tb.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func checkMetrics(t *testing.T, h *hub) {
	if status, _ := h.place(thb, newOrder("EMAIL_BASIC", 1)); status != http.StatusOK {
		t.Fatalf("POST: %d", status)
	}
	text := h.exposed(t)
	for _, name := range []string{
		"go_goroutines", "process_cpu_seconds_total", "go_build_info", "orderhub_placement_batch_size_count 1",
		`orderhub_placements_total{outcome="accepted"} 1`, "grpc_server_handled_total",
	} {
		if !strings.Contains(text, name) {
			t.Errorf("metrics lack %s", name)
		}
	}
	if status := h.get("/metrics"); status != http.StatusNotFound {
		t.Errorf("metrics at the public address: %d, want 404", status)
	}
}

func checkReflection(t *testing.T, h *hub) {
	stream, err := reflectionpb.NewServerReflectionClient(h.grpc()).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := &reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}
	if err := stream.Send(list); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range answer.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	for _, want := range []string{
		"orderhub.v1.OrderService", "orderhub.v1.CatalogService", "orderhub.v1.AccountService", "orderhub.v1.AdminService",
	} {
		if !strings.Contains(strings.Join(names, " "), want) {
			t.Errorf("reflection lists %q, without %s", names, want)
		}
	}
}

func checkSameOrder(t *testing.T, h *hub) {
	orders := orderhubv1.NewOrderServiceClient(h.grpc())
	request := &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: "same", Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_2FA", Quantity: 1}},
	}}
	placed, err := orders.CreateOrder(withKey(t.Context(), thb), request)
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"referenceId": "same", "lines": []any{map[string]any{"sku": "EMAIL_2FA", "quantity": 1}}}
	_, again := h.place("your_api_key_here", body)
	var read orderJSON
	h.call(http.MethodGet, thb, "/hub/v1/orders:byReference?referenceId=same", nil, &read)
	for _, o := range []orderJSON{again, read} {
		if o.OrderNumber != placed.GetOrder().GetOrderNumber() || o.Door != "hub" ||
			o.Lines[0].Goods[0].Content != placed.GetOrder().GetLines()[0].GetGoods()[0].GetContent() {
			t.Errorf("REST has order %s, gRPC %s", o.OrderNumber, placed.GetOrder().GetOrderNumber())
		}
	}
	request.Order.Lines[0].Quantity = 2
	if _, err := orders.CreateOrder(withKey(t.Context(), thb), request); status.Code(err) != codes.AlreadyExists {
		t.Errorf("another order with the reference: %v, want ALREADY_EXISTS", err)
	}
}

// TestStopInGoodOrder stops a hub that is being used: what was answered exists,
// and nothing is half done.
func TestStopInGoodOrder(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			h := startDemo(t, cfg)
			clients := newOrderers(h, 16)
			for clients.accepted.Load() < 100 {
				time.Sleep(time.Millisecond)
			}
			begin := time.Now()
			if err := h.stop(); err != nil {
				t.Errorf("Run: %v", err)
			}
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("stopping took %s", took)
			}
			clients.wait()
			for _, err := range clients.refusals {
				if code := status.Code(err); code != codes.Unavailable && code != codes.Canceled {
					t.Errorf("refused while stopping with %v", err)
				}
			}
			if _, err := net.Dial("tcp", h.Addresses().HTTP); err == nil {
				t.Error("HTTP is still listening")
			}
			again := start(t, cfg)
			for _, number := range clients.numbers {
				var o orderJSON
				if status := again.call(http.MethodGet, thb, "/hub/v1/orders/"+number, nil, &o); status != http.StatusOK {
					t.Fatalf("order %s was answered and is lost: %d", number, status)
				}
			}
			again.verify(&cfg)
		})
	}
}

// orderers place one order after the other until they are refused.
type orderers struct {
	accepted atomic.Int64
	running  sync.WaitGroup
	mu       sync.Mutex
	numbers  []string
	refusals []error
}

func newOrderers(h *hub, n int) *orderers {
	o := &orderers{}
	orders := orderhubv1.NewOrderServiceClient(h.grpc())
	for client := range n {
		o.running.Go(func() {
			for i := 0; ; i++ {
				placed, err := orders.CreateOrder(
					withKey(context.Background(), thb), &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
						ReferenceId: fmt.Sprintf("stop-%d-%d", client, i),
						Lines:       []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 1}},
					}},
				)
				o.mu.Lock()
				if err != nil {
					o.refusals = append(o.refusals, err)
					o.mu.Unlock()
					return
				}
				o.numbers = append(o.numbers, placed.GetOrder().GetOrderNumber())
				o.mu.Unlock()
				o.accepted.Add(1)
			}
		})
	}
	return o
}

func (o *orderers) wait() { o.running.Wait() }

// TestStopDoesNotWaitForever has a client that never ends its call.
func TestStopDoesNotWaitForever(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.ShutdownTimeout = time.Second
	h := start(t, cfg)
	stream, err := h.grpc().NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName)
	if err != nil {
		t.Fatal(err)
	}
	// One answer shows that the call is at work.
	list := &reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}
	if err := errors.Join(stream.SendMsg(list), stream.RecvMsg(new(reflectionpb.ServerReflectionResponse))); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := h.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("stopping took %s, want about 1 s", took)
	}
}

// TestReadyAgain starts on a file that exists.
func TestReadyAgain(t *testing.T) {
	cfg := sqliteConfig(t)
	first := startDemo(t, cfg)
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	h := start(t, cfg)
	for h.get("/readyz") != http.StatusOK {
		if time.Since(begin) > time.Minute {
			t.Fatal("not ready")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestNewRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	t.Run("settings that cannot be used", func(t *testing.T) {
		_, err := app.New(t.Context(), config.Config{}, slog.New(slog.DiscardHandler))
		var invalid *config.InvalidError
		if !errors.As(err, &invalid) || len(invalid.Problems) < 3 {
			t.Errorf("New: %v, want every problem at once", err)
		}
	})
	t.Run("an address that is taken", func(t *testing.T) {
		cfg := sqliteConfig(t)
		cfg.GRPC = taken.Addr().String()
		_, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		var address *app.AddressError
		if !errors.As(err, &address) || address.Flag != "--grpc" || !strings.Contains(err.Error(), "in use") {
			t.Errorf("New: %v, want one that names --grpc", err)
		}
		if _, err := os.Stat(cfg.SQLitePath()); err == nil {
			t.Error("it has made a database all the same")
		}
	})
	t.Run("a database whose key is gone", func(t *testing.T) {
		cfg := sqliteConfig(t)
		if err := start(t, cfg).stop(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(app.KeyFileOf(cfg.SQLitePath())); err != nil {
			t.Fatal(err)
		}
		_, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "key") {
			t.Errorf("New: %v, want that the key is missing", err)
		}
		cfg.KeyFile = filepath.Join(t.TempDir(), "mistyped")
		if _, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("New with a key file that does not exist: %v", err)
		}
	})
	t.Run("PostgreSQL without a key", func(t *testing.T) {
		cfg := testConfig()
		cfg.Database = "postgres://127.0.0.1:1/nothing"
		_, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "needs a key") {
			t.Errorf("New: %v, want that a key is needed", err)
		}
	})
	t.Run("PostgreSQL that is not migrated", func(t *testing.T) {
		cfg := testConfig()
		cfg.Database, cfg.Key = pgtest.New(t), secret.Redacted(secret.GenerateKey())
		_, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		var pending *app.MigrationError
		if !errors.As(err, &pending) || !strings.Contains(err.Error(), "orderhub migrate") {
			t.Errorf("New: %v, want that migrations are pending", err)
		}
	})
}

// TestCloseTwice closes an app that never ran, more than once.
func TestCloseTwice(t *testing.T) {
	a, err := app.New(t.Context(), sqliteConfig(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// TestTrustedProxies lets the fenced merchant in through a proxy that is
// trusted to say where requests come from.
func TestTrustedProxies(t *testing.T) {
	for _, test := range []struct {
		name    string
		proxies []string
		want    int
	}{
		{"nobody is trusted", nil, http.StatusForbidden},
		{"the proxy is trusted", []string{"127.0.0.1"}, http.StatusOK},
		{"in IPv6 clothes", []string{"::ffff:127.0.0.1"}, http.StatusOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := sqliteConfig(t)
			cfg.TrustedProxies = test.proxies
			h := startDemo(t, cfg)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.base+"/hub/v1/account", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+demo.FencedKey)
			request.Header.Set("X-Forwarded-For", "192.0.2.77")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.want {
				t.Errorf("GET account: %d, want %d", response.StatusCode, test.want)
			}
		})
	}
}
