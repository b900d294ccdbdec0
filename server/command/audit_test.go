package command_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every command that changes something is on record, also those that do without the API; without the key there is no
// record, and no change.
func TestAuditCommand(t *testing.T) {
	url := database(t)
	with := func(args ...string) []string { return append(args, "--database", url) }
	do(t, with("merchant", "create", "shop", "--currency", "THB")...)
	do(t, with("deposit", "shop", "1000.00")...)
	do(t, with("product", "import", "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,format\nCODE,Code,codes,10.00,THB,stock,code\n"))...)
	require.Equal(t, 0, run(t, "alpha\nbeta\n", with("units", "import", "CODE", "-")...).code)
	do(t, with("merchant", "list")...)

	listed := do(t, with("audit", "list", "--json")...)
	require.NotContains(t, listed, "alpha")
	var methods []string
	for line := range strings.Lines(listed) {
		var e struct{ ActorKind, Actor, Address, Via, Method, TargetKind, Target, After string }
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, []string{"local", "local", "command"}, []string{e.ActorKind, e.Address, e.Via})
		require.NotEmpty(t, e.Actor)
		methods = append(methods, e.Method)
		if e.Method == "AdminService.Deposit" {
			require.Equal(t, "merchant shop", e.TargetKind+" "+e.Target)
			require.Equal(t, `{"balance":"1000.00"}`, e.After)
		}
	}
	for _, method := range []string{
		"AdminService.CreateMerchant", "AdminService.Deposit", "CatalogService.CreateProduct",
		"CatalogService.ImportUnits",
	} {
		require.Contains(t, methods, method)
	}
	require.Regexp(t, `\(local\) +local +AdminService.Deposit +merchant shop`,
		do(t, with("audit", "list", "--target", "merchant:shop", "--method", "AdminService.Deposit")...))
	require.NotContains(t, do(t, with("audit", "list", "--target", "product")...), "shop")
	sheet, err := csv.NewReader(strings.NewReader(
		do(t, with("audit", "export", "--target", "merchant:shop", "--method", "AdminService.Deposit")...),
	)).ReadAll()
	require.NoError(t, err)
	require.Len(t, sheet, 2)
	require.Contains(t, sheet[1], "AdminService.Deposit")
	require.Equal(t, len(methods), strings.Count(do(t, with("audit", "export", "--json")...), "\n"))
	do(t, with("verify")...)

	keyFile := strings.TrimPrefix(url, "sqlite:") + ".key"
	require.NoError(t, os.Remove(keyFile))
	for _, args := range [][]string{{"deposit", "shop", "1.00"}, {"merchant", "suspend", "shop"}} {
		r := run(t, "", with(args...)...)
		require.Equal(t, 1, r.code)
		require.Contains(t, r.err, "is missing")
	}
	require.Contains(t, do(t, with("merchant", "list")...), "1000.00")
}

// What is done to the database as a whole is an entry, too; to look at it is none.
func TestAuditOfMaintenance(t *testing.T) {
	url := database(t)
	with := func(args ...string) []string { return append(args, "--database", url) }
	do(t, with("merchant", "create", "shop", "--currency", "THB")...)
	for _, looks := range [][]string{{"reseal", "--dry-run"}, {"retention", "--dry-run"}, {"migrate"}, {"verify"}} {
		do(t, with(looks...)...)
	}
	do(t, with("reseal")...)
	do(t, with("retention", "--keep-deliveries", "30d")...)
	copied := filepath.Join(t.TempDir(), "copy.sqlite")
	do(t, with("backup", copied)...)
	do(t, with("deposit", "shop", "1.00")...)
	do(t, with("restore", copied)...)

	var told []string
	for line := range strings.Lines(do(t, with("audit", "list", "--json")...)) {
		var e struct{ Method, Target, Request string }
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		told = append(told, e.Method+" "+e.Target)
		if e.Method == "retention" {
			require.Contains(t, e.Request, `"deliveries":"30d"`)
		}
		if e.Method == "migrate" {
			require.Contains(t, e.Request, "initial")
		}
	}
	require.Equal(t, []string{
		"restore copy.sqlite", "retention ", "reseal ", "AdminService.CreateMerchant shop", "migrate ",
	}, told, "newest first; the deposit was after the backup")
	do(t, with("verify")...)
}
