package fakepartner_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/recipient"
)

// The suppliers of docs/examples sell to a hub, as they are printed there.
func TestExampleSuppliers(t *testing.T) {
	examples := map[string]func(t *testing.T) *exec.Cmd{
		"go": func(t *testing.T) *exec.Cmd {
			t.Helper()
			program := filepath.Join(t.TempDir(), "supplier")
			out, err := exec.CommandContext(
				t.Context(), "go", "build", "-o", program, "../../docs/examples/supplier-go",
			).CombinedOutput()
			require.NoError(t, err, string(out))
			return exec.CommandContext(t.Context(), program)
		},
		"node": func(t *testing.T) *exec.Cmd {
			t.Helper()
			node, err := exec.LookPath("node")
			if err != nil {
				t.Skip("there is no node here")
			}
			return exec.CommandContext(t.Context(), node, "../../docs/examples/supplier-node/supplier.mjs")
		},
	}
	for name, command := range examples {
		t.Run(name, func(t *testing.T) {
			b := newBuyer(t, sqliteConfig(t), "THB")
			address := runExample(t, command(t), b.Addresses().HTTP)
			b.buysFrom("http", `{"baseUrl": "http://`+address+`"}`, map[string]string{
				"request_secret": nextSecret + "," + askSecret, "callback_secret": tellSecret,
			})
			followed, err := b.Supply.Follow(t.Context(), b.provider.ID, "ada")
			require.NoError(t, err)
			require.Equal(t, 1, followed.Proposed, followed.Reason)
			b.sells("gift", "GIFT_10", "8.50", false)
			for user, want := range map[string]recipient.Answer{
				"player-1": {Result: recipient.Exists, Name: "Ann"}, "nobody": {Result: recipient.NotFound},
			} {
				checked, err := b.Recipients.Check(
					t.Context(), b.merchant.ID, b.Catalog.Snapshot().ProductBySKU("gift"), recipient.Who{UserID: user},
				)
				require.NoError(t, err)
				require.Equal(t, want, checked.Answer)
			}
			b.sells("none", "GIFT_20", "8.50", false)
			for n := range 6 {
				b.place(n, []string{"gift", "none"}[n%2], int64(1+n/2), "")
			}
			for _, o := range b.finished(time.Minute) {
				line := &o.Lines[0]
				if line.SKU == "none" {
					require.Equal(t, order.StatusFailed, o.Status)
					continue
				}
				require.Equal(t, order.StatusCompleted, o.Status)
				require.Len(t, line.Goods, int(line.Quantity))
			}
			known, err := b.Providers.ReadBalance(t.Context(), b.provider.ID)
			require.NoError(t, err)
			require.Equal(t, 949*money.Unit, known.Balance.Amount, "six gifts are paid")
			require.EqualValues(t, "THB", known.Balance.Currency)
			verified(t, &b.cfg)
		})
	}
}

// runExample runs a supplier until the test ends and returns where it listens. Nobody asks it what became of an order
// before ten minutes have passed: it has to tell.
func runExample(t *testing.T, c *exec.Cmd, hub string) string {
	t.Helper()
	c.Env = append(
		os.Environ(), "REQUEST_SECRET="+askSecret, "ADDRESS=127.0.0.1:0", "CALLBACK_SECRET="+tellSecret,
		"CALLBACK_URL=http://"+hub+"/callbacks/partner",
	)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}
