package secret

import (
	"encoding/base64"
	"errors"
	"strings"
)

// SigningPrefix begins a secret in the form of Standard Webhooks; the base64 of
// its key follows.
const SigningPrefix = "whsec_"

// ErrNotBase64: a secret claims to be base64 and is not.
var ErrNotBase64 = errors.New("must have base64 after " + SigningPrefix + ", of the usual alphabet and padded with =")

// SigningKey is what a secret signs with: after "whsec_" what the base64 of it
// stands for, else its own bytes. ErrNotBase64 for what verifiers would read in
// another way or not at all.
func SigningKey(text string) ([]byte, error) {
	encoded, found := strings.CutPrefix(text, SigningPrefix)
	if !found {
		return []byte(text), nil
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	// Decoding passes over line breaks.
	if err != nil || len(key) == 0 || strings.ContainsAny(encoded, "\r\n") {
		return nil, ErrNotBase64
	}
	return key, nil
}
