package accounts_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	entaccount "orderhub/ent/account"
	"orderhub/server/account"
	"orderhub/server/money"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// The hub has one funding and one revenue account per currency, however many merchants begin at once.
func TestHubAccounts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, two := t.Context(), []*stores.All{open(), open()}
		_, refused := storetest.Together(12, func(i int) error {
			_, err := two[i%2].Accounts.CreateMerchant(context.Background(), account.NewMerchant{
				Name: fmt.Sprint("m", i), Currency: []money.Currency{"THB", "TRY", "KRW"}[i%3],
			})
			return err
		})
		require.Empty(t, refused)
		rows, err := two[0].Reader.Account.Query().Where(entaccount.MerchantIDIsNil()).All(ctx)
		require.NoError(t, err)
		var kinds []string
		for _, row := range rows {
			kinds = append(kinds, row.Kind+" "+row.Currency)
		}
		require.ElementsMatch(t, []string{
			"funding THB", "revenue THB", "funding TRY", "revenue TRY", "funding KRW", "revenue KRW",
		}, kinds)

		for _, row := range rows {
			if row.Kind != "revenue" {
				continue
			}
			for _, s := range []*stores.All{two[0], two[1], open()} {
				id, err := s.Ledger.Revenue(ctx, money.Currency(row.Currency))
				require.NoError(t, err)
				require.Equal(t, row.ID, id)
			}
		}
		_, err = two[0].Ledger.Revenue(ctx, "EUR")
		require.ErrorContains(t, err, "no revenue account in EUR")
	})
}

// Inside a transaction the account of a currency that was met before is known without the database.
func TestRevenueAccountIsRemembered(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s, elsewhere := t.Context(), open(), open()
		m := storetest.NewMerchant(t, s, "buyer")
		hash := sha256.Sum256([]byte("key"))
		_, err := s.Accounts.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, hash)
		require.NoError(t, err)
		_, err = elsewhere.Accounts.PrincipalByCredential(ctx, account.Credential{Hash: hash})
		require.NoError(t, err)
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		for _, s := range []*stores.All{s, elsewhere} {
			_, err = s.Ledger.Revenue(cancelled, storetest.THB)
			require.NoError(t, err)
		}
		_, err = open().Ledger.Revenue(cancelled, storetest.THB)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestDeposit(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		m, other := storetest.NewMerchant(t, s, "buyer"), storetest.NewMerchant(t, s, "other")
		deposit := account.Deposit{
			MerchantID: m.ID, Amount: storetest.Baht(100), Currency: storetest.THB, Reference: "Bank-1",
			Description: "Überweisung",
		}
		first, wallet, err := s.Accounts.Deposit(ctx, deposit)
		require.NoError(t, err)
		require.Equal(t, account.Transfer{
			ID: first.ID, Kind: account.TransferDeposit, Currency: storetest.THB, Amount: storetest.Baht(100),
			Balance: storetest.Baht(100), Reference: "Bank-1", Description: "Überweisung", CreatedAt: first.CreatedAt,
		}, first)
		m.Wallet.Balance = storetest.Baht(100)
		require.Equal(t, *m.Wallet, wallet)

		plain := account.Deposit{MerchantID: m.ID, Amount: 1, Currency: storetest.THB}
		for i := range 2 { // without a reference nothing is a repetition
			_, wallet, err = s.Accounts.Deposit(ctx, plain)
			require.NoError(t, err)
			require.Equal(t, storetest.Baht(100)+money.Amount(i+1), wallet.Balance)
		}
		repeated, wallet, err := s.Accounts.Deposit(ctx, deposit)
		require.NoError(t, err)
		require.Equal(t, first, repeated)
		require.Equal(t, storetest.Baht(100)+2, wallet.Balance, "as it is now")

		deposit.Amount++
		_, _, err = s.Accounts.Deposit(ctx, deposit)
		require.ErrorIs(t, err, account.ErrReferenceReused)
		deposit.Reference = "BANK-1"
		_, _, err = s.Accounts.Deposit(ctx, deposit)
		require.NoError(t, err, "letter case counts")
		deposit.MerchantID = other.ID
		_, _, err = s.Accounts.Deposit(ctx, deposit)
		require.NoError(t, err, "references are the merchant's own")
	})
}

func TestDepositRefuses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		m := storetest.NewMerchant(t, s, "buyer")
		operator, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{
			Name: "operator",
			Role: account.RoleOperator,
		})
		require.NoError(t, err)

		_, _, err = s.Accounts.Deposit(ctx, account.Deposit{MerchantID: 999, Amount: 1, Currency: storetest.THB})
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		_, _, err = s.Accounts.Deposit(ctx, account.Deposit{
			MerchantID: operator.ID, Amount: 1,
			Currency: storetest.THB,
		})
		require.ErrorIs(t, err, account.ErrNoWallet)
		_, _, err = s.Accounts.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: 1, Currency: "TRY"})
		require.ErrorIs(t, err, account.ErrCurrencyMismatch)

		_, _, err = s.Accounts.Deposit(
			ctx, account.Deposit{MerchantID: m.ID, Amount: account.MaxBalance - 1, Currency: storetest.THB},
		)
		require.NoError(t, err)
		_, _, err = s.Accounts.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: 2, Currency: storetest.THB})
		storetest.RequireViolations(t, err, "amount")
		_, wallet, err := s.Accounts.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: 1, Currency: storetest.THB})
		require.NoError(t, err)
		require.Equal(t, account.MaxBalance, wallet.Balance)
		transfers, err := s.Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{})
		require.NoError(t, err)
		require.Len(t, transfers, 2)
	})
}

