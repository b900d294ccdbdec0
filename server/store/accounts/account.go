package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"orderhub/ent"
	entaccount "orderhub/ent/account"
	entmerchant "orderhub/ent/merchant"
	"orderhub/ent/predicate"
	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/money"
	"orderhub/server/store"
)

var _ account.Store = (*Store)(nil)

func (s *Store) CreateMerchant(ctx context.Context, m account.NewMerchant) (account.Merchant, error) {
	var created account.Merchant
	var revenue int64
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := s.insertMerchant(ctx, tx, m)
		if err != nil {
			return err
		}
		if m.Currency == "" {
			created, err = s.fromDBMerchant(row, nil)
			return err
		}
		if revenue, err = s.ensureHubAccounts(ctx, tx, m.Currency); err != nil {
			return err
		}
		wallet, err := tx.Account.Create().SetKind(accountWallet).SetCurrency(string(m.Currency)).SetMerchantID(row.ID).
			SetCreditLimitMicros(int64(m.CreditLimit)).SetNillableLowBalanceMicros((*int64)(m.LowBalance)).
			SetCreatedAt(row.CreatedAt).SetUpdatedAt(row.UpdatedAt).Save(ctx)
		if err != nil {
			return err
		}
		created, err = s.fromDBMerchant(row, wallet)
		return err
	})
	if err != nil {
		return account.Merchant{}, store.During("create merchant", err)
	}
	if revenue != 0 {
		s.db.Ledger.KnowRevenue(m.Currency, revenue)
	}
	return created, nil
}

func (s *Store) insertMerchant(ctx context.Context, tx *ent.Tx, m account.NewMerchant) (*ent.Merchant, error) {
	if err := store.ReserveID(ctx, s.db, tx, entmerchant.Table, m.ID); err != nil {
		return nil, err
	}
	now := s.db.Now()
	create := tx.Merchant.Create().SetName(m.Name).SetRequestsPerMinute(m.RateLimit.RequestsPerMinute).
		SetBurst(m.RateLimit.Burst).
		SetIPAllowlist(toDBAllowlist(m.IPAllowlist)).SetCreatedAt(now).SetUpdatedAt(now)
	if m.ID != 0 {
		create.SetID(m.ID)
	}
	if m.Role != "" {
		create.SetRole(string(m.Role))
	}
	if m.Status != "" {
		create.SetStatus(string(m.Status))
	}
	row, err := create.Save(ctx)
	if err != nil {
		return nil, store.Translate(err, nil, merchantConflicts...)
	}
	return s.sealNew(ctx, tx, row, m)
}

// sealNew writes what is sealed for the id that the merchant has now.
func (s *Store) sealNew(ctx context.Context, tx *ent.Tx, row *ent.Merchant, m account.NewMerchant) (
	*ent.Merchant, error,
) {
	sealed, err := s.db.Sealing.HoldAccountSealing(ctx, tx)
	if err != nil {
		return nil, err
	}
	var settings store.MerchantSettings
	if err := s.setPublicSettings(row.ID, &settings, m.Settings, sealed); err != nil {
		return nil, err
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	update := row.Update().SetSettings(text).SetUpdatedAt(row.UpdatedAt)
	if m.Email != "" {
		if err := s.db.Vault.SetEmail(ctx, tx, update, row.ID, store.NormalEmail(m.Email), sealed); err != nil {
			return nil, err
		}
	}
	row, err = update.Save(ctx)
	return row, store.Translate(err, nil, merchantConflicts...)
}

var merchantConflicts = []store.Conflict{
	store.NewConflict("merchants_name_key", &account.AlreadyExistsError{Field: "name"}),
	store.NewConflict("merchants_email_key", &account.AlreadyExistsError{Field: "email"}),
	store.NewConflict("merchants_email_hash_key", &account.AlreadyExistsError{Field: "email"}),
	store.NewConflict("merchants_pkey", &account.AlreadyExistsError{Field: "id"}),
}

func (s *Store) Merchant(ctx context.Context, id int64) (account.Merchant, error) {
	return s.findMerchant(ctx, s.db.Reader, entmerchant.ID(id))
}

func (s *Store) MerchantByName(ctx context.Context, name string) (account.Merchant, error) {
	return s.findMerchant(ctx, s.db.Reader, entmerchant.Name(name))
}

func (s *Store) findMerchant(ctx context.Context, client *ent.Client, which predicate.Merchant) (
	account.Merchant, error,
) {
	row, err := client.Merchant.Query().Where(which, entmerchant.IDGT(store.House)).Only(ctx)
	if err != nil {
		return account.Merchant{}, store.During("find merchant", store.Translate(err, account.ErrMerchantNotFound))
	}
	return s.withWallet(ctx, client, row)
}

func (s *Store) withWallet(ctx context.Context, client *ent.Client, row *ent.Merchant) (account.Merchant, error) {
	wallet, err := client.Account.Query().Where(entaccount.MerchantID(row.ID)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return account.Merchant{}, store.During("find wallet", err)
	}
	return s.fromDBMerchant(row, wallet)
}

func (s *Store) ListMerchants(ctx context.Context, afterID int64, limit int) ([]account.Merchant, error) {
	rows, err := s.db.Reader.Merchant.Query().Where(entmerchant.IDGT(afterID)).
		Order(entmerchant.ByID()).Limit(store.LimitOf(limit)).All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, store.During("list merchants", err)
	}
	// A page has every merchant between its ends. Operators have no wallet.
	walletRows, err := s.db.Reader.Account.Query().
		Where(entaccount.MerchantIDGTE(rows[0].ID), entaccount.MerchantIDLTE(rows[len(rows)-1].ID)).All(ctx)
	if err != nil {
		return nil, store.During("list wallets", err)
	}
	wallets := make(map[int64]*ent.Account, len(walletRows))
	for _, wallet := range walletRows {
		wallets[*wallet.MerchantID] = wallet
	}
	merchants := make([]account.Merchant, len(rows))
	for i, row := range rows {
		if merchants[i], err = s.fromDBMerchant(row, wallets[row.ID]); err != nil {
			return nil, err
		}
	}
	return merchants, nil
}

