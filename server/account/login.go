package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/crypto/argon2"

	"orderhub/server/fault"
	"orderhub/server/secret"
)

// Argon2id with the least that OWASP recommends: 19 MiB, two passes.
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	saltBytes    = 16
	hashBytes    = 32
	maxPassword  = 1024 // bytes; the work must not depend on what a stranger sends
)

// How many wrong passwords an address may have before it is locked, and for how
// long they count. Each process counts for itself.
const (
	mostFailures   = 10
	failureWindow  = 15 * time.Minute
	countedEmails  = 100_000
	hashesAtOnce   = 2 // each takes 19 MiB and a core
	passwordFormat = "$argon2id$v=19$m=19456,t=2,p=1$"
)

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
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	encoded := passwordFormat + base64.RawStdEncoding.EncodeToString(salt) + "$" +
		base64.RawStdEncoding.EncodeToString(s.logins.hash(password, salt))
	return s.SetCredentials(ctx, merchantID, Credentials{PasswordHash: &encoded})
}

// SetChannelCode sets the code that a channel sends beside its API key; ""
// removes it. Only its hash is kept. ErrMerchantNotFound.
func (s *Service) SetChannelCode(ctx context.Context, merchantID int64, code string) error {
	var hash [32]byte
	if code != "" {
		hash = secret.HashAPIKey(code)
	}
	return s.SetCredentials(ctx, merchantID, Credentials{ChannelCode: &hash})
}

// SetCallbackKey sets the key that the hub shows to the merchant's receivers;
// "" removes it. Errors: *fault.InvalidError, ErrMerchantNotFound.
func (s *Service) SetCallbackKey(ctx context.Context, merchantID int64, key string) error {
	if len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		return fault.Invalid("callback_key", "must be at most 255 visible ASCII characters")
	}
	return s.SetCredentials(ctx, merchantID, Credentials{CallbackKey: &key})
}

// Login finds the active merchant with this e-mail address and password.
// Errors: ErrBadCredentials, whatever it is that is wrong; *LockedError after
// ten of those for one address within a quarter of an hour.
func (s *Service) Login(ctx context.Context, email, password string) (Merchant, error) {
	email = strings.ToLower(email)
	if err := s.logins.check(email); err != nil {
		return Merchant{}, err
	}
	m, err := s.findLogin(ctx, email, password)
	if errors.Is(err, ErrBadCredentials) {
		s.logins.failed(email)
	}
	if err == nil {
		s.logins.succeeded(email)
	}
	return m, err
}

func (s *Service) findLogin(ctx context.Context, email, password string) (Merchant, error) {
	m, err := s.MerchantByEmail(ctx, email)
	encoded := ""
	switch {
	case errors.Is(err, ErrMerchantNotFound):
	case err != nil:
		return Merchant{}, err
	default:
		if encoded, err = s.PasswordHash(ctx, m.ID); err != nil {
			return Merchant{}, err
		}
	}
	if len(password) > maxPassword || !s.logins.matches(encoded, password) || m.Status != StatusActive {
		return Merchant{}, ErrBadCredentials
	}
	return m, nil
}

// logins counts failures and bounds the hashing at work.
type logins struct {
	now   func() time.Time
	slots chan struct{}

	mu       sync.Mutex
	failures *expirable.LRU[string, []time.Time]
}

func newLogins(now func() time.Time) *logins {
	return &logins{
		now: now, slots: make(chan struct{}, hashesAtOnce),
		failures: expirable.NewLRU[string, []time.Time](countedEmails, nil, failureWindow),
	}
}

func (l *logins) check(email string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := l.recent(email)
	if len(recent) < mostFailures {
		return nil
	}
	return &LockedError{RetryAfter: recent[len(recent)-mostFailures].Add(failureWindow).Sub(l.now())}
}

func (l *logins) failed(email string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures.Add(email, append(l.recent(email), l.now()))
}

func (l *logins) succeeded(email string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures.Remove(email)
}

// recent is the failures that still count, oldest first.
func (l *logins) recent(email string) []time.Time {
	all, _ := l.failures.Get(email)
	since := l.now().Add(-failureWindow)
	for len(all) > 0 && !all[0].After(since) {
		all = all[1:]
	}
	return all
}

// matches reports whether encoded is the password's hash. Without a hash it
// takes as long and is false, so that nobody learns which addresses exist.
func (l *logins) matches(encoded, password string) bool {
	salt, want, err := decodePassword(encoded)
	if err != nil {
		salt, want = make([]byte, saltBytes), make([]byte, hashBytes)
	}
	got := l.hash(password, salt)
	return subtle.ConstantTimeCompare(got, want) == 1 && err == nil
}

func (l *logins) hash(password string, salt []byte) []byte {
	l.slots <- struct{}{}
	defer func() { <-l.slots }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, hashBytes)
}

func decodePassword(encoded string) (salt, hash []byte, err error) {
	rest, found := strings.CutPrefix(encoded, passwordFormat)
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
