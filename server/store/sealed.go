package store

import (
	"encoding/json"
	"fmt"
)

// What sealed values are sealed for: a value cannot be moved from one column to
// another.
const (
	sealUnit   = "unit"
	sealFields = "line fields"

	sealPrivate       = "order private"
	sealCallbackKey   = "callback key"
	sealWebhookSecret = "webhook secret"
)

// sealFields encrypts a line's customer fields; nil when there are none.
func (s *Store) sealFields(fields map[string]string) (any, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode customer fields: %w", err)
	}
	return s.sealer.Seal(plain, sealFields), nil
}

func (s *Store) openFields(sealed []byte) (map[string]string, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.sealer.Open(sealed, sealFields)
	if err != nil {
		return nil, fmt.Errorf("customer fields: %w", err)
	}
	var fields map[string]string
	if err := json.Unmarshal(plain, &fields); err != nil {
		return nil, fmt.Errorf("customer fields: %w", err)
	}
	return fields, nil
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
