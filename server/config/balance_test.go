package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/config"
)

// Balances are read now and then, or never: not all the time.
func TestBalanceEvery(t *testing.T) {
	for every, fine := range map[time.Duration]bool{
		0: true, 30 * time.Second: true, 24 * time.Hour: true, time.Second: false, 25 * time.Hour: false, -1: false,
	} {
		c := config.Default()
		c.BalanceEvery = every
		if fine {
			require.NoError(t, c.Validate(), every)
		} else {
			require.ErrorContains(t, c.Validate(), "--balance-every: ", every)
		}
	}
}

// Each key may have some recipients checked, and not any number.
func TestRecipientChecks(t *testing.T) {
	for checks, fine := range map[int]bool{1: true, 1_000_000: true, 0: false, -1: false, 1_000_001: false} {
		c := config.Default()
		c.RecipientChecks = checks
		if fine {
			require.NoError(t, c.Validate(), checks)
		} else {
			require.ErrorContains(t, c.Validate(), "--recipient-checks: ", checks)
		}
	}
}
