package account

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/fault"
	"orderhub/server/secret"
)

// maxPassword is in bytes: the work must not depend on what a stranger sends.
const maxPassword = 1024

// SetPassword lets the merchant sign in with its e-mail address; "" ends that.
// Errors: *fault.InvalidError, ErrMerchantNotFound.
func (s *Service) SetPassword(ctx context.Context, merchantID int64, password string) error {
	if password == "" {
		none := ""
		return s.SetCredentials(ctx, merchantID, Credentials{PasswordHash: &none})
	}
	if n := utf8.RuneCountInString(password); n < 8 || len(password) > maxPassword {
		return fault.Invalid("password", "must have 8 characters or more, and at most %d bytes", maxPassword)
	}
	if err := checkSecret("password", password); err != nil {
		return err
	}
	encoded, err := s.logins.hashing.newPasswordHash(ctx, password)
	if err != nil {
		return err
	}
	return s.SetCredentials(ctx, merchantID, Credentials{PasswordHash: &encoded})
}

// SetChannelCode sets the code that a channel sends beside its API key; ""
// removes it. Only its hash is kept. Errors: *fault.InvalidError,
// ErrMerchantNotFound.
func (s *Service) SetChannelCode(ctx context.Context, merchantID int64, code string) error {
	if err := checkSecret("channel_code", code); err != nil {
		return err
	}
	var hash [32]byte
	if code != "" {
		hash = secret.HashAPIKey(code)
	}
	return s.SetCredentials(ctx, merchantID, Credentials{ChannelCode: &hash})
}

// checkSecret refuses what nobody would send: it came of how the text was saved.
func checkSecret(field, text string) error {
	hidden := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if !utf8.ValidString(text) || strings.TrimSpace(text) != text || strings.ContainsFunc(text, hidden) {
		return fault.Invalid(field, "must be UTF-8 text that neither begins nor ends with a blank and has no invisible characters")
	}
	return nil
}

// SetCallbackKey sets the key that the hub shows to the merchant's receivers;
// "" removes it. Errors: *fault.InvalidError, ErrMerchantNotFound.
func (s *Service) SetCallbackKey(ctx context.Context, merchantID int64, key string) error {
	if len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		return fault.Invalid("callback_key", "must be at most 255 visible ASCII characters")
	}
	// Messages of single orders are signed with it.
	if _, err := secret.SigningKey(key); err != nil {
		return fault.Invalid("callback_key", "%s", err.Error())
	}
	return s.SetCredentials(ctx, merchantID, Credentials{CallbackKey: &key})
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
	taken, err := s.logins.guesses.take(in.Email)
	if err != nil {
		return Merchant{}, err
	}
	m, err := s.judge(ctx, &in)
	if !errors.Is(err, ErrBadCredentials) {
		taken.giveBack()
	}
	return m, err
}

// judge is done in the queue for hashing, questions to the database included.
func (s *Service) judge(ctx context.Context, in *SignIn) (Merchant, error) {
	leave, err := s.logins.hashing.enter(ctx, in.Address)
	if err != nil {
		return Merchant{}, err
	}
	defer leave()
	m, encoded, err := s.MerchantByEmail(ctx, in.Email)
	if err != nil && !errors.Is(err, ErrMerchantNotFound) {
		return Merchant{}, err
	}
	if !matches(encoded, in.Password) || m.Status != StatusActive || !listed(m.IPAllowlist, in.Address) {
		return Merchant{}, ErrBadCredentials
	}
	return m, nil
}

// logins is what signing in is bounded by.
type logins struct {
	guesses *guesses
	hashing *hashing
}

func newLogins(now func() time.Time) *logins {
	return &logins{guesses: newGuesses(now, guessedEmails), hashing: newHashing()}
}
