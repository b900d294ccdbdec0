package operatorevents_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestOperatorEvents(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		ctx := t.Context()
		begun := s.Now()
		require.NoError(t, s.OperatorEvents.Add(ctx))
		first := operatorevent.Event{
			Kind: "cost.differs", ProviderID: 7, ProductID: 3, Message: "It cost more.",
			Data: map[string]any{"charged": "90.00", "units": float64(2), "lines": []any{"a", "b"}},
		}
		require.NoError(t, s.OperatorEvents.Add(ctx, first, operatorevent.Event{Kind: "list.held", ProviderID: 8}))
		// In a transaction of the hot path, and in one that comes to nothing.
		require.NoError(t, s.Bulk(ctx, func(tx store.BulkTx) error {
			return tx.Commit(ctx, store.OperatorEvents(s.Now(), operatorevent.Event{Kind: "stock.low", ProductID: 3}))
		}))
		broken := errors.New("broken")
		require.ErrorIs(t, s.InTx(ctx, func(tx *ent.Tx) error {
			require.NoError(t, store.AddOperatorEvents(ctx, tx, s.Now(), operatorevent.Event{Kind: "lost"}))
			return broken
		}), broken)

		all := kindsOf(ctx, t, s, operatorevent.Filter{Limit: 10})
		require.Equal(t, []operatorevent.Kind{"stock.low", "list.held", "cost.differs"}, all)
		for name, c := range map[string]struct {
			filter operatorevent.Filter
			want   []operatorevent.Kind
		}{
			"kind":     {operatorevent.Filter{Kind: "list.held"}, []operatorevent.Kind{"list.held"}},
			"provider": {operatorevent.Filter{ProviderID: 7}, []operatorevent.Kind{"cost.differs"}},
			"product":  {operatorevent.Filter{ProductID: 3}, []operatorevent.Kind{"stock.low", "cost.differs"}},
			"from":     {operatorevent.Filter{From: begun}, all},
			"to":       {operatorevent.Filter{To: begun}, nil},
		} {
			c.filter.Limit = 10
			require.Equal(t, c.want, kindsOf(ctx, t, s, c.filter), name)
		}
		newest, err := s.OperatorEvents.List(ctx, operatorevent.Filter{Limit: 2})
		require.NoError(t, err)
		rest, err := s.OperatorEvents.List(ctx, operatorevent.Filter{BeforeID: newest[1].ID, Limit: 2})
		require.NoError(t, err)
		require.Len(t, rest, 1)
		require.WithinDuration(t, begun, rest[0].At, time.Minute)
		first.ID, first.At = rest[0].ID, rest[0].At
		require.Equal(t, first, rest[0])
	})
}

func kindsOf(ctx context.Context, t *testing.T, s *stores.All, f operatorevent.Filter) (kinds []operatorevent.Kind) {
	t.Helper()
	events, err := s.OperatorEvents.List(ctx, f)
	require.NoError(t, err)
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}
