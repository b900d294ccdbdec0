package secret

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SigningPrefix begins a secret in the form of Standard Webhooks; the base64 of
// its key follows.
const SigningPrefix = "whsec_"

// ErrNotBase64: a secret claims to be base64 and is not.
var ErrNotBase64 = errors.New("must have base64 after " + SigningPrefix + ", of the usual alphabet and padded with =")

// What a new secret may be. The standard has keys of 24 bytes or more.
const (
	leastSigning    = 10 // characters, so that a hint is never the whole of it
	mostSigning     = 255
	leastSigningKey = 24 // bytes
)

// CheckSigning says what is wrong with a new secret that messages are to be signed or
// recognised with, in words that follow its name. Older ones go on to sign as they did.
func CheckSigning(text string) error {
	if n := utf8.RuneCountInString(text); n < leastSigning || n > mostSigning {
		return fmt.Errorf("must have %d to %d characters", leastSigning, mostSigning)
	}
	hidden := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if !utf8.ValidString(text) || strings.TrimSpace(text) != text || strings.ContainsFunc(text, hidden) {
		return errors.New("must be text without invisible characters and without blanks at the ends")
	}
	prefix := text[:min(len(text), len(SigningPrefix))]
	if !strings.EqualFold(prefix, SigningPrefix) {
		return nil
	}
	if prefix != SigningPrefix {
		return errors.New("must have " + SigningPrefix + " in small letters where it begins so")
	}
	key, err := SigningKey(text)
	if err == nil && len(key) < leastSigningKey {
		err = fmt.Errorf("must have the base64 of %d bytes or more after %s", leastSigningKey, SigningPrefix)
	}
	return err
}

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
