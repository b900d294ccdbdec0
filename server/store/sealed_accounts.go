package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"

	"orderhub/ent"
	entcounter "orderhub/ent/counter"
	entmerchant "orderhub/ent/merchant"
	"orderhub/ent/predicate"
	"orderhub/server/account"
	"orderhub/server/secret"
)

// emailPurpose is what addresses for signing in are fingerprinted for.
const emailPurpose = "merchant email"

// accountSealingCounter is the row of counters that says whether accounts are sealed: 0 while the version before finds
// them by what is in the clear, then 1. It is there in every database of this schema.
const accountSealingCounter = "account_sealing"

// HoldAccountSealing says whether accounts are sealed as they are written, and keeps it so until tx ends. Of two
// processes that give one address to two merchants, one sealed and the other in the clear, neither would else see that
// it is taken.
func (l *Sealing) HoldAccountSealing(ctx context.Context, tx *ent.Tx) (sealed bool, err error) {
	query := tx.Counter.Query().Where(entcounter.ID(accountSealingCounter))
	if l.db.dialect == dialect.Postgres {
		query.ForShare()
	}
	row, err := query.Only(ctx)
	if err != nil {
		return false, During("read how accounts are sealed", err)
	}
	return row.Value > 0, nil
}

// NormalEmail is an address as it is kept and found: in any letter case it is the same.
func NormalEmail(email string) string { return strings.ToLower(email) }

// HashEmail is what a normal address is found and kept unique by.
func (v *Vault) HashEmail(email string) []byte {
	return v.db.Sealer.Fingerprint([]byte(email), emailPurpose)
}

// hasNoKey says that the store can neither seal nor hash.
func (v *Vault) hasNoKey() bool { return len(v.db.Sealer.KeyIDs()) == 0 }

// ByEmail finds the merchant that signs in with a normal address. What is clear counts before the hash.
func (v *Vault) ByEmail(email string) predicate.Merchant {
	inClear := entmerchant.Email(email)
	if v.hasNoKey() {
		return inClear
	}
	return entmerchant.Or(inClear, entmerchant.And(entmerchant.EmailIsNil(), entmerchant.EmailHash(v.HashEmail(email))))
}

// EmailOf is the address that a merchant signs in with, "" for none.
func (v *Vault) EmailOf(row *ent.Merchant) (string, error) {
	if row.Email != nil {
		return *row.Email, nil
	}
	return v.OpenText(row.SealedEmail, "", SealedEmails.At(row.ID))
}

// HasEmail reports whether a merchant signs in with a normal address, "" for none. It needs the key where that is
// sealed.
func (v *Vault) HasEmail(row *ent.Merchant, email string) bool {
	switch {
	case row.Email != nil:
		return *row.Email == email
	case len(row.EmailHash) == 0 || email == "":
		return len(row.EmailHash) == 0 && email == ""
	default:
		return bytes.Equal(row.EmailHash, v.HashEmail(email))
	}
}

// SetEmail writes a normal address, "" for none. *account.AlreadyExistsError here or, from a unique index, with the
// update.
func (v *Vault) SetEmail(
	ctx context.Context, tx *ent.Tx, update *ent.MerchantUpdateOne, id int64, email string, sealed bool,
) error {
	if email == "" || !sealed {
		update.ClearEmailHash().ClearSealedEmail()
	}
	switch {
	case email == "":
		update.ClearEmail()
		return nil
	case !sealed:
		update.SetEmail(email)
		return nil
	case v.hasNoKey():
		return secret.ErrNoKey
	}
	// Until all are resealed another may have it in the clear, where the hash's index does not see it. Nobody writes it
	// there any more.
	taken, err := tx.Merchant.Query().Where(entmerchant.Email(email), entmerchant.IDNEQ(id)).Exist(ctx)
	if err != nil {
		return err
	}
	if taken {
		return &account.AlreadyExistsError{Field: "email"}
	}
	update.ClearEmail().SetEmailHash(v.HashEmail(email)).
		SetSealedEmail(v.db.Sealer.Seal([]byte(email), SealedEmails.At(id)))
	return nil
}

// BillingAddressesOf are the addresses with their names; with an error, without those that are sealed.
func (v *Vault) BillingAddressesOf(merchantID int64, m *MerchantSettings) ([]account.BillingAddress, error) {
	if len(m.SealedBillingNames) == 0 {
		return m.BillingAddresses, nil
	}
	var names map[int64]string
	err := v.OpenJSON(m.SealedBillingNames, BillingNames.At(merchantID), &names)
	named := slices.Clone(m.BillingAddresses)
	for i := range named {
		if name, found := names[named[i].ID]; found {
			named[i].Name = name
		}
	}
	return named, During(fmt.Sprintf("billing addresses of merchant %d", merchantID), err)
}

// SetBillingAddresses leaves the ids in the clear, by which orders name them.
func (v *Vault) SetBillingAddresses(
	merchantID int64, m *MerchantSettings, addresses []account.BillingAddress, sealed bool,
) error {
	m.BillingAddresses, m.SealedBillingNames = addresses, nil
	if !sealed || !NamesInClear(m) {
		return nil
	}
	if v.hasNoKey() {
		return secret.ErrNoKey
	}
	names := make(map[int64]string, len(addresses))
	m.BillingAddresses = make([]account.BillingAddress, len(addresses))
	for i, a := range addresses {
		names[a.ID], m.BillingAddresses[i] = a.Name, account.BillingAddress{ID: a.ID}
	}
	text, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("encode billing addresses: %w", err)
	}
	m.SealedBillingNames = v.db.Sealer.Seal(text, BillingNames.At(merchantID))
	return nil
}

// NamesInClear reports whether a billing address has its name beside it.
func NamesInClear(m *MerchantSettings) bool {
	return slices.ContainsFunc(m.BillingAddresses, func(a account.BillingAddress) bool { return a.Name != "" })
}
