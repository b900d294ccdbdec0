package jsonhttp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
)

func TestBalance(t *testing.T) {
	c, p := connect(t, answering(200, `{"balance":"-12.50","currency":"THB"}`))
	balance, err := c.ReadBalance(t.Context())
	require.NoError(t, err)
	require.Equal(t, dialect.Balance{Amount: -12_500_000, Currency: "THB"}, balance)
	require.JSONEq(t, `{"type":"balance"}`, p.Calls[0].Content)

	c, _ = connect(t, answering(400, `{"error":{"code":"not_supported"}}`))
	_, err = c.ReadBalance(t.Context())
	require.ErrorIs(t, err, dialect.ErrNoBalance)
	for name, body := range map[string]string{
		"an error page": `<html>`, "nothing": `{}`, "no currency": `{"balance":"1.00"}`,
		"a number": `{"balance":1,"currency":"THB"}`, "no amount": `{"balance":"","currency":"THB"}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := connect(t, answering(200, body))
			_, err := c.ReadBalance(t.Context())
			require.ErrorIs(t, err, dialect.ErrMalformed, "it must not pass for an empty account")
		})
	}
}
