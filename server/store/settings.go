package store

import (
	"context"
	"encoding/json"
	"fmt"

	"entgo.io/ent/dialect"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
	"orderhub/server/account"
	"orderhub/server/money"
)

// merchantSettings is the settings column of a merchant. The callback key and address
// and the names of billing addresses are sealed; the channel code is a hash.
type merchantSettings struct {
	StoreName             string                   `json:"storeName,omitempty"`
	BillingAddresses      []account.BillingAddress `json:"billingAddresses,omitempty"`   // with names as before these were
	SealedBillingNames    []byte                   `json:"sealedBillingNames,omitempty"` // by the addresses' ids
	DefaultBillingAddress int64                    `json:"defaultBillingAddress,omitempty"`
	CallbackURL           string                   `json:"callbackUrl,omitempty"` // as it was written before it was sealed
	SealedCallbackURL     []byte                   `json:"sealedCallbackUrl,omitempty"`
	ChannelCode           []byte                   `json:"channelCode,omitempty"`
	CallbackKey           []byte                   `json:"callbackKey,omitempty"`
}

func fromDBSettings(row *ent.Merchant) (merchantSettings, error) {
	var settings merchantSettings
	if len(row.Settings) == 0 {
		return settings, nil
	}
	if err := json.Unmarshal(row.Settings, &settings); err != nil {
		return settings, fmt.Errorf("settings of merchant %d: %w", row.ID, err)
	}
	return settings, nil
}

// publicSettings are those that are not secret. Without a key they lack what is sealed.
func (s *Store) publicSettings(merchantID int64, m *merchantSettings) (account.Settings, error) {
	callback, err := s.callbackURLOf(merchantID, m)
	if err = s.withoutKeyOrIt("callback address of merchant", merchantID, err); err != nil {
		return account.Settings{}, err
	}
	addresses, err := s.billingAddressesOf(merchantID, m)
	if err = s.withoutKeyOrIt("billing addresses of merchant", merchantID, err); err != nil {
		return account.Settings{}, err
	}
	return account.Settings{
		StoreName: m.StoreName, BillingAddresses: addresses, DefaultBillingAddress: m.DefaultBillingAddress,
		CallbackURL: callback,
	}, nil
}

// withoutKeyOrIt is withoutIt that also lets what else there is be shown to who has no key.
func (s *Store) withoutKeyOrIt(what string, id int64, err error) error {
	if isNoKey(err) {
		return nil
	}
	return s.withoutIt(what, id, err)
}

// OrderSettings implements account.Store.
func (s *Store) OrderSettings(ctx context.Context, merchantID int64) (account.Settings, error) {
	row, err := s.reader.Merchant.Query().Where(entmerchant.ID(merchantID)).
		Select(entmerchant.FieldID, entmerchant.FieldSettings).Only(ctx)
	if err != nil {
		return account.Settings{}, during("find settings", translate(err, account.ErrMerchantNotFound))
	}
	m, err := fromDBSettings(row)
	settings := account.Settings{StoreName: m.StoreName, DefaultBillingAddress: m.DefaultBillingAddress}
	for _, a := range m.BillingAddresses {
		settings.BillingAddresses = append(settings.BillingAddresses, account.BillingAddress{ID: a.ID})
	}
	return settings, err
}

func (s *Store) callbackURLOf(merchantID int64, m *merchantSettings) (string, error) {
	address, err := s.openText(m.SealedCallbackURL, m.CallbackURL, callbackURLs.at(merchantID))
	return address, during(fmt.Sprintf("settings of merchant %d", merchantID), err)
}

// setPublicSettings replaces what is not secret. It needs the key where something is sealed, or is to be.
func (s *Store) setPublicSettings(
	merchantID int64, m *merchantSettings, to account.Settings, sealed bool,
) error {
	m.StoreName, m.DefaultBillingAddress = to.StoreName, to.DefaultBillingAddress
	if err := s.setBillingAddresses(merchantID, m, to.BillingAddresses, sealed); err != nil {
		return err
	}
	before, err := s.callbackURLOf(merchantID, m)
	if err != nil && !isUnreadable(err) { // which another address mends
		return err
	}
	if err == nil && before == to.CallbackURL {
		return nil
	}
	m.SealedCallbackURL, m.CallbackURL = s.sealText(to.CallbackURL, callbackURLs.at(merchantID))
	return nil
}

