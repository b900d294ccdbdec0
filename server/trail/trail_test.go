package trail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/trail"
)

func TestOrders(t *testing.T) {
	var orders trail.Orders
	orders.Add(1, "")
	require.Nil(t, orders, "what has no trail takes no room")
	require.Nil(t, orders.Of([]int64{1}))
	orders.Add(2, "two")
	orders.Add(3, "three")
	require.Equal(t, trail.Orders{2: "two"}, orders.Of([]int64{1, 2}))
	require.Nil(t, orders.Of([]int64{1}))
}

func TestCarriedInAContext(t *testing.T) {
	ctx := t.Context()
	require.Equal(t, ctx, trail.With(ctx, nil))
	require.Nil(t, trail.In(ctx))
	require.Equal(t, "two", trail.In(trail.With(ctx, trail.Orders{2: "two"}))[2])
}
