package command_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What works beside the database alone says so to whoever means a hub elsewhere, before it opens anything.
func TestBesideOnly(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("ORDERHUB_ADDRESS", "hub.internal:9090")
	for _, args := range [][]string{
		{"verify"},
		{"migrate"},
		{"backup", "copy.sqlite"},
		{"restore", "copy.sqlite"},
		{"reseal"},
		{"retention", "--dry-run"},
	} {
		r := run(t, "", args...)
		require.Equal(t, 2, r.code, args)
		require.Contains(t, r.err, "works on the database beside it alone, and ORDERHUB_ADDRESS names a hub elsewhere")
		require.Contains(t, r.err, "See orderhub "+args[0]+" --help.")
	}
	asked := run(t, "", "--address", "hub.internal:9090", "verify")
	require.Equal(t, 2, asked.code)
	require.Contains(t, asked.err, "it takes no --address")
	url := database(t)
	require.Contains(t, do(t, "verify", "--database", url), "Everything agrees")
}
