package marketacc

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
)

func TestReadBalance(t *testing.T) {
	c, p := connect(t, outboundtest.Reply{Status: 200, File: "me_response_200.json"})
	b, err := c.ReadBalance(t.Context())
	require.NoError(t, err)
	require.Equal(t, dialect.Balance{Amount: 8_420_250_000, Currency: "THB"}, b)
	require.Equal(t, "/api/v2/me", p.Calls[0].URL.Path)
	for name, reply := range map[string]outboundtest.Reply{
		"no balance":    {Status: 200, Body: `{"currency":"THB"}`},
		"an error page": {Status: 200, Body: `<html>`},
		"a fault":       {Status: 500, File: "error_500.json"},
	} {
		c, _ := connect(t, reply)
		_, err := c.ReadBalance(t.Context())
		require.Error(t, err, name)
	}
}
