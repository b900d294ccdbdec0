// Package secrettest makes values as earlier versions sealed them, which must stay readable: for tests, and for
// databases that are filled for measuring.
package secrettest

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"golang.org/x/crypto/chacha20poly1305"
)

// SealVersion1 seals a plaintext for a purpose as version 1 did, under a key in base64.
func SealVersion1(key string, plaintext []byte, purpose string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return nil, err
	}
	id, err := hkdf.Key(sha256.New, raw, nil, "orderhub secret v1: key id", 4)
	if err != nil {
		return nil, err
	}
	sealing, err := hkdf.Key(sha256.New, raw, nil, "orderhub secret v1: seal", chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(sealing)
	if err != nil {
		return nil, err
	}
	header := append([]byte{1}, id...)
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails
	return aead.Seal(append(header, nonce...), nonce, plaintext, append(header, purpose...)), nil
}
