package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"orderhub/ent"
	entkey "orderhub/ent/apikey"
	"orderhub/ent/predicate"
	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/operator"
	"orderhub/server/session"
	"orderhub/server/store"
)

func (s *Store) CreateKey(ctx context.Context, k account.Key, hash [32]byte) (account.Key, error) {
	var created account.Key
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := s.mayHold(ctx, tx, &k); err != nil {
			return err
		}
		create := tx.APIKey.Create().SetMerchantID(k.MerchantID).SetHash(hash[:]).SetScope(string(k.Scope)).
			SetLabel(k.Label).SetCreatedAt(s.db.Now())
		if k.Certificate != (account.Fingerprint{}) {
			create.SetCertificate(k.Certificate[:])
		}
		if k.MadeBy != 0 {
			create.SetMadeBy(k.MadeBy)
		}
		row, err := create.Save(ctx)
		if err != nil {
			return store.Translate(
				err, nil, store.NewConflict("api_keys_hash_key", &account.AlreadyExistsError{Field: "key"}),
				store.NewConflict("apikey_certificate", &account.AlreadyExistsError{Field: "certificate_sha256"}),
			)
		}
		created = fromDBKey(row)
		audit.Changed(ctx, "key", nil, recordedKey(&created))
		return nil
	})
	return created, store.During("create key", err)
}

// recordedKey is a key in the record, which never has what it is.
func recordedKey(k *account.Key) map[string]any {
	return map[string]any{"id": k.ID, "merchantId": k.MerchantID, "scope": k.Scope, "label": k.Label}
}

// mayHold says whether the merchant may have the key. Whoever makes keys with one of its
// own waits for others who do, and for who revokes that one.
func (s *Store) mayHold(ctx context.Context, tx *ent.Tx, k *account.Key) error {
	if k.MadeBy == 0 {
		_, err := tx.Merchant.Get(ctx, k.MerchantID)
		return store.Translate(err, account.ErrMerchantNotFound)
	}
	if _, err := store.LockMerchant(ctx, s.db, tx, k.MerchantID); err != nil {
		return err
	}
	good, err := tx.APIKey.Query().
		Where(entkey.ID(k.MadeBy), entkey.MerchantID(k.MerchantID), entkey.RevokedAtIsNil()).Exist(ctx)
	switch {
	case err != nil:
		return err
	case !good:
		return account.ErrUnauthenticated
	}
	its := []predicate.APIKey{entkey.MerchantID(k.MerchantID), entkey.MadeByNotNil()}
	made, err := tx.APIKey.Query().Where(append(its, entkey.RevokedAtIsNil())...).Count(ctx)
	if err != nil {
		return err
	}
	if err := account.MayMake(made); err != nil {
		return err
	}
	old, err := tx.APIKey.Query().Where(append(its, entkey.RevokedAtNotNil())...).
		Order(entkey.ByID(sql.OrderDesc())).Offset(account.MostOwnRevoked).IDs(ctx)
	if err != nil || len(old) == 0 {
		return err
	}
	_, err = tx.APIKey.Delete().Where(entkey.IDIn(old...)).Exec(ctx)
	return err
}

func (s *Store) ListKeys(ctx context.Context, merchantID int64) ([]account.Key, error) {
	rows, err := s.db.Reader.APIKey.Query().Where(entkey.MerchantID(merchantID)).Order(entkey.ByID()).All(ctx)
	return store.Mapped(rows, fromDBKey), store.During("list keys", err)
}

func (s *Store) RevokeKey(ctx context.Context, merchantID, keyID int64) (account.Key, error) {
	var revoked account.Key
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		// Of two who revoke at once, the first says when, and one finds that none is left.
		if _, err := store.LockMerchant(ctx, s.db, tx, merchantID); errors.Is(err, account.ErrMerchantNotFound) {
			return account.ErrKeyNotFound
		} else if err != nil {
			return err
		}
		its := []predicate.APIKey{entkey.ID(keyID), entkey.MerchantID(merchantID)}
		changed, err := tx.APIKey.Update().Where(append(its, entkey.RevokedAtIsNil())...).SetRevokedAt(s.db.Now()).
			Save(ctx)
		if err != nil {
			return err
		}
		row, err := tx.APIKey.Query().Where(its...).Only(ctx)
		if err != nil {
			return store.Translate(err, account.ErrKeyNotFound)
		}
		revoked = fromDBKey(row)
		if changed == 0 {
			return nil
		}
		audit.Changed(ctx, "key", recordedKey(&revoked), nil)
		return endSignIns(ctx, tx, &revoked)
	})
	return revoked, store.During("revoke key", err)
}

