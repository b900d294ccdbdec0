package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/reseal"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// emailColumns are what of an address is in the clear, and whether there is a hash of it and a sealed one.
type emailColumns struct {
	clear        sql.NullString
	hash, sealed bool
}

func emailColumnsOf(t *testing.T, s *stores.All, id int64) (c emailColumns) {
	t.Helper()
	db := s.WriteDB
	require.NoError(t, db.QueryRowContext(
		t.Context(), `SELECT email, email_hash IS NOT NULL, sealed_email IS NOT NULL FROM merchants WHERE id = $1`, id,
	).Scan(&c.clear, &c.hash, &c.sealed))
	return c
}

// TestEmails changes addresses where they are sealed, and where the version before reads them.
func TestEmails(t *testing.T) {
	t.Parallel()
	inClear := emailColumns{clear: sql.NullString{String: "b@example.com", Valid: true}}
	for what, want := range map[string]emailColumns{"sealed": {hash: true, sealed: true}, "clear": inClear} {
		t.Run(what, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, open func() *stores.All) {
				ctx, s := t.Context(), open()
				if what == "clear" {
					require.NoError(t, s.Sealing.SealAsBefore(ctx))
				}
				m, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{
					Name: "m", Email: "A@example.com",
					Currency: "THB",
				})
				require.NoError(t, err)
				require.Equal(t, "a@example.com", m.Email)
				requireByEmail(t, s, "a@EXAMPLE.com", m.ID)

				m = withEmail(t, s, m.ID, "B@example.com")
				require.Equal(t, "b@example.com", m.Email)
				require.Equal(t, want, emailColumnsOf(t, s, m.ID))
				requireByEmail(t, s, "b@example.com", m.ID)
				requireByEmail(t, s, "a@example.com", 0)
				require.Equal(t, m.CredentialsVersion, withEmail(t, s, m.ID, "b@Example.com").CredentialsVersion,
					"the same again")

				none := withEmail(t, s, m.ID, "")
				require.Equal(t, m.CredentialsVersion+1, none.CredentialsVersion)
				require.Empty(t, none.Email)
				require.Zero(t, emailColumnsOf(t, s, m.ID))
				requireByEmail(t, s, "b@example.com", 0)
				require.Equal(t, none.CredentialsVersion, withEmail(t, s, m.ID, "").CredentialsVersion, "none again")
				storetest.RequireClean(t, s)
			})
		})
	}
}

// requireByEmail finds the merchant with the id by the address, or with 0 none.
func requireByEmail(t *testing.T, s *stores.All, email string, id int64) {
	t.Helper()
	m, _, err := s.Accounts.MerchantByEmail(t.Context(), email)
	if id == 0 {
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		return
	}
	require.NoError(t, err)
	require.Equal(t, id, m.ID)
}

func withEmail(t *testing.T, s *stores.All, id int64, email string) account.Merchant {
	t.Helper()
	m, err := s.Accounts.UpdateMerchant(t.Context(), id, account.MerchantChange{Email: &email})
	require.NoError(t, err)
	return m
}

// beforesMerchant writes a merchant as the version before does, and beforesEmail finds one as it does.
const (
	beforesMerchant = `INSERT INTO merchants (name, email, settings, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $4)`
	beforesEmail = `SELECT count(*) FROM merchants WHERE email = $1`
)

// TestEmailsOfTheVersionBefore has both versions serve one database until it is resealed.
func TestEmailsOfTheVersionBefore(t *testing.T) {
	t.Cleanup(store.HurrySealing())
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		require.NoError(t, s.Sealing.SealAsBefore(ctx))
		db := s.WriteDB
		settings := `{"billingAddresses": [{"ID": 7, "Name": "Ltd"}]}`
		_, err := db.ExecContext(ctx, beforesMerchant, "theirs", "theirs@example.com", settings, time.Now())
		require.NoError(t, err)
		theirs, err := s.Accounts.MerchantByName(ctx, "theirs")
		require.NoError(t, err)
		require.Equal(t, "theirs@example.com", theirs.Email)
		require.Equal(t, []account.BillingAddress{{ID: 7, Name: "Ltd"}}, theirs.Settings.BillingAddresses)
		requireByEmail(t, s, "Theirs@example.com", theirs.ID)

		ours, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{
			Name: "ours", Email: "ours@example.com", Currency: "THB", Settings: theirs.Settings,
		})
		require.NoError(t, err)
		var found int
		require.NoError(t, db.QueryRowContext(ctx, beforesEmail, "ours@example.com").Scan(&found))
		require.Equal(t, 1, found, "the version before signs it in")
		require.Contains(t, tablesWith(t, s, "Ltd"), "merchants.settings", "and has its billing addresses")
		storetest.RequireClean(t, s)

		_, err = s.Reseal.Reseal(ctx, false,
			func(reseal.Resealed) { requireByEmail(t, s, "theirs@example.com", theirs.ID) })
		require.NoError(t, err)
		for _, m := range []account.Merchant{theirs, ours} {
			require.Equal(t, emailColumns{hash: true, sealed: true}, emailColumnsOf(t, s, m.ID))
			resealed, err := s.Accounts.Merchant(ctx, m.ID)
			require.NoError(t, err)
			require.Equal(t, m.Email, resealed.Email)
			require.Equal(t, m.CredentialsVersion, resealed.CredentialsVersion, "who signed in stays so")
			require.Equal(t, m.Settings, resealed.Settings)
			requireByEmail(t, s, m.Email, m.ID)
		}
		require.Empty(t, tablesWith(t, s, "@example.com"))
		require.Empty(t, tablesWith(t, s, "Ltd"))
	})
}

