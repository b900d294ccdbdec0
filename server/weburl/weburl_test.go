package weburl_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/weburl"
)

func TestNormalize(t *testing.T) {
	for raw, want := range map[string]string{
		"https://example.com":                             "https://example.com",
		"https://example.com/a/b%2Fc?d=e&f=%20#g":         "https://example.com/a/b%2Fc?d=e&f=%20#g",
		"HTTP://127.0.0.1:9955/x":                         "http://127.0.0.1:9955/x",
		"https://Shop.Example:8443/Path?Q=A":              "https://shop.example:8443/Path?Q=A",
		"http://bücher.example/x":                         "http://xn--bcher-kva.example/x",
		"http://B%C3%9Ccher.example":                      "http://xn--bcher-kva.example",
		"https://example.com/ü":                           "https://example.com/%C3%BC",
		"https://example.com/a|b?c|d":                     "https://example.com/a%7Cb?c%7Cd",
		"https://example.com/a%2Fü":                       "https://example.com/a%2F%C3%BC",
		"https://example.com/?q=ü&p=50%&r=%zz":            "https://example.com/?q=%C3%BC&p=50%25&r=%25zz",
		"https://example.com/?":                           "https://example.com/?",
		"https://[2606:2800:220:1::A]:8443/":              "https://[2606:2800:220:1::a]:8443/",
		"https://①②⑦.⓪.⓪.①/":                              "https://127.0.0.1/",
		"https://Example.com./x":                          "https://example.com./x",
		"http://my_service:8080":                          "http://my_service:8080",
		"https://a--b.example":                            "https://a--b.example",
		"https://" + strings.Repeat("a", 63) + ".example": "https://" + strings.Repeat("a", 63) + ".example",
	} {
		require.Empty(t, weburl.Problem(raw), raw)
		require.Equal(t, want, weburl.Normalize(raw), raw)
		require.Equal(t, want, weburl.Normalize(want), "again: %s", raw)
	}
}

func TestProblem(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                "absolute",
		"nonsense":                        "absolute",
		"https:///x":                      "absolute",
		"https://:80/":                    "absolute",
		"https://exa mple.com":            "absolute",
		"https://example.com/a b":         "absolute",
		"https://example.com/\u0085":      "absolute",
		"https://example.com/%zz":         "absolute",
		"https://example.com/\xff":        "absolute",
		"javascript:alert(1)":             "absolute",
		"ftp://example.com":               "http or https",
		"https://user:password@a.example": "user name",
		"https://example.com:99999":       "port",
		"https://example.com:0":           "port",
		"https://ex\u00ad\u200bü--.a":     "DNS",
		"https://x..example":              "DNS",
		"https://x.example..":             "DNS",
		"https://.example":                "DNS",
		"https://.":                       "DNS",
		"https://-x.example":              "DNS",
		"https://x-.example:8443/":        "DNS",
		"https://x!.example":              "DNS",
		"https://x%25y.example":           "DNS",
		"https://ü..example":              "DNS",
		"https://[fe80::1%25eth0]/":       "DNS",
		"https://[::1%25lo]:80/":          "DNS",
		"https://[v1.a:b]/":               "absolute",
		"https://" + strings.Repeat("a", 64) + ".example":  "DNS",
		"https://" + strings.Repeat("ü", 60) + ".example":  "DNS",
		"https://" + strings.Repeat("a.", 126) + "example": "DNS",
		"https://example.com/" + strings.Repeat("x", 2048): "2048",
		"https://example.com/" + strings.Repeat("ü", 400):  "2048",
	} {
		require.Contains(t, weburl.Problem(raw), want, raw)
		require.Equal(t, raw, weburl.Normalize(raw))
	}
}

// What was normalized once is itself an address, in its normal form.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		"https://example.com", "HTTP://bücher.example/ü?ü#ü", "https://[::1]:80", "https://a.example/%2F|%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if weburl.Problem(raw) != "" {
			return
		}
		once := weburl.Normalize(raw)
		if problem, twice := weburl.Problem(once), weburl.Normalize(once); problem != "" || twice != once {
			t.Errorf("%q became %q, then %q: %s", raw, once, twice, problem)
		}
	})
}
