package approvals_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/money"
	"orderhub/server/store/storetest"
)

func TestCreditLimitWaits(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, _ *desk) {
		set := func(baht int64, more func(*account.MerchantChange)) (*approval.Request, error) {
			m, err := d.accounts.FindMerchant(t.Context(), "shop")
			require.NoError(t, err)
			limit := storetest.Baht(baht)
			change := account.MerchantChange{CreditLimit: &limit}
			if more != nil {
				more(&change)
			}
			_, r, err := d.UpdateMerchant(t.Context(), ada, &m, change)
			return r, err
		}
		requireLimit := func(baht int64) {
			t.Helper()
			m, err := d.accounts.FindMerchant(t.Context(), "shop")
			require.NoError(t, err)
			require.Equal(t, storetest.Baht(baht), m.Wallet.CreditLimit)
		}
		r, err := set(1000, nil)
		require.NoError(t, err)
		require.Nil(t, r)
		high, err := set(9000, nil)
		require.NoError(t, err)
		require.Equal(
			t, []money.Amount{storetest.Baht(1000), storetest.Baht(9000)}, []money.Amount{high.Previous, high.Amount},
		)
		same, err := set(9000, nil)
		require.NoError(t, err)
		require.Equal(t, high, same)
		other, err := set(8000, nil)
		require.NoError(t, err)
		requireLimit(1000)

		var needed *approval.NeededError
		_, err = set(9000, func(c *account.MerchantChange) { c.RateLimit = &account.RateLimit{RequestsPerMinute: 7} })
		require.ErrorAs(t, err, &needed)
		require.Equal(t, storetest.Baht(1000), needed.Above)
		m, err := d.accounts.FindMerchant(t.Context(), "shop")
		require.NoError(t, err)
		require.NotEqual(t, 7, m.RateLimit.RequestsPerMinute, "nothing of it is done")
		_, err = d.CreateMerchant(t.Context(), account.NewMerchant{
			Name: "rich", Currency: storetest.THB, CreditLimit: storetest.Baht(1001),
		})
		require.ErrorAs(t, err, &needed)

		_, err = d.decide(*high, approval.Approved, grace)
		require.NoError(t, err)
		requireLimit(9000)
		_, err = d.decide(*other, approval.Approved, grace)
		require.ErrorIs(t, err, approval.ErrStale, "it was asked for when the limit was another")
		requireLimit(9000)
		r, err = set(5000, func(c *account.MerchantChange) { c.RateLimit = &account.RateLimit{RequestsPerMinute: 7} })
		require.NoError(t, err)
		require.Nil(t, r, "to lower it needs nobody")
		requireLimit(5000)

		limit := storetest.Baht(6000)
		_, err = d.store.Accounts.UpdateMerchant(
			t.Context(), d.shop.ID, account.MerchantChange{CreditLimit: &limit, OnlyLower: true},
		)
		require.ErrorIs(t, err, account.ErrLimitLowered)
		requireLimit(5000)
		_, err = d.decide(*other, approval.Withdrawn, ada)
		require.NoError(t, err)
	})
}

func TestAskRefuses(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, _ *desk) {
		ctx := t.Context()
		operator, err := d.accounts.CreateMerchant(ctx, account.NewMerchant{Name: "ops", Role: account.RoleOperator})
		require.NoError(t, err)
		wish := account.Deposit{MerchantID: 4711, Amount: storetest.Baht(2000), Currency: storetest.THB}
		_, err = d.Deposit(ctx, ada, wish)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		wish.MerchantID = operator.ID
		_, err = d.Deposit(ctx, ada, wish)
		require.ErrorIs(t, err, account.ErrNoWallet)
		wish.MerchantID, wish.Currency = d.shop.ID, "TRY"
		_, err = d.Deposit(ctx, ada, wish)
		require.ErrorIs(t, err, account.ErrCurrencyMismatch)
		wish.Amount = account.MaxBalance
		_, err = d.Deposit(ctx, ada, wish)
		storetest.RequireViolations(t, err, "amount")
		listed, err := d.Requests(ctx, approval.Filter{Limit: 1})
		require.NoError(t, err)
		require.Empty(t, listed)
	})
}