// manyMerchants writes 600 merchants as the version before does.
const manyMerchants = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
	INSERT INTO merchants (name, email, created_at, updated_at)
	SELECT 'm-' || i, 'm-' || i || '@example.com', m.created_at, m.updated_at FROM n CROSS JOIN merchants m`

// TestResealOfEmailsGoesOn stops it amid the addresses, and starts it again.
func TestResealOfEmailsGoesOn(t *testing.T) {
	t.Cleanup(store.HurrySealing())
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		require.NoError(t, s.Sealing.SealAsBefore(t.Context()))
		storetest.NewMerchant(t, s, "first")
		db := s.WriteDB
		_, err := db.ExecContext(t.Context(), manyMerchants)
		require.NoError(t, err)
		inClear := func() (n int) {
			err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM merchants WHERE email IS NOT NULL`).Scan(&n)
			require.NoError(t, err)
			return n
		}
		ctx, stop := context.WithCancel(t.Context())
		_, err = s.Reseal.Reseal(ctx, false, func(c reseal.Resealed) {
			if c.Column == "merchants.sealed_email" {
				stop()
			}
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 100, inClear(), "one batch was sealed")
		storetest.RequireClean(t, s)
		for _, email := range []string{"m-1@example.com", "m-600@example.com"} {
			_, _, err := s.Accounts.MerchantByEmail(t.Context(), email)
			require.NoError(t, err)
			_, err = s.Accounts.CreateMerchant(t.Context(), account.NewMerchant{
				Name: "late", Email: email,
				Currency: "THB",
			})
			storetest.RequireInUse(t, err, "email")
		}
		_, err = s.Reseal.Reseal(t.Context(), false, func(reseal.Resealed) {})
		require.NoError(t, err)
		require.Zero(t, inClear())
		require.Empty(t, tablesWith(t, s, "@example.com"))
		storetest.RequireClean(t, s)
	})
}

// TestEmailsAreUniqueAmidReseal gives away addresses that are not sealed yet, by a process that has not heard that
// they are to be.
func TestEmailsAreUniqueAmidReseal(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		require.NoError(t, s.Sealing.SealAsBefore(ctx))
		late := open()
		first, err := late.Accounts.CreateMerchant(
			ctx, account.NewMerchant{Name: "first", Email: "one@example.com", Currency: "THB"},
		)
		require.NoError(t, err)
		require.NoError(t, s.Sealing.SealAccounts(ctx, true))
		require.False(t, late.Vault.SealsPersonal())

		second, err := late.Accounts.CreateMerchant(
			ctx, account.NewMerchant{Name: "second", Email: "two@example.com", Currency: "THB"},
		)
		require.NoError(t, err)
		require.Equal(t, emailColumns{hash: true, sealed: true}, emailColumnsOf(t, s, second.ID))
		for _, process := range []*stores.All{s, late} {
			for _, taken := range []string{"One@example.com", "Two@example.com"} {
				_, err = process.Accounts.CreateMerchant(ctx, account.NewMerchant{
					Name: "third", Email: taken,
					Currency: "THB",
				})
				storetest.RequireInUse(t, err, "email")
			}
			one, two := "one@example.com", "two@example.com"
			_, err = process.Accounts.UpdateMerchant(ctx, second.ID, account.MerchantChange{Email: &one})
			storetest.RequireInUse(t, err, "email")
			_, err = process.Accounts.UpdateMerchant(ctx, first.ID, account.MerchantChange{Email: &two})
			storetest.RequireInUse(t, err, "email")
			requireByEmail(t, process, one, first.ID)
			requireByEmail(t, process, two, second.ID)
		}
		require.Equal(t, first.CredentialsVersion, withEmail(t, late, first.ID, "one@example.com").CredentialsVersion)
		require.False(t, emailColumnsOf(t, s, first.ID).sealed, "the same address is no change")
		withEmail(t, late, first.ID, "uno@example.com")
		require.Equal(t, emailColumns{hash: true, sealed: true}, emailColumnsOf(t, s, first.ID))
		storetest.RequireClean(t, s)
	})
}

