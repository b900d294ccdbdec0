package command_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRateCommands(t *testing.T) {
	url := database(t)
	with := func(args ...string) []string { return append(args, "--database", url) }
	require.Contains(t, do(t, with("rate", "set", "USD/THB", "34.10")...), "1 USD is 34.1 THB from ")
	do(t, with("rate", "set", "USD/THB", "35", "--from", "2100-01-01T00:00:00Z")...)
	list := do(t, with("rate", "list", "--base", "USD")...)
	require.Regexp(t, `USD/THB +35 +2100-01-01 00:00:00 +- `, list)
	require.Regexp(t, `USD/THB +34.1 +\S+ \S+ +now `, list)
	for _, wrong := range [][]string{{"USD", "1"}, {"USD/USD", "1"}, {"USD/THB", "0"}, {"USD/DEM", "1"}} {
		require.Equal(t, 1, run(t, "", with(append([]string{"rate", "set"}, wrong...)...)...).code, wrong)
	}
	require.NotContains(t, do(t, with("event", "list")...), "cost", "nothing happened yet")
}
