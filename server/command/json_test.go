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

// withoutJSON are the commands that have no result for programs, and why.
var withoutJSON = map[string]string{
	"serve": "goes on until it is stopped, and logs", "demo": "is serve with a tour for people",
	"simulate": "goes on until it is stopped", "webhook listen": "prints what it receives until it is stopped",
	"health": "says with its exit code all there is to say", "completion": "prints a script for a shell",
}

// Every command has its result as JSON for programs, but those that have none.
func TestEveryCommandHasJSON(t *testing.T) {
	has := command.WithFlag("json")
	for _, words := range command.Every() {
		name := strings.Join(words, " ")
		_, without := withoutJSON[name]
		assert.NotEqual(t, without, slices.Contains(has, name), name)
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
