package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// A policy replaces what stock has, and leaves the rest of the line to a person; only for that there is a deadline.
func TestPolicyReplacesInPart(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		p := w.Stocked("CODE", 10, 6)
		_, err := claims.SetPolicy(ctx, claim.Policy{
			ProductID: p.ID, Answer: claim.Replace, AutomaticWithin: time.Hour, PerMonth: 10, AnswerWithin: time.Hour,
		})
		require.NoError(t, err)
		o := placed(t, w, storetest.Draft(shop, "one", "CODE", 4))
		first, err := claims.Create(ctx, draft(shop, o, unitsOf(o)[0]))
		require.NoError(t, err)
		require.Equal(t, claim.StatusAnswered, first.Status())
		first, err = claims.Claim(ctx, order.ByOperator(), first.ID)
		require.NoError(t, err)
		require.Nil(t, first.AnswerBy, "nothing waits")
		second, err := claims.Create(ctx, draft(shop, o, unitsOf(o)[1:]...))
		require.NoError(t, err)
		second, err = claims.Claim(ctx, order.ByOperator(), second.ID)
		require.NoError(t, err)
		require.Equal(t, 2, second.Waiting())
		require.Equal(t, claim.Replaced, second.Units[0].Status)
		require.NotNil(t, second.AnswerBy)
		storetest.RequireClean(t, w.Store)
	})
}
