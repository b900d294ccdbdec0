package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
)

// Operators are told once of each claim that waits for them, and not of one that a policy answers.
func TestOperatorsAreAsked(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		code, other := w.Stocked("CODE", 10, 6), w.Stocked("OTHER", 10, 2)
		asked := func(n int) []operatorevent.Event {
			t.Helper()
			events, err := w.Store.OperatorEvents.List(ctx, operatorevent.Filter{Kind: claim.Created, Limit: 10})
			require.NoError(t, err)
			require.Len(t, events, n)
			return events
		}
		o := placed(t, w, storetest.Draft(shop, "one", "CODE", 5, "OTHER", 1))
		units := unitsOf(o)
		wish := draft(shop, o, units[:2]...)
		wish.Reference, wish.Said.Text = "complaint", "The customer is called Somchai"
		made, err := claims.Create(ctx, wish)
		require.NoError(t, err)
		_, err = claims.Create(ctx, wish)
		require.NoError(t, err)
		told := asked(1)[0]
		require.Equal(t, code.ID, told.ProductID)
		require.Contains(t, told.Message, "of order "+o.Number+" waits for an answer: 2 units.")
		require.Equal(t, o.Number, told.Data["orderNumber"])
		require.Equal(t, "not_working", told.Data["reason"])
		require.NotContains(t, told.Data, "text")
		require.NotContains(t, told.Message, "Somchai")
		require.Equal(t, 2, made.Waiting())

		_, err = claims.SetPolicy(ctx, claim.Policy{
			ProductID: code.ID, Answer: claim.Refund, AutomaticWithin: time.Hour, PerMonth: 2,
		})
		require.NoError(t, err)
		answered, err := claims.Create(ctx, draft(shop, o, units[2]))
		require.NoError(t, err)
		require.Zero(t, answered.Waiting())
		asked(1)
		some, err := claims.Create(ctx, draft(shop, o, units[3:]...))
		require.NoError(t, err)
		require.Equal(t, 1, some.Waiting(), "two a month")
		require.Contains(t, asked(2)[0].Message, ": 1 unit.")

		rest, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		require.Len(t, rest.Units, 1)
		require.Equal(t, other.ID, asked(3)[0].ProductID)
		_, err = claims.Create(ctx, draft(shop, placed(t, w, storetest.Draft(shop, "two", "CODE", 1, "OTHER", 1))))
		require.NoError(t, err)
		require.Zero(t, asked(4)[0].ProductID, "it is about two")
		storetest.RequireClean(t, w.Store)
	})
}
