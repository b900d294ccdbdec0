package command

import (
	"context"
	"log"
	"runtime"
	"time"

	"google.golang.org/grpc/grpclog"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/logging"
)

type serveCommand struct {
	listenFlags
	databaseFlags
	keepFlags
	LogLevel        logLevel      `env:"ORDERHUB_LOG_LEVEL" placeholder:"LEVEL" default:"info" help:"debug, info, warn or error (default: info). The log is JSON, or text on a terminal."`
	TLSCert         string        `name:"tls-cert" env:"ORDERHUB_TLS_CERT" placeholder:"FILE" help:"PEM file with the certificate, and those up to its authority: every listener speaks TLS. Read again when it changes."`
	TLSKey          string        `name:"tls-key" env:"ORDERHUB_TLS_KEY" placeholder:"FILE" help:"PEM file with the private key of the certificate."`
	TLSClientCA     string        `name:"tls-client-ca" env:"ORDERHUB_TLS_CLIENT_CA" placeholder:"FILE" help:"PEM file with the authorities of the certificates that clients must show (default: clients show none)."`
	TLSOptional     bool          `name:"tls-client-optional" env:"ORDERHUB_TLS_CLIENT_OPTIONAL" help:"Let in clients without a certificate too."`
	Profiling       bool          `name:"pprof" env:"ORDERHUB_PPROF" help:"Serve profiles of the process at /debug/pprof/ beside the metrics."`
	BackupDir       string        `env:"ORDERHUB_BACKUP_DIR" placeholder:"PATH" help:"Folder for checked copies of the SQLite database, which exists and is for nothing else (default: none are made)."`
	BackupEvery     time.Duration `env:"ORDERHUB_BACKUP_EVERY" placeholder:"DURATION" default:"24h" help:"How often a copy is made (default: 24h)."`
	BackupKeep      int           `env:"ORDERHUB_BACKUP_KEEP" placeholder:"N" default:"7" help:"How many copies are kept; older ones are removed when a new one is complete and checked (default: 7)."`
	BalanceEvery    time.Duration `env:"ORDERHUB_BALANCE_EVERY" placeholder:"DURATION" default:"5m" help:"How often the hub's balances at providers are read; 0 for never (default: 5m)."`
	ApproveAbove    []string      `env:"ORDERHUB_APPROVE_ABOVE" placeholder:"AMOUNT" help:"Deposits, corrections and credit limits above this wait for a second operator: a whole amount for every currency, or one such as \"10000.00 THB\"; several with commas (default: nothing waits)."`
	ApproveWithin   age           `env:"ORDERHUB_APPROVE_WITHIN" placeholder:"AGE" default:"24h" help:"How long they wait before they expire (default: 24h)."`
	OIDCIssuer      string        `name:"oidc-issuer" env:"ORDERHUB_OIDC_ISSUER" placeholder:"URL" help:"OpenID provider by which operators may sign in to the console (default: none)."`
	OIDCClientID    string        `name:"oidc-client-id" env:"ORDERHUB_OIDC_CLIENT_ID" placeholder:"ID" help:"What the provider knows the hub by."`
	OIDCSecretFile  string        `name:"oidc-client-secret-file" env:"ORDERHUB_OIDC_CLIENT_SECRET_FILE" placeholder:"FILE" help:"File with the secret that the provider knows the hub by."`
	OIDCClaim       string        `name:"oidc-claim" env:"ORDERHUB_OIDC_CLAIM" placeholder:"NAME" default:"email" help:"Claim that says which operator somebody is, by its login (default: email, which must be verified)."`
	OIDCOrigin      string        `name:"oidc-origin" env:"ORDERHUB_OIDC_ORIGIN" placeholder:"ORIGIN" help:"Where browsers reach the console, such as https://hub.example: the provider leads back to /console/oidc/back there (default: the first of --console-origins)."`
	CORSOrigins     []string      `name:"cors-origins" env:"ORDERHUB_CORS_ORIGINS" placeholder:"ORIGIN" help:"Origins whose pages may call the hub's own REST API from a browser, such as https://shop.example, with commas (default: none)."`
	TrustedProxies  []string      `env:"ORDERHUB_TRUSTED_PROXIES" placeholder:"ADDRESS" help:"Peers whose X-Forwarded-For is believed: addresses and CIDR prefixes, with commas (default: nobody)."`
	Console         bool          `env:"ORDERHUB_CONSOLE" help:"Serve the operators' pages at /console."`
	ConsoleOrigins  []string      `name:"console-origins" env:"ORDERHUB_CONSOLE_ORIGINS" placeholder:"ORIGIN" help:"Where browsers reach the console, such as https://hub.example, with commas; the first is in links that operators give to others. Under other names there is no console, but on the machine itself (default: any name)."`
	Doors           []string      `env:"ORDERHUB_DOORS" placeholder:"NAME" default:"gameso,bursagb,marketacc,axcloud" help:"Partners' doors that are open, with commas (default: all, ${default})."`
	BursaGBOff      bool          `name:"bursagb-off" env:"ORDERHUB_BURSAGB_OFF" help:"Switch BursaGB's integration off: its callers can sign in and nothing else."`
	GameSOSignature string        `name:"gameso-signature" placeholder:"JSON" env:"ORDERHUB_GAMESO_SIGNATURE" help:"Headers and prefix of the signature of GameSO's webhooks, e.g. {\"signatureHeader\":\"X-Signature\"}; also timestampHeader, deliveryHeader, eventHeader, prefix."`
	BursaGBRefused  bool          `name:"bursagb-refused-ok" env:"ORDERHUB_BURSAGB_REFUSED_OK" help:"Answer baskets that BursaGB's door refuses with 200 rather than 400."`
	AXCloudKey      bool          `name:"axcloud-key-alone" env:"ORDERHUB_AXCLOUD_KEY_ALONE" help:"Let AX Cloud's callers leave out the Channel header."`
	AllowLocal      bool          `name:"allow-local-targets" env:"ORDERHUB_ALLOW_LOCAL_TARGETS" help:"Let merchants name plain http and local addresses for what is sent to them. For tests."`
	MaxInFlight     int           `env:"ORDERHUB_MAX_IN_FLIGHT" placeholder:"N" default:"512" help:"Calls at work at once, over gRPC and REST together; further ones are told to come back (default: 512)."`
	MaxOrderUnits   int64         `env:"ORDERHUB_MAX_ORDER_UNITS" placeholder:"N" default:"10000" help:"Most units of stock and tickets in one order (default: 10000)."`
	MaxOrderTotal   int64         `env:"ORDERHUB_MAX_ORDER_TOTAL" placeholder:"N" default:"1000000000" help:"Most that one order may cost, in whole units of its currency (default: 1000000000)."`
	New             bool          `env:"ORDERHUB_NEW" help:"Make a SQLite database although the file with its key exists."`
	AllowDemoKeys   bool          `env:"ORDERHUB_ALLOW_DEMO_KEYS" help:"Serve a database with the demo's keys, which everybody knows."`
	MaxRequestBytes int64         `env:"ORDERHUB_MAX_REQUEST_BYTES" placeholder:"N" default:"33554432" help:"Bytes of requests in memory at once, a quarter of them of one merchant; further ones are told to come back (default: 32 MiB)."`
	MaxConnections  int           `env:"ORDERHUB_MAX_CONNECTIONS" placeholder:"N" help:"Connections open at once at each address, half of them from one peer (default: what the limit of open files allows, at most 2048)."`
	RateLimit       int           `env:"ORDERHUB_RATE_LIMIT" placeholder:"N" default:"1200" help:"Requests per minute of a merchant without a limit of its own, where no partner publishes one; 0 for no limit (default: 1200)."`
	RecipientChecks int           `env:"ORDERHUB_RECIPIENT_CHECKS" placeholder:"N" default:"60" help:"How many recipients each key of a merchant may have checked in a minute (default: 60)."`
	RateBurst       int           `env:"ORDERHUB_RATE_BURST" placeholder:"N" default:"40" help:"How many of those may come at once; 0 for as many as in a minute (default: 40)."`
	RescueAfter     time.Duration `hidden:"" env:"ORDERHUB_RESCUE_AFTER" default:"75s" help:"When the work of a process that died is taken up. For tests."`
}

