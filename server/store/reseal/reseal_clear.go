package reseal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	"orderhub/server/store"
)

// sealClear seals what a version before has left in the clear of a column.
func (s *Store) sealClear(
	ctx context.Context, column *store.SealedColumn, dry bool, done *Resealed, tell func(Resealed),
) error {
	switch column {
	case store.LineDoorStates:
		return s.sealTexts(ctx, column, "door_state", dry, done, tell)
	case store.EndpointURLs, store.DeliveryURLs:
		return s.sealTexts(ctx, column, "url", dry, done, tell)
	case store.OrderPersonal:
		return s.sealOrders(ctx, dry, done, tell)
	case store.HoldDrafts:
		return s.keyHolds(ctx, dry, done, tell)
	case store.CallbackURLs:
		return s.sealSettings(ctx, dry, done, callbackURLInClear, s.sealCallbackURL)
	case store.BillingNames:
		return s.sealSettings(ctx, dry, done, store.NamesInClear, s.sealBillingNames)
	case store.SealedEmails:
		return s.sealEmails(ctx, dry, done, tell)
	default:
		return nil
	}
}

// sealTexts seals what stands in a text column of its own beside the sealed one.
func (s *Store) sealTexts(
	ctx context.Context, column *store.SealedColumn, inClear string, dry bool, done *Resealed, tell func(Resealed),
) error {
	page := store.Same(fmt.Sprintf(`SELECT id, %s AS bound_to, %s FROM %s WHERE id > $1 AND %s <> '' ORDER BY id
		LIMIT %d`,
		column.BoundTo(), inClear, column.Table, inClear, resealBatch))
	replace := fmt.Sprintf(
		`UPDATE %s SET %s = $2, %s = '' WHERE id = $1 AND %s = $3`, column.Table, column.Column, inClear, inClear,
	)
	return s.sealPages(ctx, dry, done, tell, page, replace, func(row store.Scanner) (id int64, args argsOf, err error) {
		var boundTo, text string
		err = row.Scan(&id, &boundTo, &text)
		return id, func() []any {
			return []any{id, s.db.Sealer.Seal([]byte(text), column.AtRow(boundTo)), text}
		}, err
	})
}

// argsOf makes the arguments of the statement that seals what a row has in the clear, unless that has changed.
type argsOf func() []any

// sealPages seals what is read of the rows from an id on, one page after the other.
func (s *Store) sealPages(
	ctx context.Context, dry bool, done *Resealed, tell func(Resealed), page store.Statement, replace string,
	read func(store.Scanner) (id int64, args argsOf, err error),
) error {
	for after := int64(0); ; {
		var all []argsOf
		err := s.db.Peek(ctx, store.NewQuery(page, []any{after}, func(row store.Scanner) error {
			id, args, err := read(row)
			after, all = id, append(all, args)
			return err
		}))
		if err != nil || len(all) == 0 {
			return err
		}
		done.Clear += int64(len(all))
		if !dry {
			began := time.Now()
			changed, err := s.changeEach(ctx, replace, len(all), func(i int) []any { return all[i]() })
			if err != nil {
				return err
			}
			done.Replaced += changed
			s.db.LetOthersWrite(ctx, time.Since(began))
		}
		tell(*done)
	}
}

// Orders of versions that left personal data in the clear are known by their fingerprint, which has no version in
// front. What is sealed is never written over: there is nothing in the clear then.
var (
	selectClearOrders = store.Same(
		fmt.Sprintf(`SELECT id, fingerprint, recipient_user_id, recipient_server_id, recipient_character_id, notify_url,
		metadata FROM orders WHERE id > $1 AND length(fingerprint) = 32 ORDER BY id LIMIT %d`, resealBatch),
	)
	sealClearOrder = `UPDATE orders SET personal = coalesce(personal, $2), fingerprint = $3, recipient_user_id = '',
		recipient_server_id = '', recipient_character_id = '', notify_url = '', metadata = '{}'
		WHERE id = $1 AND length(fingerprint) = 32`
)

