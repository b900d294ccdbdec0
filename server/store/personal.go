package store

import (
	"crypto/subtle"
	"fmt"

	"orderhub/ent"
	"orderhub/server/order"
	"orderhub/server/secret"
)

// personal is what of an order is sealed because it is the customer's, or lets whoever reads it act for the merchant.
type personal struct {
	UserID      string            `json:"user,omitempty"`
	ServerID    string            `json:"server,omitempty"`
	CharacterID string            `json:"character,omitempty"`
	NotifyURL   string            `json:"notify,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
}

func personalOf(o *order.Order) personal {
	return personal{
		UserID: o.Recipient.UserID, ServerID: o.Recipient.ServerID, CharacterID: o.Recipient.CharacterID,
		NotifyURL: o.NotifyURL, Metadata: o.Metadata,
	}
}

func (p *personal) empty() bool {
	return p.UserID == "" && p.ServerID == "" && p.CharacterID == "" && p.NotifyURL == "" && len(p.Metadata) == 0
}

func (p *personal) recipient() order.Recipient {
	return order.Recipient{UserID: p.UserID, ServerID: p.ServerID, CharacterID: p.CharacterID}
}

// sealPersonal is the column personal and what the clear ones have beside it.
func (s *Store) sealPersonal(orderID int64, p personal) (sealed any, inClear personal, err error) {
	if !s.seals(sealsPersonal) {
		return nil, p, nil
	}
	if p.empty() {
		return nil, personal{}, nil
	}
	sealed, err = s.sealJSON(p, orderPersonal.at(orderID))
	return sealed, personal{}, err
}

// openPersonal is what is sealed, or clear where nothing is.
func (s *Store) openPersonal(orderID int64, sealed []byte, inClear personal) (personal, error) {
	if len(sealed) == 0 {
		return inClear, nil
	}
	var p personal
	err := s.openJSON(sealed, orderPersonal.at(orderID), &p)
	return p, err
}

// personalOfRow is openPersonal of an order as ent reads it.
func (s *Store) personalOfRow(row *ent.Order) (personal, error) {
	return s.openPersonal(row.ID, row.Personal, personal{
		UserID: row.RecipientUserID, ServerID: row.RecipientServerID, CharacterID: row.RecipientCharacterID,
		NotifyURL: row.NotifyURL, Metadata: row.Metadata,
	})
}

// sealText is how a text is written: sealed, or in the clear while an earlier version may have to read it.
func (s *Store) sealText(text string, at secret.Place) (sealed []byte, inClear string) {
	if text == "" || !s.seals(sealsPersonal) {
		return nil, text
	}
	return s.sealer.Seal([]byte(text), at), ""
}

// openText is what is sealed, or clear where nothing is.
func (s *Store) openText(sealed []byte, inClear string, at secret.Place) (string, error) {
	if len(sealed) == 0 {
		return inClear, nil
	}
	text, err := s.unseal(sealed, at)
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

func (s *Store) keyRequest(fingerprint [32]byte) [32]byte {
	return [32]byte(s.sealer.Fingerprint(fingerprint[:], requestPurpose))
}

// toDBFingerprint is the column fingerprint.
func (s *Store) toDBFingerprint(request [32]byte) []byte {
	if !s.seals(sealsPersonal) {
		return request[:]
	}
	keyed := s.keyRequest(request)
	return append([]byte{keyedFingerprint}, keyed[:]...)
}

// sameRequest reports whether stored is the fingerprint of a request.
func (s *Store) sameRequest(stored []byte) func(request [32]byte) bool {
	return func(request [32]byte) bool {
		if len(stored) == len(request) {
			return subtle.ConstantTimeCompare(stored, request[:]) == 1
		}
		keyed := s.keyRequest(request)
		return len(stored) == 1+len(keyed) && stored[0] == keyedFingerprint &&
			subtle.ConstantTimeCompare(stored[1:], keyed[:]) == 1
	}
}
