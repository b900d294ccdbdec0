package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	entaccount "orderhub/ent/account"
	"orderhub/server/account"
	"orderhub/server/fault"
	"orderhub/server/money"
	"orderhub/server/store"
	"orderhub/server/store/storetest"
)

// inUse is the error for something of a merchant's that is taken.
func inUse(t *testing.T, err error, field string) {
	t.Helper()
	var exists *account.AlreadyExistsError
	require.ErrorAs(t, err, &exists)
	require.Equal(t, field, exists.Field)
}

func TestMerchants(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		given := account.NewMerchant{
			Name: "reseller", Email: "Reseller@Example.com", Role: account.RoleMerchant, Status: account.StatusSuspended,
			Currency: "TRY", CreditLimit: 100 * money.Unit, RateLimit: account.RateLimit{RequestsPerMinute: 60, Burst: 5},
			IPAllowlist: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")},
		}
		created, err := s.CreateMerchant(ctx, given)
		require.NoError(t, err)
		require.NotZero(t, created.ID)
		require.NotZero(t, created.Wallet.AccountID)
		require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
		require.Equal(t, account.Merchant{
			ID: created.ID, Name: "reseller", Email: "reseller@example.com", Role: account.RoleMerchant, Status: account.StatusSuspended,
			RateLimit: given.RateLimit, IPAllowlist: given.IPAllowlist, CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
			Wallet: &account.Wallet{
				AccountID: created.Wallet.AccountID, MerchantID: created.ID, Currency: "TRY", CreditLimit: 100 * money.Unit,
			},
		}, created)

		operator, err := s.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)
		require.Nil(t, operator.Wallet)
		require.Equal(t, account.StatusActive, operator.Status)
		third := newMerchant(t, s, "third")

		for _, m := range []account.Merchant{created, operator, third} {
			found, err := s.Merchant(ctx, m.ID)
			require.NoError(t, err)
			require.Equal(t, m, found)
			found, err = s.MerchantByName(ctx, m.Name)
			require.NoError(t, err)
			require.Equal(t, m, found)
		}
		_, err = s.Merchant(ctx, 999)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		_, err = s.MerchantByName(ctx, "Reseller")
		require.ErrorIs(t, err, account.ErrMerchantNotFound, "names are exact")

		page, err := s.ListMerchants(ctx, 0, 2)
		require.NoError(t, err)
		require.Equal(t, []account.Merchant{created, operator}, page)
		page, err = s.ListMerchants(ctx, operator.ID, 2)
		require.NoError(t, err)
		require.Equal(t, []account.Merchant{third}, page)
		page, err = s.ListMerchants(ctx, third.ID, 2)
		require.NoError(t, err)
		require.Empty(t, page)
	})
}

func TestMerchantsAreUnique(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		_, err := s.CreateMerchant(ctx, account.NewMerchant{Name: "one", Email: "one@example.com", Currency: "THB"})
		require.NoError(t, err)
		_, err = s.CreateMerchant(ctx, account.NewMerchant{Name: "one", Currency: "THB"})
		inUse(t, err, "name")
		_, err = s.CreateMerchant(ctx, account.NewMerchant{Name: "two", Email: "ONE@example.com", Currency: "THB"})
		inUse(t, err, "email")
		two, three := newMerchant(t, s, "two"), newMerchant(t, s, "three") // both without an address
		taken, own := "one@Example.COM", "two@example.com"
		_, err = s.UpdateMerchant(ctx, two.ID, account.MerchantChange{Email: &taken})
		inUse(t, err, "email")
		_, err = s.UpdateMerchant(ctx, two.ID, account.MerchantChange{Email: &own})
		require.NoError(t, err)
		_, err = s.UpdateMerchant(ctx, three.ID, account.MerchantChange{Email: &own})
		inUse(t, err, "email")

		created, refused := together(8, func(i int) error {
			_, err := s.CreateMerchant(context.Background(), account.NewMerchant{Name: "same", Currency: "EUR"})
			return err
		})
		require.Equal(t, 1, created)
		for _, err := range refused {
			inUse(t, err, "name")
		}
	})
}

