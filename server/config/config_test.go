package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"orderhub/server/account"
	"orderhub/server/config"
	"orderhub/server/retention"
	"orderhub/server/secret"
)

func TestDefault(t *testing.T) {
	want := config.Config{
		HTTP:               "127.0.0.1:8080",
		GRPC:               "127.0.0.1:9090",
		Metrics:            "127.0.0.1:9464",
		Database:           "sqlite:orderhub.sqlite",
		BackupEvery:        86_400_000_000_000,
		BackupKeep:         7,
		KeepDeliveries:     15_552_000_000_000_000,
		KeepCallbacks:      15_552_000_000_000_000,
		KeepPayloads:       15_552_000_000_000_000,
		BalanceEvery:       300_000_000_000,
		RecipientChecks:    60,
		KeepJobs:           86_400_000_000_000,
		KeepSyncs:          15_552_000_000_000_000,
		ApproveWithin:      86_400_000_000_000,
		KeepOperatorEvents: 34_560_000_000_000_000,
		KeepHolds:          2_592_000_000_000_000,
		LogLevel:           0, // info
		ShutdownTimeout:    20_000_000_000,
		Doors:              []string{"gameso", "bursagb", "marketacc", "axcloud"},
		MaxInFlight:        512,
		MaxOrderUnits:      10_000,
		MaxOrderTotal:      1_000_000_000,
		MaxRequestBytes:    33_554_432,
		RateLimit:          account.RateLimit{RequestsPerMinute: 1200, Burst: 40},
		RescueAfter:        75_000_000_000,
		LoopbackOnly:       false,
	}
	got := config.Default()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Default() = %+v, want %+v", got, want)
	}
	if got.LogLevel != slog.LevelInfo {
		t.Errorf("LogLevel = %v, want info", got.LogLevel)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("Validate() of the defaults: %v", err)
	}
}

