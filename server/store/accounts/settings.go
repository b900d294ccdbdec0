package accounts

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
	"orderhub/server/account"
	"orderhub/server/money"
	"orderhub/server/store"
)

// publicSettings are those that are not secret. Without a key they lack what is sealed.
func (s *Store) publicSettings(merchantID int64, m *store.MerchantSettings) (account.Settings, error) {
	callback, err := s.db.Vault.CallbackURLOf(merchantID, m)
	if err = s.withoutKeyOrIt("callback address of merchant", merchantID, err); err != nil {
		return account.Settings{}, err
	}
	addresses, err := s.db.Vault.BillingAddressesOf(merchantID, m)
	if err = s.withoutKeyOrIt("billing addresses of merchant", merchantID, err); err != nil {
		return account.Settings{}, err
	}
	return account.Settings{
		StoreName: m.StoreName, BillingAddresses: addresses, DefaultBillingAddress: m.DefaultBillingAddress,
		CallbackURL: callback,
	}, nil
}

// withoutKeyOrIt is [store.Vault.WithoutIt] that also lets what else there is be shown to who has no key.
func (s *Store) withoutKeyOrIt(what string, id int64, err error) error {
	if store.IsNoKey(err) {
		return nil
	}
	return s.db.Vault.WithoutIt(what, id, err)
}

func (s *Store) OrderSettings(ctx context.Context, merchantID int64) (account.Settings, error) {
	row, err := s.db.Reader.Merchant.Query().Where(entmerchant.ID(merchantID)).
		Select(entmerchant.FieldID, entmerchant.FieldSettings).Only(ctx)
	if err != nil {
		return account.Settings{}, store.During("find settings", store.Translate(err, account.ErrMerchantNotFound))
	}
	m, err := store.FromDBSettings(row)
	settings := account.Settings{StoreName: m.StoreName, DefaultBillingAddress: m.DefaultBillingAddress}
	for _, a := range m.BillingAddresses {
		settings.BillingAddresses = append(settings.BillingAddresses, account.BillingAddress{ID: a.ID})
	}
	return settings, err
}

// setPublicSettings replaces what is not secret. It needs the key where something is sealed, or is to be.
func (s *Store) setPublicSettings(merchantID int64, m *store.MerchantSettings, to account.Settings, sealed bool) error {
	m.StoreName, m.DefaultBillingAddress = to.StoreName, to.DefaultBillingAddress
	if err := s.db.Vault.SetBillingAddresses(merchantID, m, to.BillingAddresses, sealed); err != nil {
		return err
	}
	before, err := s.db.Vault.CallbackURLOf(merchantID, m)
	if err != nil && !store.IsUnreadable(err) { // which another address mends
		return err
	}
	if err == nil && before == to.CallbackURL {
		return nil
	}
	m.SealedCallbackURL, m.CallbackURL = s.db.Vault.SealText(to.CallbackURL, store.CallbackURLs.At(merchantID))
	return nil
}

func (s *Store) SetCredentials(ctx context.Context, merchantID int64, c account.Credentials) error {
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		settings, err := store.LockSettings(ctx, s.db, tx, merchantID)
		if err != nil {
			return err
		}
		if c.ChannelCode != nil {
			settings.ChannelCode = nil
			if *c.ChannelCode != [32]byte{} {
				settings.ChannelCode = c.ChannelCode[:]
			}
		}
		if c.CallbackKey != nil {
			settings.CallbackKey = nil
			if *c.CallbackKey != "" {
				settings.CallbackKey = s.db.Sealer.Seal([]byte(*c.CallbackKey), store.CallbackKeys.At(merchantID))
			}
		}
		text, err := json.Marshal(settings)
		if err != nil {
			return fmt.Errorf("encode settings: %w", err)
		}
		update := tx.Merchant.UpdateOneID(merchantID).SetSettings(text).SetUpdatedAt(s.db.Now())
		if c.PasswordHash != nil {
			update.SetPasswordHash(*c.PasswordHash).AddCredentialsVersion(1)
		}
		return store.Translate(update.Exec(ctx), account.ErrMerchantNotFound)
	})
	return store.During("set credentials", err)
}

func (s *Store) CallbackKey(ctx context.Context, merchantID int64) (string, error) {
	row, err := s.db.Reader.Merchant.Get(ctx, merchantID)
	if err != nil {
		return "", store.During("find callback key", store.Translate(err, account.ErrMerchantNotFound))
	}
	return s.db.Vault.CallbackKeyOf(row)
}

func (s *Store) MerchantByEmail(ctx context.Context, email string) (account.Merchant, string, error) {
	// The hash and the version of the credentials are of one row as it was at one moment.
	row, err := s.db.Reader.Merchant.Query().Where(s.db.Vault.ByEmail(store.NormalEmail(email))).Only(ctx)
	if err != nil {
		return account.Merchant{}, "", store.During("find merchant", store.Translate(err, account.ErrMerchantNotFound))
	}
	m, err := s.withWallet(ctx, s.db.Reader, row)
	return m, row.PasswordHash, err
}

// What was paid in is added up in whole units and what is finer, each of which stays in range where their sum does not.
var selectTotals = store.Same(`SELECT a.balance_micros, ` + paidIn("/") + `, ` + paidIn("%") + `,
	(SELECT count(*) FROM orders o WHERE o.merchant_id = $1),
	(SELECT CAST(coalesce(sum(h.total_micros), 0) AS bigint) FROM holds h WHERE h.merchant_id = $1
	AND h.status = 'held')
	FROM accounts a WHERE a.merchant_id = $1`)

func paidIn(operator string) string {
	part := "(t.amount_micros " + operator + " 1000000)"
	return `(SELECT coalesce(sum(CASE WHEN t.credit_account_id = a.id THEN ` + part + ` ELSE -` + part + ` END), 0)
		FROM transfers t WHERE t.merchant_id = $1 AND t.kind IN ('deposit', 'adjustment'))`
}

// Totals implements account.Store. What was spent follows from what was paid in
// and what is left or held, so that only the deposits are read.
func (s *Store) Totals(ctx context.Context, merchantID int64) (account.Totals, error) {
	totals, found := account.Totals{}, false
	err := s.db.Peek(ctx, store.NewQuery(selectTotals, []any{merchantID}, func(row store.Scanner) error {
		var balance, finer, held money.Amount
		var whole int64
		found = true
		if err := row.Scan(&balance, &whole, &finer, &totals.Orders, &held); err != nil {
			return err
		}
		deposited, err := money.Unit.Mul(whole)
		if err != nil {
			deposited = money.MaxAmount // far more than any wallet can hold at once
		}
		totals.Deposited = deposited.AddCapped(finer)
		totals.Spent = totals.Deposited.SubCapped(balance).SubCapped(held)
		return nil
	}))
	if err == nil && !found {
		err = account.ErrNoWallet
	}
	return totals, store.During("sum up account", err)
}
