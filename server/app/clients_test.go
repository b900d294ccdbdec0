package app_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
)

const channelOrder = "../demo/channel_order.json"

// Clients in JavaScript and with curl, as merchants have written them for the
// partners, run against the hub with nothing but the host changed. (That of
// marketacc is with its door.)
func TestClients(t *testing.T) {
	h := startDemo(t, sqliteConfig(t))
	for _, test := range []struct{ client, input, want string }{
		{"gameso.mjs", "", `^completed 200.00 2\n$`},
		{"bursagb.mjs", "", `^1 25 1\n$`},
		{"axcloud.mjs", channelOrder, `^201 Supplier confirm 2\n$`},
	} {
		t.Run(test.client, func(t *testing.T) {
			node, err := exec.LookPath("node")
			if err != nil {
				t.Skip("there is no node on this machine")
			}
			cmd := exec.CommandContext(t.Context(), node, "testdata/clients/"+test.client, h.base)
			if test.input != "" {
				input, err := os.Open(test.input)
				require.NoError(t, err)
				defer input.Close()
				cmd.Stdin = input
			}
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Regexp(t, test.want, string(out))
		})
	}
	t.Run("curl", func(t *testing.T) {
		if _, err := exec.LookPath("curl"); err != nil {
			t.Skip("there is no curl on this machine")
		}
		// The order of the partner's documentation was placed above: another reference.
		order, err := os.ReadFile(channelOrder)
		require.NoError(t, err)
		other := t.TempDir() + "/order.json"
		require.NoError(
			t,
			os.WriteFile(
				other, []byte(strings.Replace(string(order), "d96b3ed4-12c5-4fb5-ae22", "d96b3ed4-12c5-4fb5-ae23", 1)), 0o600,
			),
		)
		out, err := exec.CommandContext(t.Context(), "sh", "testdata/clients/doors.sh", h.base, other).CombinedOutput()
		require.NoError(t, err, "%s", out)
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		require.Len(t, lines, 4)
		for i, want := range []string{`"order_number":"ord_`, `"success":true`, `"status":"completed"`, `"status_code":201`} {
			require.Contains(t, lines[i], want)
		}
	})
}

// The example in shell holds, confirms, claims and finds the order in what it exports.
func TestAfterTheSaleInShell(t *testing.T) {
	for _, needed := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skip("there is no " + needed + " on this machine")
		}
	}
	h := startDemo(t, sqliteConfig(t), exportsAtOnce)
	cmd := exec.CommandContext(
		t.Context(), "sh", "../../docs/examples/client-curl/after-sale.sh", h.base, "EMAIL_BASIC",
	)
	cmd.Env = append(os.Environ(), "ORDERHUB_API_KEY="+demo.MerchantKey)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Len(t, lines, 5, "%s", out)
	number := strings.Fields(lines[0])[1]
	for i, want := range []string{
		"held " + number + " for 20.40 THB", "ordered, with 2 units", "claim 1: CLAIMED_UNIT_STATUS_WAITING",
		number + ",shell-", "1,20",
	} {
		require.True(t, strings.HasPrefix(lines[i], want), "line %d of\n%s", i+1, out)
	}
	require.Contains(t, lines[3], ",completed,THB,20.40,")
	require.Contains(t, lines[4], number)
}
