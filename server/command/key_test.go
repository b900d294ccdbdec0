package command_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/secret"
	"orderhub/server/tlsfiles/tlstest"
)

// TestTheKeyIsChecked gives every command that seals or opens no key, and another one.
func TestTheKeyIsChecked(t *testing.T) {
	url := database(t)
	do(t, "merchant", "create", "shop", "--currency", "THB", "--database", url)
	do(t, "product", "import", "--database", url, "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))
	keyFile := strings.TrimPrefix(url, "sqlite:") + ".key"
	own, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	commands := [][]string{
		{"serve", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off"},
		{"verify"},
		{"units", "import", "CODE", "-"},
		{"merchant", "secret", "shop", "callback-key"},
		{"provider", "create", "shelf", "stock"},
		{"merchant", "create", "mailed", "--currency", "THB", "--email", "mailed@example.com"},
		{"webhook", "create", "shop", "https://shop.example/"},
	}
	for _, args := range commands {
		if err := os.Remove(keyFile); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--database", url)
		if r := run(t, "alpha\n", args...); r.code != 1 || !strings.Contains(r.err, "is missing") {
			t.Errorf("%s without the key: exit code %d\n%s%s", args, r.code, r.out, r.err)
		}
		if _, err := os.Stat(keyFile); err == nil {
			t.Errorf("%s has made a key for a database that exists", args)
		}
		other := append(args, "--key", secret.GenerateKey())
		if r := run(t, "alpha\n", other...); r.code != 1 || !strings.Contains(r.err, "is sealed with the key ") {
			t.Errorf("%s with another key: exit code %d\n%s%s", args, r.code, r.out, r.err)
		}
		if err := os.WriteFile(keyFile, own, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A new key in front of the old one, and then the old one alone again.
	both := secret.GenerateKey() + "," + strings.TrimSpace(string(own))
	for _, reads := range [][]string{{"verify"}, {"merchant", "list"}, {"reseal", "--dry-run"}} {
		if r := run(t, "", append(reads, "--database", url, "--key", both)...); r.code != 0 {
			t.Errorf("%s with a new key in front: exit code %d\n%s", reads, r.code, r.err)
		}
	}
	if r := run(t, "", "verify", "--database", url); r.code != 0 {
		t.Errorf("reading with a new key made it the database's own: exit code %d\n%s", r.code, r.err)
	}
	if r := run(t, "alpha\n", "units", "import", "CODE", "-", "--database", url, "--key", both); r.code != 0 {
		t.Errorf("with a new key: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := run(
		t, "alpha\n", "units", "import", "CODE", "-", "--database", url, "--key", both,
	); !strings.Contains(r.err, "line 1") {
		t.Errorf("the same unit again: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := run(t, "", "verify", "--database", url); r.code != 1 || !strings.Contains(r.err, "is sealed with the key ") {
		t.Errorf("verify without the key that seals now: exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

// TestCertificateOfKey binds keys to what a PEM file has.
func TestCertificateOfKey(t *testing.T) {
	url := database(t)
	do(t, "merchant", "create", "shop", "--currency", "THB", "--database", url)
	cert, private := tlstest.NewAuthority(t, "authority").Issue("till", time.Now().Add(time.Hour))
	pair := file(t, "till.pem", string(private)+string(cert)) // as many programs keep it
	create := func(path string) []string {
		return []string{"key", "create", "shop", "--certificate", path, "--json", "--database", url}
	}
	var made struct{ CertificateSha256, Key string }
	require.NoError(t, json.Unmarshal([]byte(do(t, create(pair)...)), &made))
	require.Len(t, made.CertificateSha256, 64)
	require.NotEmpty(t, made.Key)
	require.Contains(t, do(t, "key", "list", "shop", "--database", url), " "+made.CertificateSha256[:16]+" ")

	for path, want := range map[string]string{
		pair:                                "certificate_sha256 is already in use",
		file(t, "key.pem", string(private)): "has no certificate in PEM form",
		pair + ".none":                      "--certificate: open ",
	} {
		r := run(t, "", create(path)...)
		require.Equal(t, 1, r.code, r.err)
		require.Contains(t, r.err, want)
	}
}

// TestScopeOfKey makes keys that may do less.
func TestScopeOfKey(t *testing.T) {
	url := database(t)
	do(t, "merchant", "create", "shop", "--currency", "THB", "--database", url)
	for _, scope := range []string{"", "merchant", "read", "orders"} {
		args := []string{"key", "create", "shop", "--json", "--database", url}
		want := "merchant"
		if scope != "" {
			args, want = append(args, "--scope", scope), scope
		}
		var made struct{ Scope, Key string }
		require.NoError(t, json.Unmarshal([]byte(do(t, args...)), &made))
		require.Equal(t, want, made.Scope)
		require.NotEmpty(t, made.Key)
	}
	listed := do(t, "key", "list", "shop", "--database", url)
	require.Contains(t, listed, "MADE BY")
	for _, scope := range []string{"merchant", "read", "orders"} {
		require.Contains(t, listed, " "+scope+" ")
	}
	for scope, want := range map[string]string{"admin": "scope must be admin for an operator", "root": "--scope"} {
		r := run(t, "", "key", "create", "shop", "--scope", scope, "--database", url)
		require.NotZero(t, r.code, scope)
		require.Contains(t, r.err, want)
	}
	do(t, "key", "revoke", "shop", "2", "--with-made", "--database", url)
	require.Contains(t, do(t, "key", "list", "shop", "--database", url), " read ")
}
