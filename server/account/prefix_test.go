package account_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
)

func TestParsePrefix(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "192.0.2.7/24": "192.0.2.0/24", "::ffff:192.0.2.7": "192.0.2.7/32",
		"::ffff:192.0.2.7/128": "192.0.2.7/32",
		"::ffff:192.0.2.7/120": "192.0.2.0/24", "::FFFF:c000:207": "192.0.2.7/32", "2001:db8::1": "2001:db8::1/128",
		"fe80::1%eth0":   "fe80::1/128",
		"2001:db8::1/32": "2001:db8::/32", "::/0": "::/0", "0.0.0.0/0": "0.0.0.0/0",
	} {
		prefix, ok := account.ParsePrefix(text)
		require.True(t, ok, text)
		require.Equal(t, want, prefix.String(), text)
	}
	for _, text := range []string{"", "localhost", "192.0.2.0/33", "192.0.2.0/", "192.0.2", "fe80::1%eth0/64"} {
		_, ok := account.ParsePrefix(text)
		require.False(t, ok, text)
	}
}
