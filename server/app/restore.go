package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"orderhub/server/config"
	"orderhub/server/secret"
	"orderhub/server/store"
)

// ErrNoRestore says that a database is restored with its server's own tools.
var ErrNoRestore = errors.New(
	"only a SQLite database is restored like this; for PostgreSQL use pg_restore or a base backup",
)

// Restore puts a backup in the place of the SQLite database of cfg, or with checkOnly makes sure that it could. Errors:
// ErrNoRestore, those of the key, and those of [store.Restore].
func Restore(ctx context.Context, cfg *config.Config, backup string, checkOnly bool) (store.Restored, error) {
	path := cfg.SQLitePath()
	if path == "" {
		return store.Restored{}, ErrNoRestore
	}
	sealer, err := existingSealer(cfg)
	if err != nil {
		return store.Restored{}, err
	}
	restore := store.Restore
	if checkOnly {
		restore = store.CheckBackup
	}
	return restore(ctx, store.RestoreOptions{Database: path, Backup: backup, Sealer: sealer, Now: time.Now()})
}

// existingSealer finds the key as openSealer does, and makes none: a new one opens nothing of a backup.
func existingSealer(cfg *config.Config) (*secret.Sealer, error) {
	if cfg.Key != "" || cfg.KeyFile != "" {
		return givenSealer(cfg)
	}
	path := KeyFileOf(cfg.SQLitePath())
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf(
			"the key of the backup is missing (%w): put its file there, or give the key with --key or --key-file", err,
		)
	}
	sealer, _, err := secret.LoadOrCreateKeyFile(path)
	return sealer, err
}
