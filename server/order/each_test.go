package order_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
)

// shelf is a store of orders, newest first, that notes how many bytes of metadata
// it was asked for at once.
type shelf struct {
	order.Store
	orders []order.Order
	most   int
	asked  int
	broken error
}

func (s *shelf) ListOrders(_ context.Context, _ order.Viewer, f order.Filter) ([]order.Order, error) {
	s.asked++
	if s.broken != nil && s.asked > 1 {
		return nil, s.broken
	}
	var found []order.Order
	size := 0
	for _, o := range s.orders {
		if !f.BeforeTime.IsZero() && o.ID >= f.BeforeID {
			continue
		}
		if f.Offset > 0 {
			f.Offset--
			continue
		}
		if len(found) == f.Limit {
			break
		}
		found = append(found, o)
		size += len(o.Metadata["note"])
	}
	s.most = max(s.most, size)
	return found, nil
}

func shelved(count, size int) *shelf {
	s := &shelf{}
	for id := count; id > 0; id-- {
		s.orders = append(s.orders, order.Order{
			ID: int64(id), CreatedAt: time.Unix(int64(id), 0), Metadata: map[string]string{"note": strings.Repeat("x", size)},
		})
	}
	return s
}

// ids is what Each returned up to the first error.
func ids(store *shelf, f order.Filter) ([]int64, error) {
	service := order.NewService(order.Options{Store: store})
	defer service.Close()
	var found []int64
	for o, err := range service.Each(context.Background(), order.ByOperator(), f) {
		if err != nil {
			return found, err
		}
		found = append(found, o.ID)
	}
	return found, nil
}

func TestEachReturnsThePage(t *testing.T) {
	for _, c := range []struct{ limit, offset, first, last int }{
		{100, 0, 250, 151}, {100, 100, 150, 51}, {100, 200, 50, 1}, {1, 249, 1, 1}, {1000, 0, 250, 1}, {10, 5, 245, 236},
	} {
		found, err := ids(shelved(250, 10), order.Filter{Limit: c.limit, Offset: c.offset})
		require.NoError(t, err)
		require.Len(t, found, c.first-c.last+1)
		require.EqualValues(t, c.first, found[0])
		require.EqualValues(t, c.last, found[len(found)-1])
	}
	found, err := ids(shelved(250, 10), order.Filter{Limit: 100, Offset: 250})
	require.NoError(t, err)
	require.Empty(t, found)
}

// A merchant's page holds a part of its orders at a time, however much each has.
func TestEachHoldsLittle(t *testing.T) {
	large := shelved(200, 900<<10)
	found, err := ids(large, order.Filter{Limit: 200})
	require.NoError(t, err)
	require.Len(t, found, 200)
	require.LessOrEqual(t, large.most, 10*900<<10)

	small := shelved(200, 100)
	_, err = ids(small, order.Filter{Limit: 200})
	require.NoError(t, err)
	require.Equal(t, 2, small.asked, "small orders are read at once when they are known to be small")
}

func TestEachEndsWithAnError(t *testing.T) {
	store := shelved(100, 10)
	store.broken = errors.New("the database is away")
	found, err := ids(store, order.Filter{Limit: 100})
	require.ErrorIs(t, err, store.broken)
	require.Len(t, found, 10)
}
