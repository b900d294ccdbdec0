package store

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"

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
func (v *Vault) SealPersonal(orderID int64, p Personal) (sealed []byte, inClear Personal, err error) {
	if !v.seals(sealsPersonal) {
		return nil, p, nil
	}
	if p.empty() {
		return nil, Personal{}, nil
	}
	sealed, err = v.SealJSON(p, OrderPersonal.At(orderID))
	return sealed, Personal{}, err
}

// OpenPersonal is what is sealed, or clear where nothing is.
func (v *Vault) OpenPersonal(orderID int64, sealed []byte, inClear Personal) (Personal, error) {
	if len(sealed) == 0 {
		return inClear, nil
	}
	var p Personal
	err := v.OpenJSON(sealed, OrderPersonal.At(orderID), &p)
	return p, err
}

// SealText is how a text is written: sealed, or in the clear while an earlier version may have to read it.
func (v *Vault) SealText(text string, at secret.Place) (sealed []byte, inClear string) {
	if text == "" || !v.seals(sealsPersonal) {
		return nil, text
	}
	return v.db.Sealer.Seal([]byte(text), at), ""
}

// OpenText is what is sealed, or clear where nothing is.
func (v *Vault) OpenText(sealed []byte, inClear string, at secret.Place) (string, error) {
	if len(sealed) == 0 {
		return inClear, nil
	}
	text, err := v.Unseal(sealed, at)
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

func (v *Vault) keyRequest(fingerprint [32]byte) [32]byte {
	return [32]byte(v.db.Sealer.Fingerprint(fingerprint[:], requestPurpose))
}

// ToDBFingerprint is the column fingerprint.
func (v *Vault) ToDBFingerprint(request [32]byte) []byte {
	if !v.seals(sealsPersonal) {
		return request[:]
	}
	keyed := v.keyRequest(request)
	return append([]byte{keyedFingerprint}, keyed[:]...)
}

// KeyedFingerprint is what is stored of a request, with the key: without it a recipient could be found by trying. A
// version before this one takes a repeat of the request for another one then, and refuses it.
func (v *Vault) KeyedFingerprint(stored []byte) []byte {
	if len(stored) != sha256.Size {
		return stored
	}
	keyed := v.keyRequest([sha256.Size]byte(stored))
	return append([]byte{keyedFingerprint}, keyed[:]...)
}

// FingerprintNow is a fingerprint that was stored before, as it is stored now.
func (v *Vault) FingerprintNow(stored []byte) []byte {
	if !v.seals(sealsPersonal) {
		return stored
	}
	return v.KeyedFingerprint(stored)
}

// SameRequest reports whether stored is the fingerprint of a request.
func (v *Vault) SameRequest(stored []byte) func(request [32]byte) bool {
	return func(request [32]byte) bool {
		if len(stored) == len(request) {
			return subtle.ConstantTimeCompare(stored, request[:]) == 1
		}
		keyed := v.keyRequest(request)
		return len(stored) == 1+len(keyed) && stored[0] == keyedFingerprint &&
			subtle.ConstantTimeCompare(stored[1:], keyed[:]) == 1
	}
}
