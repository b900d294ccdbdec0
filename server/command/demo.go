package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/demo"
)

type demoCommand struct {
	listenFlags
	// Not from the environment: that one names the database of "serve".
	Database    string   `placeholder:"URL" help:"sqlite:PATH or postgres://…, empty or a demo's (default: a new SQLite file in the folder for temporary files, removed at the end)."`
	LogLevel    logLevel `placeholder:"LEVEL" default:"warn" help:"debug, info, warn or error (default: warn)."`
	NoTour      bool     `help:"Only serve."`
	CORSOrigins []string `name:"cors-origins" placeholder:"ORIGIN" help:"Origins whose pages may call the hub's own REST API from a browser, such as http://127.0.0.1:8000, with commas (default: none)."`
	AllowRemote bool     `help:"Let other machines in, although everybody knows the keys."`
}

func (*demoCommand) Help() string {
	return `Starts a hub with merchants, products of every behaviour, stock and money, prints how to reach it, shows a few
orders from placing to goods, and serves until it is interrupted. The keys are public, so it listens on loopback only.

Examples:

    orderhub demo
    orderhub demo --no-tour --http 127.0.0.1:8081
    orderhub demo --database sqlite:demo.sqlite`
}

func (c *demoCommand) Run(ctx context.Context, std *Streams) error {
	cfg, cleanUp, err := c.config()
	if err != nil {
		return err
	}
	defer cleanUp()
	log := newLogger(std.Err, cfg.LogLevel)
	if err := prepareDatabase(ctx, &cfg, log); err != nil {
		return err
	}
	hub, err := app.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	start := time.Now()
	services := demo.Services{
		Accounts: hub.Accounts, Operators: hub.Operators, Sessions: hub.Sessions, Catalog: hub.Catalog,
		Providers: hub.Providers, Exchange: hub.Exchange,
	}
	err = demo.Seed(ctx, services)
	if err == nil && !c.NoTour {
		err = demo.SeedTour(ctx, services)
	}
	if err != nil {
		return errors.Join(err, hub.Close())
	}
	took := time.Since(start)

	stopped := make(chan error, 1)
	go func() { stopped <- hub.Run(ctx) }()
	guide := demo.NewGuide(std.Out, isTerminal(std.Out), demo.Doors(hub.Addresses()), cfg.DatabaseName(), took)
	guide.Welcome()
	if !c.NoTour {
		if err := guide.Tour(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(std.Err, "orderhub: the tour ended early: %v\n", err)
		}
	}
	guide.Serving()
	return <-stopped
}

// config is that of a demo. CleanUp removes the files that nobody asked for.
func (c *demoCommand) config() (cfg config.Config, cleanUp func(), err error) {
	cfg, cleanUp = config.Default(), func() {}
	c.apply(&cfg)
	cfg.LogLevel, cfg.LoopbackOnly, cfg.AllowLocalTargets = c.LogLevel.Level, !c.AllowRemote, true
	cfg.CORSOrigins = c.CORSOrigins
	cfg.New = true // its key is written before it
	cfg.Console, cfg.SecondFactorOptional = true, true
	cfg.ApproveAbove = demo.ApproveAbove()
	if c.Database != "" {
		cfg.Database = c.Database
	}
	if cfg.Postgres() {
		cfg.Key = demo.SealingKey
	}
	if err := cfg.Validate(); err != nil {
		return cfg, nil, err
	}
	if c.Database == "" {
		folder, err := os.MkdirTemp("", "orderhub-demo-")
		if err != nil {
			return cfg, nil, err
		}
		cleanUp = func() { _ = os.RemoveAll(folder) } // what is left is in the folder for it
		cfg.Database = "sqlite:" + filepath.Join(folder, "orderhub.sqlite")
	}
	if path := cfg.SQLitePath(); path != "" {
		if err := writeDemoKey(path); err != nil {
			cleanUp()
			return cfg, nil, err
		}
	}
	return cfg, cleanUp, nil
}

// prepareDatabase makes the tables of an empty database, and refuses one that is
// neither empty nor a demo's before anything in it is touched.
func prepareDatabase(ctx context.Context, cfg *config.Config, log *slog.Logger) (err error) {
	s, err := app.OpenStore(ctx, cfg, app.Anything, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	steps, err := s.Migrations.Status(ctx)
	if err != nil {
		return err
	}
	switch pending(steps) {
	case 0:
		return demo.CheckOwn(ctx, s.Accounts)
	case len(steps):
		return s.Migrations.Up(ctx)
	default:
		return &app.MigrationError{Database: cfg.DatabaseName()}
	}
}

// writeDemoKey puts the public key beside a new database, so that every other
// command works on it without being told a key.
func writeDemoKey(database string) error {
	if info, err := os.Stat(database); err == nil && info.Size() > 0 {
		return nil
	}
	file, err := os.OpenFile(app.KeyFileOf(database), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(demo.SealingKey + "\n")
	return errors.Join(err, file.Close())
}