// heapReserve is memory that is never touched, so that the machine does not give
// it. The garbage collector works when what is new has become as much as what is
// in use, which in a hub is little: it would work all the time. The reserve counts
// as in use. GOGC and GOMEMLIMIT hold as everywhere.
const heapReserve = 32 << 20

func (*serveCommand) Help() string {
	return `With SQLite the database is made and brought up to date at the start. A PostgreSQL database is changed by
"orderhub migrate" only. The hub stops at an interrupt or SIGTERM, when the requests at work are done.

Examples:

    orderhub serve
    orderhub serve --http :8080 --grpc :9090 --database sqlite:/var/lib/orderhub/orderhub.sqlite
    orderhub serve --backup-dir /backup --backup-every 6h --backup-keep 28
    orderhub serve --keep-deliveries 90d --keep-callbacks 0
    orderhub serve --approve-above "10000,300.00 EUR" --approve-within 3d
    orderhub serve --tls-cert /etc/orderhub/tls.crt --tls-key /etc/orderhub/tls.key
    ORDERHUB_KEY_FILE=/etc/orderhub/key orderhub serve --database postgres://orderhub@db.internal/orderhub`
}

func (c *serveCommand) Run(ctx context.Context, std *Streams) error {
	cfg := config.Default()
	c.listenFlags.apply(&cfg)
	c.databaseFlags.apply(&cfg)
	c.keepFlags.apply(&cfg)
	cfg.LogLevel, cfg.TrustedProxies, cfg.CORSOrigins = c.LogLevel.Level, c.TrustedProxies, c.CORSOrigins
	cfg.Profiling = c.Profiling
	cfg.TLSCert, cfg.TLSKey = c.TLSCert, c.TLSKey
	cfg.TLSClientCA, cfg.TLSClientOptional = c.TLSClientCA, c.TLSOptional
	cfg.BackupDir, cfg.BackupEvery, cfg.BackupKeep = c.BackupDir, c.BackupEvery, c.BackupKeep
	cfg.ApproveAbove, cfg.ApproveWithin = c.ApproveAbove, time.Duration(c.ApproveWithin)
	cfg.Console, cfg.ConsoleOrigins = c.Console, c.ConsoleOrigins
	cfg.BalanceEvery = c.BalanceEvery
	cfg.RecipientChecks = c.RecipientChecks
	cfg.OIDC = config.OIDC{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, SecretFile: c.OIDCSecretFile, Claim: c.OIDCClaim,
		Origin: c.OIDCOrigin,
	}
	cfg.Doors, cfg.AllowLocalTargets = c.Doors, c.AllowLocal
	cfg.GameSOSignature = c.GameSOSignature
	cfg.BursaGBOff, cfg.BursaGBRefusedOK, cfg.AXCloudKeyAlone = c.BursaGBOff, c.BursaGBRefused, c.AXCloudKey
	cfg.MaxInFlight, cfg.RescueAfter = c.MaxInFlight, c.RescueAfter
	cfg.MaxOrderUnits, cfg.MaxOrderTotal = c.MaxOrderUnits, c.MaxOrderTotal
	cfg.New = c.New
	if !c.AllowDemoKeys {
		cfg.PublicKeys = config.PublicKeys{
			API: demo.APIKeys(), Sealing: demo.SealingKey, Passwords: demo.OperatorPasswords(),
		}
	}
	cfg.MaxRequestBytes, cfg.MaxConnections = c.MaxRequestBytes, c.MaxConnections
	cfg.RateLimit = account.RateLimit{RequestsPerMinute: c.RateLimit, Burst: c.RateBurst}
	logger := newLogger(std.Err, cfg.LogLevel)
	log.SetFlags(0)
	log.SetOutput(logging.FromLibraries(logger))
	grpclog.SetLoggerV2(logging.FromGRPC(logger))
	reserve := make([]byte, heapReserve)
	defer runtime.KeepAlive(&reserve)
	if err := giveBack(reserve); err != nil {
		logger.Warn("the heap's reserve takes memory", "error", err)
	}
	hub, err := app.New(ctx, cfg, logger)
	if err != nil {
		return err
	}
	return hub.Run(ctx)
}
