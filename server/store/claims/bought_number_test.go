package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/store/storetest"
)

// An attempt for what was ordered whose number one for a replacement took meanwhile is left out, and made anew: it does
// not fail those of other orders that are begun with it.
func TestNumberThatAReplacementTook(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		from, two := &shelf{}, &shelf{}
		w.Supplied(shelved(w, "GOLD", from), "other", two)
		accepted := dialect.Outcome{State: dialect.Accepted, CheckAfter: time.Hour}
		from.answers = []dialect.Outcome{{
			State: dialect.Delivered, Goods: []dialect.Goods{{Content: "FIRST"}}, FailureCode: "SOLD_OUT",
		}, accepted}
		two.answers = []dialect.Outcome{accepted}
		made, err := w.Orders.Create(ctx, storetest.Draft(shop, "one", "GOLD", 2))
		require.NoError(t, err)
		_, err = w.Advance(ctx, made.Order.ID)
		require.NoError(t, err)
		o := get(t, w, made.Order)
		replacedBy(t, w, shop, o)
		_, err = w.Advance(ctx, o.ID)
		require.NoError(t, err)
		attempts, err := w.Store.Attempts.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: o.ID, Limit: 10})
		require.NoError(t, err)
		require.Len(t, attempts, 3)
		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE attempts SET status = 'refused', next_check_at = NULL,
			settled_at = $1 WHERE id = $2`, w.Store.Now().UTC(), attempts[1].ID)
		require.NoError(t, err)
		late := attempts[1]
		late.ID, late.Number, late.Reference = 0, attempts[0].Number, "late"
		begun, err := w.Store.Attempts.Begin(ctx, []fulfil.Attempt{late})
		require.NoError(t, err)
		require.Empty(t, begun)
		late.Number++
		begun, err = w.Store.Attempts.Begin(ctx, []fulfil.Attempt{late})
		require.NoError(t, err)
		require.Len(t, begun, 1)
	})
}
