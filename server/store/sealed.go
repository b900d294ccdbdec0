package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/secret"
)

// isUnreadable says that a sealed value could not be opened, which is about its row alone.
func isUnreadable(err error) bool {
	return errors.Is(err, secret.ErrCorrupt) || errors.Is(err, secret.ErrUnknownKey)
}

// sealFields encrypts a line's customer fields; nil when there are none.
func (s *Store) sealFields(lineID int64, fields map[string]string) (any, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	return s.sealJSON(fields, lineFields.at(lineID))
}

func (s *Store) openFields(lineID int64, sealed []byte) (fields map[string]string, err error) {
	err = s.openJSON(sealed, lineFields.at(lineID), &fields)
	return fields, err
}

// sealHeld encrypts goods that wait for their delivery; nil when there are none.
func (s *Store) sealHeld(attemptID int64, goods []dialect.Goods) (any, error) {
	if len(goods) == 0 {
		return nil, nil
	}
	return s.sealJSON(goods, heldGoods.at(attemptID))
}

func (s *Store) openHeld(attemptID int64, sealed []byte) (goods []dialect.Goods, err error) {
	err = s.openJSON(sealed, heldGoods.at(attemptID), &goods)
	return goods, err
}

// sealJSON encrypts a value for one place.
func (s *Store) sealJSON(value any, at secret.Place) (any, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", at.Purpose, err)
	}
	return s.sealer.Seal(plain, at), nil
}

// openJSON leaves into as it is when nothing is sealed.
func (s *Store) openJSON(sealed []byte, at secret.Place, into any) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := s.unseal(sealed, at)
	if err != nil {
		return fmt.Errorf("%s: %w", at.Purpose, err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("%s: %w", at.Purpose, err)
	}
	return nil
}

// sealUnit encrypts the content of a unit.
func (s *Store) sealUnit(id int64, content string) []byte {
	return s.sealer.Seal([]byte(content), unitContents.at(id))
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

// openStock is openUnit of a unit that is about to be sold.
func (s *Store) openStock(id int64, sealed []byte) (string, error) {
	content, err := s.openUnit(id, sealed)
	if errors.Is(err, secret.ErrCorrupt) {
		err = &unreadableUnitError{id, err}
	}
	return content, err
}

// Its code can be imported again.
var voidUnreadable = same(
	`UPDATE units SET status = 'void', fingerprint = NULL WHERE id = $1 AND status = 'available' RETURNING id`,
)

// mostUnreadable is how many damaged units one call takes out of stock before it gives up; the next goes on.
const mostUnreadable = 100

// withoutUnreadable takes units out of stock that are damaged, and has work sell others in their place.
func (s *Store) withoutUnreadable(ctx context.Context, work func() error) error {
	for range mostUnreadable {
		err := work()
		var unit *unreadableUnitError
		if !errors.As(err, &unit) {
			return err
		}
		s.setAside("unit in stock, which is void now", unit.id, unit.err)
		err = s.bulk(ctx, func(tx bulkTx) error { return tx.read(ctx, read{voidUnreadable, []any{unit.id}, ignoreRow}) })
		if err != nil {
			return during("take a damaged unit out of stock", err)
		}
	}
	return work()
}

// openUnit is the content of a unit, "" of a ticket that is not confirmed.
func (s *Store) openUnit(id int64, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	content, err := s.unseal(sealed, unitContents.at(id))
	if err != nil {
		return "", fmt.Errorf("unit %d: %w", id, err)
	}
	return string(content), nil
}

// sealPrivate encrypts a door's own data about the customer; nil when there is
// none.
func (s *Store) sealPrivate(orderID int64, private json.RawMessage) any {
	if len(private) == 0 {
		return nil
	}
	return s.sealer.Seal(private, orderPrivates.at(orderID))
}

func (s *Store) openPrivate(orderID int64, sealed []byte) (json.RawMessage, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.unseal(sealed, orderPrivates.at(orderID))
	if err != nil {
		return nil, fmt.Errorf("private data: %w", err)
	}
	return plain, nil
}