// TestOneOfManyGetsAnEmail gives an address to many merchants at once while it is decided that it is sealed.
func TestOneOfManyGetsAnEmail(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, first := t.Context(), open()
		require.NoError(t, first.Sealing.SealAsBefore(ctx))
		processes := []*stores.All{first, open()}
		for round := range 10 {
			require.NoError(t, first.Sealing.SealAccounts(ctx, false))
			email := fmt.Sprintf("round-%d@example.com", round)
			const raiser = 4
			done, refused := storetest.Together(9, func(i int) error {
				if i == raiser {
					return processes[1].Sealing.SealAccounts(context.Background(), true)
				}
				_, err := processes[i%2].Accounts.CreateMerchant(context.Background(), account.NewMerchant{
					Name: fmt.Sprintf("m-%d-%d", round, i), Email: email, Currency: "THB",
				})
				return err
			})
			require.Equal(t, 2, done, "one merchant, and who raised: %v", refused)
			for _, err := range refused {
				storetest.RequireInUse(t, err, "email")
			}
		}
		storetest.RequireClean(t, first)
	})
}

// TestAccountsWithoutTheKey shows what is not sealed, and seals nothing.
func TestAccountsWithoutTheKey(t *testing.T) {
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, address string) {
		ctx := t.Context()
		owner, _ := storetest.OpenWith(t, address, storetest.SealingKey)
		m, err := owner.Accounts.CreateMerchant(ctx, account.NewMerchant{
			Name: "m", Email: "m@example.com", Currency: "THB",
			Settings: account.Settings{
				StoreName:        "Shop",
				BillingAddresses: []account.BillingAddress{{ID: 7, Name: "Ltd"}},
			},
		})
		require.NoError(t, err)
		require.False(t, m.EmailUnread)
		keyless, err := stores.Open(ctx, store.Options{URL: address, Sealer: secret.Keyless(), SealsNothing: true})
		require.NoError(t, err)
		t.Cleanup(func() { _ = keyless.Close() })

		listed, err := keyless.Accounts.ListMerchants(ctx, 0, 10)
		require.NoError(t, err)
		require.Len(t, listed, 1)
		require.Empty(t, listed[0].Email)
		require.True(t, listed[0].EmailUnread)
		require.Equal(t, []account.BillingAddress{{ID: 7}}, listed[0].Settings.BillingAddresses)
		suspended, code := account.StatusSuspended, [32]byte{1}
		_, err = keyless.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Status: &suspended})
		require.NoError(t, err)
		require.NoError(t, keyless.Accounts.SetCredentials(ctx, m.ID, account.Credentials{ChannelCode: &code}))
		_, err = keyless.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: "without", Currency: "THB"})
		require.NoError(t, err)
		_, err = keyless.Accounts.CreateMerchant(
			ctx, account.NewMerchant{Name: "with", Email: "w@example.com", Currency: "THB"},
		)
		require.ErrorIs(t, err, secret.ErrNoKey)
		other := "other@example.com"
		_, err = keyless.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Email: &other})
		require.ErrorIs(t, err, secret.ErrNoKey)

		again, err := owner.Accounts.Merchant(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, m.Email, again.Email)
		require.Equal(t, m.Settings, again.Settings)
		settings, err := keyless.Accounts.OrderSettings(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, account.Settings{StoreName: "Shop", BillingAddresses: []account.BillingAddress{{ID: 7}}},
			settings)
		_, err = keyless.Accounts.OrderSettings(ctx, 4711)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		without, err := keyless.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Email: new("")})
		require.NoError(t, err)
		require.False(t, without.EmailUnread, "what cannot be opened can be removed")
	})
}

// TestMigrateToSealedAccounts seals them from the beginning only where no version before can be at work.
func TestMigrateToSealedAccounts(t *testing.T) {
	t.Parallel()
	for _, used := range []bool{true, false} {
		t.Run(fmt.Sprintf("used=%t", used), func(t *testing.T) {
			storetest.RunURL(t, func(t *testing.T, address string) {
				ctx := t.Context()
				undoMigrations(t, address, "sealed_accounts", func(db *sql.DB) {
					if !used {
						return
					}
					_, err := db.ExecContext(ctx, beforesMerchant, "theirs", "theirs@example.com", "{}", time.Now())
					require.NoError(t, err)
				})
				s, _ := storetest.OpenWith(t, address, storetest.SealingKey)
				require.NoError(t, s.Migrations.Up(ctx))
				again, _ := storetest.OpenWith(t, address, storetest.SealingKey)
				require.Equal(t, !used, again.Vault.SealsPersonal())
				m, err := again.Accounts.CreateMerchant(
					ctx, account.NewMerchant{Name: "m", Email: "m@example.com", Currency: "THB"},
				)
				require.NoError(t, err)
				require.Equal(t, used, emailColumnsOf(t, s, m.ID).clear.Valid)
				if used {
					_, _, err := again.Accounts.MerchantByEmail(ctx, "theirs@example.com")
					require.NoError(t, err)
				}
			})
		})
	}
}
