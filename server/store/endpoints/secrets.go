package endpoints

import (
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

// mostFormerSecrets bounds how many replaced secrets of an endpoint still sign.
const mostFormerSecrets = 4

// formerSecret was replaced and goes on to sign for a while.
type formerSecret struct {
	Secret string    `json:"secret"`
	Until  time.Time `json:"until"`
}

// presentSecret is what deliveries to an endpoint are signed with; "" for nothing.
func (s *Store) presentSecret(row *ent.WebhookEndpoint) (string, error) {
	return s.openSecret(row.ID, store.EndpointSecrets, row.Secret)
}

func (s *Store) openSecret(endpointID int64, column *store.SealedColumn, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := s.db.Vault.Unseal(sealed, column.At(endpointID))
	if err != nil {
		return "", fmt.Errorf("secret of webhook endpoint %d: %w", endpointID, err)
	}
	return string(plain), nil
}

// SigningSecrets are what deliveries to an endpoint are signed with, the present one first; none where it has none.
func (s *Store) SigningSecrets(row *ent.WebhookEndpoint, now time.Time) (secrets []string, err error) {
	present, err := s.presentSecret(row)
	if err != nil || present == "" {
		return nil, err
	}
	secrets = []string{present}
	former, err := s.formerSecrets(row, now)
	for _, f := range former {
		if f.Secret != present {
			secrets = append(secrets, f.Secret)
		}
	}
	return secrets, err
}

// formerSecrets are those that still sign, the newest first.
func (s *Store) formerSecrets(row *ent.WebhookEndpoint, now time.Time) ([]formerSecret, error) {
	var kept []formerSecret
	if err := s.db.Vault.OpenJSON(row.PreviousSecrets, store.FormerSecrets.At(row.ID), &kept); err != nil {
		return nil, fmt.Errorf("former secrets of webhook endpoint %d: %w", row.ID, err)
	}
	// A process of the version before kept the last one alone.
	if until := row.PreviousSecretUntil; until != nil && len(row.PreviousSecret) > 0 {
		last, err := s.openSecret(row.ID, store.PreviousSecrets, row.PreviousSecret)
		if err != nil {
			return nil, err
		}
		kept = append([]formerSecret{{Secret: last, Until: *until}}, kept...)
	}
	return stillSigning(kept, now), nil
}

// stillSigning leaves out what has run out, and of repeats all but the first.
func stillSigning(secrets []formerSecret, now time.Time) []formerSecret {
	var left []formerSecret
	seen := make(map[string]bool)
	for _, f := range secrets {
		if f.Until.After(now) && !seen[f.Secret] {
			seen[f.Secret] = true
			left = append(left, f)
		}
	}
	return left
}

// replaceSecret seals a new secret beside those before it that still sign, where
// the format can carry several signatures.
func (s *Store) replaceSecret(update *ent.WebhookEndpointUpdateOne, row *ent.WebhookEndpoint, secret string) error {
	update.SetSecret(s.db.Sealer.Seal([]byte(secret), store.EndpointSecrets.At(row.ID)))
	if !webhook.TraitsOf(row.Format).Rotates {
		return nil
	}
	now := s.db.Now()
	present, err := s.presentSecret(row)
	var former []formerSecret
	if err == nil {
		former, err = s.formerSecrets(row, now)
	}
	if store.IsUnreadable(err) { // the new one makes the endpoint usable again
		update.ClearPreviousSecrets().ClearPreviousSecret().ClearPreviousSecretUntil()
		return nil
	}
	if err != nil || present == "" {
		return err
	}
	until := now.Add(webhook.SecretGrace)
	former = stillSigning(append([]formerSecret{{Secret: present, Until: until}}, former...), now)
	text, err := json.Marshal(former[:min(len(former), mostFormerSecrets)])
	if err != nil {
		return fmt.Errorf("encode former secrets: %w", err)
	}
	// The single column is for processes of the version before.
	update.SetPreviousSecrets(s.db.Sealer.Seal(text, store.FormerSecrets.At(row.ID))).
		SetPreviousSecret(s.db.Sealer.Seal([]byte(present), store.PreviousSecrets.At(row.ID))).
		SetPreviousSecretUntil(until)
	return nil
}
