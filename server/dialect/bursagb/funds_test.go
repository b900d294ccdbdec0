package bursagb

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
)

func TestReadBalance(t *testing.T) {
	c, p := connect(t, answers(outboundtest.Reply{Status: 200, File: "account_details_response_200.json"}))
	b, err := c.ReadBalance(t.Context())
	require.NoError(t, err)
	require.Equal(t, dialect.Balance{Amount: 12_480_750_000, Currency: "TRY"}, b)
	require.Equal(t, "/Customer/Get", p.Calls[1].URL.Path)
	for name, reply := range map[string]outboundtest.Reply{
		"no balance":    {Status: 200, Body: `{"data":{"currencyCode":"TRY"},"success":true,"message":"OK"}`},
		"no data":       {Status: 200, Body: `{"data":null,"success":true,"message":"OK"}`},
		"no success":    {Status: 200, Body: `{"data":{"balance":1.00,"currencyCode":"TRY"},"success":false,"message":""}`},
		"an error page": {Status: 200, Body: `<html>`},
		"a fault":       {Status: 500, File: "error_500.json"},
	} {
		c, _ := connect(t, answers(reply))
		_, err := c.ReadBalance(t.Context())
		require.Error(t, err, name)
	}
}
