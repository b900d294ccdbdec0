package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/account"
	"orderhub/server/config"
	"orderhub/server/operator"
	"orderhub/server/password"
	"orderhub/server/readiness"
	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/stores"
)

// KeyFileOf is the key file that stands beside a SQLite file.
func KeyFileOf(database string) string { return database + ".key" }

// MigrationError says that the database is not at this program's schema.
type MigrationError struct{ Database string }

func (e *MigrationError) Error() string {
	const text = "the schema of %s is not up to date; run `orderhub migrate` with the same --database"
	return fmt.Sprintf(text, e.Database)
}

// Demand is what a database must be to be opened.
type Demand int

// The demands, each including those before it.
const (
	Anything Demand = iota // a SQLite file that does not exist is made, with its key
	Existing
	Current // at this program's schema
)

// openStore opens the hub's own database. A SQLite file belongs to one program
// and is brought up to date here; changing a PostgreSQL that other processes
// may be using is for an operator to start.
func (a *App) openStore(ctx context.Context) error {
	demand := Anything
	if a.config.Postgres() || a.beside {
		demand = Current
	}
	s, err := a.openDatabase(ctx, demand)
	if err != nil {
		return err
	}
	a.store, a.now = s, s.Now
	a.ready = readiness.New(s.Writable, a.log)
	a.closing.OnClose("database", func(context.Context) error { return s.Close() })
	a.metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "orderhub_unreadable_values_total",
		Help: "Times that a row was set aside because a sealed value of it could not be opened.",
	}, func() float64 { return float64(s.Vault.Unreadable()) }))
	if demand == Current {
		return nil
	}
	return s.Migrations.Up(ctx)
}

// followClock keeps the hub's clock right for as long as it runs.
func (a *App) followClock(ctx context.Context) error {
	a.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "orderhub_clock_ahead_seconds",
		Help: "How far the clock of this machine is ahead of the one that the hub goes by.",
	}, func() float64 { return a.store.Clock.Ahead().Seconds() }))
	a.closing.WhileOpen(ctx, "clock", a.store.Clock.Follow)
	return nil
}

// followSealing seals personal data as soon as the database is resealed, which may be while this hub serves.
func (a *App) followSealing(ctx context.Context) error {
	if !a.store.Vault.SealsPersonal() {
		a.log.Warn(
			"personal data is written in the clear, as the version before reads it: run `orderhub reseal` when no " +
				"hub of it is left",
		)
	}
	a.closing.WhileOpen(ctx, "sealing", a.store.Sealing.Follow)
	return nil
}

func (a *App) openDatabase(ctx context.Context, demand Demand) (*stores.All, error) {
	if a.tracing == nil {
		return OpenStore(ctx, &a.config, demand, a.log)
	}
	return openStore(ctx, &a.config, demand, a.log, a.tracing.Queries())
}

// OpenStore opens the database of cfg. Errors: *MigrationError, those of the key
// and of the database.
func OpenStore(ctx context.Context, cfg *config.Config, demand Demand, log *slog.Logger) (*stores.All, error) {
	return openStore(ctx, cfg, demand, log, nil)
}

