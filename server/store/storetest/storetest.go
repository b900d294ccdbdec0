// Package storetest opens stores for tests: fresh, migrated, on both databases.
package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
)

// Each runs body on SQLite and on PostgreSQL as subtests of these names. Every subtest has a fresh database; each call
// of open opens a further store on it, as a further process would. The subtest's end closes them.
func Each(t *testing.T, body func(t *testing.T, open func() *stores.All)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { body(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { body(t, Postgres(t)) })
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

func opener(tb testing.TB, url string) func() *stores.All {
	return func() *stores.All {
		tb.Helper()
		s, err := stores.Open(context.Background(), store.Options{
			URL: url, Sealer: Sealer(), Log: slog.New(slog.NewTextHandler(tb.Output(), nil)),
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
