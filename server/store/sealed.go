package store

import (
	"encoding/json"
	"fmt"

	"orderhub/server/dialect"
)

// What sealed values are sealed for: a value cannot be moved from one column to
// another.
const (
	sealUnit   = "unit"
	sealFields = "line fields"

	sealPrivate       = "order private"
	sealCallbackKey   = "callback key"
	sealWebhookSecret = "webhook secret"
	sealPayload       = "webhook payload"
	sealHeld          = "held goods"
	sealCredentials   = "provider credentials"
)

// sealFields encrypts a line's customer fields; nil when there are none.
func (s *Store) sealFields(fields map[string]string) (any, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	return s.sealJSON(fields, sealFields)
}

func (s *Store) openFields(sealed []byte) (fields map[string]string, err error) {
	err = s.openJSON(sealed, sealFields, &fields)
	return fields, err
}

// sealHeld encrypts goods that wait for their delivery; nil when there are none.
func (s *Store) sealHeld(goods []dialect.Goods) (any, error) {
	if len(goods) == 0 {
		return nil, nil
	}
	return s.sealJSON(goods, sealHeld)
}

func (s *Store) openHeld(sealed []byte) (goods []dialect.Goods, err error) {
	err = s.openJSON(sealed, sealHeld, &goods)
	return goods, err
}

// sealJSON encrypts a value for one purpose.
func (s *Store) sealJSON(value any, purpose string) (any, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", purpose, err)
	}
	return s.sealer.Seal(plain, purpose), nil
}

// openJSON leaves into as it is when nothing is sealed.
func (s *Store) openJSON(sealed []byte, purpose string, into any) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := s.sealer.Open(sealed, purpose)
	if err != nil {
		return fmt.Errorf("%s: %w", purpose, err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("%s: %w", purpose, err)
	}
	return nil
}

// sealPrivate encrypts a door's own data about the customer; nil when there is
// none.
func (s *Store) sealPrivate(private json.RawMessage) any {
	if len(private) == 0 {
		return nil
	}
	return s.sealer.Seal(private, sealPrivate)
}

func (s *Store) openPrivate(sealed []byte) (json.RawMessage, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.sealer.Open(sealed, sealPrivate)
	if err != nil {
		return nil, fmt.Errorf("private data: %w", err)
	}
	return plain, nil
}
