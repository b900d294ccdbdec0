package command_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// An operator sees which offer would serve a line and what it would earn, and that a loss is passed over.
func TestQuoteCommand(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite")
	do(t, "migrate", "--database", database)
	on := func(args ...string) string {
		t.Helper()
		return do(t, append(args, "--database", database)...)
	}
	on("merchant", "create", "shop", "--currency", "THB")
	on("product", "import", "--create-categories", file(t, "products.csv", "sku,name,category,price,currency,source\n"+
		"GEMS,Gems,topups,10.00,THB,provider\nDEAR,Dear,topups,10.00,THB,provider\n"))
	on("provider", "create", "supplier", "sim")
	on("offer", "create", "GEMS", "supplier", "G", "--cost", "7.50")
	on("offer", "create", "DEAR", "supplier", "D", "--cost", "12.50")
	quote := on("order", "quote", "shop", "GEMS=2", "DEAR")
	for _, want := range []string{"THB 20.00", "THB 15.00", "THB 5.00", "DEAR: passed over: ", "Altogether THB 30.00."} {
		require.Contains(t, quote, want)
	}
	require.Contains(t, on("order", "quote", "shop", "GEMS", "--json"), `"marginAmount": "2.50"`)
	fails(t, "must be a whole number above 0", "order", "quote", "shop", "GEMS=0", "--database", database)
	fails(t, "merchant", "order", "quote", "nobody", "GEMS", "--database", database)
}
