package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"orderhub/ent"
	entaccount "orderhub/ent/account"
	entkey "orderhub/ent/apikey"
	entmerchant "orderhub/ent/merchant"
	"orderhub/ent/predicate"
	"orderhub/server/account"
	"orderhub/server/store"
)

var _ account.Store = (*Store)(nil)

// CreateMerchant implements account.Store.
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
		return account.Merchant{}, store.During("create merchant", store.Unavailable(err))
	}
	if revenue != 0 {
		s.db.Revenue.Know(m.Currency, revenue)
	}
	return created, nil
}

func (s *Store) insertMerchant(ctx context.Context, tx *ent.Tx, m account.NewMerchant) (*ent.Merchant, error) {
	if err := s.db.ReserveID(ctx, tx, entmerchant.Table, m.ID); err != nil {
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
	sealed, err := s.db.HoldAccountSealing(ctx, tx)
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
		if err := s.db.SetEmail(ctx, tx, update, row.ID, store.NormalEmail(m.Email), sealed); err != nil {
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

// Merchant implements account.Store.
func (s *Store) Merchant(ctx context.Context, id int64) (account.Merchant, error) {
	return s.findMerchant(ctx, s.db.Reader, entmerchant.ID(id))
}

// MerchantByName implements account.Store.
func (s *Store) MerchantByName(ctx context.Context, name string) (account.Merchant, error) {
	return s.findMerchant(ctx, s.db.Reader, entmerchant.Name(name))
}

func (s *Store) findMerchant(ctx context.Context, client *ent.Client, which predicate.Merchant) (
	account.Merchant, error,
) {
	row, err := client.Merchant.Query().Where(which).Only(ctx)
	if err != nil {
		return account.Merchant{}, store.During("find merchant", store.Translate(err, account.ErrMerchantNotFound))
	}
	return s.withWallet(ctx, client, row)
}

func (s *Store) withWallet(ctx context.Context, client *ent.Client, row *ent.Merchant) (account.Merchant, error) {
	wallet, err := client.Account.Query().Where(entaccount.MerchantID(row.ID)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return account.Merchant{}, store.During("find wallet", store.Unavailable(err))
	}
	return s.fromDBMerchant(row, wallet)
}

// ListMerchants implements account.Store.
func (s *Store) ListMerchants(ctx context.Context, afterID int64, limit int) ([]account.Merchant, error) {
	rows, err := s.db.Reader.Merchant.Query().Where(entmerchant.IDGT(afterID)).
		Order(entmerchant.ByID()).Limit(store.LimitOf(limit)).All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, store.During("list merchants", store.Unavailable(err))
	}
	// A page has every merchant between its ends. Operators have no wallet.
	walletRows, err := s.db.Reader.Account.Query().
		Where(entaccount.MerchantIDGTE(rows[0].ID), entaccount.MerchantIDLTE(rows[len(rows)-1].ID)).All(ctx)
	if err != nil {
		return nil, store.During("list wallets", store.Unavailable(err))
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

// UpdateMerchant implements account.Store.
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
		if err := s.changeMerchant(ctx, tx, id, change); err != nil {
			return err
		}
		if change.CreditLimit != nil || change.LowBalance != nil {
			update := tx.Account.Update().Where(entaccount.MerchantID(id)).SetUpdatedAt(s.db.Now())
			if change.CreditLimit != nil {
				update.SetCreditLimitMicros(int64(*change.CreditLimit))
			}
			if change.LowBalance != nil {
				update.ClearLowBalanceMicros().SetNillableLowBalanceMicros((*int64)(*change.LowBalance))
			}
			changed, err := update.Save(ctx)
			if err != nil {
				return err
			}
			if changed == 0 {
				return account.ErrNoWallet
			}
		}
		updated, err = s.findMerchant(ctx, tx.Client(), entmerchant.ID(id))
		return err
	})
	return updated, store.During("update merchant", store.Unavailable(err))
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
	sealed, err := s.db.HoldAccountSealing(ctx, tx)
	if err != nil {
		return err
	}
	row, err := s.db.LockMerchant(ctx, tx, id)
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
	if err := s.db.SetEmail(ctx, tx, update, id, email, sealed); err != nil {
		return err
	}
	if !s.db.HasEmail(row, email) { // who signed in with the address of before has to do so again
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

// CreateKey implements account.Store.
func (s *Store) CreateKey(ctx context.Context, k account.Key, hash [32]byte) (account.Key, error) {
	var created account.Key
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		if _, err := tx.Merchant.Get(ctx, k.MerchantID); err != nil {
			return store.Translate(err, account.ErrMerchantNotFound)
		}
		row, err := tx.APIKey.Create().SetMerchantID(k.MerchantID).SetHash(hash[:]).SetScope(string(k.Scope)).
			SetLabel(k.Label).
			SetCreatedAt(s.db.Now()).Save(ctx)
		if err != nil {
			return store.Translate(err, nil, store.NewConflict("api_keys_hash_key", &account.AlreadyExistsError{Field: "key"}))
		}
		created = fromDBKey(row)
		return nil
	})
	return created, store.During("create key", err)
}

// ListKeys implements account.Store.
func (s *Store) ListKeys(ctx context.Context, merchantID int64) ([]account.Key, error) {
	rows, err := s.db.Reader.APIKey.Query().Where(entkey.MerchantID(merchantID)).Order(entkey.ByID()).All(ctx)
	return store.Mapped(rows, fromDBKey), store.During("list keys", store.Unavailable(err))
}

// RevokeKey implements account.Store.
func (s *Store) RevokeKey(ctx context.Context, merchantID, keyID int64) (account.Key, error) {
	var revoked account.Key
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		// Of two who revoke at once, the first says when, and one finds that none is left.
		if _, err := s.db.LockMerchant(ctx, tx, merchantID); errors.Is(err, account.ErrMerchantNotFound) {
			return account.ErrKeyNotFound
		} else if err != nil {
			return err
		}
		its := []predicate.APIKey{entkey.ID(keyID), entkey.MerchantID(merchantID)}
		changed, err := tx.APIKey.Update().Where(append(its, entkey.RevokedAtIsNil())...).SetRevokedAt(s.db.Now()).Save(ctx)
		if err != nil {
			return err
		}
		if changed > 0 {
			if err := endSignIns(ctx, tx, merchantID); err != nil {
				return err
			}
		}
		row, err := tx.APIKey.Query().Where(its...).Only(ctx)
		if err != nil {
			return store.Translate(err, account.ErrKeyNotFound)
		}
		revoked = fromDBKey(row)
		return nil
	})
	return revoked, store.During("revoke key", store.Unavailable(err))
}