func TestValidate(t *testing.T) {
	key := secret.Redacted(secret.GenerateKey())
	tests := []struct {
		name   string
		change func(*config.Config)
		want   []string // beginnings of the problems, in order
	}{
		{"port 0 everywhere", func(c *config.Config) {
			c.HTTP = "127.0.0.1:0"
			c.GRPC = "127.0.0.1:0"
			c.Metrics = "127.0.0.1:0"
		}, nil},
		{"every interface", func(c *config.Config) { c.HTTP, c.GRPC = ":8080", "[::]:9090" }, nil},
		{"no metrics", func(c *config.Config) { c.Metrics = "" }, nil},
		{
			"orders of nothing", func(c *config.Config) { c.MaxOrderUnits, c.MaxOrderTotal = 0, 0 },
			[]string{"--max-order-units: ", "--max-order-total: "},
		},
		{
			"orders without end", func(c *config.Config) { c.MaxOrderUnits, c.MaxOrderTotal = 1e6+1, 1e12+1 },
			[]string{"--max-order-units: ", "--max-order-total: "},
		},
		{"no HTTP", func(c *config.Config) { c.HTTP = "" }, []string{"--http: "}},
		{"no port", func(c *config.Config) { c.GRPC = "127.0.0.1" }, []string{"--grpc: "}},
		{"a port too high", func(c *config.Config) { c.HTTP = "127.0.0.1:65536" }, []string{"--http: "}},
		{"a port by name", func(c *config.Config) { c.HTTP = "127.0.0.1:http" }, []string{"--http: "}},
		{
			"one address twice", func(c *config.Config) { c.GRPC = c.HTTP },
			[]string{"--grpc: 127.0.0.1:8080 is already the address of --http"},
		},
		{"loopback only, and it is", func(c *config.Config) {
			c.LoopbackOnly = true
			c.HTTP = "localhost:8080"
			c.GRPC = "[::1]:9090"
			c.Metrics = "127.9.9.9:9464"
		}, nil},
		{"loopback only, and it is not", func(c *config.Config) {
			c.LoopbackOnly = true
			c.HTTP = ":8080"
			c.GRPC = "0.0.0.0:9090"
			c.Metrics = "192.0.2.1:9464"
		}, []string{"--http: ", "--grpc: ", "--metrics: "}},
		{
			"backups every minute, the last one kept",
			func(c *config.Config) { c.BackupDir, c.BackupEvery, c.BackupKeep = "/backup", time.Minute, 1 }, nil,
		},
		{
			"backups all the time, and none kept",
			func(c *config.Config) { c.BackupDir, c.BackupEvery, c.BackupKeep = "/backup", time.Second, 0 },
			[]string{"--backup-every: ", "--backup-keep: "},
		},
		{
			"backups of PostgreSQL",
			func(c *config.Config) { c.Database, c.Key, c.BackupDir = "postgres://host/db", key, "/backup" },
			[]string{"--backup-dir: "},
		},
		{
			"an OpenID provider",
			func(c *config.Config) {
				c.Console, c.OIDC = true, config.OIDC{
					Issuer: "https://login.example/realm", ClientID: "orderhub", SecretFile: "secret", Claim: "email",
					Origin: "https://hub.example",
				}
			}, nil,
		},
		{
			"an OpenID provider that leads back to where the console is",
			func(c *config.Config) {
				c.Console, c.ConsoleOrigins = true, []string{"https://hub.example", "http://hub.internal:8080"}
				c.OIDC = config.OIDC{Issuer: "https://login.example", ClientID: "x", SecretFile: "y", Claim: "email"}
			}, nil,
		},
		{
			"names of a console that there is not",
			func(c *config.Config) {
				c.ConsoleOrigins = []string{"hub.example", "https://hub.example/console", "https://*"}
			},
			[]string{"--console-origins: ", "--console-origins: ", "--console-origins: ", "--console-origins: "},
		},
		{
			"half an OpenID provider, without a console",
			func(c *config.Config) { c.OIDC = config.OIDC{Issuer: "https://login.example"} },
			[]string{
				"--oidc-client-id: ", "--oidc-client-secret-file: ", "--oidc-claim: ", "--oidc-origin: ", "--oidc-issuer: ",
			},
		},
		{
			"an OpenID provider that everybody on the way can read, or be",
			func(c *config.Config) {
				c.Console, c.OIDC = true, config.OIDC{
					Issuer: "http://login.example", ClientID: "orderhub", SecretFile: "secret", Claim: "email",
					Origin: "http://hub.example",
				}
			},
			[]string{"--oidc-issuer: ", "--oidc-origin: "},
		},
		{"everything kept for good", func(c *config.Config) {
			c.KeepDeliveries, c.KeepCallbacks = 0, 0
			c.KeepPayloads, c.KeepJobs = 0, 0
		}, nil},
		{
			"nothing kept",
			func(c *config.Config) {
				c.KeepDeliveries, c.KeepCallbacks, c.KeepPayloads = 1, -time.Hour, 1
				c.KeepJobs, c.KeepHolds, c.KeepSyncs = 1, 1, 1
			},
			[]string{"--keep-deliveries", "--keep-callbacks", "--keep-payloads", "--keep-jobs", "--keep-syncs", "--keep-holds"},
		},
		{
			"approvals",
			func(c *config.Config) {
				c.ApproveAbove, c.ApproveWithin = []string{"1000", "5.00 EUR"}, 90*24*time.Hour
			}, nil,
		},
		{
			"approvals of nothing, at once",
			func(c *config.Config) { c.ApproveAbove, c.ApproveWithin = []string{"much"}, time.Second },
			[]string{"--approve-above: ", "--approve-within: "},
		},
		{
			"approvals for too long", func(c *config.Config) { c.ApproveWithin = 91 * 24 * time.Hour },
			[]string{"--approve-within: "},
		},
		{"profiles", func(c *config.Config) { c.Profiling = true }, nil},
		{"profiles nowhere", func(c *config.Config) { c.Profiling, c.Metrics = true, "" }, []string{"--pprof: "}},
		{"TLS", func(c *config.Config) { c.TLSCert, c.TLSKey, c.TLSClientCA = "cert", "key", "ca" }, nil},
		{"a certificate without its key", func(c *config.Config) { c.TLSCert = "cert" }, []string{"--tls-cert: "}},
		{"a key without its certificate", func(c *config.Config) { c.TLSKey = "key" }, []string{"--tls-cert: "}},
		{
			"clients' certificates without TLS", func(c *config.Config) { c.TLSClientCA, c.TLSClientOptional = "ca", true },
			[]string{"--tls-client-ca: "},
		},
		{
			"optional certificates of nobody",
			func(c *config.Config) { c.TLSCert, c.TLSKey, c.TLSClientOptional = "cert", "key", true },
			[]string{"--tls-client-optional: "},
		},
		{"another database", func(c *config.Config) { c.Database = "mysql://host/db" }, []string{"--database: "}},
		{"no SQLite file", func(c *config.Config) { c.Database = "sqlite:" }, []string{"--database: "}},
		{
			"PostgreSQL without a key", func(c *config.Config) { c.Database = "postgres://host/db" },
			[]string{"--key: PostgreSQL needs a key"},
		},
		{
			"PostgreSQL for a command that seals nothing",
			func(c *config.Config) { c.Database, c.Keyless = "postgres://host/db", true }, nil,
		},
		{
			"PostgreSQL behind a pooler",
			func(c *config.Config) {
				c.Database, c.Key, c.DatabaseDirect = "postgres://pooler/db", key, "postgresql://host/db"
			},
			nil,
		},
		{
			"SQLite behind a pooler", func(c *config.Config) { c.DatabaseDirect = "postgres://host/db" },
			[]string{"--database-direct: "},
		},
		{
			"a pooler in front of SQLite",
			func(c *config.Config) {
				c.Database, c.Key, c.DatabaseDirect = "postgres://pooler/db", key, "sqlite:orderhub.sqlite"
			},
			[]string{"--database-direct: "},
		},
		{
			"replicas of PostgreSQL",
			func(c *config.Config) {
				c.Database, c.Key, c.DatabaseRead = "postgres://host/db", key, "postgres://replica,other/db"
			},
			nil,
		},
		{
			"replicas of SQLite", func(c *config.Config) { c.DatabaseRead = "postgres://host/db" },
			[]string{"--database-read: "},
		},
		{
			"replicas that are no PostgreSQL",
			func(c *config.Config) {
				c.Database, c.Key, c.DatabaseRead = "postgres://host/db", key, "sqlite:orderhub.sqlite"
			},
			[]string{"--database-read: "},
		},
		{"PostgreSQL with a key", func(c *config.Config) { c.Database, c.Key = "postgres://host/db", key }, nil},
		{
			"PostgreSQL with a key file", func(c *config.Config) { c.Database, c.KeyFile = "postgresql://host/db", "keys" }, nil,
		},
		{"a key and a key file", func(c *config.Config) { c.Key, c.KeyFile = key, "keys" }, []string{"--key-file: "}},
		{"a short key", func(c *config.Config) { c.Key = "c2hvcnQ=" }, []string{"--key: "}},
		{"trusted proxies", func(c *config.Config) { c.TrustedProxies = []string{"192.0.2.1", "10.0.0.0/8", "::1"} }, nil},
		{
			"origins", func(c *config.Config) { c.CORSOrigins = []string{"https://shop.example", "http://127.0.0.1:3000"} }, nil,
		},
		{"any origin", func(c *config.Config) { c.CORSOrigins = []string{"*"} }, []string{"--cors-origins: "}},
		{
			"every shop", func(c *config.Config) { c.CORSOrigins = []string{"https://*.example"} }, []string{"--cors-origins: "},
		},
		{
			"origin with a path", func(c *config.Config) { c.CORSOrigins = []string{"https://shop.example/"} },
			[]string{"--cors-origins: "},
		},
		{"null", func(c *config.Config) { c.CORSOrigins = []string{"null"} }, []string{"--cors-origins: "}},
		{
			"no proxy", func(c *config.Config) { c.TrustedProxies = []string{"proxy.example"} }, []string{"--trusted-proxies: "},
		},
		{"no time to stop", func(c *config.Config) { c.ShutdownTimeout = 0 }, []string{"--shutdown-timeout: "}},
		{
			"less memory than one import", func(c *config.Config) { c.MaxRequestBytes = 1 << 20 },
			[]string{"--max-request-bytes: "},
		},
		{"fewer than no connections", func(c *config.Config) { c.MaxConnections = -1 }, []string{"--max-connections: "}},
		{"a negative rate", func(c *config.Config) { c.RateLimit.RequestsPerMinute = -1 }, []string{"--rate-limit: "}},
		{
			"a rate without bounds", func(c *config.Config) { c.RateLimit.RequestsPerMinute = 1_000_001 },
			[]string{"--rate-limit: "},
		},
		{"a burst without bounds", func(c *config.Config) { c.RateLimit.Burst = 1_000_001 }, []string{"--rate-burst: "}},
		{"no rate limit", func(c *config.Config) { c.RateLimit = account.RateLimit{} }, nil},
		{"everything wrong at once", func(c *config.Config) {
			*c = config.Config{HTTP: "x", GRPC: "y", Metrics: "z", TrustedProxies: []string{""}, ShutdownTimeout: -time.Second}
		}, []string{
			"--http: ", "--grpc: ", "--metrics: ", "--database: ", "--backup-every: ", "--backup-keep: ", "--recipient-checks: ",
			"--approve-within: ", "--trusted-proxies: ", "--shutdown-timeout: ", "--max-in-flight: ",
			"--max-order-units: ", "--max-order-total: ", "--max-request-bytes: ", "--rescue-after: ",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := config.Default()
			test.change(&c)
			checkProblems(t, c.Validate(), test.want)
		})
	}
}

