package command_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/config"
	"orderhub/server/nettest"
	"orderhub/server/tlsfiles/tlstest"
)

// whenReady is what health prints once the hub, which has just been started, is ready.
func whenReady(t *testing.T, args ...string) (text string) {
	t.Helper()
	require.Eventually(t, func() bool {
		r := run(t, "", append([]string{"health"}, args...)...)
		text = r.out
		return r.code == 0
	}, time.Minute, 10*time.Millisecond)
	return text
}

// TestHealth asks hubs with TLS and without.
func TestHealth(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		at := strings.TrimPrefix(hub(t, database(t)), "http://")
		require.Contains(t, whenReady(t, "--http", at), `"ready"`)
		require.Contains(t, do(t, "health", "--live", "--http", at), `"ok"`)
		_, port, err := net.SplitHostPort(at)
		require.NoError(t, err)
		require.Contains(t, do(t, "health", "--http", ":"+port), `"ready"`, "as serve takes every address")
		require.Contains(t, do(t, "health", "--http", "0.0.0.0:"+port), `"ready"`)

		none := nettest.Reserve(t)
		r := run(t, "", "health", "--http", none.Address)
		require.Equal(t, 1, r.code)
		require.Contains(t, r.err, "refused")
		r = run(t, "", "health", "--http", "nowhere")
		require.Equal(t, 1, r.code)
		require.Contains(t, r.err, "--http: ")
	})
	t.Run("TLS", func(t *testing.T) {
		authority := tlstest.NewAuthority(t, "authority")
		cert, key := authority.Issue("hub", time.Now().Add(time.Hour))
		own := tlstest.Write(t, t.TempDir(), cert, key, authority.PEM)
		at := strings.TrimPrefix(hub(t, database(t), func(c *config.Config) {
			c.TLSCert, c.TLSKey, c.TLSClientCA = own[0], own[1], own[2]
		}), "http://")
		require.Contains(t, whenReady(t, "--http", at, "--tls-cert", own[0], "--tls-key", own[1]), `"ready"`)

		cert, key = authority.Issue("other", time.Now().Add(time.Hour))
		other := tlstest.Write(t, t.TempDir(), cert, key)
		r := run(t, "", "health", "--http", at, "--tls-cert", other[0], "--tls-key", other[1])
		require.Equal(t, 1, r.code)
		require.Contains(t, r.err, "another certificate")
		require.Equal(t, 1, run(t, "", "health", "--http", at).code, "without TLS")
	})
}
