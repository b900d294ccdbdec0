// Package password owns what every way to sign in with a password shares: how passwords
// are hashed and compared, the queue for that work, and how many wrong ones count against
// a name. Whose names those are, and what a right password opens, belongs to packages
// account (merchants at partners' doors) and session (operators).
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"orderhub/server/errs"
)

// Max is how long a password may be, in bytes: the work must not depend on what a
// stranger sends.
const Max = 1024

// Argon2id with the least that OWASP recommends: 19 MiB, two passes.
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	saltBytes    = 16
	hashBytes    = 32
	format       = "$argon2id$v=19$m=19456,t=2,p=1$"
)

// Check says what is wrong with a new password that must have at least so many characters.
func Check(bad *errs.InvalidError, field, text string, least int) {
	if n := utf8.RuneCountInString(text); n < least || len(text) > Max {
		bad.Add(field, "must have %d characters or more, and at most %d bytes", least, Max)
	}
	CheckTyped(bad, field, text)
}

// CheckTyped refuses what nobody would send: it came of how the text was saved.
func CheckTyped(bad *errs.InvalidError, field, text string) {
	hidden := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if !utf8.ValidString(text) || strings.TrimSpace(text) != text || strings.ContainsFunc(text, hidden) {
		bad.Add(field, "must be UTF-8 text that neither begins nor ends with a blank and has no invisible characters")
	}
}

// Hash is the password as it is kept. It takes 19 MiB and a core for about 30 ms: whoever
// calls it has a turn in a [Queue].
func Hash(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	return format + base64.RawStdEncoding.EncodeToString(salt) + "$" +
		base64.RawStdEncoding.EncodeToString(hash(password, salt))
}

// Matches reports whether encoded is the password's hash, as [Hash] makes it, and takes as
// much. Without a hash it takes as long and is false, so that nobody learns which names
// exist.
func Matches(encoded, password string) bool {
	salt, want, err := decode(encoded)
	if err != nil {
		salt, want = make([]byte, saltBytes), make([]byte, hashBytes)
	}
	got := hash(password, salt)
	return subtle.ConstantTimeCompare(got, want) == 1 && err == nil
}

func hash(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, hashBytes)
}

func decode(encoded string) (salt, hash []byte, err error) {
	rest, found := strings.CutPrefix(encoded, format)
	saltText, hashText, cut := strings.Cut(rest, "$")
	if !found || !cut {
		return nil, nil, errors.New("no password")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(saltText); err != nil {
		return nil, nil, fmt.Errorf("salt: %w", err)
	}
	if hash, err = base64.RawStdEncoding.DecodeString(hashText); err != nil || len(hash) != hashBytes {
		return nil, nil, errors.New("no password hash")
	}
	return salt, hash, nil
}
