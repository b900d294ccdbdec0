package session

import (
	"context"
	"time"

	"orderhub/server/operator"
)

// Login is what it takes to judge who signs in.
type Login struct {
	OperatorID   int64 // 0 for nobody
	Name         string
	Active       bool
	PasswordHash string // as [password.Hash] makes it; "" for none
	SecondFactor string // the secret of TOTP, in base32; "" for none
	UsedStep     int64  // of the last code that was used: no earlier one is good
	// Version grows with every change of these that ends sessions. What was judged by an
	// earlier one opens nothing.
	Version int
}

// Opening is a session that is to be opened.
type Opening struct {
	Session // without ID and what is the operator's

	Hash [32]byte // what it is found by
}

// Proof is what was judged before something is changed.
type Proof struct {
	OperatorID int64
	Version    int   // that was judged
	Step       int64 // of the code that was right; 0 where none was asked for
}

// Store keeps sessions and what operators sign in with. Each method is one transaction,
// recorded with the act of its context.
type Store interface {
	// Login finds by name. operator.ErrNotFound.
	Login(ctx context.Context, name string) (Login, error)
	// LoginByProvider finds by what an OpenID provider calls the operator, as
	// [operator.Claimed.Is] says. operator.ErrNotFound, also when it could be several.
	LoginByProvider(ctx context.Context, who operator.Claimed) (Login, error)
	// Invite keeps the hash of a new invitation, in the place of an earlier one.
	// operator.ErrNotFound.
	Invite(ctx context.Context, operatorID int64, hash [32]byte, until time.Time) error
	// Invited finds by an invitation that is good now. ErrInvitation.
	Invited(ctx context.Context, hash [32]byte) (Login, error)
	// Join uses an invitation up: the password is set, a second factor removed, every
	// session ended and one opened. ErrInvitation.
	Join(ctx context.Context, invitation [32]byte, passwordHash string, o Opening) (Session, error)

	// Open opens a session for who was judged, uses their code up, and removes what has
	// ended of theirs. ErrRefused when they were judged by something that has changed since,
	// or the code was used meanwhile.
	Open(ctx context.Context, p Proof, o Opening) (Session, error)
	// SetPassword changes the password of who was judged, ends every session of theirs and
	// opens another. ErrRefused as with Open.
	SetPassword(ctx context.Context, p Proof, passwordHash string, o Opening) (Session, error)
	// Propose keeps a secret with a session until it is confirmed, and returns the one that
	// there is already. ErrNoSession.
	Propose(ctx context.Context, sessionID int64, secret string) (proposed string, err error)
	// Proposed is the secret that waits for being confirmed; "" for none. ErrNoSession.
	Proposed(ctx context.Context, sessionID int64) (string, error)
	// Confirm makes the secret that waits the second factor of the session's operator, with
	// the step of the first code, ends every session of theirs and opens another.
	// ErrNoSession when that has ended or another secret waits, ErrHasSecondFactor.
	Confirm(ctx context.Context, sessionID int64, secret string, step int64, o Opening) (Session, error)

	// Session finds by its hash, whether it is good or not. ErrNoSession.
	Session(ctx context.Context, hash [32]byte) (Session, error)
	// Sessions returns those of an operator by ascending id, also what has ended and was
	// not removed yet.
	Sessions(ctx context.Context, operatorID int64) ([]Session, error)
	// Touch says that a session was used.
	Touch(ctx context.Context, sessionID int64, at time.Time) error
	// End ends a session of the operator. ErrNoSession.
	End(ctx context.Context, operatorID, sessionID int64) error
}
