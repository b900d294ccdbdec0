package command_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// All that one command changes is one act of the record, here and at a hub elsewhere.
func TestOneCommandIsOneAct(t *testing.T) {
	_, beside, at := elsewhere(t)
	for _, of := range []struct {
		prefix string
		with   func(...string) []string
	}{{"R", at}, {"L", beside}} {
		do(t, of.with("product", "import", "--create-categories", file(t, "products.csv",
			"sku,name,category,price,currency,source\n"+
				of.prefix+"1,One,codes,1.00,THB,stock\n"+of.prefix+"2,Two,codes,1.00,THB,stock\n"))...)
		do(t, of.with("merchant", "create", "shop-"+strings.ToLower(of.prefix), "--currency", "THB")...)
		entries := func(args ...string) (found []struct {
			ID        int64
			RequestID string
			Method    string
		},
		) {
			list := of.with(append([]string{"audit", "list", "--json"}, args...)...)
			for line := range strings.Lines(do(t, list...)) {
				found = append(found, struct {
					ID        int64
					RequestID string
					Method    string
				}{})
				require.NoError(t, json.Unmarshal([]byte(line), &found[len(found)-1]))
			}
			return found
		}
		newest := entries("--limit", "2")
		require.Equal(t, "AdminService.CreateMerchant", newest[0].Method)
		require.NotEqual(t, newest[0].RequestID, newest[1].RequestID)
		require.NotEmpty(t, newest[1].RequestID)
		act := entries("--act", fmt.Sprint(newest[1].ID))
		require.Greater(t, len(act), 1)
		for _, e := range act {
			require.Equal(t, newest[1].RequestID, e.RequestID)
		}
		require.Len(t, entries("--act", fmt.Sprint(newest[0].ID)), 1)
		require.Len(t, entries("--method", "merchant create", "--act", fmt.Sprint(newest[0].ID)), 1)
		require.Empty(t, entries("--method", "deposit", "--act", fmt.Sprint(newest[0].ID)))
		require.Equal(t, act, entries("--method", "product import", "--act", fmt.Sprint(newest[1].ID)))
	}
	fails(t, "near it are: Deposit", at("audit", "list", "--method", "wallet deposit")...)
	fails(t, "entry of the record not found", at("audit", "list", "--act", "99999")...)
}
