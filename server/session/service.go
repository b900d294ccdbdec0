package session

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/operator"
	"orderhub/server/password"
)

// What becomes of an attempt to sign in.
const (
	OutcomeIn      = "in"
	OutcomeRefused = "refused"
	OutcomeLocked  = "locked"
	OutcomeBusy    = "busy"
	OutcomeFailed  = "failed" // the hub could not judge it
)

// Outcomes are all of them.
var Outcomes = []string{OutcomeIn, OutcomeRefused, OutcomeLocked, OutcomeBusy, OutcomeFailed}

// Options wires a Service.
type Options struct {
	Store   Store
	Guesses password.Counter
	Log     *slog.Logger
	Now     func() time.Time // nil for time.Now
	// Keys sign what browsers are known by; the first signs, each verifies. Every process of the
	// hub has the same. Without any they are of this process.
	Keys [][]byte
	// SecondFactorOptional lets operators in who have none: for the demo alone, whose
	// passwords everybody knows.
	SecondFactorOptional bool
	Count                func(outcome string) // of each attempt to sign in; nil for nobody
}

// Service lets operators in.
type Service struct {
	store    Store
	log      *slog.Logger
	now      func() time.Time
	optional bool // the second factor is
	count    func(outcome string)
	keys     [][]byte
	hashing  *password.Queue
	attempts *password.Attempts
}

// One is hashed at a time, in a queue of operators alone: whoever besieges a partner's door
// keeps no operator out.
const hashedAtOnce = 1

