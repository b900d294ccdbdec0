package api

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPercentOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"": 0, "0": 0, "5": 500, "12.5": 1250, "0.01": 1, "100.00": 10000} {
		points, ok := percentOf(text)
		require.True(t, ok, text)
		require.Equal(t, want, points, text)
	}
	for _, text := range []string{
		"1.234", ".5", "5.", "-1", "1.-5", "+1", "abc", "1e3", "1,5", "99999999", "1.2.3", " 1",
	} {
		_, ok := percentOf(text)
		require.False(t, ok, text)
	}
}
