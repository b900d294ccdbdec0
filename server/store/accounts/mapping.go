package accounts

import (
	"fmt"
	"net/netip"

	"orderhub/ent"
	"orderhub/server/account"
	"orderhub/server/money"
	"orderhub/server/store"
)

// fromDBMerchant takes nil for the wallet of an operator.
func (s *Store) fromDBMerchant(row *ent.Merchant, wallet *ent.Account) (account.Merchant, error) {
	allowlist, err := fromDBAllowlist(row)
	if err != nil {
		return account.Merchant{}, err
	}
	m := account.Merchant{
		ID: row.ID, Name: row.Name, Role: account.Role(row.Role), Status: account.Status(row.Status),
		RateLimit:   account.RateLimit{RequestsPerMinute: row.RequestsPerMinute, Burst: row.Burst},
		IPAllowlist: allowlist, CredentialsVersion: row.CredentialsVersion,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	settings, err := store.FromDBSettings(row)
	if err != nil {
		return account.Merchant{}, err
	}
	if m.Settings, err = s.publicSettings(row.ID, &settings); err != nil {
		return account.Merchant{}, err
	}
	m.Email, err = s.db.Vault.EmailOf(row)
	m.EmailUnread = err != nil
	if err = s.withoutKeyOrIt("e-mail address of merchant", row.ID, err); err != nil {
		return account.Merchant{}, err
	}
	if wallet != nil {
		w := fromDBWallet(wallet)
		m.Wallet = &w
	}
	return m, nil
}

func fromDBAllowlist(row *ent.Merchant) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range row.IPAllowlist {
		prefix, ok := account.ParsePrefix(text) // also of before such entries were cleaned up
		if !ok {
			return nil, fmt.Errorf("address allowlist of merchant %d: an entry is no prefix", row.ID)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

func toDBAllowlist(prefixes []netip.Prefix) []string {
	texts := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		texts[i] = prefix.String()
	}
	return texts
}

func fromDBWallet(row *ent.Account) account.Wallet {
	w := account.Wallet{
		AccountID: row.ID, Currency: money.Currency(row.Currency), Balance: money.Amount(row.BalanceMicros),
		CreditLimit: money.Amount(row.CreditLimitMicros), LowBalance: (*money.Amount)(row.LowBalanceMicros),
	}
	if row.MerchantID != nil {
		w.MerchantID = *row.MerchantID
	}
	return w
}

func fromDBKey(row *ent.APIKey) account.Key {
	key := account.Key{
		ID: row.ID, MerchantID: row.MerchantID, Scope: account.Scope(row.Scope), Label: row.Label,
		Certificate: fromDBFingerprint(row.Certificate), CreatedAt: row.CreatedAt,
		RevokedAt: row.RevokedAt,
	}
	if row.MadeBy != nil {
		key.MadeBy = *row.MadeBy
	}
	return key
}

func fromDBFingerprint(sum *[]byte) (f account.Fingerprint) {
	if sum != nil {
		copy(f[:], *sum)
	}
	return f
}

// fromDBTransfer signs the amount as the wallet sees it.
func fromDBTransfer(row *ent.Transfer, walletAccountID int64, orderNumber string) account.Transfer {
	t := account.Transfer{
		ID: row.ID, Kind: account.TransferKind(row.Kind), Currency: money.Currency(row.Currency),
		Amount: money.Amount(row.AmountMicros), Balance: money.Amount(row.BalanceMicros), OrderNumber: orderNumber,
		Description: row.Description, CreatedAt: row.CreatedAt,
	}
	if row.DebitAccountID == walletAccountID {
		t.Amount = money.Amount(0).SubCapped(t.Amount)
	}
	if row.Reference != nil {
		t.Reference = *row.Reference
	}
	if row.HoldNumber != nil {
		t.HoldNumber = *row.HoldNumber
	}
	return t
}
