package marketacc

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/money"
)

// The total is for all units; of an order that was delivered in part it is that of what came.
func TestCharged(t *testing.T) {
	p := &dialect.Purchase{Quantity: 3, Currency: "THB"}
	thb := func(amount money.Amount) money.Sum { return money.Sum{Amount: amount, Currency: "THB"} }
	require.Equal(t, thb(10_000_000), charged(10_000_000, 3, p))
	require.Equal(t, thb(6_670_000), charged(10_000_000, 2, p))
	require.Equal(t, money.Sum{}, charged(0, 3, p), "not said")
	require.Equal(t, money.Sum{}, charged(10_000_000, 4, p), "more units than were bought")
}
