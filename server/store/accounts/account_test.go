package accounts_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestMerchants(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		given := account.NewMerchant{
			Name: "reseller", Email: "Reseller@Example.com", Role: account.RoleMerchant, Status: account.StatusSuspended,
			Currency: "TRY", CreditLimit: 100 * money.Unit, RateLimit: account.RateLimit{RequestsPerMinute: 60, Burst: 5},
			IPAllowlist: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")},
		}
		created, err := s.Accounts.CreateMerchant(ctx, given)
		require.NoError(t, err)
		require.NotZero(t, created.ID)
		require.NotZero(t, created.Wallet.AccountID)
		require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
		require.Equal(t, account.Merchant{
			ID: created.ID, Name: "reseller", Email: "reseller@example.com", Role: account.RoleMerchant,
			Status:    account.StatusSuspended,
			RateLimit: given.RateLimit, IPAllowlist: given.IPAllowlist, CreatedAt: created.CreatedAt,
			UpdatedAt: created.CreatedAt,
			Wallet: &account.Wallet{
				AccountID: created.Wallet.AccountID, MerchantID: created.ID, Currency: "TRY", CreditLimit: 100 * money.Unit,
			},
		}, created)

		operator, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)
		require.Nil(t, operator.Wallet)
		require.Equal(t, account.StatusActive, operator.Status)
		third := storetest.NewMerchant(t, s, "third")

		for _, m := range []account.Merchant{created, operator, third} {
			found, err := s.Accounts.Merchant(ctx, m.ID)
			require.NoError(t, err)
			require.Equal(t, m, found)
			found, err = s.Accounts.MerchantByName(ctx, m.Name)
			require.NoError(t, err)
			require.Equal(t, m, found)
		}
		_, err = s.Accounts.Merchant(ctx, 999)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		_, err = s.Accounts.MerchantByName(ctx, "Reseller")
		require.ErrorIs(t, err, account.ErrMerchantNotFound, "names are exact")

		page, err := s.Accounts.ListMerchants(ctx, 0, 2)
		require.NoError(t, err)
		require.Equal(t, []account.Merchant{created, operator}, page)
		page, err = s.Accounts.ListMerchants(ctx, operator.ID, 2)
		require.NoError(t, err)
		require.Equal(t, []account.Merchant{third}, page)
		page, err = s.Accounts.ListMerchants(ctx, third.ID, 2)
		require.NoError(t, err)
		require.Empty(t, page)
	})
}

func TestMerchantsAreUnique(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		_, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "one", Email: "one@example.com", Currency: "THB"})
		require.NoError(t, err)
		_, err = s.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "one", Currency: "THB"})
		storetest.RequireInUse(t, err, "name")
		_, err = s.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "two", Email: "ONE@example.com", Currency: "THB"})
		storetest.RequireInUse(t, err, "email")
		two, three := storetest.NewMerchant(t, s, "two"), storetest.NewMerchant(t, s, "three") // both without an address
		taken, own := "one@Example.COM", "two@example.com"
		_, err = s.Accounts.UpdateMerchant(ctx, two.ID, account.MerchantChange{Email: &taken})
		storetest.RequireInUse(t, err, "email")
		_, err = s.Accounts.UpdateMerchant(ctx, two.ID, account.MerchantChange{Email: &own})
		require.NoError(t, err)
		_, err = s.Accounts.UpdateMerchant(ctx, three.ID, account.MerchantChange{Email: &own})
		storetest.RequireInUse(t, err, "email")

		created, refused := storetest.Together(8, func(i int) error {
			_, err := s.Accounts.CreateMerchant(context.Background(), account.NewMerchant{Name: "same", Currency: "EUR"})
			return err
		})
		require.Equal(t, 1, created)
		for _, err := range refused {
			storetest.RequireInUse(t, err, "name")
		}
	})
}