// sealOrders seals what is personal of orders, and keys their fingerprints.
func (s *Store) sealOrders(ctx context.Context, dry bool, done *Resealed, tell func(Resealed)) error {
	read := func(row store.Scanner) (id int64, args argsOf, err error) {
		var p store.Personal
		var fingerprint, metadata []byte
		err = row.Scan(&id, &fingerprint, &p.UserID, &p.ServerID, &p.CharacterID, &p.NotifyURL, &metadata)
		if err != nil {
			return id, nil, err
		}
		if err := json.Unmarshal(metadata, &p.Metadata); err != nil {
			return id, nil, fmt.Errorf("metadata of order %d: %w", id, err)
		}
		sealed, _, err := s.db.Vault.SealPersonal(id, p)
		keyed := s.db.Vault.ToDBFingerprint([32]byte(fingerprint))
		return id, func() []any { return []any{id, sealed, keyed} }, err
	}
	return s.sealPages(ctx, dry, done, tell, selectClearOrders, sealClearOrder, read)
}

var (
	selectClearHolds = store.Same(
		fmt.Sprintf(`SELECT id, fingerprint FROM holds WHERE id > $1 AND length(fingerprint) = 32 ORDER BY id LIMIT %d`,
			resealBatch),
	)
	keyHold = `UPDATE holds SET fingerprint = $2 WHERE id = $1 AND length(fingerprint) = 32`
)

// keyHolds keys the fingerprints of holds, whose drafts were never in the clear.
func (s *Store) keyHolds(ctx context.Context, dry bool, done *Resealed, tell func(Resealed)) error {
	read := func(row store.Scanner) (id int64, args argsOf, err error) {
		var fingerprint []byte
		err = row.Scan(&id, &fingerprint)
		return id, func() []any { return []any{id, s.db.Vault.KeyedFingerprint(fingerprint)} }, err
	}
	return s.sealPages(ctx, dry, done, tell, selectClearHolds, keyHold, read)
}

var (
	selectClearEmails = store.Same(
		fmt.Sprintf(`SELECT id, email FROM merchants WHERE id > $1 AND email IS NOT NULL ORDER BY id
			LIMIT %d`, resealBatch),
	)
	sealClearEmail = `UPDATE merchants SET sealed_email = $2, email_hash = $3, email = NULL WHERE id = $1
		AND email = $4`
)

// sealEmails seals the addresses for signing in, and hashes them.
func (s *Store) sealEmails(ctx context.Context, dry bool, done *Resealed, tell func(Resealed)) error {
	read := func(row store.Scanner) (id int64, args argsOf, err error) {
		var email string
		err = row.Scan(&id, &email)
		return id, func() []any {
			sealed := s.db.Sealer.Seal([]byte(email), store.SealedEmails.At(id))
			return []any{id, sealed, s.db.Vault.HashEmail(email), email}
		}, err
	}
	return s.sealPages(ctx, dry, done, tell, selectClearEmails, sealClearEmail, read)
}

func callbackURLInClear(m *store.MerchantSettings) bool { return m.CallbackURL != "" }

func (s *Store) sealCallbackURL(merchantID int64, m *store.MerchantSettings) error {
	m.SealedCallbackURL, m.CallbackURL = s.db.Vault.SealText(m.CallbackURL, store.CallbackURLs.At(merchantID))
	return nil
}

func (s *Store) sealBillingNames(merchantID int64, m *store.MerchantSettings) error {
	return s.db.Vault.SetBillingAddresses(merchantID, m, m.BillingAddresses, true)
}

// sealSettings seals what is in the clear in the settings of merchants, of whom there are few.
func (s *Store) sealSettings(
	ctx context.Context, dry bool, done *Resealed, inClear func(*store.MerchantSettings) bool,
	seal func(merchantID int64, m *store.MerchantSettings) error,
) error {
	rows, err := s.db.Reader.Merchant.Query().All(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		settings, err := store.FromDBSettings(row)
		if err != nil {
			return err
		}
		if !inClear(&settings) {
			continue
		}
		done.Clear++
		if dry {
			continue
		}
		if err := s.changeClearSettings(ctx, row.ID, inClear, seal); err != nil {
			return err
		}
		done.Replaced++
	}
	return nil
}

func (s *Store) changeClearSettings(
	ctx context.Context, merchantID int64, inClear func(*store.MerchantSettings) bool,
	seal func(merchantID int64, m *store.MerchantSettings) error,
) error {
	return s.db.InTx(ctx, func(tx *ent.Tx) error {
		m, err := store.LockSettings(ctx, s.db, tx, merchantID)
		if err != nil || !inClear(&m) {
			return err
		}
		if err := seal(merchantID, &m); err != nil {
			return err
		}
		text, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("encode settings: %w", err)
		}
		return tx.Merchant.UpdateOneID(merchantID).SetSettings(text).SetUpdatedAt(s.db.Now()).Exec(ctx)
	})
}