func openStore(
	ctx context.Context, cfg *config.Config, demand Demand, log *slog.Logger, tracer pgx.QueryTracer,
) (*stores.All, error) {
	if path := cfg.SQLitePath(); path != "" && demand >= Existing && !hasContent(path) {
		return nil, fmt.Errorf("there is no database at %s yet; `orderhub migrate` makes one", path)
	}
	if err := checkNew(cfg); err != nil {
		return nil, err
	}
	sealer, err := openSealer(cfg, log)
	if err != nil {
		return nil, err
	}
	s, err := stores.Open(ctx, store.Options{
		URL: cfg.Database, Direct: cfg.DatabaseDirect, Read: cfg.DatabaseRead, Log: log, Sealer: sealer,
		SealsNothing: cfg.SealsNothing, Tracer: tracer,
	})
	if err != nil || demand < Current {
		return s, err
	}
	pending, err := s.Migrations.Pending(ctx)
	if err == nil && pending {
		err = &MigrationError{Database: cfg.DatabaseName()}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkNew refuses to make a database for a key that exists already, unless told to: it is more likely that the disk
// with the database is missing than that there never was one.
func checkNew(cfg *config.Config) error {
	path := cfg.SQLitePath()
	if path == "" || hasContent(path) {
		return nil
	}
	if store.RestoreUnderWay(path) {
		return fmt.Errorf(
			"there is no database at %s, but a restore that is at work or was interrupted: wait for it, or run "+
				"`orderhub restore` again", path,
		)
	}
	if cfg.New {
		return nil
	}
	keyFile := cmp.Or(cfg.KeyFile, KeyFileOf(path))
	if cfg.Key != "" || !hasContent(keyFile) {
		return nil
	}
	return fmt.Errorf(
		"there is no database at %s, but its key %s exists: if the database should be there, see to that; to make an "+
			"empty one say --new", path, keyFile,
	)
}

// openSealer finds the key: given, in a file that was named, or in the file
// beside the SQLite database. A database that exists without its key is only
// for those who seal nothing.
func openSealer(cfg *config.Config, log *slog.Logger) (*secret.Sealer, error) {
	if cfg.Key != "" || cfg.KeyFile != "" {
		return givenSealer(cfg)
	}
	database := cfg.SQLitePath()
	path := KeyFileOf(database)
	_, err := os.Stat(path)
	switch missing := errors.Is(err, fs.ErrNotExist) && (cfg.Postgres() || hasContent(database)); {
	case missing && cfg.Keyless:
		return secret.Keyless(), nil
	case missing:
		return nil, fmt.Errorf(
			"the key of %s is missing: put its file back at %s, or give the key with --key or --key-file",
			database, path,
		)
	}
	sealer, created, err := secret.LoadOrCreateKeyFile(path)
	if created {
		log.Warn(
			"made a key for the new database; keep a copy of it: without it the stock in the database cannot be read",
			"file", path,
		)
	}
	return sealer, err
}

// givenSealer has the key that was given, or that is in a file that was named.
func givenSealer(cfg *config.Config) (*secret.Sealer, error) {
	if cfg.Key != "" {
		return secret.ParseKeys(cfg.Key.Reveal())
	}
	// Not created: a name that is mistyped once would seal with another key.
	if _, err := os.Stat(cfg.KeyFile); err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	sealer, _, err := secret.LoadOrCreateKeyFile(cfg.KeyFile)
	return sealer, err
}

// watchFile stops the hub when the file of its SQLite database is gone or another: whatever it went on to answer would
// be in a file that nobody finds.
func (a *App) watchFile(ctx context.Context) error {
	if a.config.Postgres() {
		return nil
	}
	a.closing.WhileOpen(ctx, "watch of the database's file", func(ctx context.Context) {
		if err := a.store.WatchFile(ctx); err != nil {
			a.fail(err)
		}
	})
	return nil
}

// PublicKeyError says that a database has credentials that everybody knows.
type PublicKeyError struct{ What string }

func (e *PublicKeyError) Error() string {
	return "the database has " + e.What +
		" of the demo, which everybody knows: use another database, or say --allow-demo-keys"
}

// refusePublicKeys ends the start on a database that lets everybody in.
func (a *App) refusePublicKeys(ctx context.Context) error {
	if a.config.PublicKeys.Sealing != "" {
		public, err := secret.ParseKeys(a.config.PublicKeys.Sealing)
		if err != nil {
			return err
		}
		if a.store.Vault.HasKey(public.KeyIDs()[0]) {
			return &PublicKeyError{What: "the sealing key"}
		}
	}
	for _, key := range a.config.PublicKeys.API {
		_, err := a.store.Accounts.PrincipalByCredential(ctx, account.KeyCredential(key))
		if err == nil {
			return &PublicKeyError{What: "API keys"}
		}
		if !errors.Is(err, account.ErrUnauthenticated) {
			return err
		}
	}
	return a.refusePublicPasswords(ctx)
}

func (a *App) refusePublicPasswords(ctx context.Context) error {
	for name, public := range a.config.PublicKeys.Passwords {
		who, err := a.store.Sessions.Login(ctx, name)
		if errors.Is(err, operator.ErrNotFound) || err == nil && who.PasswordHash == "" {
			continue
		}
		if err != nil {
			return err
		}
		if password.Matches(who.PasswordHash, public) {
			return &PublicKeyError{What: "passwords of operators"}
		}
	}
	return nil
}

func hasContent(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