// NewService lets operators in from store.
func NewService(o Options) *Service {
	hashing := password.NewQueue(hashedAtOnce)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Count == nil {
		o.Count = func(string) {}
	}
	if len(o.Keys) == 0 {
		o.Keys = [][]byte{[]byte(rand.Text())}
	}
	return &Service{
		store: o.Store, log: o.Log, now: o.Now, keys: o.Keys, optional: o.SecondFactorOptional, count: o.Count,
		hashing: hashing, attempts: password.NewAttempts(o.Guesses, hashing, ErrRefused, o.Now),
	}
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,62}$`)

// possible reports whether it could be anybody's, so that nothing is kept or done for what
// cannot.
func (in *SignIn) possible() bool {
	return namePattern.MatchString(in.Name) && in.Password != "" && len(in.Password) <= password.Max
}

// SignIn opens a session: a whole one, or one to set up the second factor where there is
// none yet. Errors: ErrRefused, whatever it is that is wrong; *password.LockedError after ten
// of those for one name within a quarter of an hour, or from one browser that is known;
// *password.BusyError.
func (s *Service) SignIn(ctx context.Context, in SignIn) (Session, string, error) {
	in.Name = strings.ToLower(strings.TrimSpace(in.Name))
	if !in.possible() {
		s.count(OutcomeRefused)
		return Session{}, "", ErrRefused
	}
	var opened Session
	var token string
	name, guest := s.guesser(&in)
	err := s.attempts.Judge(ctx, name, guest, func(ctx context.Context) error {
		who, step, err := s.prove(ctx, in.Name, in.Password, in.Code)
		if err != nil {
			return err
		}
		stage := Whole
		if who.SecondFactor == "" {
			stage = s.stageWithoutFactor()
		}
		act := acting(ctx, "SignIn", who.OperatorID, who.Name, 0, in.Browser.Address)
		var o Opening
		o, token = s.opening(stage, in.Browser)
		opened, err = s.store.Open(act, Proof{OperatorID: who.OperatorID, Version: who.Version, Step: step}, o)
		return err
	})
	s.count(outcomeOf(err))
	if err != nil {
		s.report(ctx, in.Name, in.Browser.Address, err)
		return Session{}, "", err
	}
	opened.browser = in.Browser
	return opened, token, nil
}

// SignInByProvider opens a whole session for the operator whom an OpenID provider answers
// for and calls so: it has seen to a second factor, or not, as it is set up. ErrRefused for
// who is no operator, or suspended.
func (s *Service) SignInByProvider(ctx context.Context, claimed operator.Claimed, b Browser) (
	opened Session, token string, err error,
) {
	defer func() { s.count(outcomeOf(err)) }()
	who, err := s.store.LoginByProvider(ctx, claimed)
	if errors.Is(err, operator.ErrNotFound) || err == nil && !who.Active {
		return Session{}, "", ErrRefused
	}
	if err != nil {
		return Session{}, "", err
	}
	var o Opening
	o, token = s.opening(Whole, b)
	act := acting(ctx, "SignInByProvider", who.OperatorID, who.Name, 0, b.Address)
	opened, err = s.store.Open(act, Proof{OperatorID: who.OperatorID, Version: who.Version}, o)
	if err != nil {
		return Session{}, "", err
	}
	opened.browser = b
	return opened, token, nil
}

// prove judges a password and a code, as if for an operator who has neither where there is
// none of the name: it takes as long. ErrRefused.
func (s *Service) prove(ctx context.Context, name, text, code string) (Login, int64, error) {
	who, err := s.store.Login(ctx, name)
	if err != nil && !errors.Is(err, operator.ErrNotFound) {
		return Login{}, 0, err
	}
	if !password.Matches(who.PasswordHash, text) || !who.Active {
		return Login{}, 0, ErrRefused
	}
	if who.SecondFactor == "" {
		return who, 0, nil
	}
	step, ok := stepOf(code, who.SecondFactor, s.now(), who.UsedStep)
	if !ok {
		return Login{}, 0, ErrRefused
	}
	return who, step, nil
}

func (s *Service) stageWithoutFactor() Stage {
	if s.optional {
		return Whole
	}
	return Enrolling
}

// opening is a session that begins now, with its token.
func (s *Service) opening(stage Stage, b Browser) (Opening, string) {
	token, now := newToken(), s.now()
	hash, _ := HashToken(token, b.UserAgent)
	return Opening{Hash: hash, Session: Session{
		Stage: stage, Place: password.PlaceOf(b.Address), CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(MostAge),
		browser: b,
	}}, token
}

// acting marks what is done with the context as an operator's act. sessionID is 0 where the
// session is opened by it.
func acting(
	ctx context.Context, method string, operatorID int64, name string, sessionID int64, from netip.Addr,
) context.Context {
	return audit.With(ctx, audit.New(audit.Entry{
		Actor:   audit.Actor{Kind: audit.KindSession, ID: operatorID, Name: name, KeyID: sessionID},
		Address: from.String(), Via: audit.ViaConsole, Method: "Session." + method,
		Target: audit.Target{Kind: "operator", Name: name},
	}))
}

func (s *Session) acting(ctx context.Context, method string) context.Context {
	return acting(ctx, method, s.OperatorID, s.Name, s.ID, s.browser.Address)
}

// Find is the session of a token, and notes that it was used. ErrNoSession when it is
// unknown, has ended, or was opened from elsewhere.
func (s *Service) Find(ctx context.Context, token string, b Browser) (Session, error) {
	hash, ok := HashToken(token, b.UserAgent)
	if !ok {
		return Session{}, ErrNoSession
	}
	found, err := s.store.Session(ctx, hash)
	if err != nil {
		return Session{}, err
	}
	now := s.now()
	if err := found.Check(now, b.Address); err != nil {
		return Session{}, err
	}
	if now.Sub(found.LastUsedAt) >= touchEvery {
		if err := s.store.Touch(ctx, found.ID, now); err != nil {
			return Session{}, err
		}
		found.LastUsedAt = now
	}
	found.browser = b
	return found, nil
}

// SignOut ends the session. One that has ended already is none.
func (s *Service) SignOut(ctx context.Context, in Session) error {
	err := s.store.End(in.acting(ctx, "SignOut"), in.OperatorID, in.ID)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	return err
}

// List returns an operator's sessions that are good, by ascending id.
func (s *Service) List(ctx context.Context, operatorID int64) ([]Session, error) {
	all, err := s.store.Sessions(ctx, operatorID)
	now := s.now()
	return slices.DeleteFunc(all, func(in Session) bool { return !now.Before(in.EndsAt()) }), err
}

// Revoke ends a session of an operator. ErrNoSession.
func (s *Service) Revoke(ctx context.Context, operatorID, sessionID int64) error {
	return s.store.End(ctx, operatorID, sessionID)
}

// ChangePassword sets another password for who knows the present one and has the second
// factor, if there is one. Every session ends; what is returned takes the place of this one,
// with its token. Errors: those of [Service.SignIn], and *errs.InvalidError about
// "new_password".
func (s *Service) ChangePassword(ctx context.Context, in Session, old, text, code string) (
	changed Session, token string, err error,
) {
	if in.Stage != Whole {
		return Session{}, "", ErrNoSession
	}
	bad := &errs.InvalidError{}
	password.Check(bad, "new_password", text, LeastPassword)
	if err := bad.OrNil(); err != nil {
		return Session{}, "", err
	}
	if len(old) > password.Max {
		return Session{}, "", ErrRefused
	}
	name, guest := in.guesser()
	err = s.attempts.Judge(ctx, name, guest, func(ctx context.Context) error {
		who, step, err := s.prove(ctx, in.Name, old, code)
		if err != nil {
			return err
		}
		var o Opening
		o, token = s.opening(in.Stage, in.browser)
		proof := Proof{OperatorID: in.OperatorID, Version: who.Version, Step: step}
		changed, err = s.store.SetPassword(in.acting(ctx, "ChangePassword"), proof, password.Hash(text), o)
		return err
	})
	if err != nil {
		s.report(ctx, in.Name, in.browser.Address, err)
		return Session{}, "", err
	}
	changed.browser = in.browser
	return changed, token, nil
}

func outcomeOf(err error) string {
	_, locked := errors.AsType[*password.LockedError](err)
	_, busy := errors.AsType[*password.BusyError](err)
	switch {
	case err == nil:
		return OutcomeIn
	case errors.Is(err, ErrRefused):
		return OutcomeRefused
	case locked:
		return OutcomeLocked
	case busy:
		return OutcomeBusy
	default:
		return OutcomeFailed
	}
}

// report logs who is refused, where the name is an operator's: anything else may be what
// somebody typed by mistake, such as a password.
func (s *Service) report(ctx context.Context, name string, from netip.Addr, err error) {
	if !errors.Is(err, ErrRefused) {
		return
	}
	if _, err := s.store.Login(ctx, name); err == nil {
		s.log.WarnContext(ctx, "an operator could not sign in", "operator", name, "address", from.String())
	}
}