func TestUpdateMerchant(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		m := newMerchant(t, s, "buyer")
		email, none, status, limit := "Buyer@example.com", "", account.StatusSuspended, storetest.Baht(100)
		rate := account.RateLimit{RequestsPerMinute: 10, Burst: 2}
		prefixes, everyone := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, []netip.Prefix(nil)

		updated, err := s.UpdateMerchant(ctx, m.ID, account.MerchantChange{
			Email: &email, Status: &status, CreditLimit: &limit, RateLimit: &rate, IPAllowlist: &prefixes,
		})
		require.NoError(t, err)
		m.Email, m.Status, m.Wallet.CreditLimit, m.RateLimit, m.IPAllowlist = "buyer@example.com", status, limit, rate, prefixes
		require.True(t, updated.UpdatedAt.After(m.UpdatedAt))
		m.UpdatedAt = updated.UpdatedAt
		m.CredentialsVersion++ // another e-mail signs in
		require.Equal(t, m, updated)

		unchanged, err := s.UpdateMerchant(ctx, m.ID, account.MerchantChange{})
		require.NoError(t, err)
		m.UpdatedAt = unchanged.UpdatedAt
		require.Equal(t, m, unchanged)

		back := account.StatusActive
		updated, err = s.UpdateMerchant(ctx, m.ID, account.MerchantChange{Email: &none, Status: &back, IPAllowlist: &everyone})
		require.NoError(t, err)
		m.Email, m.Status, m.IPAllowlist, m.UpdatedAt = "", back, nil, updated.UpdatedAt
		m.CredentialsVersion++
		require.Equal(t, m, updated)
		found, err := s.Merchant(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, m, found)

		_, err = s.UpdateMerchant(ctx, 999, account.MerchantChange{CreditLimit: &limit})
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		operator, err := s.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)
		_, err = s.UpdateMerchant(ctx, operator.ID, account.MerchantChange{Status: &status, CreditLimit: &limit})
		require.ErrorIs(t, err, account.ErrNoWallet)
		found, err = s.Merchant(ctx, operator.ID)
		require.NoError(t, err)
		require.Equal(t, operator, found, "nothing is changed")
	})
}

// The hub has one funding and one revenue account per currency, however many merchants begin at once.
func TestHubAccounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, stores := t.Context(), []*store.Store{open(), open()}
		_, refused := together(12, func(i int) error {
			_, err := stores[i%2].CreateMerchant(context.Background(), account.NewMerchant{
				Name: fmt.Sprint("m", i), Currency: []money.Currency{"THB", "TRY", "KRW"}[i%3],
			})
			return err
		})
		require.Empty(t, refused)
		rows, err := stores[0].Reader().Account.Query().Where(entaccount.MerchantIDIsNil()).All(ctx)
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
			for _, s := range []*store.Store{stores[0], stores[1], open()} {
				id, err := s.RevenueAccount(ctx, money.Currency(row.Currency))
				require.NoError(t, err)
				require.Equal(t, row.ID, id)
			}
		}
		_, err = stores[0].RevenueAccount(ctx, "EUR")
		require.ErrorContains(t, err, "no revenue account in EUR")
	})
}