func (s *Store) UpdateMerchant(ctx context.Context, id int64, change account.MerchantChange) (account.Merchant, error) {
	var updated account.Merchant
	err := s.db.InTx(ctx, func(tx *ent.Tx) (err error) {
		if updated, err = s.findMerchant(ctx, tx.Client(), entmerchant.ID(id)); err != nil {
			return err
		}
		change := change.Without(&updated)
		if change == (account.MerchantChange{}) {
			return nil
		}
		before := updated
		if err := s.changeMerchant(ctx, tx, id, change); err != nil {
			return err
		}
		if change.CreditLimit != nil || change.LowBalance != nil {
			update := tx.Account.Update().Where(entaccount.MerchantID(id)).SetUpdatedAt(s.db.Now())
			if change.CreditLimit != nil {
				update.SetCreditLimitMicros(int64(*change.CreditLimit))
			}
			if change.OnlyLower {
				update.Where(entaccount.CreditLimitMicrosGTE(int64(*change.CreditLimit)))
			}
			if change.LowBalance != nil {
				update.ClearLowBalanceMicros().SetNillableLowBalanceMicros((*int64)(*change.LowBalance))
			}
			changed, err := update.Save(ctx)
			if err != nil {
				return err
			}
			switch {
			case changed > 0:
			case updated.Wallet == nil:
				return account.ErrNoWallet
			default:
				return account.ErrLimitLowered
			}
		}
		updated, err = s.findMerchant(ctx, tx.Client(), entmerchant.ID(id))
		s.noteChange(ctx, &before, &updated)
		return err
	})
	return updated, store.During("update merchant", err)
}

// noteChange notes for the record what of a merchant became what.
func (s *Store) noteChange(ctx context.Context, before, after *account.Merchant) {
	mark := s.db.Vault.Mark
	note := func(field string, before, after any) {
		if !reflect.DeepEqual(before, after) {
			audit.Changed(ctx, field, before, after)
		}
	}
	note("status", before.Status, after.Status)
	note("rateLimit", before.RateLimit, after.RateLimit)
	note("ipAllowlist", before.IPAllowlist, after.IPAllowlist)
	note("email", mark(before.Email), mark(after.Email))
	note("storeName", before.Settings.StoreName, after.Settings.StoreName)
	note("callbackUrl", mark(before.Settings.CallbackURL), mark(after.Settings.CallbackURL))
	note("billingAddresses", mark(fmt.Sprint(before.Settings.BillingAddresses)),
		mark(fmt.Sprint(after.Settings.BillingAddresses)))
	note("defaultBillingAddressId", before.Settings.DefaultBillingAddress, after.Settings.DefaultBillingAddress)
	if before.Wallet == nil || after.Wallet == nil {
		return
	}
	format := func(a money.Amount) string { return a.Format(after.Wallet.Currency) }
	note("creditLimit", format(before.Wallet.CreditLimit), format(after.Wallet.CreditLimit))
	note("lowBalance", before.Wallet.LowBalance, after.Wallet.LowBalance)
}

// changeMerchant changes the merchant's own row.
func (s *Store) changeMerchant(ctx context.Context, tx *ent.Tx, id int64, change account.MerchantChange) error {
	update := tx.Merchant.UpdateOneID(id).SetUpdatedAt(s.db.Now())
	if change.Settings != nil || change.Email != nil {
		if err := s.changeSealed(ctx, tx, update, id, change); err != nil {
			return err
		}
	}
	if change.Status != nil {
		update.SetStatus(string(*change.Status))
	}
	if change.RateLimit != nil {
		update.SetRequestsPerMinute(change.RateLimit.RequestsPerMinute).SetBurst(change.RateLimit.Burst)
	}
	if change.IPAllowlist != nil {
		update.SetIPAllowlist(toDBAllowlist(*change.IPAllowlist))
	}
	return store.Translate(update.Exec(ctx), account.ErrMerchantNotFound, merchantConflicts...)
}

// changeSealed changes what of a merchant is sealed, or has a part that is.
func (s *Store) changeSealed(
	ctx context.Context, tx *ent.Tx, update *ent.MerchantUpdateOne, id int64, change account.MerchantChange,
) error {
	sealed, err := s.db.Sealing.HoldAccountSealing(ctx, tx)
	if err != nil {
		return err
	}
	row, err := store.LockMerchant(ctx, s.db, tx, id)
	if err != nil {
		return err
	}
	if change.Settings != nil {
		if err := s.changeSettings(update, row, *change.Settings, sealed); err != nil {
			return err
		}
	}
	if change.Email == nil {
		return nil
	}
	email := store.NormalEmail(*change.Email)
	if err := s.db.Vault.SetEmail(ctx, tx, update, id, email, sealed); err != nil {
		return err
	}
	if !s.db.Vault.HasEmail(row, email) { // who signed in with the address of before has to do so again
		update.AddCredentialsVersion(1)
	}
	return nil
}

func (s *Store) changeSettings(
	update *ent.MerchantUpdateOne, row *ent.Merchant, to account.Settings, sealed bool,
) error {
	settings, err := store.FromDBSettings(row)
	if err != nil {
		return err
	}
	if err := s.setPublicSettings(row.ID, &settings, to, sealed); err != nil {
		return err
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	update.SetSettings(text)
	return nil
}
