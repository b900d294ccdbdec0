package accounts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/store/storetest"
)

func TestAdjust(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("shop", 100)
		adjust := func(baht int64, reference string, force bool) (account.Transfer, account.Wallet, error) {
			return w.Accounts.Adjust(ctx, account.Adjustment{
				MerchantID: m.ID, Amount: storetest.Baht(baht), Currency: storetest.THB, Reason: "booked twice",
				Reference: reference, Force: force,
			})
		}
		first, wallet, err := adjust(-30, "one", false)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(70), wallet.Balance)
		again, wallet, err := adjust(-30, "one", false)
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Equal(t, storetest.Baht(70), wallet.Balance)
		for _, other := range []int64{30, -31} {
			_, _, err = adjust(other, "one", true)
			require.ErrorIs(t, err, account.ErrReferenceReused)
		}
		_, _, err = w.Accounts.Deposit(
			ctx, account.Deposit{MerchantID: m.ID, Amount: storetest.Baht(30), Currency: storetest.THB, Reference: "one"},
		)
		require.ErrorIs(t, err, account.ErrReferenceReused)

		_, _, err = adjust(-71, "two", false)
		var below *account.BelowLimitError
		require.ErrorAs(t, err, &below)
		require.Equal(t, &account.BelowLimitError{Currency: storetest.THB, Missing: storetest.Baht(1)}, below)
		_, wallet, err = adjust(-71, "two", true)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(-1), wallet.Balance)
		up, wallet, err := adjust(6, "", false)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(5), wallet.Balance)

		transfers, err := w.Accounts.ListTransfers(
			ctx, m.ID, account.TransferFilter{Kinds: []account.TransferKind{account.TransferAdjustment}},
		)
		require.NoError(t, err)
		require.Len(t, transfers, 3)
		require.Equal(t, up, transfers[0])
		require.Equal(t, first, transfers[2])
		entries, err := w.Store.Events.Entries(ctx, event.Cursor{MerchantID: m.ID}, 10)
		require.NoError(t, err)
		require.Len(t, entries, 3)
		require.Equal(t, event.WalletAdjusted, entries[0].Type)
		require.Equal(t, map[string]string{
			"amount": "-30.00", "balance": "70.00", "currency": "THB", "reason": "booked twice", "reference": "one",
		}, entries[0].Data)
		storetest.RequireClean(t, w.Store)
	})
}

func TestAdjustRefuses(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		operator, err := w.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)
		a := account.Adjustment{
			MerchantID: w.Merchant("shop", 1).ID, Amount: account.MaxBalance - 1, Currency: storetest.THB, Reason: "r",
		}
		_, _, err = w.Accounts.Adjust(ctx, a)
		storetest.RequireViolations(t, err, "amount")
		a.Amount, a.Currency = 1, "TRY"
		_, _, err = w.Accounts.Adjust(ctx, a)
		require.ErrorIs(t, err, account.ErrCurrencyMismatch)
		a.MerchantID = 4711
		_, _, err = w.Accounts.Adjust(ctx, a)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		a.MerchantID = operator.ID
		_, _, err = w.Accounts.Adjust(ctx, a)
		require.ErrorIs(t, err, account.ErrNoWallet)
	})
}

func TestAdjustmentsAtOnce(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("shop", 100)
		_, refused := storetest.Together(10, func(int) error {
			_, _, err := w.Accounts.Adjust(t.Context(), account.Adjustment{
				MerchantID: m.ID, Amount: storetest.Baht(-30), Currency: storetest.THB, Reason: "r", Reference: "same",
			})
			return err
		})
		require.Empty(t, refused)
		require.Equal(t, storetest.Baht(70), w.Balance(m))
	})
}
