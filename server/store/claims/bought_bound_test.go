package claims_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// What is bought in the place of units is bounded as refunds are, by what they were sold for, and together with them.
func TestBoughtReplacementsAreBounded(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, from := t.Context(), w.Merchant("shop", 1000), &shelf{}
		shelved(w, "GOLD", from)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 3))
		claims := service(w).Bounded(func(money.Currency) (money.Amount, bool) { return storetest.Baht(200), true })
		made, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		replace := func(finance bool, units ...int64) error {
			_, err := claims.Answer(ctx, made.ID, claim.Answer{
				Units: units, Verdict: claim.Replace, By: ada, Finance: finance,
			})
			return err
		}
		var finance *claim.FinanceNeededError
		require.ErrorAs(t, replace(false), &finance)
		unchanged, err := claims.Claim(ctx, order.ByOperator(), made.ID)
		require.NoError(t, err)
		require.Equal(t, 3, unchanged.Waiting())
		require.NoError(t, replace(false, made.Units[0].UnitID, made.Units[1].UnitID))
		require.Equal(t, []string{"BOUGHT-3", "BOUGHT-4", "BOUGHT-5"}, w.Finish(o).Lines[0].Contents())
		require.ErrorAs(t, replace(false, made.Units[2].UnitID), &finance, "one by one is as all at once")
		require.NoError(t, replace(true, made.Units[2].UnitID))
		w.Finish(o)
		require.Equal(t, 6, from.sold)
		storetest.RequireClean(t, w.Store)
	})
}
