package money_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/money"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, step, down, up money.Amount }{
		{0, 5, 0, 0},
		{10, 5, 10, 10},
		{11, 5, 10, 15},
		{14, 5, 10, 15},
		{-1, 5, -5, 0},
		{-5, 5, -5, -5},
		{-6, 5, -10, -5},
		{7, 1, 7, 7},
		{3, 100, 0, 100},
	} {
		down, err := c.amount.Down(c.step)
		require.NoError(t, err)
		require.Equal(t, c.down, down, "%d down to %d", c.amount, c.step)
		up, err := c.amount.Up(c.step)
		require.NoError(t, err)
		require.Equal(t, c.up, up, "%d up to %d", c.amount, c.step)
	}
	_, err := money.Amount(math.MaxInt64).Up(10)
	require.ErrorIs(t, err, money.ErrOverflow)
	_, err = money.Amount(math.MinInt64).Down(10)
	require.ErrorIs(t, err, money.ErrOverflow)
}
