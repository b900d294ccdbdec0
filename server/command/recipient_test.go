package command_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A product wants its recipient checked, and the command line has it done.
func TestRecipientCheck(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "hub.sqlite")
	on := func(arguments ...string) string {
		t.Helper()
		return do(t, append(arguments, "--database", database)...)
	}
	products := file(t, "products.csv", "sku,name,category,price,currency,source,recipient_check_within\n"+
		"GEMS,Gems,gems,15.00,THB,provider,1800\n")
	on("migrate")
	on("merchant", "create", "shop", "--currency", "THB")
	on("product", "import", "--create-categories", products)
	require.Contains(
		t, on("recipient", "check", "GEMS", "--user", "player-1"), "nobody who supplies the product can be asked",
	)
	on("provider", "create", "sim", "sim", "--settings", `{"players": {"player-1": "Ann", "player-2": ""}}`)
	require.Contains(t, on("provider", "list"), "checks_recipients")
	on("offer", "create", "GEMS", "sim", "G", "--cost", "5", "--currency", "THB")
	require.Equal(t, "There is such a recipient, named Ann.\n", on("recipient", "check", "GEMS", "--user", "player-1"))
	require.Contains(t, on("recipient", "check", "GEMS", "--user", "player-2"), "Its name is not told.")
	require.Contains(t, on("recipient", "check", "GEMS", "--user", "nobody"), "There is no such recipient.")
	counted := on("recipient", "check", "GEMS", "--user", "player-1", "--merchant", "shop")
	require.Contains(t, counted, "The check counts for orders until ")
	require.Contains(t, on("recipient", "check", "GEMS", "--user", "player-1", "--json"), `"result": "exists"`)
	require.Contains(t, on("order", "quote", "shop", "GEMS"), "the recipient has to be checked")
	fails(t, "--user must say who receives it", "recipient", "check", "GEMS", "--database", database)
	fails(t, "there is no product \"NONE\"", "recipient", "check", "NONE", "--user", "x", "--database", database)
}
