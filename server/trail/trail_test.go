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

func TestBeside(t *testing.T) {
	ctx := trail.With(t.Context(), trail.Orders{1: "one"})
	both := trail.Beside(ctx, trail.Orders{2: "two"})
	require.Equal(t, trail.Orders{1: "one", 2: "two"}, trail.In(both))
	require.Equal(t, trail.Orders{1: "one"}, trail.In(ctx), "what others carry stays as it is")
	require.Equal(t, ctx, trail.Beside(ctx, nil))
	require.Equal(t, trail.Orders{2: "two"}, trail.In(trail.Beside(t.Context(), trail.Orders{2: "two"})))
}

func TestKept(t *testing.T) {
	const id = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
	for text, kept := range map[string]bool{
		id + "01": true, id + "03": true, id + "00": false, id + "02": false, id + "xx": false, id + "01-x": false,
		"": false, "01" + id[2:] + "01": false,
	} {
		require.Equal(t, kept, trail.Kept(text), text)
	}
}
