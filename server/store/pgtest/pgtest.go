package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// shared is the server of this test process. It is never stopped: its watchdog ends it together with the process.
var shared = sync.OnceValues(func() (*Server, error) { return Start(context.Background(), Options{}) })

// databases numbers the databases on the shared server.
var databases atomic.Int64

// New returns the URL of a new, empty database on the server that all tests of the process share. The test's end drops
// it. Without PostgreSQL on the machine the test is skipped, or fails when the environment has CI=true.
func New(tb testing.TB) string {
	tb.Helper()
	return create(tb, need(tb), "")
}

// A Template is a database that is prepared once and then copied, which is faster than preparing each copy.
type Template struct {
	prepare func(ctx context.Context, url string) error
	once    sync.Once
	name    string
	err     error
}

// NewTemplate returns a template that prepare fills when it is first needed. It must leave no connection open.
func NewTemplate(prepare func(ctx context.Context, url string) error) *Template {
	return &Template{prepare: prepare}
}

// New returns the URL of a new copy of the template; otherwise it is like the function New.
func (t *Template) New(tb testing.TB) string {
	tb.Helper()
	server := need(tb)
	t.once.Do(func() { t.name, t.err = t.fill(server) })
	if t.err != nil {
		tb.Fatalf("preparing the template database: %v", t.err)
	}
	return create(tb, server, t.name)
}

// fill creates the template's database and prepares it.
func (t *Template) fill(server *Server) (string, error) {
	ctx := context.Background()
	name := nextName("template")
	if err := server.Create(ctx, name, ""); err != nil {
		return "", err
	}
	return name, t.prepare(ctx, server.URL(name))
}

// need returns the shared server or ends the test.
func need(tb testing.TB) *Server {
	tb.Helper()
	server, err := shared()
	switch {
	case err == nil:
		return server
	case errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true":
		tb.Skipf("not run on PostgreSQL: %v", err)
	default:
		tb.Fatalf("starting PostgreSQL: %v", err)
	}
	return nil
}

func create(tb testing.TB, server *Server, template string) string {
	tb.Helper()
	name := nextName("test")
	if err := server.Create(context.Background(), name, template); err != nil {
		tb.Fatalf("creating a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := server.Drop(context.Background(), name); err != nil {
			tb.Errorf("dropping a database: %v", err)
		}
	})
	return server.URL(name)
}

func nextName(kind string) string {
	return fmt.Sprintf("%s_%s", kind, strconv.FormatInt(databases.Add(1), 10))
}
