package oidc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// AttemptAge is how long somebody may stay at the provider.
const AttemptAge = 10 * time.Minute

// mostKept is more than [Party.sign] makes, in bytes.
const mostKept = 1 << 10

// ErrNoAttempt is the answer to who comes back without having left, or too long ago.
var ErrNoAttempt = errors.New("this browser did not ask the provider, or too long ago; begin again")

// attempt ties who comes back to who left for the provider. The browser keeps it, signed: with one that somebody made
// up the hub would ask the provider, with its secret, for whoever likes.
type attempt struct {
	State, Nonce, Verifier string
	Began                  time.Time
}

// sign is the attempt as the browser keeps it.
func (p *Party) sign(a attempt) string {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // texts and a time always have a form
	}
	kept := base64.RawURLEncoding.EncodeToString(text)
	return kept + "." + base64.RawURLEncoding.EncodeToString(p.mark(p.options.Keys[0], kept))
}

func (p *Party) mark(key []byte, kept string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kept))
	return mac.Sum(nil)
}

// attemptOf is what a browser kept. ErrNoAttempt.
func (p *Party) attemptOf(signed string) (a attempt, err error) {
	kept, signature, _ := strings.Cut(signed, ".")
	mark, err := base64.RawURLEncoding.DecodeString(signature)
	ours := func(key []byte) bool { return hmac.Equal(mark, p.mark(key, kept)) }
	if err != nil || len(signed) > mostKept || !slices.ContainsFunc(p.options.Keys, ours) {
		return attempt{}, ErrNoAttempt
	}
	text, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil {
		return attempt{}, ErrNoAttempt
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return attempt{}, ErrNoAttempt
	}
	// Another process began it, perhaps, whose clock is ahead.
	if age := p.options.Now().Sub(a.Began); age >= AttemptAge || age < -maxAhead {
		return attempt{}, ErrNoAttempt
	}
	return a, nil
}
