// Package storetest is the entry through which the tests of storage pass every database: Run, and RunWorld with the
// services over it. The tests lie in the rooms of the store. What is about one database alone opens just that one.
package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
)

// engines are the databases that a hub runs on: another one is added here, and nowhere else in the tests.
var engines = []struct {
	name string
	url  func(tb testing.TB) string // of a fresh, migrated database
}{
	{"sqlite", SQLiteURL},
	{"postgres", PostgresURL},
}

// RunURL runs body on every database, as a subtest of its name, with the URL of a fresh, migrated one. It is the entry
// of the suite: Run and RunWorld pass through it.
func RunURL(t *testing.T, body func(t *testing.T, url string)) {
	t.Helper()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) { body(t, engine.url(t)) })
	}
}

// Run is RunURL with what opens stores there: each call of open opens a further store on the database, as a further
// process would. The subtest's end closes them.
func Run(t *testing.T, body func(t *testing.T, open func() *stores.All)) {
	t.Helper()
	RunURL(t, func(t *testing.T, url string) { body(t, opener(t, url)) })
}

// SQLite returns what opens stores on one fresh SQLite file.
func SQLite(tb testing.TB) (open func() *stores.All) {
	tb.Helper()
	return opener(tb, SQLiteURL(tb))
}

// Postgres returns what opens stores on one fresh PostgreSQL database, or skips; see pgtest.New.
func Postgres(tb testing.TB) (open func() *stores.All) {
	tb.Helper()
	return opener(tb, PostgresURL(tb))
}

// SQLiteURL is the URL of a fresh, migrated SQLite file.
func SQLiteURL(tb testing.TB) string {
	tb.Helper()
	content, err := migratedFile()
	if err != nil {
		tb.Fatalf("preparing the template file: %v", err)
	}
	path := filepath.Join(tb.TempDir(), "orderhub.sqlite")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return "sqlite:" + path
}

// PostgresURL is the URL of a fresh, migrated PostgreSQL database, or skips; see pgtest.New.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	return migratedDatabase.New(tb)
}

// SealingKey is the key of every store that this package opens.
const SealingKey = "b25seSBmb3IgdGVzdHM6IG5vdGhpbmcgaXMgc2FmZSE="

// Sealer has the key of every store that this package opens.
var Sealer = sync.OnceValue(func() *secret.Sealer {
	sealer, err := secret.ParseKeys(SealingKey)
	if err != nil {
		panic(err)
	}
	return sealer
})

var migratedDatabase = pgtest.NewTemplate(migrate)

// migratedFile is the content of an empty, migrated SQLite file.
var migratedFile = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "template.sqlite")
	if err := migrate(context.Background(), "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// migrate leaves the choice of the key to who opens the database.
func migrate(ctx context.Context, url string) (err error) {
	s, err := stores.Open(ctx, store.Options{URL: url, Sealer: secret.Keyless()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Migrations.Up(ctx)
}

// PoolerVariable in the environment has stores on PostgreSQL opened over PgBouncer in transaction mode.
const PoolerVariable = "ORDERHUB_TEST_POOLER"

func opener(tb testing.TB, url string) func() *stores.All {
	over, direct := url, ""
	if os.Getenv(PoolerVariable) != "" && strings.HasPrefix(url, "postgres") {
		over, direct = pgtest.Pooled(tb, url), url
	}
	return func() *stores.All {
		tb.Helper()
		s, err := stores.Open(context.Background(), store.Options{
			URL: over, Direct: direct, Sealer: Sealer(), Log: slog.New(slog.NewTextHandler(tb.Output(), nil)),
		})
		if err != nil {
			tb.Fatalf("opening the store: %v", err)
		}
		tb.Cleanup(func() {
			if err := s.Close(); err != nil {
				tb.Errorf("closing the store: %v", err)
			}
		})
		return s
	}
}
