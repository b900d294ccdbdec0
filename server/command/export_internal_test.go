package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/contract"
)

// An export goes on after the last row of which nothing is missing.
func TestWhereAnExportGoesOn(t *testing.T) {
	const heading = "sku,cursor\n"
	for name, c := range map[string]struct {
		file, whole, after string
		json               bool
	}{
		"nothing yet":           {"", "", "", false},
		"half a heading":        {"sku,cur", "", "", false},
		"only the heading":      {heading, heading, "", false},
		"whole rows":            {heading + "A,1.1.0\nB,1.2.0\n", heading + "A,1.1.0\nB,1.2.0\n", "1.2.0", false},
		"a row cut in its cell": {heading + "A,1.1.0\nB", heading + "A,1.1.0\n", "1.1.0", false},
		"a row cut in quotes":   {heading + "A,1.1.0\n\"B\nC", heading + "A,1.1.0\n", "1.1.0", false},
		"a cursor cut":          {heading + "A,1.1.0\nB,1.2", heading + "A,1.1.0\n", "1.1.0", false},
		"a line break in a row": {heading + "\"A\nB\",1.1.0\n", heading + "\"A\nB\",1.1.0\n", "1.1.0", false},
		"objects":               {`{"cursor":"1.1.0"}` + "\n" + `{"cur`, `{"cursor":"1.1.0"}` + "\n", "1.1.0", true},
	} {
		t.Run(name, func(t *testing.T) {
			lastCursor := contract.LastCursorCSV
			if c.json {
				lastCursor = contract.LastCursorLines
			}
			whole, after, err := lastCursor(strings.NewReader(c.file))
			require.NoError(t, err)
			require.Equal(t, c.whole, c.file[:whole])
			require.Equal(t, c.after, after)
		})
	}
	for _, foreign := range []string{
		"a,b\n1,2\n", "dear diary\n", "my notes", "\x7fELF", `{"cur`, "sku,\"cursor\n", "a,b\n1,2\n3",
	} {
		_, _, err := contract.LastCursorCSV(strings.NewReader(foreign))
		require.ErrorIs(t, err, contract.ErrNoExport, foreign)
	}
	for _, foreign := range []string{"{}\n", "[1]", "dear diary", "sku,cursor\n", `{1`, "{\"cursor\":\"1.1.0\"}\n{}\n"} {
		_, _, err := contract.LastCursorLines(strings.NewReader(foreign))
		require.ErrorIs(t, err, contract.ErrNoExport, foreign)
	}
}

// A file that is no export stays as it is.
func TestNoExportIsEmptied(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notes.txt")
	for _, asJSON := range []bool{false, true} {
		require.NoError(t, os.WriteFile(name, []byte("dear diary"), 0o600))
		_, _, err := continued(name, asJSON)
		require.ErrorIs(t, err, contract.ErrNoExport)
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, "dear diary", string(text))
	}
}
