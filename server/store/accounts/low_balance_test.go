package accounts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/store/storetest"
)

// An adjustment that takes the balance below the threshold is told of as a charge is.
func TestAdjustmentTellsOfLowBalance(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("shop", 100)
		threshold := new(money.Amount)
		*threshold = storetest.Baht(50)
		_, err := w.Accounts.UpdateMerchant(t.Context(), m.ID, account.MerchantChange{LowBalance: &threshold})
		require.NoError(t, err)
		for _, baht := range []int64{-50, -1, -1, 10, -20} {
			_, _, err := w.Accounts.Adjust(t.Context(), account.Adjustment{
				MerchantID: m.ID, Amount: storetest.Baht(baht), Currency: storetest.THB, Reason: "correction",
			})
			require.NoError(t, err)
		}
		entries, err := w.Store.Events.Entries(t.Context(), event.Cursor{MerchantID: m.ID}, 10)
		require.NoError(t, err)
		var told []string
		for _, e := range entries {
			told = append(told, string(e.Type)+" "+e.Data["balance"])
		}
		require.Equal(t, []string{
			"wallet.adjusted 50.00", "wallet.adjusted 49.00", "wallet.low_balance 49.00", "wallet.adjusted 48.00",
			"wallet.adjusted 58.00", "wallet.adjusted 38.00", "wallet.low_balance 38.00",
		}, told)
		storetest.RequireClean(t, w.Store)
	})
}