// Inside a transaction the account of a currency that was met before is known without the database.
func TestRevenueAccountIsRemembered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, elsewhere := t.Context(), open(), open()
		m := newMerchant(t, s, "buyer")
		hash := sha256.Sum256([]byte("key"))
		_, err := s.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, hash)
		require.NoError(t, err)
		_, err = elsewhere.PrincipalByKeyHash(ctx, hash)
		require.NoError(t, err)
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		for _, s := range []*store.Store{s, elsewhere} {
			_, err = s.RevenueAccount(cancelled, storetest.THB)
			require.NoError(t, err)
		}
		_, err = open().RevenueAccount(cancelled, storetest.THB)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		m, other := newMerchant(t, s, "buyer"), newMerchant(t, s, "other")
		hash, second := sha256.Sum256([]byte("first")), sha256.Sum256([]byte("second"))
		key, err := s.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant, Label: "till"}, hash)
		require.NoError(t, err)
		require.NotZero(t, key.ID)
		require.Equal(t, account.Key{ID: key.ID, MerchantID: m.ID, Scope: account.ScopeMerchant, Label: "till", CreatedAt: key.CreatedAt}, key)
		_, err = s.CreateKey(ctx, account.Key{MerchantID: other.ID, Scope: account.ScopeMerchant}, hash)
		inUse(t, err, "key")
		_, err = s.CreateKey(ctx, account.Key{MerchantID: 999, Scope: account.ScopeMerchant}, second)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		next, err := s.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, second)
		require.NoError(t, err)

		_, err = s.RevokeKey(ctx, other.ID, key.ID)
		require.ErrorIs(t, err, account.ErrKeyNotFound, "another merchant's")
		_, err = s.RevokeKey(ctx, m.ID, 999)
		require.ErrorIs(t, err, account.ErrKeyNotFound)
		revoked, err := s.RevokeKey(ctx, m.ID, key.ID)
		require.NoError(t, err)
		require.NotNil(t, revoked.RevokedAt)
		again, err := s.RevokeKey(ctx, m.ID, key.ID)
		require.NoError(t, err)
		require.Equal(t, revoked, again)

		keys, err := s.ListKeys(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, []account.Key{revoked, next}, keys)
		keys, err = s.ListKeys(ctx, other.ID)
		require.NoError(t, err)
		require.Empty(t, keys)
	})
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		m, err := s.CreateMerchant(ctx, account.NewMerchant{
			Name: "fenced", Currency: "TRY", RateLimit: account.RateLimit{RequestsPerMinute: 7},
			IPAllowlist: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		})
		require.NoError(t, err)
		operator, err := s.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)
		hash, admin := sha256.Sum256([]byte("merchant")), sha256.Sum256([]byte("admin"))
		key, err := s.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, hash)
		require.NoError(t, err)
		adminKey, err := s.CreateKey(ctx, account.Key{MerchantID: operator.ID, Scope: account.ScopeAdmin}, admin)
		require.NoError(t, err)

		p, err := s.PrincipalByKeyHash(ctx, hash)
		require.NoError(t, err)
		require.Equal(t, account.Principal{
			KeyID: key.ID, Scope: account.ScopeMerchant, MerchantID: m.ID, MerchantName: "fenced", Status: account.StatusActive,
			Currency: "TRY", RateLimit: m.RateLimit, IPAllowlist: m.IPAllowlist,
		}, p)
		p, err = s.PrincipalByKeyHash(ctx, admin)
		require.NoError(t, err)
		require.Equal(t, account.Principal{
			KeyID: adminKey.ID, Scope: account.ScopeAdmin, MerchantID: operator.ID, MerchantName: "operator", Status: account.StatusActive,
		}, p)

		suspended := account.StatusSuspended
		_, err = s.UpdateMerchant(ctx, m.ID, account.MerchantChange{Status: &suspended})
		require.NoError(t, err)
		p, err = s.PrincipalByKeyHash(ctx, hash)
		require.NoError(t, err, "found, with its status")
		require.Equal(t, account.StatusSuspended, p.Status)

		_, err = s.RevokeKey(ctx, m.ID, key.ID)
		require.NoError(t, err)
		for _, hash := range [][32]byte{hash, sha256.Sum256([]byte("unknown")), {}} {
			p, err = s.PrincipalByKeyHash(ctx, hash)
			require.ErrorIs(t, err, account.ErrUnauthenticated)
			require.Zero(t, p)
		}
	})
}

func TestDeposit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		m, other := newMerchant(t, s, "buyer"), newMerchant(t, s, "other")
		deposit := account.Deposit{
			MerchantID: m.ID, Amount: storetest.Baht(100), Currency: storetest.THB, Reference: "Bank-1", Description: "Überweisung",
		}
		first, wallet, err := s.Deposit(ctx, deposit)
		require.NoError(t, err)
		require.Equal(t, account.Transfer{
			ID: first.ID, Kind: account.TransferDeposit, Currency: storetest.THB, Amount: storetest.Baht(100), Balance: storetest.Baht(100),
			Reference: "Bank-1", Description: "Überweisung", CreatedAt: first.CreatedAt,
		}, first)
		m.Wallet.Balance = storetest.Baht(100)
		require.Equal(t, *m.Wallet, wallet)

		plain := account.Deposit{MerchantID: m.ID, Amount: 1, Currency: storetest.THB}
		for i := range 2 { // without a reference nothing is a repetition
			_, wallet, err = s.Deposit(ctx, plain)
			require.NoError(t, err)
			require.Equal(t, storetest.Baht(100)+money.Amount(i+1), wallet.Balance)
		}
		repeated, wallet, err := s.Deposit(ctx, deposit)
		require.NoError(t, err)
		require.Equal(t, first, repeated)
		require.Equal(t, storetest.Baht(100)+2, wallet.Balance, "as it is now")

		deposit.Amount++
		_, _, err = s.Deposit(ctx, deposit)
		require.ErrorIs(t, err, account.ErrReferenceReused)
		deposit.Reference = "BANK-1"
		_, _, err = s.Deposit(ctx, deposit)
		require.NoError(t, err, "letter case counts")
		deposit.MerchantID = other.ID
		_, _, err = s.Deposit(ctx, deposit)
		require.NoError(t, err, "references are the merchant's own")
	})
}

func TestDepositRefuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		m := newMerchant(t, s, "buyer")
		operator, err := s.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)

		_, _, err = s.Deposit(ctx, account.Deposit{MerchantID: 999, Amount: 1, Currency: storetest.THB})
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		_, _, err = s.Deposit(ctx, account.Deposit{MerchantID: operator.ID, Amount: 1, Currency: storetest.THB})
		require.ErrorIs(t, err, account.ErrNoWallet)
		_, _, err = s.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: 1, Currency: "TRY"})
		require.ErrorIs(t, err, account.ErrCurrencyMismatch)

		_, _, err = s.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: account.MaxBalance - 1, Currency: storetest.THB})
		require.NoError(t, err)
		_, _, err = s.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: 2, Currency: storetest.THB})
		violates(t, err, "amount")
		_, wallet, err := s.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: 1, Currency: storetest.THB})
		require.NoError(t, err)
		require.Equal(t, account.MaxBalance, wallet.Balance)
		transfers, err := s.ListTransfers(ctx, m.ID, account.TransferFilter{})
		require.NoError(t, err)
		require.Len(t, transfers, 2)
	})
}

func TestDepositsAtOnce(t *testing.T) {
	t.Parallel()
	const n = 20
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, stores := t.Context(), []*store.Store{open(), open()}
		m := newMerchant(t, stores[0], "buyer")

		var ids [n]int64
		_, refused := together(n, func(i int) error {
			transfer, _, err := stores[i%2].Deposit(context.Background(), account.Deposit{
				MerchantID: m.ID, Amount: 5, Currency: storetest.THB, Reference: "one",
			})
			ids[i] = transfer.ID
			return err
		})
		require.Empty(t, refused)
		for _, id := range ids {
			require.Equal(t, ids[0], id, "one transfer")
		}

		_, refused = together(n, func(i int) error {
			_, _, err := stores[i%2].Deposit(context.Background(), account.Deposit{MerchantID: m.ID, Amount: money.Amount(i + 1), Currency: storetest.THB})
			return err
		})
		require.Empty(t, refused)
		m, err := stores[0].Merchant(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, money.Amount(5+n*(n+1)/2), m.Wallet.Balance)

		transfers, err := stores[0].ListTransfers(ctx, m.ID, account.TransferFilter{})
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
	eachWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		w.Stocked("CODE", 1, 100)
		buyers := []account.Merchant{w.Merchant("a", 100), w.Merchant("b", 100)}
		_, refused := together(80, func(i int) error {
			m := buyers[i/2%2]
			if i%2 == 0 {
				_, _, err := w.Accounts.Deposit(context.Background(), account.Deposit{MerchantID: m.ID, Amount: storetest.Baht(2), Currency: storetest.THB})
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
				require.Equal(t, transfers[i].Balance, transfers[i+1].Balance+transfers[i].Amount, "the balance runs with the ids")
			}
		}
	})
}

