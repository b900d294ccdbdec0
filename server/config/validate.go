package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/retention"
	"orderhub/server/secret"
)

// PrefixError says that a text is no network address.
type PrefixError struct{ Text string }

func (e *PrefixError) Error() string {
	return fmt.Sprintf("%q is neither an address like 192.0.2.7 nor a prefix like 192.0.2.0/24", e.Text)
}

// InvalidError lists every setting that cannot be used, each as a line that
// begins with the name of its flag.
type InvalidError struct{ Problems []string }

func (e *InvalidError) Error() string { return strings.Join(e.Problems, "\n") }

// Beyond these a single order makes everybody wait, and sums of a few orders leave
// what an amount can hold.
const (
	maxOrderUnits = 1_000_000
	maxOrderTotal = 1_000_000_000_000
)

// leastRequestBytes is the largest request that there is.
const leastRequestBytes = 16 << 20

// Validate checks everything that can be checked without touching the system.
// The error is an *InvalidError with all that is wrong.
func (c *Config) Validate() error {
	bad := &InvalidError{}
	c.checkAddresses(bad)
	c.checkDatabase(bad)
	c.checkBackups(bad)
	c.checkBalances(bad)
	c.checkRetention(bad)
	c.checkTLS(bad)
	c.checkApprovals(bad)
	c.checkConsole(bad)
	c.checkOIDC(bad)
	bad.addIf(c.Profiling && c.Metrics == "", "--pprof: goes with --metrics, whose listener serves the profiles")
	if _, err := c.Proxies(); err != nil {
		bad.add("--trusted-proxies: %v", err)
	}
	for _, origin := range c.CORSOrigins {
		if !isOrigin(origin) {
			bad.add("--cors-origins: %q is not an origin such as https://shop.example, without a path and without *", origin)
		}
	}
	bad.addIf(c.ShutdownTimeout <= 0, "--shutdown-timeout: must be above 0, such as 20s")
	for _, name := range c.Doors {
		if !slices.Contains(AllDoors(), name) {
			bad.add("--doors: must be one of %s, not %q", strings.Join(AllDoors(), ", "), name)
		}
	}
	bad.addIf(c.MaxInFlight <= 0, "--max-in-flight: must be above 0, such as 512")
	bad.addIf(c.MaxOrderUnits < 1 || c.MaxOrderUnits > maxOrderUnits, "--max-order-units: must be from 1 to 1000000")
	bad.addIf(c.MaxOrderTotal < 1 || c.MaxOrderTotal > maxOrderTotal, "--max-order-total: must be from 1 to 1000000000000")
	if c.MaxRequestBytes < leastRequestBytes {
		bad.add("--max-request-bytes: must be at least %d, which is one import of units", leastRequestBytes)
	}
	bad.addIf(c.MaxConnections < 0, "--max-connections: must be above 0, or 0 for what the limit of open files allows")
	if c.RateLimit.RequestsPerMinute < 0 || c.RateLimit.RequestsPerMinute > account.MaxRequests {
		bad.add("--rate-limit: must be from 0 to %d; 0 is no limit", account.MaxRequests)
	}
	if c.RateLimit.Burst < 0 || c.RateLimit.Burst > account.MaxRequests {
		bad.add("--rate-burst: must be from 0 to %d", account.MaxRequests)
	}
	bad.addIf(c.RescueAfter < time.Second, "--rescue-after: must be at least 1s")
	if len(bad.Problems) > 0 {
		return bad
	}
	return nil
}

// isOrigin reports whether a text is an origin as browsers write it.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		text == u.Scheme+"://"+u.Host && text == strings.ToLower(text) && !strings.Contains(text, "*")
}

func (e *InvalidError) add(format string, args ...any) {
	e.Problems = append(e.Problems, fmt.Sprintf(format, args...))
}

func (e *InvalidError) addIf(wrong bool, problem string) {
	if wrong {
		e.Problems = append(e.Problems, problem)
	}
}

func (c *Config) checkAddresses(bad *InvalidError) {
	taken := map[string]string{}
	for _, listener := range []struct{ flag, address string }{
		{"--http", c.HTTP}, {"--grpc", c.GRPC}, {"--metrics", c.Metrics},
	} {
		if listener.address == "" && listener.flag == "--metrics" {
			continue
		}
		host, port, err := splitAddress(listener.address)
		if err != nil {
			bad.add("%s: %v", listener.flag, err)
			continue
		}
		if c.LoopbackOnly && !isLoopback(host) {
			bad.add(
				"%s: %s can be reached from other machines; use 127.0.0.1, or say --allow-remote", listener.flag, listener.address,
			)
		}
		if other, both := taken[listener.address]; both && port != 0 {
			bad.add("%s: %s is already the address of %s", listener.flag, listener.address, other)
		}
		taken[listener.address] = listener.flag
	}
}

func splitAddress(address string) (host string, port int, err error) {
	host, portText, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(portText)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q is not an address like 127.0.0.1:8080", address)
	}
	return host, port, nil
}

// isLoopback reports whether only this machine reaches host.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (c *Config) checkTLS(bad *InvalidError) {
	bad.addIf((c.TLSCert == "") != (c.TLSKey == ""), "--tls-cert: goes with --tls-key, the private key of the certificate")
	bad.addIf(c.TLSClientCA != "" && c.TLSCert == "", "--tls-client-ca: goes with --tls-cert and --tls-key")
	bad.addIf(c.TLSClientOptional && c.TLSClientCA == "", "--tls-client-optional: goes with --tls-client-ca")
}