func checkProblems(t *testing.T, err error, want []string) {
	t.Helper()
	var problems []string
	var invalid *config.InvalidError
	if errors.As(err, &invalid) {
		problems = invalid.Problems
	} else if err != nil {
		t.Fatalf("error is %T, want *config.InvalidError: %v", err, err)
	}
	if len(problems) != len(want) {
		t.Fatalf("%d problems %q, want %d", len(problems), problems, len(want))
	}
	for i := range want {
		if !strings.HasPrefix(problems[i], want[i]) {
			t.Errorf("problem %d is %q, want it to begin with %q", i, problems[i], want[i])
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c := config.Default()
	c.Key = secret.Redacted("c2VjcmV0LWtleQ==")
	c.Database = "postgres://someone:pa55word@db.example:5432/hub?sslmode=disable"
	if got, want := c.DatabaseName(), "postgres://db.example:5432/hub"; got != want {
		t.Errorf("DatabaseName() = %q, want %q", got, want)
	}
	err := c.Validate()
	if err == nil || strings.Contains(err.Error(), "c2VjcmV0") || strings.Contains(fmt.Sprintf("%+v", c.Key), "c2Vj") {
		t.Errorf("a bad key is repeated or accepted: %v", err)
	}
}

func TestSQLitePath(t *testing.T) {
	for database, want := range map[string]string{
		"sqlite:hub.sqlite":          "hub.sqlite",
		"sqlite:/var/lib/hub.sqlite": "/var/lib/hub.sqlite",
		"sqlite:///var/hub.sqlite":   "/var/hub.sqlite",
		"postgres://host/db":         "",
	} {
		c := config.Config{Database: database}
		if got := c.SQLitePath(); got != want {
			t.Errorf("SQLitePath() of %s = %q, want %q", database, got, want)
		}
	}
}

func TestParsePrefix(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"an address", "192.0.2.7", "192.0.2.7/32"},
		{"an address of version 6", "2001:db8::1", "2001:db8::1/128"},
		{"a prefix", "192.0.2.0/24", "192.0.2.0/24"},
		{"a prefix with host bits", "192.0.2.9/24", "192.0.2.0/24"},
		{"a name", "localhost", ""},
		{"nothing", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := config.ParsePrefix(test.in)
			if test.want == "" {
				if err == nil {
					t.Fatalf("ParsePrefix(%q) = %v, want an error", test.in, got)
				}
				return
			}
			if err != nil || got != netip.MustParsePrefix(test.want) {
				t.Errorf("ParsePrefix(%q) = %v, %v, want %s", test.in, got, err, test.want)
			}
		})
	}
}