func TestUpdateMerchant(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		m := storetest.NewMerchant(t, s, "buyer")
		email := "Buyer@example.com"
		none := ""
		status := account.StatusSuspended
		limit := storetest.Baht(100)
		rate := account.RateLimit{RequestsPerMinute: 10, Burst: 2}
		prefixes, everyone := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, []netip.Prefix(nil)

		updated, err := s.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{
			Email: &email, Status: &status, CreditLimit: &limit, RateLimit: &rate, IPAllowlist: &prefixes,
		})
		require.NoError(t, err)
		m.Email = "buyer@example.com"
		m.Status = status
		m.Wallet.CreditLimit = limit
		m.RateLimit = rate
		m.IPAllowlist = prefixes
		require.True(t, updated.UpdatedAt.After(m.UpdatedAt))
		m.UpdatedAt = updated.UpdatedAt
		m.CredentialsVersion++ // another e-mail signs in
		require.Equal(t, m, updated)

		unchanged, err := s.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{})
		require.NoError(t, err)
		m.UpdatedAt = unchanged.UpdatedAt
		require.Equal(t, m, unchanged)

		back := account.StatusActive
		updated, err = s.Accounts.UpdateMerchant(
			ctx, m.ID, account.MerchantChange{Email: &none, Status: &back, IPAllowlist: &everyone},
		)
		require.NoError(t, err)
		m.Email = ""
		m.Status = back
		m.IPAllowlist = nil
		m.UpdatedAt = updated.UpdatedAt
		m.CredentialsVersion++
		require.Equal(t, m, updated)
		found, err := s.Accounts.Merchant(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, m, found)

		_, err = s.Accounts.UpdateMerchant(ctx, 999, account.MerchantChange{CreditLimit: &limit})
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		operator, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)
		_, err = s.Accounts.UpdateMerchant(ctx, operator.ID, account.MerchantChange{Status: &status, CreditLimit: &limit})
		require.ErrorIs(t, err, account.ErrNoWallet)
		found, err = s.Accounts.Merchant(ctx, operator.ID)
		require.NoError(t, err)
		require.Equal(t, operator, found, "nothing is changed")
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		m, other := storetest.NewMerchant(t, s, "buyer"), storetest.NewMerchant(t, s, "other")
		hash, second := sha256.Sum256([]byte("first")), sha256.Sum256([]byte("second"))
		key, err := s.Accounts.CreateKey(
			ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant, Label: "till"}, hash,
		)
		require.NoError(t, err)
		require.NotZero(t, key.ID)
		require.Equal(
			t, account.Key{ID: key.ID, MerchantID: m.ID, Scope: account.ScopeMerchant, Label: "till", CreatedAt: key.CreatedAt},
			key,
		)
		_, err = s.Accounts.CreateKey(ctx, account.Key{MerchantID: other.ID, Scope: account.ScopeMerchant}, hash)
		storetest.RequireInUse(t, err, "key")
		_, err = s.Accounts.CreateKey(ctx, account.Key{MerchantID: 999, Scope: account.ScopeMerchant}, second)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		next, err := s.Accounts.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, second)
		require.NoError(t, err)

		_, err = s.Accounts.RevokeKey(ctx, other.ID, key.ID)
		require.ErrorIs(t, err, account.ErrKeyNotFound, "another merchant's")
		_, err = s.Accounts.RevokeKey(ctx, m.ID, 999)
		require.ErrorIs(t, err, account.ErrKeyNotFound)
		revoked, err := s.Accounts.RevokeKey(ctx, m.ID, key.ID)
		require.NoError(t, err)
		require.NotNil(t, revoked.RevokedAt)
		again, err := s.Accounts.RevokeKey(ctx, m.ID, key.ID)
		require.NoError(t, err)
		require.Equal(t, revoked, again)

		keys, err := s.Accounts.ListKeys(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, []account.Key{revoked, next}, keys)
		keys, err = s.Accounts.ListKeys(ctx, other.ID)
		require.NoError(t, err)
		require.Empty(t, keys)
	})
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		m, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{
			Name: "fenced", Currency: "TRY", RateLimit: account.RateLimit{RequestsPerMinute: 7},
			IPAllowlist: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		})
		require.NoError(t, err)
		operator, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "operator", Role: account.RoleOperator})
		require.NoError(t, err)
		hash, admin := sha256.Sum256([]byte("merchant")), sha256.Sum256([]byte("admin"))
		key, err := s.Accounts.CreateKey(ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, hash)
		require.NoError(t, err)
		adminKey, err := s.Accounts.CreateKey(ctx, account.Key{MerchantID: operator.ID, Scope: account.ScopeAdmin}, admin)
		require.NoError(t, err)

		p, err := s.Accounts.PrincipalByCredential(ctx, account.Credential{Hash: hash})
		require.NoError(t, err)
		require.Equal(t, account.Principal{
			KeyID: key.ID, Scope: account.ScopeMerchant, MerchantID: m.ID, MerchantName: "fenced", Status: account.StatusActive,
			Currency: "TRY", RateLimit: m.RateLimit, IPAllowlist: m.IPAllowlist,
		}, p)
		p, err = s.Accounts.PrincipalByCredential(ctx, account.Credential{Hash: admin})
		require.NoError(t, err)
		require.Equal(t, account.Principal{
			KeyID: adminKey.ID, Scope: account.ScopeAdmin, MerchantID: operator.ID, MerchantName: "operator",
			Status: account.StatusActive,
		}, p)

		suspended := account.StatusSuspended
		_, err = s.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Status: &suspended})
		require.NoError(t, err)
		p, err = s.Accounts.PrincipalByCredential(ctx, account.Credential{Hash: hash})
		require.NoError(t, err, "found, with its status")
		require.Equal(t, account.StatusSuspended, p.Status)

		_, err = s.Accounts.RevokeKey(ctx, m.ID, key.ID)
		require.NoError(t, err)
		for _, hash := range [][32]byte{hash, sha256.Sum256([]byte("unknown")), {}} {
			p, err = s.Accounts.PrincipalByCredential(ctx, account.Credential{Hash: hash})
			require.ErrorIs(t, err, account.ErrUnauthenticated)
			require.Zero(t, p)
		}
	})
}

