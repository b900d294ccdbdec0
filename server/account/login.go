package account

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"strings"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/password"
	"orderhub/server/secret"
)

// Secrets are what a merchant shows or is shown beside API keys, as they are
// given. Which are not nil is set; an empty text removes it.
type Secrets struct {
	Password    *string // to sign in with; only its hash is kept
	ChannelCode *string // that a channel sends beside its API key; only its hash is kept
	CallbackKey *string // that the hub shows to the merchant's receivers
}

// SetSecrets sets all of them or, with an error, none: *errs.InvalidError,
// ErrMerchantNotFound.
func (s *Service) SetSecrets(ctx context.Context, merchantID int64, given Secrets) error {
	if given == (Secrets{}) {
		return nil
	}
	bad := &errs.InvalidError{}
	given.check(bad)
	if err := bad.OrNil(); err != nil {
		return err
	}
	c := Credentials{CallbackKey: given.CallbackKey}
	if given.Password != nil {
		encoded := ""
		if *given.Password != "" {
			var err error
			if encoded, err = s.hashing.Hash(ctx, *given.Password); err != nil {
				return err
			}
		}
		c.PasswordHash = &encoded
	}
	if given.ChannelCode != nil {
		var hash [32]byte
		if *given.ChannelCode != "" {
			hash = secret.HashAPIKey(*given.ChannelCode)
		}
		c.ChannelCode = &hash
	}
	return s.store.SetCredentials(ctx, merchantID, c)
}

// SetPassword sets the password alone.
func (s *Service) SetPassword(ctx context.Context, merchantID int64, password string) error {
	return s.SetSecrets(ctx, merchantID, Secrets{Password: &password})
}

// SetChannelCode sets the channel's code alone.
func (s *Service) SetChannelCode(ctx context.Context, merchantID int64, code string) error {
	return s.SetSecrets(ctx, merchantID, Secrets{ChannelCode: &code})
}

// SetCallbackKey sets the callback key alone.
func (s *Service) SetCallbackKey(ctx context.Context, merchantID int64, key string) error {
	return s.SetSecrets(ctx, merchantID, Secrets{CallbackKey: &key})
}

// Both are in characters.
const (
	leastPassword = 8
	maxSecret     = 255
)

func (given *Secrets) check(bad *errs.InvalidError) {
	if p := given.Password; p != nil && *p != "" {
		password.Check(bad, "password", *p, leastPassword)
	}
	if code := given.ChannelCode; code != nil {
		if utf8.RuneCountInString(*code) > maxSecret {
			bad.Add("channel_code", "must have at most %d characters", maxSecret)
		}
		password.CheckTyped(bad, "channel_code", *code)
	}
	key := given.CallbackKey
	if key == nil || *key == "" {
		return
	}
	if len(*key) > maxSecret || strings.ContainsFunc(*key, func(r rune) bool { return r < '!' || r > '~' }) {
		bad.Add("callback_key", "must be at most %d visible ASCII characters", maxSecret)
	} else if err := secret.CheckSigning(*key); err != nil { // messages of single orders are signed with it
		bad.Add("callback_key", "%s", err)
	}
}

// SignIn is what somebody signs in with.
type SignIn struct {
	Email, Password string
	Address         netip.Addr // where it comes from
}

// possible reports whether it could be anybody's, so that nothing is kept or
// done for what cannot.
func (in *SignIn) possible() bool {
	return in.Email != "" && emailOK(in.Email) && len(in.Password) <= password.Max
}

// Login finds the active merchant with this e-mail address and password, if it
// may come from that address. Errors: ErrBadCredentials, whatever it is that is
// wrong; *password.LockedError after ten of those for one e-mail address within a
// quarter of an hour; *RateLimitedError when too many sign in.
func (s *Service) Login(ctx context.Context, in SignIn) (m Merchant, err error) {
	if !in.possible() {
		return Merchant{}, ErrBadCredentials
	}
	in.Email = strings.ToLower(in.Email)
	err = s.logins.Judge(ctx, in.Email, password.Guest{From: in.Address}, func(ctx context.Context) (err error) {
		m, err = s.verifySignIn(ctx, &in)
		return err
	})
	if busy, ok := errors.AsType[*password.BusyError](err); ok {
		err = &RateLimitedError{RetryAfter: busy.RetryAfter}
	}
	return m, err
}

func (s *Service) verifySignIn(ctx context.Context, in *SignIn) (Merchant, error) {
	m, encoded, err := s.store.MerchantByEmail(ctx, in.Email)
	if err != nil && !errors.Is(err, ErrMerchantNotFound) {
		return Merchant{}, err
	}
	if !password.Matches(encoded, in.Password) || m.Status != StatusActive || !listed(m.IPAllowlist, in.Address) {
		return Merchant{}, ErrBadCredentials
	}
	return m, nil
}

// newHashing leaves orders a core where there is more than one.
func newHashing() *password.Queue { return password.NewQueue(max(1, min(2, runtime.GOMAXPROCS(0)/2))) }
