package admission_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/admission"
)

func TestTooManyValues(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for text, want := range map[string]bool{
		`{"a": [` + strings.Repeat("{},", 5000) + `{}]}`:                     true,
		`{"a": "` + strings.Repeat(`,[{:`, 5000) + `"}`:                      false,
		`{"a": "\\\"` + strings.Repeat(`,\"`, 5000) + `"}`:                   false,
		`{"a": "` + long + `\\", "b": [1, 2, 3]}`:                            false,
		`["` + long + `"` + strings.Repeat(",1", 5000) + `]`:                 true,
		strings.Repeat("[", 10_000):                                          true,
		`[` + strings.Repeat("1,", 900) + `1]` + strings.Repeat(" ", 20_000): false,
	} {
		require.Equal(t, want, admission.TooManyValues([]byte(text), 1000), "%.40s", text)
	}
}

func TestReadBody(t *testing.T) {
	var reserved int64
	read := func(body string, length, limit int64) (string, error) {
		reserved = 0
		got, err := admission.ReadBody(
			strings.NewReader(body), length, limit, func(n int64) error { reserved += n; return nil },
		)
		return string(got), err
	}
	long := strings.Repeat("0123456789", 10_000)
	for name, test := range map[string]struct {
		length, limit, reserved int64
	}{
		"of known length":    {100_000, 1 << 20, 100_000},
		"of unknown length":  {-1, 1 << 20, 140_000},
		"as large as may be": {-1, 100_000, 100_000},
		"perhaps very large": {-1, 16 << 20, 16 << 20},
	} {
		got, err := read(long, test.length, test.limit)
		require.NoError(t, err, name)
		require.True(t, got == long, name)
		require.LessOrEqual(t, reserved, test.reserved, name)
		require.GreaterOrEqual(t, reserved, int64(100_000), name)
	}
	_, err := read(long, -1, 99_999)
	require.ErrorIs(t, err, admission.ErrTooLarge)
	_, err = read("", 100_000, 99_999)
	require.ErrorIs(t, err, admission.ErrTooLarge)
	require.Zero(t, reserved)
	got, err := read("", 0, 10)
	require.NoError(t, err)
	require.Empty(t, got)
}
