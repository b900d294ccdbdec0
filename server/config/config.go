// Package config is what an orderhub process is told from outside: where it
// listens, which database it uses and how secrets are sealed. It only holds and
// checks settings; command reads them from flags and the environment, and app
// acts on them.
package config

import (
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/approval"
	"orderhub/server/order"
	"orderhub/server/retention"
	"orderhub/server/secret"
)

// Config is the settings of one process. Default has the values that hold when
// nothing is said; Validate must be called before any is relied on.
type Config struct {
	// HTTP, GRPC and Metrics are addresses to listen on, host:port. Port 0 takes
	// a free one. An empty Metrics serves none.
	HTTP    string
	GRPC    string
	Metrics string

	// Profiling serves profiles of the process beside the metrics.
	Profiling bool

	// TLSCert and TLSKey are PEM files; with them every listener speaks TLS, else
	// none does. TLSClientCA is a PEM file with the authorities of certificates that
	// clients must show, "" for no such need; with TLSClientOptional only those that
	// show one must show a good one.
	TLSCert, TLSKey, TLSClientCA string
	TLSClientOptional            bool

	// Database is "sqlite:PATH" or "postgres://…". It may hold a password:
	// DatabaseName is what may be shown.
	Database string
	// DatabaseDirect leads to PostgreSQL itself where Database leads to a pooler; ""
	// where Database does.
	DatabaseDirect string
	// DatabaseRead leads to servers that follow PostgreSQL's and answer reads; "" for
	// none.
	DatabaseRead string
	// Key seals what is secret in the database, in the form of secret.ParseKeys.
	// KeyFile is a file with such keys, and goes without Key. With neither,
	// SQLite keeps its key beside its file; PostgreSQL must be given one.
	Key     secret.Redacted
	KeyFile string
	// Keyless says that nothing will be sealed or opened, so that the key of a
	// database that exists is not needed. Operators' commands set it.
	Keyless bool
	// SealsNothing says that the key only opens what is sealed.
	SealsNothing bool

	// BackupDir is the folder for copies of a SQLite database, "" for none. One is
	// made every BackupEvery, and the last BackupKeep of them are kept.
	BackupDir   string
	BackupEvery time.Duration
	BackupKeep  int

	// KeepDeliveries, KeepCallbacks, KeepPayloads and KeepJobs are how long webhooks
	// that are done, notices of providers about what is settled, what providers said
	// of it and finished jobs are kept, KeepEvents how long the log of events; 0 for
	// good.
	KeepDeliveries, KeepCallbacks, KeepPayloads, KeepJobs, KeepEvents time.Duration

	// KeepSyncs is how long readings of providers' lists can be undone, KeepOperatorEvents
	// how long operators' events are kept, KeepHolds holds that have ended; 0 for good.
	KeepSyncs, KeepOperatorEvents, KeepHolds time.Duration

	// ApproveAbove are the amounts above which deposits, corrections and credit limits
	// that come over the API wait for a second operator, as approval.ParseLimits reads
	// them, and ApproveWithin is how long they wait. Without any nothing waits.
	ApproveAbove  []string
	ApproveWithin time.Duration

	// BalanceEvery is how often the hub's balances at providers are read; 0 for never.
	BalanceEvery time.Duration

	// RecipientChecks is how many recipients each key of a merchant may have checked in a
	// minute.
	RecipientChecks int

	// CORSOrigins are the origins whose pages may call the hub's own REST API from
	// a browser. Empty lets none.
	CORSOrigins []string

	// New allows to make a SQLite database although the file with its key exists.
	New bool

	// PublicKeys are refused in a database, because everybody knows them.
	PublicKeys PublicKeys

	// ConsoleOrigins are where browsers reach the console: the first stands in links that operators give to others. Under
	// other names, but those of the machine itself, there is no console. Empty is any.
	ConsoleOrigins []string

	// OIDC is the OpenID provider by which operators may sign in to the console.
	OIDC OIDC

	// SecondFactorOptional lets operators sign in who have none. The demo sets it,
	// because its passwords are public.
	SecondFactorOptional bool

	// TrustedProxies are the addresses and CIDR prefixes of peers whose
	// X-Forwarded-For is believed. Nobody's is by default.
	TrustedProxies []string

	LogLevel slog.Level
	// ShutdownTimeout is how long requests and jobs at work may take to end once
	// the process is told to stop.
	ShutdownTimeout time.Duration
	// Console serves the pages of operators at /console.
	Console bool
	// Doors are the partners' doors that are open, by the names of their dialects.
	Doors []string
	// BursaGBOff closes BursaGB's door but for signing in, BursaGBRefusedOK answers
	// a basket that it refuses with 200 rather than 400, and AXCloudKeyAlone lets
	// an API key identify a channel without its code.
	BursaGBOff, BursaGBRefusedOK, AXCloudKeyAlone bool
	// GameSOSignature names the headers of GameSO's webhooks and the prefix of
	// their signature, as a JSON object; "" for the usual ones.
	GameSOSignature string
	// AllowLocalTargets lets merchants have things sent to plain http and local
	// addresses. For demonstrations and tests.
	AllowLocalTargets bool
	// MaxInFlight is how many calls may be at work at once; further ones are
	// turned away at once instead of waiting.
	MaxInFlight int
	// MaxOrderUnits is the most units of stock and tickets, and MaxOrderTotal the
	// most whole units of its currency, that one order may have.
	MaxOrderUnits, MaxOrderTotal int64
	// MaxRequestBytes is how much of requests may be in memory at once, while they
	// arrive and while they are at work.
	MaxRequestBytes int64
	// MaxConnections is how many connections may be open at once at each listener,
	// half of them from one address; 0 for what the limit of open files allows, and
	// at most 2,048.
	MaxConnections int
	// RateLimit is for merchants that have none of their own, at the hub's contract
	// and at doors whose partner publishes none; zero for none.
	RateLimit account.RateLimit
	// RescueAfter is when the work that a process left behind as it died is
	// taken up by another, which looks for it every half minute. Calls to
	// providers and jobs are bounded by a part of it. For tests; leave it alone
	// elsewhere: all processes on one database must agree.
	RescueAfter time.Duration

	// LoopbackOnly refuses every listening address that other machines could
	// reach. The demo sets it, because its keys are public.
	LoopbackOnly bool
}

