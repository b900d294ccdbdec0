package command_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os/user"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/config"
	"orderhub/server/money"
)

// What operators asked for over the API is seen and decided on the machine, where nothing waits.
func TestApprovalCommands(t *testing.T) {
	url := database(t)
	with := func(args ...string) []string { return append(args, "--database", url) }
	do(t, with("merchant", "create", "shop", "--currency", "THB")...)
	ids := askFor(t, url, "ada", 2000, 3000, 4000)

	require.Regexp(t, `ada +shop +deposit +THB 2000.00 +pending`,
		do(t, with("approval", "list", "--status", "pending")...))
	shown := do(t, with("approval", "show", ids[0])...)
	require.Regexp(t, `reference +bank 2000`, shown)
	var a struct{ Status, AskedBy, Amount string }
	require.NoError(t, json.Unmarshal([]byte(do(t, with("approval", "show", ids[0], "--json")...)), &a))
	require.Equal(t, []string{"pending", "ada", "2000.00"}, []string{a.Status, a.AskedBy, a.Amount})
	require.Contains(t, do(t, with("merchant", "list")...), "THB 0.00")

	require.Regexp(t, "Approved "+ids[0]+`, deposit of THB 2000.00 for shop: transfer [0-9]+\.`,
		do(t, with("approval", "approve", ids[0])...))
	require.Contains(t, do(t, with("approval", "reject", ids[1], "--reason", "No such payment")...), "nothing was done")
	require.Contains(t, do(t, with("merchant", "list")...), "THB 2000.00")
	require.Contains(t, do(t, with("approval", "show", ids[1])...), "No such payment")
	pending := do(t, with("approval", "list", "--status", "pending", "--merchant", "shop", "--json")...)
	require.Equal(t, 1, strings.Count(pending, "\n"))
	require.Contains(t, do(t, with("deposit", "shop", "2000.00", "--reference", "bank 2000")...), "balance THB 2000.00",
		"the transfer of the approval")
	do(t, with("deposit", "shop", "9000.00")...)

	me, err := user.Current()
	require.NoError(t, err)
	mine := askFor(t, url, me.Username, 5000)
	for text, args := range map[string][]string{
		"the request is approved":              {"approval", "reject", ids[0]},
		"there is no approval 4711":            {"approval", "show", "4711"},
		"who asked cannot decide":              {"approval", "approve", mine[0]},
		"only who asked can withdraw it":       {"approval", "withdraw", ids[2]},
		"in approval " + ids[1] + ", which is": {"deposit", "shop", "3000.00", "--reference", "bank 3000"},
		`"bank 4000" belongs to another`:       {"deposit", "shop", "4000.01", "--reference", "bank 4000"},
	} {
		r := run(t, "", with(args...)...)
		require.Equal(t, 1, r.code, "%s", args)
		require.Contains(t, r.err, text, "%s", args)
	}
	require.Contains(t, do(t, with("approval", "withdraw", mine[0], "--reason", "Asked for twice")...),
		"Withdrew "+mine[0]+": nothing was done.")
	require.Regexp(t, `status +withdrawn(.|\n)*Asked for twice`, do(t, with("approval", "show", mine[0])...))
	do(t, with("verify")...)
}

// askFor asks for deposits as an operator does over the API of a hub that has everything wait.
func askFor(t *testing.T, url, name string, amounts ...int64) (ids []string) {
	t.Helper()
	cfg := config.Default()
	cfg.Database = url
	s, err := app.OpenStore(t.Context(), &cfg, app.Current, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	limits, err := approval.ParseLimits([]string{"0"})
	require.NoError(t, err)
	accounts := account.NewService(s.Accounts, s.Guesses)
	shop, err := accounts.FindMerchant(t.Context(), "shop")
	require.NoError(t, err)
	desk := approval.NewService(s.Approvals, accounts, limits, time.Hour)
	for _, amount := range amounts {
		done, err := desk.Deposit(t.Context(), audit.Actor{Kind: audit.KindOperator, ID: 7, Name: name},
			account.Deposit{
				MerchantID: shop.ID, Amount: money.Amount(amount) * money.Unit, Currency: "THB",
				Reference: fmt.Sprint("bank ", amount),
			})
		require.NoError(t, err)
		ids = append(ids, fmt.Sprint(done.Request.ID))
	}
	return ids
}
