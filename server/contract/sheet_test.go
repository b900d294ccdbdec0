package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/contract"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "order 1": "order 1", "1-2": "1-2", "'": "'",
		`=HYPERLINK("http://evil.example")`: `'=HYPERLINK("http://evil.example")`,
		"+1":                                "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1",
		"＝1+1": "'＝1+1", "＠x": "'＠x", " =1": "' =1", "\n-1": "'\n-1",
	} {
		require.Equal(t, want, contract.Plain(text), text)
	}
}
