package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/password"
	"orderhub/server/secret"
	"orderhub/server/weburl"
)

// Service checks input and issues keys; the rest it asks of the store.
type Service struct {
	Direct

	store   Store
	random  io.Reader
	hashing *password.Queue
	logins  *password.Attempts
}

// NewService serves accounts from store, with the system's randomness. Guesses counts those at passwords by e-mail
// address, in lower case.
func NewService(store Store, guesses password.Counter) *Service {
	hashing := newHashing()
	return &Service{
		Direct: store, store: store, random: rand.Reader, hashing: hashing,
		logins: password.NewAttempts(guesses, hashing, ErrBadCredentials, time.Now),
	}
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,62}$`)

// CreateMerchant makes a merchant with an empty wallet, or an operator without
// one. Errors: *errs.InvalidError, *AlreadyExistsError.
func (s *Service) CreateMerchant(ctx context.Context, m NewMerchant) (Merchant, error) {
	m.Role = cmp.Or(m.Role, RoleMerchant)
	m.Status = cmp.Or(m.Status, StatusActive)
	bad := &errs.InvalidError{}
	if !namePattern.MatchString(m.Name) {
		bad.Add("name", "must be a lower-case letter, then up to 62 lower-case letters, digits or . _ -")
	}
	checkEmail(bad, m.Email)
	checkStatus(bad, m.Status)
	checkRateLimit(bad, m.RateLimit)
	checkAllowlist(bad, m.IPAllowlist)
	m.Settings.check(bad)
	switch m.Role {
	case RoleOperator:
		if m.Currency != "" || m.CreditLimit != 0 || m.LowBalance != nil {
			bad.Add("currency", "must be empty: an operator has no wallet")
		}
	case RoleMerchant:
		if _, err := money.ParseCurrency(string(m.Currency)); err != nil {
			bad.Add("currency", "must be an ISO 4217 code")
		}
		checkCreditLimit(bad, m.CreditLimit)
		checkLowBalance(bad, m.LowBalance)
	default:
		bad.Add("role", `must be "merchant" or "operator"`)
	}
	if err := bad.OrNil(); err != nil {
		return Merchant{}, err
	}
	m.Settings.CallbackURL = weburl.Normalize(m.Settings.CallbackURL)
	return s.store.CreateMerchant(ctx, m)
}

// UpdateMerchant changes what is given. Errors: *errs.InvalidError,
// ErrMerchantNotFound, ErrNoWallet, *AlreadyExistsError.
func (s *Service) UpdateMerchant(ctx context.Context, id int64, change MerchantChange) (Merchant, error) {
	if err := change.Check(); err != nil {
		return Merchant{}, err
	}
	if change.Settings != nil {
		normal := *change.Settings // the caller's own stay as they were given
		normal.CallbackURL = weburl.Normalize(normal.CallbackURL)
		change.Settings = &normal
	}
	return s.store.UpdateMerchant(ctx, id, change)
}

// Check says what is wrong with a change, whatever the merchant is: *errs.InvalidError.
func (c *MerchantChange) Check() error {
	bad := &errs.InvalidError{}
	if c.Email != nil {
		checkEmail(bad, *c.Email)
	}
	if c.Status != nil {
		checkStatus(bad, *c.Status)
	}
	if c.CreditLimit != nil {
		checkCreditLimit(bad, *c.CreditLimit)
	}
	if c.LowBalance != nil {
		checkLowBalance(bad, *c.LowBalance)
	}
	if c.IPAllowlist != nil {
		checkAllowlist(bad, *c.IPAllowlist)
	}
	if c.RateLimit != nil {
		checkRateLimit(bad, *c.RateLimit)
	}
	if c.Settings != nil {
		c.Settings.check(bad)
	}
	return bad.OrNil()
}

// FindMerchant looks key up as an id (all digits), else as a name.
// ErrMerchantNotFound.
func (s *Service) FindMerchant(ctx context.Context, key string) (Merchant, error) {
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		return s.store.Merchant(ctx, id)
	}
	return s.store.MerchantByName(ctx, key)
}

// IssueKey creates a key and returns it in plain, for the only time. Errors:
// ErrMerchantNotFound, *errs.InvalidError, *AlreadyExistsError for a certificate
// that stands for another key.
func (s *Service) IssueKey(ctx context.Context, k Key) (Key, string, error) {
	plain := secret.NewAPIKey(s.random)
	key, err := s.AddKey(ctx, k, plain)
	return key, plain, err
}

// AddKey creates a key with a value chosen by the caller; the demo's keys are
// public and come this way. Errors: those of IssueKey, *AlreadyExistsError.
func (s *Service) AddKey(ctx context.Context, k Key, plain string) (Key, error) {
	m, err := s.store.Merchant(ctx, k.MerchantID)
	if err != nil {
		return Key{}, err
	}
	bad := &errs.InvalidError{}
	if bad.CheckLine("label", k.Label, 0, 200); bad.OrNil() != nil {
		return Key{}, bad
	}
	if k.Scope != ScopeAdmin && !k.Scope.OfMerchants() {
		return Key{}, errs.Invalid("scope", "must be one of merchant, read, orders and admin")
	}
	if (k.Scope == ScopeAdmin) != (m.Role == RoleOperator) {
		return Key{}, errs.Invalid("scope", "must be admin for an operator; merchant, read or orders for a merchant")
	}
	return s.store.CreateKey(ctx, k, secret.HashAPIKey(plain))
}

// Deposit adds money to a wallet. Errors: *errs.InvalidError and those of [Store.Deposit].
func (s *Service) Deposit(ctx context.Context, d Deposit) (Transfer, Wallet, error) {
	if err := d.Check(); err != nil {
		return Transfer{}, Wallet{}, err
	}
	t, w, err := s.store.Deposit(ctx, d)
	if err != nil {
		return t, w, fmt.Errorf("deposit: %w", err)
	}
	return t, w, nil
}

// Adjust corrects a balance. Errors: *errs.InvalidError and those of [Store.Adjust].
func (s *Service) Adjust(ctx context.Context, a Adjustment) (Transfer, Wallet, error) {
	if err := a.Check(); err != nil {
		return Transfer{}, Wallet{}, err
	}
	t, w, err := s.store.Adjust(ctx, a)
	if err != nil {
		return t, w, fmt.Errorf("adjust: %w", err)
	}
	return t, w, nil
}

// emailForm is that of HTML's e-mail fields, which the contract's rule takes.
var emailForm = regexp.MustCompile("^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@" + hostLabel + `(?:\.` + hostLabel + ")*$")

const hostLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

func checkEmail(bad *errs.InvalidError, email string) {
	if email != "" && (!emailOK(email) || !emailForm.MatchString(email)) {
		bad.Add("email", "must be an e-mail address of at most 254 bytes")
	}
}

func emailOK(email string) bool {
	at := strings.IndexByte(email, '@')
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	return at > 0 && at < len(email)-1 && len(email) <= 254 && utf8.ValidString(email) &&
		!strings.ContainsFunc(email, odd)
}

func checkStatus(bad *errs.InvalidError, status Status) {
	if status != StatusActive && status != StatusSuspended {
		bad.Add("status", `must be "active" or "suspended"`)
	}
}

func checkCreditLimit(bad *errs.InvalidError, limit money.Amount) {
	if limit < 0 || limit >= MaxBalance {
		bad.Add("credit_limit", "must not be negative, and have at most 12 digits before the point")
	}
}

func checkLowBalance(bad *errs.InvalidError, threshold *money.Amount) {
	if threshold != nil && (*threshold >= MaxBalance || *threshold <= -MaxBalance) {
		bad.Add("low_balance", "must have at most 12 digits before the point")
	}
}

// Most entries of lists that a merchant has.
const (
	mostPrefixes  = 100
	mostAddresses = 100
)

func checkAllowlist(bad *errs.InvalidError, prefixes []netip.Prefix) {
	if len(prefixes) > mostPrefixes {
		bad.Add("ip_allowlist", "must have at most %d entries", mostPrefixes)
		return
	}
	for i, prefix := range prefixes {
		if slices.Contains(prefixes[:i], prefix) {
			bad.Add(fmt.Sprintf("ip_allowlist[%d]", i), "must not be repeated")
		}
	}
}

// MaxRequests bounds a rate limit.
const MaxRequests = 1_000_000

func checkRateLimit(bad *errs.InvalidError, limit RateLimit) {
	if limit.RequestsPerMinute < DoorDefault || limit.RequestsPerMinute > MaxRequests {
		bad.Add("rate_limit.requests_per_minute", "must be from 0 to %d, or -1 for the default of each door",
			MaxRequests)
	}
	if limit.Burst < 0 || limit.Burst > MaxRequests {
		bad.Add("rate_limit.burst", "must be from 0 to %d", MaxRequests)
	}
	if limit.RequestsPerMinute <= 0 && limit.Burst > 0 {
		bad.Add("rate_limit.requests_per_minute", "must be above 0 for %s: there is no limit that it belongs to",
			errs.Field("rate_limit.burst"))
	}
}

// checkCallbackURL judges the form; where it leads, when something is sent there.
func checkCallbackURL(bad *errs.InvalidError, address string) {
	problem := weburl.Problem(address)
	if problem == "" && strings.Contains(address, "#") {
		problem = "must not have a fragment"
	}
	if problem != "" {
		bad.Add("settings.callback_url", "%s", problem)
	}
}

func (s *Settings) check(bad *errs.InvalidError) {
	bad.CheckLine("settings.store_name", s.StoreName, 0, 200)
	if s.CallbackURL != "" {
		checkCallbackURL(bad, s.CallbackURL)
	}
	if len(s.BillingAddresses) > mostAddresses {
		bad.Add("settings.billing_addresses", "must have at most %d entries", mostAddresses)
		return
	}
	seen := make(map[int64]bool, len(s.BillingAddresses))
	for i, a := range s.BillingAddresses {
		if a.ID <= 0 || seen[a.ID] {
			bad.Add(fmt.Sprintf("settings.billing_addresses[%d].id", i), "must be above 0 and not be repeated")
		}
		bad.CheckLine(fmt.Sprintf("settings.billing_addresses[%d].name", i), a.Name, 0, 200)
		seen[a.ID] = true
	}
	if s.DefaultBillingAddress != 0 && !seen[s.DefaultBillingAddress] {
		bad.Add("settings.default_billing_address_id", "must be the id of one of the billing addresses")
	}
}
