package supplies_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

// A list on which something costs a hundredth waits for a person; until then it is sold as before.
func TestListThatIsTooGood(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		before := f.own()
		f.lists(10)
		f.list.items[0].Cost /= 100
		cheap := f.follow(supply.Held)
		require.Equal(t, "the cost of OWN went from THB 10.00 to THB 0.10", cheap.Reason)
		require.Equal(t, before, f.own(), "a cost that is lower by a list that is held is no cost")

		_, err := f.Supply.Approve(t.Context(), cheap.ID, "grace")
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(10)/100, f.own().Cost)
	})
}

// While a list is held that says more, offers know it, until the list is decided about.
func TestHeldCosts(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		const none = money.Amount(0)
		hold := func() supply.Sync {
			f.lists(13)
			held := f.follow(supply.Held)
			require.Equal(t, storetest.Baht(10), f.own().Cost)
			require.Equal(t, storetest.Baht(13), f.own().ListedCost)
			active, err := f.Store.Providers.ActiveOffers(t.Context(), []int64{f.offer.ProductID})
			require.NoError(t, err)
			require.Equal(t, storetest.Baht(13), active[f.offer.ProductID][0].ListedCost, "as a line is routed by it")
			return held
		}
		first := hold()
		f.list.err = errors.New("closed")
		f.follow(supply.Failed)
		f.list.err = nil
		f.lists(10, "A", "A")
		f.follow(supply.Refused)
		require.Equal(t, storetest.Baht(13), f.own().ListedCost, "a list that tells nothing takes nobody's place")
		f.lists(14)
		f.follow(supply.Held)
		require.Equal(t, storetest.Baht(14), f.own().ListedCost)
		old, err := f.Supply.Sync(t.Context(), first.ID)
		require.NoError(t, err)
		require.Equal(t, supply.Rejected, old.Status)
		f.lists(11)
		f.follow(supply.Applied)
		require.Equal(t, none, f.own().ListedCost, "a newer list takes the place of one that is held")
		f.changes(func(o *fulfil.Offer) { o.SetCost(storetest.Baht(10), storetest.THB) })

		_, err = f.Supply.Reject(t.Context(), hold().ID, "grace")
		require.NoError(t, err)
		require.Equal(t, none, f.own().ListedCost)

		_, err = f.Supply.Approve(t.Context(), hold().ID, "grace")
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(13), f.own().Cost)
		require.Equal(t, none, f.own().ListedCost)

		f.changes(func(o *fulfil.Offer) { o.SetCost(storetest.Baht(10), storetest.THB) })
		hold()
		f.changes(func(o *fulfil.Offer) { o.SetCost(storetest.Baht(10), storetest.THB) })
		require.Equal(t, none, f.own().ListedCost, "a person has said what it costs")
		hold()
		f.changes(func(o *fulfil.Offer) { o.LockPrice(true) })
		require.Equal(t, none, f.own().ListedCost, "a cost that is locked is right")
		f.changes(func(o *fulfil.Offer) { o.LockPrice(false) })
		f.list.items[0].Currency = "USD"
		f.follow(supply.Held)
		require.Equal(t, fulfil.UnknownCost, f.own().ListedCost, "no rate says what it is")
	})
}
