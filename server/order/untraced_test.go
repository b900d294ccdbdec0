package order_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
)

// answering is a store that places without doing anything.
type answering struct {
	*memory
	placed []order.Placed
}

func (s *answering) Place(context.Context, []*order.Candidate, order.Judging) []order.Placed {
	return s.placed
}

// allocations is how many one placement makes.
func allocations(t *testing.T, o order.Options) float64 {
	t.Helper()
	m := newMemory(codes(1, "10.00"))
	o.Store, o.Catalog = &answering{m, []order.Placed{{Order: &order.Order{}}}}, m
	o.NewNumber = func() string { return "ord_1" }
	s := order.NewService(o)
	defer s.Close()
	d := draft("r", "CODE1", 1)
	return testing.AllocsPerRun(1000, func() {
		if _, err := s.Create(t.Context(), d); err != nil {
			t.Error(err)
		}
	})
}

// Being followed costs a placement nothing but its trail; not being followed
// costs nothing at all.
func TestUntracedPlacementAllocatesNothingMore(t *testing.T) {
	const before = 15 // with a timer that bounds how long a caller waits
	untraced := allocations(t, order.Options{})
	require.InDelta(t, before, untraced, 0.5)
	require.InDelta(t, untraced, allocations(t, order.Options{TrailOf: func(context.Context) string { return "" }}), 0.5)
}