// A small limit of open files leaves what the database needs; a large one is not
// used up.
func TestConnections(t *testing.T) {
	c := config.Default()
	if got := c.ConnectionsEach(); got < 16 || got > 2048 {
		t.Errorf("ConnectionsEach() = %d", got)
	}
	c.MaxConnections = 7
	if got := c.ConnectionsEach(); got != 7 {
		t.Errorf("ConnectionsEach() = %d, want what was set", got)
	}
	for files, want := range map[uint64]int{64: 16, 256: 16, 1024: 256, 4096: 1280, 1 << 20: 2048} {
		if got := config.ConnectionsWithin(files); got != want {
			t.Errorf("with %d files %d connections, want %d", files, got, want)
		}
	}
}

// Jobs that were given up are kept for a week at least; what is kept for good stays for good.
func TestAges(t *testing.T) {
	c := config.Default()
	for keep, want := range map[time.Duration][2]time.Duration{
		0: {0, 0}, 24 * time.Hour: {24 * time.Hour, 168 * time.Hour}, 200 * time.Hour: {200 * time.Hour, 200 * time.Hour},
	} {
		c.KeepJobs = keep
		ages := c.Ages()
		if got := [2]time.Duration{ages[retention.Jobs], ages[retention.FailedJobs]}; got != want {
			t.Errorf("jobs kept for %v: %v, want %v", keep, got, want)
		}
		const half = 4320 * time.Hour
		if ages[retention.Deliveries] != half || ages[retention.Callbacks] != half || ages[retention.Payloads] != half {
			t.Errorf("%v", ages)
		}
	}
}
