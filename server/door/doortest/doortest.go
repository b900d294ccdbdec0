// Package doortest runs a partner's door over a whole hub with the demo's data,
// on both databases.
package doortest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/door"
	"orderhub/server/order"
	"orderhub/server/secret"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/verification"
)

// Server is a running hub. Hub.Doors is what a door stands in front of.
type Server struct {
	*app.App

	tb  testing.TB
	cfg config.Config
}

// Run runs body over SQLite and over PostgreSQL, each time on a fresh demo.
func Run(t *testing.T, body func(t *testing.T, h *Server)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { body(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { body(t, Postgres(t)) })
}

// SQLite starts a hub on a fresh SQLite file.
func SQLite(tb testing.TB) *Server {
	tb.Helper()
	content, err := demoFile()
	if err != nil {
		tb.Fatalf("preparing the demo: %v", err)
	}
	path := filepath.Join(tb.TempDir(), "orderhub.sqlite")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return start(tb, "sqlite:"+path)
}

// Postgres starts a hub on a fresh PostgreSQL database, or skips; see pgtest.New.
func Postgres(tb testing.TB) *Server {
	tb.Helper()
	return start(tb, demoDatabase.New(tb))
}

// Serve listens with the door alone. A partner's tests use it before, and
// besides, the hub's own listener.
func (h *Server) Serve(d door.Door) *httptest.Server {
	h.tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.Matches(r.URL.Path) {
			h.tb.Errorf("the path %s is not the door's", r.URL.Path)
		}
		d.ServeHTTP(w, r)
	}))
	h.tb.Cleanup(server.Close)
	return server
}

// Settle waits until every order is final.
func (h *Server) Settle(tb testing.TB) {
	tb.Helper()
	open := order.Filter{Statuses: []order.Status{order.StatusPending, order.StatusProcessing}}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		count, err := h.Orders.Count(tb.Context(), order.ByOperator(), open)
		if err != nil {
			tb.Fatal(err)
		}
		if count == 0 {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%d orders are still open", count)
		}
	}
}

// Verify fails the test for every row that breaks an invariant.
func (h *Server) Verify(tb testing.TB) {
	tb.Helper()
	s, err := app.OpenStore(context.Background(), &h.cfg, app.Current, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close()
	_, err = s.Verification.Verify(context.Background(), func(f verification.Finding) {
		tb.Errorf("broken: %d %s %s: %s", f.Invariant, f.Rule, f.Row, f.Detail)
	})
	if err != nil {
		tb.Error(err)
	}
}

func configFor(database string) config.Config {
	cfg := config.Default()
	cfg.HTTP, cfg.GRPC, cfg.Metrics = "127.0.0.1:0", "127.0.0.1:0", ""
	cfg.Database, cfg.Key, cfg.AllowLocalTargets = database, secret.Redacted(demo.SealingKey), true
	return cfg
}

func start(tb testing.TB, database string) *Server {
	tb.Helper()
	cfg := configFor(database)
	a, err := app.New(
		context.Background(), cfg, slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	)
	if err != nil {
		tb.Fatalf("starting the hub: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- a.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			tb.Errorf("stopping the hub: %v", err)
		}
	})
	return &Server{App: a, tb: tb, cfg: cfg}
}

var demoDatabase = pgtest.NewTemplate(prepare)

// demoFile is the content of a SQLite file with the demo's data.
var demoFile = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "doortest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "demo.sqlite")
	if err := prepare(context.Background(), "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// prepare migrates a database and loads the demo.
func prepare(ctx context.Context, database string) error {
	cfg := configFor(database)
	log := slog.New(slog.DiscardHandler)
	s, err := app.OpenStore(ctx, &cfg, app.Anything, log)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Migrations.Up(ctx), s.Close()); err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(
		demo.Seed(ctx, demo.Services{Accounts: a.Accounts, Catalog: a.Catalog, Providers: a.Providers}), a.Close(),
	)
}
