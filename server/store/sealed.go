package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/secret"
)

// IsUnreadable says that a sealed value could not be opened, which is about its row alone.
func IsUnreadable(err error) bool {
	return errors.Is(err, secret.ErrCorrupt) || errors.Is(err, secret.ErrUnknownKey)
}

// Vault encrypts what is kept for the place where it stands, and decrypts it.
type Vault struct{ db *DB }

// SealFields encrypts a line's customer fields; nil when there are none.
func (v *Vault) SealFields(lineID int64, fields map[string]string) ([]byte, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	return v.SealJSON(fields, lineFields.At(lineID))
}

func (v *Vault) OpenFields(lineID int64, sealed []byte) (fields map[string]string, err error) {
	err = v.OpenJSON(sealed, lineFields.At(lineID), &fields)
	return fields, err
}

// SealHeld encrypts goods that wait for their delivery; nil when there are none.
func (v *Vault) SealHeld(attemptID int64, goods []dialect.Goods) ([]byte, error) {
	if len(goods) == 0 {
		return nil, nil
	}
	return v.SealJSON(goods, heldGoods.At(attemptID))
}

func (v *Vault) OpenHeld(attemptID int64, sealed []byte) (goods []dialect.Goods, err error) {
	err = v.OpenJSON(sealed, heldGoods.At(attemptID), &goods)
	return goods, err
}

// SealJSON encrypts a value for one place.
func (v *Vault) SealJSON(value any, at secret.Place) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", at.Purpose, err)
	}
	return v.db.Sealer.Seal(plain, at), nil
}

// OpenJSON leaves into as it is when nothing is sealed.
func (v *Vault) OpenJSON(sealed []byte, at secret.Place, into any) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := v.Unseal(sealed, at)
	if err != nil {
		return fmt.Errorf("%s: %w", at.Purpose, err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("%s: %w", at.Purpose, err)
	}
	return nil
}

// SealUnit encrypts the content of a unit.
func (v *Vault) SealUnit(id int64, content string) []byte {
	return v.db.Sealer.Seal([]byte(content), unitContents.At(id))
}

// UnitFingerprint is the same for two units of a product that have one content; mark is its catalog.Content.Mark.
func (v *Vault) UnitFingerprint(productID int64, mark string) []byte {
	return v.db.Sealer.Fingerprint([]byte(mark), fmt.Sprintf("unit %d", productID))
}

// unreadableUnitError is about a unit in stock that nobody can sell.
type unreadableUnitError struct {
	id  int64
	err error
}

// Error implements error.
func (e *unreadableUnitError) Error() string { return fmt.Sprintf("unit %d: %v", e.id, e.err) }

// Unwrap is why it cannot be opened.
func (e *unreadableUnitError) Unwrap() error { return e.err }

// OpenStock is [Vault.OpenUnit] of a unit that is about to be sold.
func (v *Vault) OpenStock(id int64, sealed []byte) (string, error) {
	content, err := v.OpenUnit(id, sealed)
	if errors.Is(err, secret.ErrCorrupt) {
		err = &unreadableUnitError{id, err}
	}
	return content, err
}

// Its code can be imported again.
var voidUnreadable = Same(
	`UPDATE units SET status = 'void', fingerprint = NULL WHERE id = $1 AND status = 'available' RETURNING id`,
)

// mostUnreadable is how many damaged units one call takes out of stock before it gives up; the next goes on.
const mostUnreadable = 100

// WithoutUnreadable takes units out of stock that are damaged, and has work sell others in their place.
func (v *Vault) WithoutUnreadable(ctx context.Context, work func() error) error {
	for range mostUnreadable {
		err := work()
		var unit *unreadableUnitError
		if !errors.As(err, &unit) {
			return err
		}
		v.SetAside("unit in stock, which is void now", unit.id, unit.err)
		err = v.db.Bulk(ctx, func(tx BulkTx) error {
			return tx.Query(ctx, Query{voidUnreadable, []any{unit.id}, IgnoreRow})
		})
		if err != nil {
			return During("take a damaged unit out of stock", err)
		}
	}
	return work()
}

// OpenUnit is the content of a unit, "" of a ticket that is not confirmed.
func (v *Vault) OpenUnit(id int64, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	content, err := v.Unseal(sealed, unitContents.At(id))
	if err != nil {
		return "", fmt.Errorf("unit %d: %w", id, err)
	}
	return string(content), nil
}

// SealPrivate encrypts a door's own data about the customer; nil when there is
// none.
func (v *Vault) SealPrivate(orderID int64, private json.RawMessage) []byte {
	if len(private) == 0 {
		return nil
	}
	return v.db.Sealer.Seal(private, orderPrivates.At(orderID))
}

func (v *Vault) OpenPrivate(orderID int64, sealed []byte) (json.RawMessage, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := v.Unseal(sealed, orderPrivates.At(orderID))
	if err != nil {
		return nil, fmt.Errorf("private data: %w", err)
	}
	return plain, nil
}
