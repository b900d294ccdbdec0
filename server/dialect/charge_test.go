package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/money"
)

// What cannot be charged is taken as not said, and kept for the log.
func TestAbsurdCharges(t *testing.T) {
	for _, tt := range []struct {
		said   money.Sum
		absurd bool
	}{
		{money.Sum{}, false},
		{money.Sum{Currency: "THB"}, false},
		{money.Sum{Amount: 1_500_000, Currency: "KWD"}, false},
		{money.Sum{Amount: 1_000_000_000_000 * money.Unit, Currency: "THB"}, false},
		{money.Sum{Amount: 1_000_000_000_000*money.Unit + 1, Currency: "THB"}, true},
		{money.Sum{Amount: money.MaxAmount, Currency: "THB"}, true},
		{money.Sum{Amount: -1, Currency: "THB"}, true},
		{money.Sum{Amount: 1, Currency: "DEM"}, true},
		{money.Sum{Amount: 1, Currency: "thb"}, true},
		{money.Sum{Amount: 1, Currency: "\x1b[31m"}, true},
		{money.Sum{Amount: 1}, true},
	} {
		m := &mouth{outcome: dialect.Outcome{State: dialect.Accepted, ProviderReference: "x", Charged: tt.said}}
		ways(t, m, func(o dialect.Outcome, err error) {
			require.NoError(t, err)
			require.Equal(t, tt.absurd, o.Absurd != "", tt.said)
			require.NotContains(t, o.Absurd, "\x1b")
			if tt.absurd {
				require.Equal(t, money.Sum{}, o.Charged)
			} else {
				require.Equal(t, tt.said, o.Charged)
			}
		})
	}
}