func TestDepositsAtOnce(t *testing.T) {
	t.Parallel()
	const n = 20
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, two := t.Context(), []*stores.All{open(), open()}
		m := storetest.NewMerchant(t, two[0], "buyer")

		var ids [n]int64
		_, refused := storetest.Together(n, func(i int) error {
			transfer, _, err := two[i%2].Accounts.Deposit(context.Background(), account.Deposit{
				MerchantID: m.ID, Amount: 5, Currency: storetest.THB, Reference: "one",
			})
			ids[i] = transfer.ID
			return err
		})
		require.Empty(t, refused)
		for _, id := range ids {
			require.Equal(t, ids[0], id, "one transfer")
		}

		_, refused = storetest.Together(n, func(i int) error {
			_, _, err := two[i%2].Accounts.Deposit(
				context.Background(), account.Deposit{
					MerchantID: m.ID, Amount: money.Amount(i + 1),
					Currency: storetest.THB,
				},
			)
			return err
		})
		require.Empty(t, refused)
		m, err := two[0].Accounts.Merchant(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, money.Amount(5+n*(n+1)/2), m.Wallet.Balance)

		transfers, err := two[0].Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{})
		require.NoError(t, err)
		require.Len(t, transfers, 1+n)
		running := money.Amount(0)
		for i := len(transfers) - 1; i >= 0; i-- {
			running += transfers[i].Amount
			require.Equal(t, running, transfers[i].Balance)
		}
	})
}

// Deposits and orders on the same wallets neither hinder nor lose each other.
func TestDepositsWhileSelling(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		w.Stocked("CODE", 1, 100)
		buyers := []account.Merchant{w.Merchant("a", 100), w.Merchant("b", 100)}
		_, refused := storetest.Together(80, func(i int) error {
			m := buyers[i/2%2]
			if i%2 == 0 {
				_, _, err := w.Accounts.Deposit(
					context.Background(), account.Deposit{
						MerchantID: m.ID, Amount: storetest.Baht(2),
						Currency: storetest.THB,
					},
				)
				return err
			}
			_, err := w.Orders.Create(context.Background(), storetest.Draft(m, fmt.Sprint("order", i), "CODE", 1))
			return err
		})
		require.Empty(t, refused)
		for _, m := range buyers {
			require.Equal(t, storetest.Baht(100+20*2-20*1), w.Balance(m))
			transfers, err := w.Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{})
			require.NoError(t, err)
			require.Len(t, transfers, 41)
			for i := range transfers[1:] {
				require.Equal(t, transfers[i].Balance, transfers[i+1].Balance+transfers[i].Amount,
					"the balance runs with the ids")
			}
		}
	})
}

func TestListTransfers(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 100)
		w.Merchant("other", 100)
		w.Stocked("CODE", 30, 5)
		placement, err := w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 1))
		require.NoError(t, err)
		_, _, err = w.Accounts.Deposit(
			ctx, account.Deposit{MerchantID: m.ID, Amount: storetest.Baht(5), Currency: storetest.THB, Reference: "x"},
		)
		require.NoError(t, err)

		all, err := w.Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{Limit: 10})
		require.NoError(t, err)
		var lines []string
		for _, transfer := range all {
			lines = append(
				lines, fmt.Sprint(transfer.Kind, " ", transfer.Amount.Format("THB"), " ",
					transfer.Balance.Format("THB"), " ",
					transfer.OrderNumber == placement.Order.Number, " ", transfer.Reference),
			)
		}
		require.Equal(
			t, []string{"deposit 5.00 75.00 false x", "charge -30.00 70.00 true ", "deposit 100.00 100.00 false "},
			lines,
		)

		for _, test := range []struct {
			name   string
			filter account.TransferFilter
			want   []account.Transfer
		}{
			{"first page", account.TransferFilter{Limit: 2}, all[:2]},
			{"next page", account.TransferFilter{BeforeID: all[1].ID, Limit: 2}, all[2:]},
			{
				"kinds",
				account.TransferFilter{Kinds: []account.TransferKind{account.TransferCharge, account.TransferRefund}},
				all[1:2],
			},
			{"from", account.TransferFilter{From: all[1].CreatedAt}, all[:2]},
			{"to", account.TransferFilter{To: all[1].CreatedAt}, all[2:]},
			{"nothing", account.TransferFilter{From: time.Now().Add(time.Hour)}, nil},
			{
				"from the end of time",
				account.TransferFilter{From: time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)},
				nil,
			},
			{
				"to the end of time",
				account.TransferFilter{To: time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)},
				all,
			},
		} {
			listed, err := w.Accounts.ListTransfers(ctx, m.ID, test.filter)
			require.NoError(t, err)
			require.Equal(t, test.want, listed, test.name)
		}
		listed, err := w.Accounts.ListTransfers(ctx, 999, account.TransferFilter{})
		require.NoError(t, err)
		require.Empty(t, listed)
	})
}
