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

// holdAccountSealing says whether accounts are sealed as they are written, and keeps it so until tx ends. Of two
// processes that give one address to two merchants, one sealed and the other in the clear, neither would else see that
// it is taken.
func (s *Store) holdAccountSealing(ctx context.Context, tx *ent.Tx) (sealed bool, err error) {
	query := tx.Counter.Query().Where(entcounter.ID(accountSealingCounter))
	if s.dialect == dialect.Postgres {
		query.ForShare()
	}
	row, err := query.Only(ctx)
	if err != nil {
		return false, during("read how accounts are sealed", err)
	}
	return row.Value > 0, nil
}

// normalEmail is an address as it is kept and found: in any letter case it is the same.
func normalEmail(email string) string { return strings.ToLower(email) }

func (s *Store) hashEmail(email string) []byte {
	return s.sealer.Fingerprint([]byte(email), emailPurpose)
}

// hasNoKey says that the store can neither seal nor hash.
func (s *Store) hasNoKey() bool { return len(s.sealer.KeyIDs()) == 0 }

// byEmail finds the merchant that signs in with a normal address. What is clear counts before the hash.
func (s *Store) byEmail(email string) predicate.Merchant {
	inClear := entmerchant.Email(email)
	if s.hasNoKey() {
		return inClear
	}
	return entmerchant.Or(inClear, entmerchant.And(entmerchant.EmailIsNil(), entmerchant.EmailHash(s.hashEmail(email))))
}

// emailOf is the address that a merchant signs in with, "" for none.
func (s *Store) emailOf(row *ent.Merchant) (string, error) {
	if row.Email != nil {
		return *row.Email, nil
	}
	return s.openText(row.SealedEmail, "", sealedEmails.at(row.ID))
}

// hasEmail reports whether a merchant signs in with a normal address, "" for none. It needs the key where that is
// sealed.
func (s *Store) hasEmail(row *ent.Merchant, email string) bool {
	switch {
	case row.Email != nil:
		return *row.Email == email
	case len(row.EmailHash) == 0 || email == "":
		return len(row.EmailHash) == 0 && email == ""
	default:
		return bytes.Equal(row.EmailHash, s.hashEmail(email))
	}
}

// setEmail writes a normal address, "" for none. *account.AlreadyExistsError here or, from a unique index, with the
// update.
func (s *Store) setEmail(
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
	case s.hasNoKey():
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
	update.ClearEmail().SetEmailHash(s.hashEmail(email)).
		SetSealedEmail(s.sealer.Seal([]byte(email), sealedEmails.at(id)))
	return nil
}

// billingAddressesOf are the addresses with their names; with an error, without those that are sealed.
func (s *Store) billingAddressesOf(merchantID int64, m *merchantSettings) ([]account.BillingAddress, error) {
	if len(m.SealedBillingNames) == 0 {
		return m.BillingAddresses, nil
	}
	var names map[int64]string
	err := s.openJSON(m.SealedBillingNames, billingNames.at(merchantID), &names)
	named := slices.Clone(m.BillingAddresses)
	for i := range named {
		if name, found := names[named[i].ID]; found {
			named[i].Name = name
		}
	}
	return named, during(fmt.Sprintf("billing addresses of merchant %d", merchantID), err)
}

// setBillingAddresses leaves the ids in the clear, by which orders name them.
func (s *Store) setBillingAddresses(
	merchantID int64, m *merchantSettings, addresses []account.BillingAddress, sealed bool,
) error {
	m.BillingAddresses, m.SealedBillingNames = addresses, nil
	if !sealed || !namesInClear(m) {
		return nil
	}
	if s.hasNoKey() {
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
	m.SealedBillingNames = s.sealer.Seal(text, billingNames.at(merchantID))
	return nil
}

// namesInClear reports whether a billing address has its name beside it.
func namesInClear(m *merchantSettings) bool {
	return slices.ContainsFunc(m.BillingAddresses, func(a account.BillingAddress) bool { return a.Name != "" })
}
