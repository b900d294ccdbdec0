package command

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"golang.org/x/term"

	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/secret"
	"orderhub/server/store/stores"
)

// databaseFlags say which database to use. Help names the defaults, which are
// those of config.Default.
type databaseFlags struct {
	Database string `env:"ORDERHUB_DATABASE" placeholder:"URL" help:"sqlite:PATH or postgres://… (default: sqlite:orderhub.sqlite)."`
	Direct   string `name:"database-direct" env:"ORDERHUB_DATABASE_DIRECT" placeholder:"URL" help:"postgres://… of the server itself, where --database leads to a pooler such as PgBouncer."`
	Read     string `name:"database-read" env:"ORDERHUB_DATABASE_READ" placeholder:"URL" help:"postgres://… of replicas, which answer reads where they are fresh enough."`
	Key      string `env:"ORDERHUB_KEY" placeholder:"BASE64" help:"Key that seals secrets in the database: base64 of 32 bytes; several with commas, the first seals. Better given in the environment or as a file."`
	KeyFile  string `env:"ORDERHUB_KEY_FILE" placeholder:"PATH" help:"File with such keys, readable by its owner only (default for SQLite: the database's path and .key, made with the database)."`
}

func (f *databaseFlags) apply(cfg *config.Config) {
	if f.Database != "" {
		cfg.Database = f.Database
	}
	cfg.DatabaseDirect, cfg.DatabaseRead = f.Direct, f.Read
	cfg.Key, cfg.KeyFile = secret.Redacted(f.Key), f.KeyFile
}

// keepFlags say how long what is removed in the end is kept.
type keepFlags struct {
	KeepDeliveries age `env:"ORDERHUB_KEEP_DELIVERIES" placeholder:"AGE" default:"180d" help:"How long webhooks are kept that were delivered, given up or superseded, with their attempts; 0 for good (default: 180d)."`
	KeepCallbacks  age `env:"ORDERHUB_KEEP_CALLBACKS" placeholder:"AGE" default:"180d" help:"How long notices of providers about what is settled are kept; 0 for good (default: 180d)."`
	KeepPayloads   age `env:"ORDERHUB_KEEP_PAYLOADS" placeholder:"AGE" default:"180d" help:"How long is kept what providers said of purchases that are settled, in words and in goods that became nobody's; 0 for good (default: 180d)."`
	KeepJobs       age `env:"ORDERHUB_KEEP_JOBS" placeholder:"AGE" default:"24h" help:"How long finished jobs are kept, those that were given up at least 7d; 0 for good (default: 24h)."`
	KeepEvents     age `env:"ORDERHUB_KEEP_EVENTS" placeholder:"AGE" default:"0" help:"How long the log of events is kept, whose readers are told what is gone; 0 for good (default: for good)."`
	KeepSyncs      age `env:"ORDERHUB_KEEP_SYNCS" placeholder:"AGE" default:"180d" help:"How long is kept what became of providers' lists, which can be undone until then; 0 for good (default: 180d)."`

	KeepOperatorEvents age `env:"ORDERHUB_KEEP_OPERATOR_EVENTS" placeholder:"AGE" default:"400d" help:"How long operators' events are kept; 0 for good (default: 400d)."`
	KeepHolds          age `env:"ORDERHUB_KEEP_HOLDS" placeholder:"AGE" default:"30d" help:"How long holds are kept that have ended; 0 for good (default: 30d)."`
}

func (f *keepFlags) apply(cfg *config.Config) {
	cfg.KeepDeliveries, cfg.KeepCallbacks = time.Duration(f.KeepDeliveries), time.Duration(f.KeepCallbacks)
	cfg.KeepPayloads = time.Duration(f.KeepPayloads)
	cfg.KeepJobs, cfg.KeepEvents = time.Duration(f.KeepJobs), time.Duration(f.KeepEvents)
	cfg.KeepSyncs, cfg.KeepOperatorEvents = time.Duration(f.KeepSyncs), time.Duration(f.KeepOperatorEvents)
	cfg.KeepHolds = time.Duration(f.KeepHolds)
}

// keyUse is what a command does with the key of the database.
type keyUse int

const (
	keyUnused keyUse = iota
	keyOpens         // and seals nothing
	keySeals
)

// config is how the database is opened beside a hub that may be running.
func (f *databaseFlags) config(use keyUse) config.Config {
	cfg := config.Default()
	f.apply(&cfg)
	cfg.Keyless, cfg.SealsNothing = use == keyUnused, use != keySeals
	return cfg
}

// openStore opens the database beside a hub that may be running.
func (f *databaseFlags) openStore(ctx context.Context, std *Streams, use keyUse) (*stores.All, error) {
	cfg := f.config(use)
	return openStoreOf(ctx, &cfg, std)
}

// openStoreOf opens a database that a configuration names.
func openStoreOf(ctx context.Context, cfg *config.Config, std *Streams) (*stores.All, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return app.OpenStore(ctx, cfg, app.Current, newLogger(std.Err, slog.LevelWarn))
}

// listenFlags say where a hub is reached and how it ends.
type listenFlags struct {
	HTTP            string        `name:"http" env:"ORDERHUB_HTTP" placeholder:"ADDRESS" help:"Address of REST, the API's pages and health (default: 127.0.0.1:8080). Port 0 takes a free one."`
	GRPC            string        `name:"grpc" env:"ORDERHUB_GRPC" placeholder:"ADDRESS" help:"Address of gRPC (default: 127.0.0.1:9090)."`
	Metrics         string        `env:"ORDERHUB_METRICS" placeholder:"ADDRESS" help:"Address of Prometheus metrics, not for the public (default: 127.0.0.1:9464); \"off\" serves none."`
	ShutdownTimeout time.Duration `env:"ORDERHUB_SHUTDOWN_TIMEOUT" placeholder:"DURATION" default:"20s" help:"How long requests at work may take when the hub is told to stop (default: 20s)."`
}

func (f *listenFlags) apply(cfg *config.Config) {
	if f.HTTP != "" {
		cfg.HTTP = f.HTTP
	}
	if f.GRPC != "" {
		cfg.GRPC = f.GRPC
	}
	switch f.Metrics {
	case "":
	case "off":
		cfg.Metrics = ""
	default:
		cfg.Metrics = f.Metrics
	}
	cfg.ShutdownTimeout = f.ShutdownTimeout
}

// newLogger writes JSON for machines, and text where a person reads along.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	options.ReplaceAttr = inMilliseconds
	return slog.New(slog.NewJSONHandler(w, options))
}

// inMilliseconds gives durations their unit: slog writes bare nanoseconds.
func inMilliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindDuration {
		return a
	}
	return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
