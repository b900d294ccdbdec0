package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/dialect"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// A claim that waits again, because nothing could be bought, has the time of a new one, and operators are told: perhaps
// nobody ever saw it.
func TestReturnedClaimIsToldAnew(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, claims := t.Context(), service(w)
		shop, from := w.Merchant("shop", 1000), &shelf{}
		p := shelved(w, "GOLD", from)
		_, err := claims.SetPolicy(ctx, claim.Policy{ProductID: p.ID, AnswerWithin: time.Hour})
		require.NoError(t, err)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 3))
		units := unitsOf(o)
		made, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		late := func() {
			t.Helper()
			_, err := w.Store.WriteDB.ExecContext(
				ctx, `UPDATE claims SET answer_by = $1`, w.Store.Now().Add(-time.Minute).UTC(),
			)
			require.NoError(t, err)
		}
		tells := func(want int) {
			t.Helper()
			told, err := w.Store.Claims.TellOverdue(ctx, 10)
			require.NoError(t, err)
			require.Equal(t, want, told)
		}
		fails := func(units ...int64) claim.Claim {
			t.Helper()
			from.answers = []dialect.Outcome{{State: dialect.Refused, FailureCode: "SOLD_OUT"}}
			_, err := claims.Answer(ctx, made.ID, claim.Answer{Units: units, Verdict: claim.Replace, By: ada})
			require.NoError(t, err)
			w.Finish(o)
			found, err := claims.Claim(ctx, order.ByOperator(), made.ID)
			require.NoError(t, err)
			return found
		}
		late()
		tells(1)
		tells(0)

		some := fails(units[0])
		require.True(t, some.Overdue(w.Store.Now()), "other units have waited all the time")
		require.NotNil(t, some.OverdueAt)
		tells(0)

		before := w.Store.Now()
		all := fails()
		require.Nil(t, all.OverdueAt)
		require.False(t, all.AnswerBy.Before(before.Add(time.Hour).Truncate(time.Microsecond)))
		tells(0)
		events, err := w.Store.OperatorEvents.List(ctx, operatorevent.Filter{Kind: claim.Returned, Limit: 10})
		require.NoError(t, err)
		require.Len(t, events, 2)
		require.Contains(t, events[0].Message, "of order "+o.Number+" waits for an answer again: 3 of its units")
		require.Contains(t, events[0].Message, "SOLD_OUT")
		require.Equal(t, p.ID, events[0].ProductID)
		late()
		tells(1)
		storetest.RequireClean(t, w.Store)
	})
}
