package store

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
	"orderhub/server/account"
)

// MerchantSettings is the settings column of a merchant. The callback key and address
// and the names of billing addresses are sealed; the channel code is a hash.
type MerchantSettings struct {
	StoreName string `json:"storeName,omitempty"`
	// BillingAddresses have their names as before these were sealed.
	BillingAddresses      []account.BillingAddress `json:"billingAddresses,omitempty"`
	SealedBillingNames    []byte                   `json:"sealedBillingNames,omitempty"` // by the addresses' ids
	DefaultBillingAddress int64                    `json:"defaultBillingAddress,omitempty"`
	// CallbackURL is as it was written before it was sealed.
	CallbackURL       string `json:"callbackUrl,omitempty"`
	SealedCallbackURL []byte `json:"sealedCallbackUrl,omitempty"`
	ChannelCode       []byte `json:"channelCode,omitempty"`
	CallbackKey       []byte `json:"callbackKey,omitempty"`
}

// FromDBSettings reads the settings column of a merchant.
func FromDBSettings(row *ent.Merchant) (MerchantSettings, error) {
	var settings MerchantSettings
	if len(row.Settings) == 0 {
		return settings, nil
	}
	if err := json.Unmarshal(row.Settings, &settings); err != nil {
		return settings, fmt.Errorf("settings of merchant %d: %w", row.ID, err)
	}
	return settings, nil
}

func (v *Vault) CallbackURLOf(merchantID int64, m *MerchantSettings) (string, error) {
	address, err := v.OpenText(m.SealedCallbackURL, m.CallbackURL, CallbackURLs.At(merchantID))
	return address, During(fmt.Sprintf("settings of merchant %d", merchantID), err)
}

func (v *Vault) CallbackKeyOf(row *ent.Merchant) (string, error) {
	settings, err := FromDBSettings(row)
	if err != nil || len(settings.CallbackKey) == 0 {
		return "", err
	}
	key, err := v.Unseal(settings.CallbackKey, CallbackKeys.At(row.ID))
	if err != nil {
		return "", fmt.Errorf("callback key of merchant %d: %w", row.ID, err)
	}
	return string(key), nil
}

// LockSettings reads the settings so that nobody else changes them meanwhile.
func LockSettings(ctx context.Context, s *DB, tx *ent.Tx, id int64) (MerchantSettings, error) {
	row, err := LockMerchant(ctx, s, tx, id)
	if err != nil {
		return MerchantSettings{}, err
	}
	return FromDBSettings(row)
}

// LockMerchant reads a merchant so that nobody else changes it meanwhile. account.ErrMerchantNotFound.
func LockMerchant(ctx context.Context, s *DB, tx *ent.Tx, id int64) (*ent.Merchant, error) {
	row, err := Locking(s, tx.Merchant.Query().Where(entmerchant.ID(id))).Only(ctx)
	return row, Translate(err, account.ErrMerchantNotFound)
}
