package account

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/secret"
)

// maxPassword is in bytes: the work must not depend on what a stranger sends.
const maxPassword = 1024

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
			if encoded, err = s.logins.hashing.newPasswordHash(ctx, *given.Password); err != nil {
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

// maxSecret is in characters.
const maxSecret = 255

func (given *Secrets) check(bad *errs.InvalidError) {
	if p := given.Password; p != nil && *p != "" {
		if n := utf8.RuneCountInString(*p); n < 8 || len(*p) > maxPassword {
			bad.Add("password", "must have 8 characters or more, and at most %d bytes", maxPassword)
		}
		checkSecret(bad, "password", *p)
	}
	if code := given.ChannelCode; code != nil {
		if utf8.RuneCountInString(*code) > maxSecret {
			bad.Add("channel_code", "must have at most %d characters", maxSecret)
		}
		checkSecret(bad, "channel_code", *code)
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

// checkSecret refuses what nobody would send: it came of how the text was saved.
func checkSecret(bad *errs.InvalidError, field, text string) {
	hidden := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if !utf8.ValidString(text) || strings.TrimSpace(text) != text || strings.ContainsFunc(text, hidden) {
		bad.Add(field, "must be UTF-8 text that neither begins nor ends with a blank and has no invisible characters")
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
	return in.Email != "" && emailOK(in.Email) && len(in.Password) <= maxPassword
}

// Login finds the active merchant with this e-mail address and password, if it
// may come from that address. Errors: ErrBadCredentials, whatever it is that is
// wrong; *LockedError after ten of those for one e-mail address within a quarter
// of an hour; *RateLimitedError when too many sign in.
func (s *Service) Login(ctx context.Context, in SignIn) (Merchant, error) {
	if !in.possible() {
		return Merchant{}, ErrBadCredentials
	}
	in.Email = strings.ToLower(in.Email)
	taken, err := s.logins.guesses.count(in.Email)
	if err != nil {
		return Merchant{}, err
	}
	m, err := s.verifySignIn(ctx, &in)
	if !errors.Is(err, ErrBadCredentials) {
		taken.giveBack()
	}
	return m, err
}

// verifySignIn is done in the queue for hashing, questions to the database included.
func (s *Service) verifySignIn(ctx context.Context, in *SignIn) (m Merchant, err error) {
	leave, err := s.logins.hashing.enter(ctx, in.Address)
	if err != nil {
		return Merchant{}, err
	}
	defer leave()
	if locked, ok := s.logins.locked.Get(in.Email); ok {
		return Merchant{}, locked
	}
	at, err := s.store.CountGuess(ctx, in.Email)
	if err != nil {
		if locked, ok := errors.AsType[*LockedError](err); ok {
			s.logins.locked.Add(in.Email, locked)
		}
		return Merchant{}, err
	}
	defer func() {
		if !errors.Is(err, ErrBadCredentials) {
			s.uncount(ctx, in.Email, at)
		}
	}()
	m, encoded, err := s.store.MerchantByEmail(ctx, in.Email)
	if err != nil && !errors.Is(err, ErrMerchantNotFound) {
		return Merchant{}, err
	}
	if !matches(encoded, in.Password) || m.Status != StatusActive || !listed(m.IPAllowlist, in.Address) {
		return Merchant{}, ErrBadCredentials
	}
	return m, nil
}

// uncountTimeout bounds how long a caller waits for what changes nothing for it.
const uncountTimeout = 5 * time.Second

// uncount takes a guess back, also when its caller has gone. One that is not taken
// back counts no more after a while.
func (s *Service) uncount(ctx context.Context, email string, at time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uncountTimeout)
	defer cancel()
	_ = s.store.UncountGuess(ctx, email, at)
}

const (
	// lockedTTL is how long the database is not asked again about an address that is
	// locked. It may be free before what it said: a guess may be taken back.
	lockedTTL    = time.Second
	lockedEmails = 10_000
)

// logins is what signing in is bounded by.
type logins struct {
	guesses *guesses
	locked  *memory[string, *LockedError]
	hashing *hashing
}

func newLogins(now func() time.Time) *logins {
	return &logins{
		guesses: newGuesses(now, guessedEmails), locked: newMemory[string, *LockedError](lockedEmails, lockedTTL),
		hashing: newHashing(),
	}
}