// SetCredentials implements account.Store.
func (s *Store) SetCredentials(ctx context.Context, merchantID int64, c account.Credentials) error {
	err := s.inTx(ctx, func(tx *ent.Tx) error {
		settings, err := s.lockSettings(ctx, tx, merchantID)
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
				settings.CallbackKey = s.sealer.Seal([]byte(*c.CallbackKey), callbackKeys.at(merchantID))
			}
		}
		text, err := json.Marshal(settings)
		if err != nil {
			return fmt.Errorf("encode settings: %w", err)
		}
		update := tx.Merchant.UpdateOneID(merchantID).SetSettings(text).SetUpdatedAt(s.now())
		if c.PasswordHash != nil {
			update.SetPasswordHash(*c.PasswordHash).AddCredentialsVersion(1)
		}
		return translate(update.Exec(ctx), account.ErrMerchantNotFound)
	})
	return during("set credentials", unavailable(err))
}

// CallbackKey implements account.Store.
func (s *Store) CallbackKey(ctx context.Context, merchantID int64) (string, error) {
	row, err := s.reader.Merchant.Get(ctx, merchantID)
	if err != nil {
		return "", during("find callback key", translate(err, account.ErrMerchantNotFound))
	}
	return s.callbackKeyOf(row)
}

func (s *Store) callbackKeyOf(row *ent.Merchant) (string, error) {
	settings, err := fromDBSettings(row)
	if err != nil || len(settings.CallbackKey) == 0 {
		return "", err
	}
	key, err := s.unseal(settings.CallbackKey, callbackKeys.at(row.ID))
	if err != nil {
		return "", fmt.Errorf("callback key of merchant %d: %w", row.ID, err)
	}
	return string(key), nil
}

// MerchantByEmail implements account.Store.
func (s *Store) MerchantByEmail(ctx context.Context, email string) (account.Merchant, string, error) {
	// The hash and the version of the credentials are of one row as it was at one moment.
	row, err := s.reader.Merchant.Query().Where(s.byEmail(normalEmail(email))).Only(ctx)
	if err != nil {
		return account.Merchant{}, "", during("find merchant", translate(err, account.ErrMerchantNotFound))
	}
	m, err := s.withWallet(ctx, s.reader, row)
	return m, row.PasswordHash, err
}

// What was paid in is added up in whole units and what is finer, each of which stays in range where their sum does not.
var selectTotals = same(`SELECT a.balance_micros, ` + paidIn("/") + `, ` + paidIn("%") + `,
	(SELECT count(*) FROM orders o WHERE o.merchant_id = $1)
	FROM accounts a WHERE a.merchant_id = $1`)

func paidIn(operator string) string {
	part := "(t.amount_micros " + operator + " 1000000)"
	return `(SELECT coalesce(sum(CASE WHEN t.credit_account_id = a.id THEN ` + part + ` ELSE -` + part + ` END), 0)
		FROM transfers t WHERE t.merchant_id = $1 AND t.kind IN ('deposit', 'adjustment'))`
}

// Totals implements account.Store. What was spent follows from what was paid in
// and what is left, so that only the deposits are read.
func (s *Store) Totals(ctx context.Context, merchantID int64) (account.Totals, error) {
	totals, found := account.Totals{}, false
	err := s.peek(ctx, read{selectTotals, []any{merchantID}, func(row scanner) error {
		var balance, finer money.Amount
		var whole int64
		found = true
		if err := row.Scan(&balance, &whole, &finer, &totals.Orders); err != nil {
			return err
		}
		deposited, err := money.Unit.Mul(whole)
		if err != nil {
			deposited = money.MaxAmount // far more than any wallet can hold at once
		}
		totals.Deposited = deposited.AddCapped(finer)
		totals.Spent = totals.Deposited.SubCapped(balance)
		return nil
	}})
	if err == nil && !found {
		err = account.ErrNoWallet
	}
	return totals, during("sum up account", unavailable(err))
}

// lockSettings reads the settings so that nobody else changes them meanwhile.
func (s *Store) lockSettings(ctx context.Context, tx *ent.Tx, id int64) (merchantSettings, error) {
	row, err := s.lockMerchant(ctx, tx, id)
	if err != nil {
		return merchantSettings{}, err
	}
	return fromDBSettings(row)
}

func (s *Store) lockMerchant(ctx context.Context, tx *ent.Tx, id int64) (*ent.Merchant, error) {
	query := tx.Merchant.Query().Where(entmerchant.ID(id))
	if s.dialect == dialect.Postgres {
		query.ForUpdate()
	}
	row, err := query.Only(ctx)
	return row, translate(err, account.ErrMerchantNotFound)
}
