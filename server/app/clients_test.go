package app_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