// endSignIns ends what was signed in for when no key is left that may as much: whoever
// took all of them back means that nobody may act for the merchant, and keys of fewer
// rights that stay do not speak for what a password opens.
func endSignIns(ctx context.Context, tx *ent.Tx, revoked *account.Key) error {
	its := []predicate.APIKey{entkey.MerchantID(revoked.MerchantID), entkey.RevokedAtIsNil()}
	if revoked.Scope == account.ScopeMerchant {
		its = append(its, entkey.Scope(string(account.ScopeMerchant)))
	}
	left, err := tx.APIKey.Query().Where(its...).Exist(ctx)
	if err != nil || left {
		return err
	}
	return tx.Merchant.UpdateOneID(revoked.MerchantID).AddCredentialsVersion(1).Exec(ctx)
}

// principalColumns is who a merchant acts as, in one statement: it is asked for
// often. What follows them in each statement is the key, and the operator whose it is.
const principalColumns = `m.id, m.name, m.status, m.requests_per_minute, m.burst, m.ip_allowlist, m.settings,
	m.credentials_version, coalesce(a.currency, '')`

const selectKeyHolder = `SELECT ` + principalColumns + `, k.id, k.scope, 0, '', '' FROM api_keys k
	JOIN merchants m ON m.id = k.merchant_id LEFT JOIN accounts a ON a.merchant_id = m.id `

// selectOperator is an operator in the form of a merchant with admin scope.
var selectOperator = `SELECT 0, '', o.status, ` + strconv.Itoa(account.DoorDefault) + `, 0, '[]', '{}', 0, '', k.id,
	'` + string(account.ScopeAdmin) + `', o.id, o.name, o.roles FROM operator_keys k
	JOIN operators o ON o.id = k.operator_id `

func (s *Store) PrincipalByCredential(ctx context.Context, c account.Credential) (account.Principal, error) {
	if c.Session {
		return s.principalBySession(ctx, c.Hash)
	}
	which := selectPrincipalByKey
	if c.Certificate {
		which = selectPrincipalByCertificate
	}
	return s.principal(ctx, account.ErrUnauthenticated, which, c.Hash[:])
}

func (s *Store) principalBySession(ctx context.Context, hash [32]byte) (account.Principal, error) {
	found, err := store.FindSession(ctx, s.db.Peek, hash)
	if errors.Is(err, session.ErrNoSession) {
		err = account.ErrUnauthenticated
	}
	if err != nil {
		return account.Principal{}, err
	}
	return account.Principal{
		Scope: account.ScopeAdmin, Status: account.Status(found.Status),
		RateLimit:  account.RateLimit{RequestsPerMinute: account.DoorDefault},
		OperatorID: found.OperatorID, OperatorName: found.Name, Roles: found.Roles, Session: &found,
	}, nil
}

func (s *Store) PrincipalByMerchant(ctx context.Context, merchantID int64) (account.Principal, error) {
	return s.principal(ctx, account.ErrMerchantNotFound, selectPrincipal, merchantID)
}

func (s *Store) principal(ctx context.Context, none error, which store.Statement, arg any) (account.Principal, error) {
	var p account.Principal
	found := false
	err := s.db.Peek(ctx, store.NewQuery(which, []any{arg}, func(row store.Scanner) error {
		found = true
		return scanPrincipal(row, &p)
	}))
	if err == nil && !found {
		err = none
	}
	if err == nil && p.Currency != "" {
		// Whoever is about to order needs it, inside a transaction that cannot wait for another connection.
		_, err = s.db.Ledger.Revenue(ctx, p.Currency)
	}
	return p, store.During("find principal", err)
}

func scanPrincipal(row store.Scanner, p *account.Principal) error {
	merchant := &ent.Merchant{}
	var allowlist, settings []byte
	var roles string
	err := row.Scan(
		&p.MerchantID, &p.MerchantName, &p.Status, &p.RateLimit.RequestsPerMinute, &p.RateLimit.Burst, &allowlist,
		&settings,
		&p.CredentialsVersion, &p.Currency, &p.KeyID, &p.Scope, &p.OperatorID, &p.OperatorName, &roles,
	)
	if err != nil {
		return err
	}
	merchant.ID, p.Roles = p.MerchantID, operator.ParseRoles(roles)
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

var (
	selectPrincipalByKey = store.Same(selectKeyHolder + `WHERE k.hash = $1 AND k.revoked_at IS NULL UNION ALL ` +
		selectOperator + `WHERE k.hash = $1 AND k.revoked_at IS NULL`)
	selectPrincipalByCertificate = store.Same(selectKeyHolder + `WHERE k.certificate = $1 AND k.revoked_at IS NULL`)
	selectPrincipal              = store.Same(
		`SELECT ` + principalColumns + `, 0, '` + string(account.ScopeMerchant) + `', 0, '', '' FROM merchants m
		LEFT JOIN accounts a ON a.merchant_id = m.id WHERE m.id = $1`,
	)
)
