package webhook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/webhook"
)

func TestCheckURL(t *testing.T) {
	for _, good := range []string{
		"https://example.com", "https://example.com:8443/a?b=c", "https://93.184.216.34/", "https://[2606:2800:220:1::1]/",
		"https://hooks.127.example.com/",
		"HTTPS://example.com/x", "https://bücher.example/ü", "https://example.com/a|b?c|d",
		"https://" + strings.Repeat("a", 60) + ".example/" + strings.Repeat("x", 1900),
	} {
		require.NoError(t, webhook.CheckURL(good, false), good)
	}
	for _, bad := range []string{
		"", "example.com", "/relative", "https://", "https:///path", "ftp://example.com", "http://example.com",
		"javascript:alert(1)", "https://exa mple.com",
		"https://user@example.com", "https://user:pw@example.com", "https://example.com#f", "https://example.com/#",
		"https://example.com:0", "https://example.com:99999",
		"https://localhost", "https://LOCALHOST.", "https://a.localhost", "https://127.0.0.1", "https://127.1",
		"https://2130706433", "https://0x7f000001", "https://0x7f.1",
		"https://017700000001", "https://10.0.0.1", "https://172.16.0.1", "https://192.168.1.1", "https://169.254.169.254",
		"https://100.64.0.1", "https://0.0.0.0",
		"https://224.0.0.1", "https://255.255.255.255", "https://[::1]", "https://[::]", "https://[::ffff:127.0.0.1]",
		"https://[fe80::1]", "https://[fc00::1]",
		"https://[fe80::1%25eth0]", "https://[64:ff9b::7f00:1]", "https://[2002:7f00:1::]", "https://example.com/\x00",
		"https://example.com/\n",
		"https://①②⑦.⓪.⓪.①/", "https://LOCALHOST/", "https://example.com/" + strings.Repeat("ü", 1000),
		"https://evil@127.0.0.1/", "https://example.com/" + strings.Repeat("x", 2048),
	} {
		require.Error(t, webhook.CheckURL(bad, false), bad)
	}
	for _, local := range []string{"http://127.0.0.1:8080/x", "http://localhost/", "https://10.0.0.1"} {
		require.NoError(t, webhook.CheckURL(local, true), local)
	}
	require.Error(t, webhook.CheckURL("ftp://127.0.0.1", true))

	for _, form := range []string{"https://10.0.0.1/x", "https://localhost/#x"} {
		require.NoError(t, webhook.CheckForm(form, false), form)
	}
	for _, form := range []string{
		"http://example.com", "https://user@example.com", "nope", "https://example.com/" + strings.Repeat("x", 2048),
	} {
		require.Error(t, webhook.CheckForm(form, false), form)
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com", "https://[::1]", "https://0x7f.1", "http://a@b#c"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, raw string) { _ = webhook.CheckURL(raw, false) })
}