// A suspended merchant is refused inside the placement transaction too, and is welcome again afterwards.
func TestSuspendedMerchantCannotOrder(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 30, 5)
		for i, status := range []account.Status{account.StatusSuspended, account.StatusActive} {
			_, err := w.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Status: &status})
			require.NoError(t, err)
			_, err = w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprint("order", i), "CODE", 1))
			if status == account.StatusSuspended {
				require.Error(t, err)
				require.NotErrorIs(t, err, errs.ErrUnavailable)
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
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		m, other := storetest.NewMerchant(t, s, "buyer"), storetest.NewMerchant(t, s, "other")
		version := func(want int) {
			t.Helper()
			p, err := s.Accounts.PrincipalByMerchant(ctx, m.ID)
			require.NoError(t, err)
			require.Equal(t, want, p.CredentialsVersion)
			found, err := s.Accounts.Merchant(ctx, m.ID)
			require.NoError(t, err)
			require.Equal(t, want, found.CredentialsVersion)
		}
		change := func(c account.MerchantChange) {
			t.Helper()
			_, err := s.Accounts.UpdateMerchant(ctx, m.ID, c)
			require.NoError(t, err)
		}
		version(0)
		hash := "hash"
		none := ""
		email := "Buyer@example.com"
		suspended := account.StatusSuspended
		require.NoError(t, s.Accounts.SetCredentials(ctx, m.ID, account.Credentials{PasswordHash: &hash}))
		version(1)
		require.NoError(t, s.Accounts.SetCredentials(ctx, m.ID, account.Credentials{PasswordHash: &none}))
		version(2)
		require.NoError(t, s.Accounts.SetCredentials(ctx, m.ID, account.Credentials{CallbackKey: &hash}))
		version(2)
		change(account.MerchantChange{Email: &email})
		version(3)
		change(account.MerchantChange{Email: &email, Status: &suspended})
		version(3)

		var keys []account.Key
		for i := range 3 {
			key, err := s.Accounts.CreateKey(
				ctx, account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, sha256.Sum256([]byte{byte(i)}),
			)
			require.NoError(t, err)
			keys = append(keys, key)
		}
		_, err := s.Accounts.RevokeKey(ctx, m.ID, keys[0].ID)
		require.NoError(t, err)
		version(3)
		_, err = s.Accounts.RevokeKey(ctx, other.ID, keys[1].ID)
		require.ErrorIs(t, err, account.ErrKeyNotFound)
		_, refused := storetest.Together(2, func(i int) error {
			_, err := s.Accounts.RevokeKey(context.Background(), m.ID, keys[1+i].ID)
			return err
		})
		require.Empty(t, refused)
		version(4)
		_, err = s.Accounts.RevokeKey(ctx, m.ID, keys[2].ID)
		require.NoError(t, err)
		version(4)
		found, err := s.Accounts.Merchant(ctx, other.ID)
		require.NoError(t, err)
		require.Zero(t, found.CredentialsVersion)

		found, hash, err = s.Accounts.MerchantByEmail(ctx, "BUYER@example.com")
		require.NoError(t, err)
		require.Equal(t, []any{4, ""}, []any{found.CredentialsVersion, hash})
	})
}