// checkBackups leaves it to the first backup whether the folder is there: a hub does not stop serving for want of one.
func (c *Config) checkBackups(bad *InvalidError) {
	if c.BackupDir != "" && c.Postgres() {
		bad.add("--backup-dir: the hub only backs a SQLite database up; for PostgreSQL use pg_dump or a base backup")
	}
	bad.addIf(c.BackupEvery < time.Minute, "--backup-every: must be at least 1m, such as 24h")
	bad.addIf(c.BackupKeep < 1, "--backup-keep: must be above 0: the newest backup is always kept")
}

// checkBalances keeps providers from being asked all the time, of balances and of
// recipients.
func (c *Config) checkBalances(bad *InvalidError) {
	if c.BalanceEvery != 0 && (c.BalanceEvery < 30*time.Second || c.BalanceEvery > 24*time.Hour) {
		bad.add("--balance-every: must be from 30s to 24h, or 0 for never")
	}
	if c.RecipientChecks < 1 || c.RecipientChecks > account.MaxRequests {
		bad.add("--recipient-checks: must be from 1 to %d", account.MaxRequests)
	}
}

// longestApproval keeps what nobody remembers from being approved.
const longestApproval = 90 * day

func (c *Config) checkApprovals(bad *InvalidError) {
	if _, err := c.Approvals(); err != nil {
		bad.add("--approve-above: %v", err)
	}
	if c.ApproveWithin < time.Minute || c.ApproveWithin > longestApproval {
		bad.add("--approve-within: must be from 1m to 90d, such as 24h")
	}
}

func (c *Config) checkConsole(bad *InvalidError) {
	for _, origin := range c.ConsoleOrigins {
		if !isOrigin(origin) {
			bad.add("--console-origins: %q is not an origin such as https://hub.example, without a path and without *", origin)
		}
	}
	bad.addIf(len(c.ConsoleOrigins) > 0 && !c.Console, "--console-origins: goes with --console")
}

// checkOIDC wants all of a provider, or nothing.
func (c *Config) checkOIDC(bad *InvalidError) {
	if !c.OIDC.Given() {
		return
	}
	if u, err := url.Parse(c.OIDC.Issuer); err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" ||
		!private(u) {
		bad.add("--oidc-issuer: must be the provider's https URL, such as https://login.example")
	}
	bad.addIf(c.OIDC.ClientID == "", "--oidc-client-id: goes with --oidc-issuer")
	bad.addIf(c.OIDC.SecretFile == "", "--oidc-client-secret-file: goes with --oidc-issuer")
	bad.addIf(c.OIDC.Claim == "", "--oidc-claim: must not be empty, such as email")
	origin := c.ProviderOrigin()
	if u, err := url.Parse(origin); err != nil || !isOrigin(origin) || !private(u) {
		bad.add("--oidc-origin: must be the https origin of the console, such as https://hub.example, without a path")
	}
	bad.addIf(!c.Console, "--oidc-issuer: goes with --console")
}

// private reports whether nobody on the way reads what goes to a URL.
func private(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func (c *Config) checkRetention(bad *InvalidError) {
	for _, kept := range []struct {
		flag string
		age  time.Duration
	}{
		{"--keep-deliveries", c.KeepDeliveries},
		{"--keep-callbacks", c.KeepCallbacks},
		{"--keep-payloads", c.KeepPayloads},
		{"--keep-jobs", c.KeepJobs},
		{"--keep-events", c.KeepEvents},
		{"--keep-syncs", c.KeepSyncs},
		{"--keep-operator-events", c.KeepOperatorEvents},
		{"--keep-holds", c.KeepHolds},
	} {
		if kept.age < 0 || kept.age > 0 && kept.age < retention.Least {
			bad.add("%s: must be at least 1m, such as 90d, or 0 for good", kept.flag)
		}
	}
}

func (c *Config) checkDatabase(bad *InvalidError) {
	switch {
	case c.Postgres():
		if c.Key == "" && c.KeyFile == "" && !c.Keyless {
			bad.add("--key: PostgreSQL needs a key to seal secrets with; make one with `openssl rand -base64 32`," +
				" keep it safe and give it as --key-file or in ORDERHUB_KEY")
		}
	case c.SQLitePath() == "":
		bad.add(`--database: must be "sqlite:PATH" or "postgres://…"`)
	}
	if c.DatabaseDirect != "" && !(c.Postgres() && isPostgres(c.DatabaseDirect)) {
		bad.add(`--database-direct: must be "postgres://…", as --database`)
	}
	if c.DatabaseRead != "" && !(c.Postgres() && isPostgres(c.DatabaseRead)) {
		bad.add(`--database-read: must be "postgres://…", as --database: SQLite has no replicas`)
	}
	bad.addIf(c.Key != "" && c.KeyFile != "", "--key-file: give either a key or a file with keys, not both")
	if c.Key != "" {
		if _, err := secret.ParseKeys(c.Key.Reveal()); err != nil {
			bad.add("--key: %v", err)
		}
	}
}
