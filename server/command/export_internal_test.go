package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
			whole, after, err := lastCursor(strings.NewReader(c.file), c.json)
			require.NoError(t, err)
			require.Equal(t, c.whole, c.file[:whole])
			require.Equal(t, c.after, after)
		})
	}
	_, _, err := lastCursor(strings.NewReader("a,b\n1,2\n"), false)
	require.ErrorContains(t, err, "no export")
	_, _, err = lastCursor(strings.NewReader("{}\n"), true)
	require.ErrorContains(t, err, "no export")
}
