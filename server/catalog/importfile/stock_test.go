package importfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/catalog/importfile"
)

func TestReadStock(t *testing.T) {
	s, err := importfile.ReadStock(strings.NewReader("content,use_date\nAAA,\nBBB,2030-01-01\n\"C\nD\",\nEEE,\n"), 2)
	require.NoError(t, err)
	require.Equal(t, []importfile.Unit{{Line: 2, Content: "AAA"}, {Line: 6, Content: "EEE"}}, s.Units)
	require.Equal(t, 2, s.RefusedCount)
	require.Equal(t, importfile.LineError{
		Line: 3, Column: "use_date", Reason: "must be empty: units of stock have no day of use",
	}, s.Refused[0])
	require.Equal(t, 4, s.Refused[1].Line)
	require.NoError(t, s.Check())

	_, err = importfile.ReadStock(strings.NewReader("a\nb\nc\n"), 2)
	require.ErrorContains(t, err, "more than 2 units")
	_, err = importfile.ReadStock(strings.NewReader("\xff\xfea\x00"), 2)
	require.ErrorContains(t, err, "UTF-16")

	tabs, err := importfile.ReadStock(strings.NewReader("good\n"+strings.Repeat("a\tb\n", 2000)), 2)
	require.NoError(t, err)
	require.Equal(t, 2000, tabs.RefusedCount)
	require.Len(t, tabs.Refused, 1000)
	require.Equal(t, &catalog.MostlyBadError{Lines: 2001, Bad: 2000}, tabs.Check())
}
