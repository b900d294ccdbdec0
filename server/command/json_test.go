package command_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/command"
)

// plain are the commands whose result is no message of the contract: what they do is said by their exit code.
var plain = []string{
	"serve", "demo", "health", "completion", "simulate", "webhook listen", // about this machine
	"offer delete", "listing delete", "webhook delete", "operator session revoke", "merchant secret", // nothing is left
	"event endpoint delete",
	"event endpoint set", "event endpoint test",
	"webhook set", "webhook test", "webhook replay", // may print a secret, or tell what was posted
	"units withdraw", "provider sync",
}

// Every command has its result as JSON for programs, but those that have none.
func TestEveryCommandHasJSON(t *testing.T) {
	for _, words := range command.Every() {
		name := strings.Join(words, " ")
		has := strings.Contains(do(t, append(slices.Clone(words), "--help")...), "--json")
		assert.NotEqual(t, slices.Contains(plain, name), has, name)
	}
}

// What a command changed is printed as the contract has it.
func TestChangesAsJSON(t *testing.T) {
	url := database(t)
	changed := func(args ...string) map[string]any {
		t.Helper()
		var got map[string]any
		require.NoError(t, json.Unmarshal([]byte(do(t, append(args, "--json", "--database", url)...)), &got))
		return got
	}
	require.Equal(t, "codes", changed("category", "create", "codes", "Codes")["slug"])
	require.Equal(t, "Goods", changed("category", "set", "codes", "--name", "Goods")["name"])
	require.Equal(t, "10", changed("coupon", "create", "TEN", "--percent", "10")["percent"])
	require.Equal(t, "archived", changed("coupon", "set", "TEN", "--status", "archived")["status"])
	changed("merchant", "create", "shop", "--currency", "THB")
	require.Equal(t, "suspended", changed("merchant", "suspend", "shop")["status"])
	require.Equal(t, "active", changed("merchant", "resume", "shop")["status"])
	settings := changed("merchant", "set", "shop", "--store-name", "Shop")["settings"]
	require.Equal(t, map[string]any{"storeName": "Shop"}, settings)
	do(t, "operator", "create", "ada", "--role", "viewer", "--database", url)
	require.Equal(t, "suspended", changed("operator", "set", "ada", "--status", "suspended")["status"])
}