// endSignIns ends what was signed in for when no key is left: whoever took all
// of them back means that nobody may act for the merchant.
func endSignIns(ctx context.Context, tx *ent.Tx, merchantID int64) error {
	left, err := tx.APIKey.Query().Where(entkey.MerchantID(merchantID), entkey.RevokedAtIsNil()).Exist(ctx)
	if err != nil || left {
		return err
	}
	return tx.Merchant.UpdateOneID(merchantID).AddCredentialsVersion(1).Exec(ctx)
}

// principalColumns is who a merchant acts as, in one statement: it is asked for
// often.
const principalColumns = `m.id, m.name, m.status, m.requests_per_minute, m.burst, m.ip_allowlist, m.settings,
	m.credentials_version, coalesce(a.currency, '')`

var (
	selectPrincipalByKey = store.Same(
		`SELECT ` + principalColumns + `, k.id, k.scope FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
		LEFT JOIN accounts a ON a.merchant_id = m.id WHERE k.hash = $1 AND k.revoked_at IS NULL`,
	)
	selectPrincipal = store.Same(
		`SELECT ` + principalColumns + `, 0, '` + string(account.ScopeMerchant) + `' FROM merchants m
		LEFT JOIN accounts a ON a.merchant_id = m.id WHERE m.id = $1`,
	)
)

// PrincipalByKeyHash implements account.Store.
func (s *Store) PrincipalByKeyHash(ctx context.Context, hash [32]byte) (account.Principal, error) {
	return s.principal(ctx, account.ErrUnauthenticated, selectPrincipalByKey, hash[:])
}

// PrincipalByMerchant implements account.Store.
func (s *Store) PrincipalByMerchant(ctx context.Context, merchantID int64) (account.Principal, error) {
	return s.principal(ctx, account.ErrMerchantNotFound, selectPrincipal, merchantID)
}

func (s *Store) principal(ctx context.Context, none error, which store.Statement, arg any) (account.Principal, error) {
	var p account.Principal
	found := false
	err := s.db.Peek(ctx, store.NewRead(which, []any{arg}, func(row store.Scanner) error {
		found = true
		return scanPrincipal(row, &p)
	}))
	if err == nil && !found {
		err = none
	}
	if err == nil && p.Currency != "" {
		// Whoever is about to order needs it, inside a transaction that cannot wait for another connection.
		_, err = s.db.RevenueAccount(ctx, p.Currency)
	}
	if err != nil {
		return account.Principal{}, store.During("find principal", store.Unavailable(err))
	}
	return p, nil
}

func scanPrincipal(row store.Scanner, p *account.Principal) error {
	merchant := &ent.Merchant{}
	var allowlist, settings []byte
	err := row.Scan(
		&p.MerchantID, &p.MerchantName, &p.Status, &p.RateLimit.RequestsPerMinute, &p.RateLimit.Burst, &allowlist, &settings,
		&p.CredentialsVersion, &p.Currency, &p.KeyID, &p.Scope,
	)
	if err != nil {
		return err
	}
	merchant.ID = p.MerchantID
	if err := json.Unmarshal(allowlist, &merchant.IPAllowlist); err != nil {
		return fmt.Errorf("address allowlist of merchant %d: %w", p.MerchantID, err)
	}
	if p.IPAllowlist, err = fromDBAllowlist(merchant); err != nil {
		return err
	}
	// Of the settings the rest is not worth decoding each time.
	var decoded struct {
		ChannelCode []byte `json:"channelCode"`
	}
	if err := json.Unmarshal(settings, &decoded); err != nil {
		return fmt.Errorf("settings of merchant %d: %w", p.MerchantID, err)
	}
	copy(p.ChannelCode[:], decoded.ChannelCode)
	return nil
}
