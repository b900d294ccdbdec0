package store

import (
	"crypto/subtle"
	"fmt"

	"orderhub/ent"
	"orderhub/server/order"
	"orderhub/server/secret"
)

// Personal is what of an order is sealed because it is the customer's, or lets whoever reads it act for the merchant.
type Personal struct {
	UserID      string            `json:"user,omitempty"`
	ServerID    string            `json:"server,omitempty"`
	CharacterID string            `json:"character,omitempty"`
	NotifyURL   string            `json:"notify,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
}

// PersonalOf is what is personal of an order.
func PersonalOf(o *order.Order) Personal {
	return Personal{
		UserID: o.Recipient.UserID, ServerID: o.Recipient.ServerID, CharacterID: o.Recipient.CharacterID,
		NotifyURL: o.NotifyURL, Metadata: o.Metadata,
	}
}

func (p *Personal) empty() bool {
	return p.UserID == "" && p.ServerID == "" && p.CharacterID == "" && p.NotifyURL == "" && len(p.Metadata) == 0
}

func (p *Personal) Recipient() order.Recipient {
	return order.Recipient{UserID: p.UserID, ServerID: p.ServerID, CharacterID: p.CharacterID}
}

// SealPersonal is the column personal and what the clear ones have beside it.
func (s *DB) SealPersonal(orderID int64, p Personal) (sealed any, inClear Personal, err error) {
	if !s.seals(sealsPersonal) {
		return nil, p, nil
	}
	if p.empty() {
		return nil, Personal{}, nil
	}
	sealed, err = s.sealJSON(p, OrderPersonal.At(orderID))
	return sealed, Personal{}, err
}

// OpenPersonal is what is sealed, or clear where nothing is.
func (s *DB) OpenPersonal(orderID int64, sealed []byte, inClear Personal) (Personal, error) {
	if len(sealed) == 0 {
		return inClear, nil
	}
	var p Personal
	err := s.OpenJSON(sealed, OrderPersonal.At(orderID), &p)
	return p, err
}

// PersonalOfRow is openPersonal of an order as ent reads it.
func (s *DB) PersonalOfRow(row *ent.Order) (Personal, error) {
	return s.OpenPersonal(row.ID, row.Personal, Personal{
		UserID: row.RecipientUserID, ServerID: row.RecipientServerID, CharacterID: row.RecipientCharacterID,
		NotifyURL: row.NotifyURL, Metadata: row.Metadata,
	})
}

// SealText is how a text is written: sealed, or in the clear while an earlier version may have to read it.
func (s *DB) SealText(text string, at secret.Place) (sealed []byte, inClear string) {
	if text == "" || !s.seals(sealsPersonal) {
		return nil, text
	}
	return s.Sealer.Seal([]byte(text), at), ""
}

// OpenText is what is sealed, or clear where nothing is.
func (s *DB) OpenText(sealed []byte, inClear string, at secret.Place) (string, error) {
	if len(sealed) == 0 {
		return inClear, nil
	}
	text, err := s.Unseal(sealed, at)
	if err != nil {
		return "", fmt.Errorf("%s: %w", at.Column, err)
	}
	return string(text), nil
}

// A keyed fingerprint says nothing about a request to whoever lacks the key, however few requests there could be: a
// hash of a recipient's id is found by trying all of them. It stands behind a version, which tells it from the 32
// bytes of before.
const keyedFingerprint = 1

// requestPurpose is what requests are fingerprinted for.
const requestPurpose = "order request"

func (s *DB) keyRequest(fingerprint [32]byte) [32]byte {
	return [32]byte(s.Sealer.Fingerprint(fingerprint[:], requestPurpose))
}

// ToDBFingerprint is the column fingerprint.
func (s *DB) ToDBFingerprint(request [32]byte) []byte {
	if !s.seals(sealsPersonal) {
		return request[:]
	}
	keyed := s.keyRequest(request)
	return append([]byte{keyedFingerprint}, keyed[:]...)
}

// SameRequest reports whether stored is the fingerprint of a request.
func (s *DB) SameRequest(stored []byte) func(request [32]byte) bool {
	return func(request [32]byte) bool {
		if len(stored) == len(request) {
			return subtle.ConstantTimeCompare(stored, request[:]) == 1
		}
		keyed := s.keyRequest(request)
		return len(stored) == 1+len(keyed) && stored[0] == keyedFingerprint &&
			subtle.ConstantTimeCompare(stored[1:], keyed[:]) == 1
	}
}
