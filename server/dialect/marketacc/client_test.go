package marketacc_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/door/doortest"
)

// nodeOrSkip is where node is, of a version that has fetch.
func nodeOrSkip(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node on this machine")
	}
	if err := exec.CommandContext(t.Context(), node, "-e", "fetch").Run(); err != nil {
		t.Skip("node on this machine is too old: it has no fetch")
	}
	return node
}

// A merchant's client in JavaScript, which like the partner's sample takes 201
// for an order and looks for an error in everything else.
func TestJavaScriptClient(t *testing.T) {
	node := nodeOrSkip(t)
	h := doortest.SQLite(t)
	c := open(t, h)
	run := func(key string, purchases ...string) []string {
		t.Helper()
		out, err := exec.CommandContext(
			t.Context(), node, append([]string{"testdata/client.mjs", c.base, key}, purchases...)...,
		).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}

	bought := run("YOUR_API_KEY", "315 1", "1 2", "2 1", "316 3")
	require.Len(t, bought, 4)
	require.Regexp(t, `^API[A-Z0-9]{10} completed 999949 \["user\d{5}@example\.com\|[^|"]+\|[^|"]+\|[^|"]+"\]$`, bought[0])
	require.Regexp(t, `^API[A-Z0-9]{10} completed 999928\.6 \["[^"]+","[^"]+"\]$`, bought[1])
	require.Regexp(t, `^API[A-Z0-9]{10} pending 999828\.6 \[\]$`, bought[2], "delivered later, paid now")
	require.Regexp(t, `^API[A-Z0-9]{10} completed 999468\.6 \[("[^"]+",?){3}\]$`, bought[3])

	again := run("YOUR_API_KEY", "1 1 mine", "1 1 mine")
	require.Regexp(t, ` completed 999458\.4 `, again[0])
	require.Equal(t, "200 without an error", again[1], "the status tells a replay, and trips who does not expect it")

	require.Equal(t, []string{
		"404 not_found: product not found", "409 out_of_stock: out of stock", "400 invalid_request: invalid request",
		"400 invalid_request: idempotencyKey was already used with a different body",
	}, run("YOUR_API_KEY", "9999 1", "317 1", "1 0", "1 2 mine"))
	require.Equal(t, []string{"402 insufficient_balance: insufficient balance"}, run("demo-poor-key", "315 1"))
	require.Equal(t, []string{"403 forbidden: account is banned"}, run("demo-suspended-key", "315 1"))
	require.Equal(t, []string{"401 unauthenticated: missing or invalid API key"}, run("wrong", "315 1"))
	h.Settle(t)
	h.Verify(t)
}
