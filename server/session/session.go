// Package session owns how operators sign in: with a password and a second factor, the
// codes of TOTP (RFC 6238), and the sessions that come of it. A session belongs to the
// browser and the address that it was opened from, ends by itself, and can be ended by its
// operator or an admin. An operator joins with an invitation that an admin made. What a
// session may then do is its operator's roles; cookies and pages are the console's.
package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"orderhub/server/operator"
	"orderhub/server/password"
)

// How long things last, and how many there may be.
const (
	// MostAge is how long a session lasts, whatever is done with it.
	MostAge = 12 * time.Hour
	// MostIdle is how long it lasts while nothing is done with it.
	MostIdle = time.Hour
	// touchEvery is how exactly that is known: each time costs a write.
	touchEvery = time.Minute
	// InvitationAge is how long an invitation is good.
	InvitationAge = 72 * time.Hour
	// MostSessions is how many an operator may have at once; the one that was not used for
	// longest gives way.
	MostSessions = 20
	// LeastPassword is in characters.
	LeastPassword = 12
)

// What a caller can act on.
var (
	// ErrRefused is the answer to whatever is wrong with what somebody signs in with.
	ErrRefused    = errors.New("name, password and code do not belong together")
	ErrNoSession  = errors.New("there is no such session, or it has ended")
	ErrInvitation = errors.New("the invitation is not good: it was used, replaced, or has expired")
	// ErrHasSecondFactor guards against a session that somebody got hold of: it must not be
	// turned into a way to sign in.
	ErrHasSecondFactor = errors.New("there is a second factor; to have another, be invited again")
)

// Browser is where a session is used from; it is bound to both.
type Browser struct {
	Address   netip.Addr
	UserAgent string
}

// SignIn is what an operator signs in with.
type SignIn struct {
	Name, Password string
	Code           string // of the second factor, 6 digits; "" where none is set up yet
	Known          string // what Remember gave this browser, "" for nothing
	Browser        Browser
}

// Stage says what a session may do.
type Stage string

// The stages.
const (
	Whole     Stage = "whole"     // everything that its operator may
	Enrolling Stage = "enrolling" // nothing but set up the second factor
)

// Session is what an operator who has signed in acts by.
type Session struct {
	ID         int64
	OperatorID int64
	Name       string          // the operator's
	Roles      operator.Roles  // as they are now
	Status     operator.Status // likewise
	Stage      Stage
	Place      netip.Prefix // that it may be used from
	CreatedAt  time.Time
	LastUsedAt time.Time // to the minute
	ExpiresAt  time.Time // if it is used until then

	browser Browser // that it was opened or found with
}

// EndsAt is when it ends unless it is used before.
func (s *Session) EndsAt() time.Time {
	if idle := s.LastUsedAt.Add(MostIdle); idle.Before(s.ExpiresAt) {
		return idle
	}
	return s.ExpiresAt
}

// Check says whether the session is good at a moment, for who comes from an address.
// ErrNoSession, whatever it is.
func (s *Session) Check(now time.Time, from netip.Addr) error {
	if s.Status != operator.StatusActive || !now.Before(s.EndsAt()) || password.PlaceOf(from) != s.Place {
		return ErrNoSession
	}
	return nil
}

// tokenBytes is how much of a token, and of an invitation, is random: nobody guesses it.
const tokenBytes = 32

// newToken is a token of a session, or the code of an invitation.
func newToken() string {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// HashToken is what a session is found by: a hash of its token and of the browser that the
// token was given to, so that another browser's session is simply unknown. ok is false of
// what no token can be.
func HashToken(token, userAgent string) (hash [sha256.Size]byte, ok bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return hash, false
	}
	// The length keeps the two texts apart.
	text := binary.BigEndian.AppendUint64([]byte("orderhub session"), uint64(len(token)))
	text = append(append(text, token...), userAgent...)
	return sha256.Sum256(text), true
}

func hashInvitation(code string) [sha256.Size]byte {
	return sha256.Sum256(append([]byte("orderhub invitation"), code...))
}
