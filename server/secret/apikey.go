package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"io"
)

// APIKeyPrefix begins every API key, so that people and leak scanners recognise one.
const APIKeyPrefix = "ohk_"

const (
	apiKeyRandomLength = 32 // of 62 characters each: 190 bits
	base62             = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// Bytes from here on are thrown away: they would favour the first characters.
	unevenFrom = 256 - 256%len(base62)
)

// NewAPIKey returns a fresh API key: "ohk_" and 32 random letters and digits.
// Random is crypto/rand when nil; only tests give another. Panics if it fails.
func NewAPIKey(random io.Reader) string {
	if random == nil {
		random = rand.Reader
	}
	key := append(make([]byte, 0, len(APIKeyPrefix)+apiKeyRandomLength), APIKeyPrefix...)
	var raw [apiKeyRandomLength]byte
	for len(key) < cap(key) {
		wanted := raw[:cap(key)-len(key)]
		if _, err := io.ReadFull(random, wanted); err != nil {
			panic("secret: no random bytes for an API key: " + err.Error())
		}
		for _, b := range wanted {
			if int(b) < unevenFrom {
				key = append(key, base62[int(b)%len(base62)])
			}
		}
	}
	return string(key)
}

// HashAPIKey returns the SHA-256 of a key, which is what is stored and looked up.
// A plain hash is enough because a key of NewAPIKey cannot be guessed.
func HashAPIKey(key string) [32]byte { return sha256.Sum256([]byte(key)) }
