package session

import (
	"context"
	"time"

	"orderhub/server/errs"
	"orderhub/server/password"
)

// Invite makes an invitation for an operator, good for once and for [InvitationAge]. It is
// returned in plain for the only time, and takes the place of an earlier one.
// operator.ErrNotFound.
func (s *Service) Invite(ctx context.Context, operatorID int64) (invitation string, until time.Time, err error) {
	invitation, until = newToken(), s.now().Add(InvitationAge)
	return invitation, until, s.store.Invite(ctx, operatorID, hashInvitation(invitation), until)
}

// Join sets an operator's password by an invitation, which is used up. What the operator
// signed in with before, and all of their sessions, are no longer good. The session is for
// setting up the second factor. Errors: ErrInvitation, *errs.InvalidError about "password",
// *password.BusyError.
func (s *Service) Join(ctx context.Context, invitation, text string, b Browser) (Session, string, error) {
	hash := hashInvitation(invitation)
	who, err := s.store.Invited(ctx, hash)
	if err != nil {
		return Session{}, "", err
	}
	bad := &errs.InvalidError{}
	password.Check(bad, "password", text, LeastPassword)
	if err := bad.OrNil(); err != nil {
		return Session{}, "", err
	}
	leave, err := s.hashing.Enter(ctx, password.Guest{From: b.Address, Known: true}) // has an invitation
	if err != nil {
		return Session{}, "", err
	}
	defer leave()
	act := acting(ctx, "Join", who.OperatorID, who.Name, 0, b.Address)
	o, token := s.opening(s.stageWithoutFactor(), b)
	joined, err := s.store.Join(act, hash, password.Hash(text), o)
	if err != nil {
		return Session{}, "", err
	}
	joined.browser = b
	return joined, token, nil
}

// BeginSecondFactor makes the secret of a second factor, which counts once it is confirmed:
// as an URI for a picture, and in base32 for who types it. Until then it stays the same.
// Errors: ErrHasSecondFactor, ErrNoSession.
func (s *Service) BeginSecondFactor(ctx context.Context, in Session) (uri, secret string, err error) {
	who, err := s.store.Login(ctx, in.Name)
	if err != nil {
		return "", "", err
	}
	if who.SecondFactor != "" {
		return "", "", ErrHasSecondFactor
	}
	if secret, err = newFactor(in.Name); err != nil {
		return "", "", err
	}
	if secret, err = s.store.Propose(ctx, in.ID, secret); err != nil {
		return "", "", err
	}
	uri, err = factorURI(in.Name, secret)
	return uri, secret, err
}

// ConfirmSecondFactor makes what was begun the operator's second factor, once a code of it
// is right. Every session ends; the one that is returned is whole and takes the place of
// this one, with its token. Errors: ErrRefused for a wrong code, ErrNoSession,
// ErrHasSecondFactor.
func (s *Service) ConfirmSecondFactor(ctx context.Context, in Session, code string) (Session, string, error) {
	secret, err := s.store.Proposed(ctx, in.ID)
	if err != nil {
		return Session{}, "", err
	}
	step, ok := stepOf(code, secret, s.now(), 0)
	if secret == "" || !ok {
		return Session{}, "", ErrRefused
	}
	o, token := s.opening(Whole, in.browser)
	whole, err := s.store.Confirm(in.acting(ctx, "ConfirmSecondFactor"), in.ID, secret, step, o)
	if err != nil {
		return Session{}, "", err
	}
	whole.browser = in.browser
	return whole, token, nil
}