func TestListTransfers(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 100)
		w.Merchant("other", 100)
		w.Stocked("CODE", 30, 5)
		placement, err := w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 1))
		require.NoError(t, err)
		_, _, err = w.Accounts.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: storetest.Baht(5), Currency: storetest.THB, Reference: "x"})
		require.NoError(t, err)

		all, err := w.Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{Limit: 10})
		require.NoError(t, err)
		var lines []string
		for _, transfer := range all {
			lines = append(lines, fmt.Sprint(transfer.Kind, " ", transfer.Amount.Format("THB"), " ", transfer.Balance.Format("THB"), " ",
				transfer.OrderNumber == placement.Order.Number, " ", transfer.Reference))
		}
		require.Equal(t, []string{"deposit 5.00 75.00 false x", "charge -30.00 70.00 true ", "deposit 100.00 100.00 false "}, lines)

		for _, test := range []struct {
			name   string
			filter account.TransferFilter
			want   []account.Transfer
		}{
			{"first page", account.TransferFilter{Limit: 2}, all[:2]},
			{"next page", account.TransferFilter{BeforeID: all[1].ID, Limit: 2}, all[2:]},
			{"kinds", account.TransferFilter{Kinds: []account.TransferKind{account.TransferCharge, account.TransferRefund}}, all[1:2]},
			{"from", account.TransferFilter{From: all[1].CreatedAt}, all[:2]},
			{"to", account.TransferFilter{To: all[1].CreatedAt}, all[2:]},
			{"nothing", account.TransferFilter{From: time.Now().Add(time.Hour)}, nil},
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

// A suspended merchant is refused inside the placement transaction too, and is welcome again afterwards.
func TestSuspendedMerchantCannotOrder(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 30, 5)
		for i, status := range []account.Status{account.StatusSuspended, account.StatusActive} {
			_, err := w.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Status: &status})
			require.NoError(t, err)
			_, err = w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprint("order", i), "CODE", 1))
			if status == account.StatusSuspended {
				require.Error(t, err)
				require.NotErrorIs(t, err, fault.ErrUnavailable)
				continue
			}
			require.NoError(t, err)
		}
		require.Equal(t, storetest.Baht(70), w.Balance(m))
	})
}

// What was signed in for ends with a change of what was signed in with, and with the last key.
func TestCredentialsVersion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		m, other := newMerchant(t, s, "buyer"), newMerchant(t, s, "other")
		version := func(want int) {
			t.Helper()
			p, err := s.PrincipalByMerchant(ctx, m.ID)
			require.NoError(t, err)
			require.Equal(t, want, p.CredentialsVersion)
			found, err := s.Merchant(ctx, m.ID)
			require.NoError(t, err)
			require.Equal(t, want, found.CredentialsVersion)
		}
		change := func(c account.MerchantChange) {
			t.Helper()
			_, err := s.UpdateMerchant(ctx, m.ID, c)
			require.NoError(t, err)
		}
		version(0)
		hash, none, email, suspended := "hash", "", "Buyer@example.com", account.StatusSuspended
		require.NoError(t, s.SetCredentials(ctx, m.ID, account.Credentials{PasswordHash: &hash}))
		version(1)
		require.NoError(t, s.SetCredentials(ctx, m.ID, account.Credentials{PasswordHash: &none}))
		version(2)
		require.NoError(t, s.SetCredentials(ctx, m.ID, account.Credentials{CallbackKey: &hash}))
		version(2)
		change(account.MerchantChange{Email: &email})
		version(3)
		change(account.MerchantChange{Email: &email, Status: &suspended})
		version(3)

		var keys []account.Key
		for i := range 3 {
			key, err := s.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, sha256.Sum256([]byte{byte(i)}))
			require.NoError(t, err)
			keys = append(keys, key)
		}
		_, err := s.RevokeKey(ctx, m.ID, keys[0].ID)
		require.NoError(t, err)
		version(3)
		_, err = s.RevokeKey(ctx, other.ID, keys[1].ID)
		require.ErrorIs(t, err, account.ErrKeyNotFound)
		_, refused := together(2, func(i int) error {
			_, err := s.RevokeKey(context.Background(), m.ID, keys[1+i].ID)
			return err
		})
		require.Empty(t, refused)
		version(4)
		_, err = s.RevokeKey(ctx, m.ID, keys[2].ID)
		require.NoError(t, err)
		version(4)
		found, err := s.Merchant(ctx, other.ID)
		require.NoError(t, err)
		require.Zero(t, found.CredentialsVersion)

		found, hash, err = s.MerchantByEmail(ctx, "BUYER@example.com")
		require.NoError(t, err)
		require.Equal(t, []any{4, ""}, []any{found.CredentialsVersion, hash})
	})
}