// OIDC is an OpenID provider; the zero value is none.
type OIDC struct {
	Issuer     string
	ClientID   string
	SecretFile string // with the client's secret
	Claim      string // that says which operator somebody is
	Origin     string // at which browsers come back to the console; "" for the first of ConsoleOrigins
}

// Given reports whether there is a provider, or at least some of one.
func (o *OIDC) Given() bool {
	return o.Issuer != "" || o.ClientID != "" || o.SecretFile != "" || o.Origin != ""
}

// ConsoleAt are the origins at which there is a console, the one for links first; none for any.
func (c *Config) ConsoleAt() []string {
	if len(c.ConsoleOrigins) == 0 || c.OIDC.Origin == "" || slices.Contains(c.ConsoleOrigins, c.OIDC.Origin) {
		return c.ConsoleOrigins
	}
	return append(slices.Clone(c.ConsoleOrigins), c.OIDC.Origin)
}

// ProviderOrigin is where browsers come back to from an OpenID provider, "" for nowhere.
func (c *Config) ProviderOrigin() string {
	if c.OIDC.Origin == "" && len(c.ConsoleOrigins) > 0 {
		return c.ConsoleOrigins[0]
	}
	return c.OIDC.Origin
}

// PublicKeys are credentials that everybody knows.
type PublicKeys struct {
	API       []string
	Sealing   string            // "" for none
	Passwords map[string]string // of operators, by name
}

const day = 24 * time.Hour

// Default is the settings of a process that is told nothing: SQLite in the
// working folder, reachable from this machine only.
func Default() Config {
	return Config{
		HTTP:               "127.0.0.1:8080",
		GRPC:               "127.0.0.1:9090",
		Metrics:            "127.0.0.1:9464",
		Database:           "sqlite:orderhub.sqlite",
		BackupEvery:        day,
		BackupKeep:         7,
		KeepDeliveries:     180 * day,
		KeepCallbacks:      180 * day,
		KeepPayloads:       180 * day,
		KeepJobs:           day,
		KeepSyncs:          180 * day,
		ApproveWithin:      day,
		KeepOperatorEvents: 400 * day,
		KeepHolds:          30 * day,
		BalanceEvery:       5 * time.Minute,
		RecipientChecks:    account.RecipientChecks,
		LogLevel:           slog.LevelInfo,
		ShutdownTimeout:    20 * time.Second,
		Doors:              AllDoors(),
		MaxOrderUnits:      10_000,
		MaxOrderTotal:      1_000_000_000,
		MaxInFlight:        admission.DefaultCalls,
		MaxRequestBytes:    admission.DefaultBytes,
		RateLimit:          account.HubRateLimit,
		RescueAfter:        75 * time.Second,
	}
}

// SQLitePath is the database's file, or "" when it is not SQLite. It names the
// file as store.Open does.
func (c *Config) SQLitePath() string {
	path, found := strings.CutPrefix(c.Database, "sqlite:")
	if !found {
		return ""
	}
	return strings.TrimPrefix(path, "//")
}

// Postgres reports whether the database is PostgreSQL.
func (c *Config) Postgres() bool { return isPostgres(c.Database) }

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Ages are how long what is removed in the end is kept.
func (c *Config) Ages() retention.Ages {
	ages := retention.Ages{
		retention.Deliveries: c.KeepDeliveries, retention.Callbacks: c.KeepCallbacks, retention.Payloads: c.KeepPayloads,
		retention.Purchases: c.KeepPayloads,
		retention.Events:    c.KeepEvents,

		retention.Syncs: c.KeepSyncs, retention.OperatorEvents: c.KeepOperatorEvents,
		retention.Refusals: order.KeepRefusals, retention.Holds: c.KeepHolds,

		retention.RecipientChecks: day, // after they count no more; most go before, as others are made
	}
	ages.ForJobs(c.KeepJobs)
	return ages
}

// Approvals is ApproveAbove as it counts. The error names the first one that cannot be
// read.
func (c *Config) Approvals() (approval.Limits, error) { return approval.ParseLimits(c.ApproveAbove) }

// DatabaseName is the database as it may be shown: without user and password.
func (c *Config) DatabaseName() string {
	if !c.Postgres() {
		return c.Database
	}
	address, err := url.Parse(c.Database)
	if err != nil {
		return "postgres"
	}
	return address.Scheme + "://" + address.Host + address.Path
}

// Proxies is TrustedProxies as prefixes; an address is a prefix of its own. The
// error names the first one that is neither.
func (c *Config) Proxies() ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(c.TrustedProxies))
	for _, text := range c.TrustedProxies {
		prefix, err := ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

// ParsePrefix is account.ParsePrefix with an error for people.
func ParsePrefix(text string) (netip.Prefix, error) {
	prefix, ok := account.ParsePrefix(text)
	if !ok {
		return netip.Prefix{}, &PrefixError{Text: text}
	}
	return prefix, nil
}

// AllDoors are the names of every partner's door.
func AllDoors() []string { return []string{"gameso", "bursagb", "marketacc", "axcloud"} }
