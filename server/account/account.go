// Package account owns who buys and with what: merchants, their API keys and
// what a key lets them do, and their wallets with every transfer in and out.
// Charges and refunds for orders are made by the order package's store in the
// same transaction as the order; this package owns deposits and the statement.
package account

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/secret"
	"orderhub/server/session"
)

// Role tells merchants from operators. An operator has no wallet.
type Role string

// The roles.
const (
	RoleMerchant Role = "merchant"
	RoleOperator Role = "operator"
)

// Status says whether an account may act.
type Status string

// The states of a merchant.
const (
	StatusActive    Status = "active"
	StatusSuspended Status = "suspended"
)

// DoorDefault in place of a number of requests leaves the limit to each door.
const DoorDefault = -1

// RateLimit bounds a merchant's requests over all its keys. Zero is no limit.
type RateLimit struct {
	RequestsPerMinute int  // DoorDefault: each door's own limit
	Burst             int  // requests that may come at once; 0 means RequestsPerMinute
	PerKey            bool // of a door's own limit: each key has it for itself
}

// WithRequests is the limit with another number of requests, and without a burst
// when that is no limit of the merchant's own.
func (l RateLimit) WithRequests(perMinute int) RateLimit {
	l.RequestsPerMinute = perMinute
	if perMinute <= 0 {
		l.Burst = 0
	}
	return l
}

// Merchant is an account that can hold keys; with a wallet unless an operator.
type Merchant struct {
	ID          int64
	Name        string // unique, lower case, used in paths and commands
	Email       string // unique when not empty
	EmailUnread bool   // there is one that cannot be opened: without the key, or because it is damaged
	Role        Role
	Status      Status
	RateLimit   RateLimit
	IPAllowlist []netip.Prefix // empty lets every address in
	Settings    Settings
	// CredentialsVersion grows when who signed in before has to sign in again: with
	// a change of the password or the e-mail address, and with the last key.
	CredentialsVersion int
	CreatedAt          time.Time
	UpdatedAt          time.Time
	Wallet             *Wallet // nil for an operator
}

// Settings are what partners' doors need to know of a merchant. Nothing secret.
type Settings struct {
	StoreName             string           // of the shop the merchant buys at; "" for none
	BillingAddresses      []BillingAddress // that its orders may name
	DefaultBillingAddress int64            // id of the one for orders that name none; 0 for none
	CallbackURL           string           // for changes of orders that name no address of their own; "" for none
}

// BillingAddress is an address on file; the hub keeps no more of it than its name.
type BillingAddress struct {
	ID   int64 // unique within the merchant, above 0
	Name string
}

// Address finds a billing address by its id.
func (s *Settings) Address(id int64) (BillingAddress, bool) {
	for _, a := range s.BillingAddresses {
		if a.ID == id {
			return a, true
		}
	}
	return BillingAddress{}, false
}

// Credentials are secrets of a merchant beside its API keys. Which are not nil
// is set; an empty text removes it.
type Credentials struct {
	PasswordHash *string   // as HashPassword makes it
	ChannelCode  *[32]byte // hash of the code that must come with a key; the zero value removes it
	CallbackKey  *string   // shown to the merchant's own receivers; kept encrypted
}

// Key is an API key as it is kept: without the key itself.
type Key struct {
	ID         int64
	MerchantID int64
	Scope      Scope
	Label      string
	// Certificate is that of a client which stands for the key.
	Certificate Fingerprint
	MadeBy      int64 // key that the merchant made it with; 0 where an operator did
	CreatedAt   time.Time
	RevokedAt   *time.Time
}

// Principal is who a request comes from, as found by its API key.
type Principal struct {
	KeyID        int64
	Scope        Scope
	MerchantID   int64
	MerchantName string
	Status       Status
	Currency     money.Currency // of the wallet; empty for an operator
	RateLimit    RateLimit
	IPAllowlist  []netip.Prefix
	ChannelCode  [32]byte // hash of the merchant's channel code; the zero value when it has none

	CredentialsVersion int // the merchant's

	// An operator with a key of its own is no merchant: MerchantID is 0.
	OperatorID   int64
	OperatorName string
	Roles        operator.Roles
	Session      *session.Session // by which the operator acts; nil for one with a key
}

// HasChannelCode reports whether code is the merchant's channel code.
func (p *Principal) HasChannelCode(code string) bool {
	hash := secret.HashAPIKey(code)
	return p.ChannelCode != [32]byte{} && subtle.ConstantTimeCompare(hash[:], p.ChannelCode[:]) == 1
}

// Admin reports whether the principal acts for the hub's operators.
func (p *Principal) Admin() bool { return p.Scope == ScopeAdmin }

// Allowed reports whether the principal acts for the hub's operators and has the role.
// A merchant's key of admin scope has them all.
func (p *Principal) Allowed(role operator.Role) bool {
	if p.OperatorID == 0 {
		return p.Admin()
	}
	return p.Admin() && p.Roles.Allow(role)
}

// SessionID is the number of the session by which the operator acts, 0 for none.
func (p *Principal) SessionID() int64 {
	if p.Session == nil {
		return 0
	}
	return p.Session.ID
}

// Name is the merchant's or the operator's.
func (p *Principal) Name() string { return cmp.Or(p.OperatorName, p.MerchantName) }

// Party tells who calls from everybody else: the merchant's id, and below 0 the operator's.
func (p *Principal) Party() int64 {
	if p.OperatorID != 0 {
		return -p.OperatorID
	}
	return p.MerchantID
}

// sameKey reports whether both were found by one key.
func (p *Principal) sameKey(other *Principal) bool {
	return p.Party() == other.Party() && p.KeyID == other.KeyID && p.SessionID() == other.SessionID()
}

// ParsePrefix reads an address ("192.0.2.7") or a CIDR prefix ("192.0.2.0/24")
// that requests may come from. IPv4 in IPv6 clothes is IPv4, as it is in what
// requests come from, and a zone, which none of those has, is left out.
func ParsePrefix(text string) (prefix netip.Prefix, ok bool) {
	if addr, err := netip.ParseAddr(text); err == nil && !strings.Contains(addr.Zone(), "/") {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	const mapped = 96 // bits before the IPv4 address
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-mapped)
	}
	return prefix.Masked(), true
}

// AllowsAddress reports whether requests may come from addr.
func (p *Principal) AllowsAddress(addr netip.Addr) bool { return listed(p.IPAllowlist, addr) }

// listed reports whether addr is on the list; an empty one has them all.
func listed(allowlist []netip.Prefix, addr netip.Addr) bool {
	contains := func(prefix netip.Prefix) bool { return prefix.Contains(addr.Unmap()) }
	return len(allowlist) == 0 || slices.ContainsFunc(allowlist, contains)
}

// What a caller can act on.
var (
	ErrMerchantNotFound  = errors.New("merchant not found")
	ErrKeyNotFound       = errors.New("key not found")
	ErrUnauthenticated   = errors.New("no valid API key")
	ErrSeveralKeys       = errors.New("more than one API key")
	ErrOtherCertificate  = errors.New("a certificate that stands for another API key")
	ErrSuspended         = errors.New("merchant is suspended")
	ErrAddressNotAllowed = errors.New("address is not on the merchant's allowlist")
	ErrNoWallet          = errors.New("an operator has no wallet")
	ErrCurrencyMismatch  = errors.New("currency is not the wallet's")
	ErrBadCredentials    = errors.New("no such e-mail address and password")
	ErrReferenceReused   = errors.New("the reference was used for another movement")
	ErrLimitLowered      = errors.New("the credit limit was lowered meanwhile; look at it and repeat the call")
)

// AlreadyExistsError says that a merchant's name or e-mail, or a key, is taken.
type AlreadyExistsError struct{ Field string }

func (e *AlreadyExistsError) Error() string { return fmt.Sprintf("%s is already in use", e.Field) }

// NewMerchant is what it takes to create one.
type NewMerchant struct {
	ID          int64 // 0 to have one assigned
	Name        string
	Email       string
	Role        Role
	Status      Status         // "" is active
	Currency    money.Currency // of the wallet; empty exactly for an operator
	CreditLimit money.Amount
	LowBalance  *money.Amount // nil for never
	RateLimit   RateLimit
	IPAllowlist []netip.Prefix
	Settings    Settings
}

// MerchantChange changes what is not nil.
type MerchantChange struct {
	Email       *string
	Status      *Status
	CreditLimit *money.Amount
	LowBalance  **money.Amount // to nil for never
	RateLimit   *RateLimit
	IPAllowlist *[]netip.Prefix
	Settings    *Settings
	OnlyLower   bool // of a credit limit: refuse to raise it, with ErrLimitLowered
}

// Without leaves out what m has already: a change of nothing is none. An e-mail
// address that cannot be opened counts as another, so that it can be removed.
func (c MerchantChange) Without(m *Merchant) MerchantChange {
	if c.Email != nil && !m.EmailUnread && strings.EqualFold(*c.Email, m.Email) {
		c.Email = nil
	}
	leaveOut(&c.Status, m.Status)
	leaveOut(&c.RateLimit, m.RateLimit)
	if m.Wallet != nil {
		leaveOut(&c.CreditLimit, m.Wallet.CreditLimit)
		if low := m.Wallet.LowBalance; c.LowBalance != nil && equal(*c.LowBalance, low) {
			c.LowBalance = nil
		}
	}
	if c.IPAllowlist != nil && slices.Equal(*c.IPAllowlist, m.IPAllowlist) {
		c.IPAllowlist = nil
	}
	if c.Settings != nil && c.Settings.equal(&m.Settings) {
		c.Settings = nil
	}
	c.OnlyLower = c.OnlyLower && c.CreditLimit != nil
	return c
}

func leaveOut[T comparable](changed **T, present T) {
	if *changed != nil && **changed == present {
		*changed = nil
	}
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func (s *Settings) equal(other *Settings) bool {
	return s.StoreName == other.StoreName && s.DefaultBillingAddress == other.DefaultBillingAddress &&
		s.CallbackURL == other.CallbackURL && slices.Equal(s.BillingAddresses, other.BillingAddresses)
}

// Direct is what the service leaves to the store as it is.
type Direct interface {
	// Merchant finds by id. ErrMerchantNotFound.
	Merchant(ctx context.Context, id int64) (Merchant, error)
	// OrderSettings are the settings that orders are judged by, without what is sealed: names of billing addresses and
	// the address for callbacks. ErrMerchantNotFound.
	OrderSettings(ctx context.Context, merchantID int64) (Settings, error)
	// ListMerchants returns merchants by ascending id.
	ListMerchants(ctx context.Context, afterID int64, limit int) ([]Merchant, error)
	// CallbackKey is "" for a merchant without one. ErrMerchantNotFound.
	CallbackKey(ctx context.Context, merchantID int64) (string, error)
	// Totals sums up a merchant's statement.
	Totals(ctx context.Context, merchantID int64) (Totals, error)
	// ListKeys returns a merchant's keys by ascending id, revoked ones included.
	ListKeys(ctx context.Context, merchantID int64) ([]Key, error)
	// RevokeKey is final; revoking again changes nothing. With a merchant's last key, or
	// the last that may do everything, the version of its credentials grows. ErrKeyNotFound.
	RevokeKey(ctx context.Context, merchantID, keyID int64) (Key, error)
	// BalanceAt returns what a merchant's wallet had at a moment. ErrNoWallet.
	BalanceAt(ctx context.Context, merchantID int64, at time.Time) (Balance, error)
	// ListTransfers returns a merchant's statement, newest first.
	ListTransfers(ctx context.Context, merchantID int64, f TransferFilter) ([]Transfer, error)
}

// Store keeps accounts. The merchant is an argument of every method that reads
// or changes what is a merchant's own.
type Store interface {
	Direct

	// CreateMerchant makes the merchant and its wallet. *AlreadyExistsError.
	CreateMerchant(ctx context.Context, m NewMerchant) (Merchant, error)
	// MerchantByName finds by exact name. ErrMerchantNotFound.
	MerchantByName(ctx context.Context, name string) (Merchant, error)
	// UpdateMerchant fails with ErrMerchantNotFound, *AlreadyExistsError, or
	// ErrNoWallet when an operator is given a credit limit, or ErrLimitLowered. With
	// another e-mail address the version of the credentials grows.
	UpdateMerchant(ctx context.Context, id int64, change MerchantChange) (Merchant, error)

	// MerchantByEmail finds by address, in any letter case, with the hash of the
	// password, "" when it has none. ErrMerchantNotFound.
	MerchantByEmail(ctx context.Context, email string) (m Merchant, passwordHash string, err error)
	// SetCredentials changes what is given. With a password the version of the
	// credentials grows, also when it is removed. ErrMerchantNotFound.
	SetCredentials(ctx context.Context, merchantID int64, c Credentials) error

	// CreateKey stores a key by its hash. ErrMerchantNotFound, *AlreadyExistsError
	// for the hash, and for a certificate that stands for a key which is good. One that
	// was made with another is judged by [MayMake], and the oldest of [MostOwnRevoked]
	// give way; ErrUnauthenticated when the other is no longer good.
	CreateKey(ctx context.Context, k Key, hash [32]byte) (Key, error)
	// PrincipalByCredential finds whose credential it is, a merchant's or an operator's;
	// that of a revoked or unknown key is ErrUnauthenticated. Who is suspended is found,
	// with its status, and a session is found whether it is good or not.
	PrincipalByCredential(ctx context.Context, c Credential) (Principal, error)
	// PrincipalByMerchant is who a merchant acts as without a key of its own:
	// KeyID is 0. ErrMerchantNotFound.
	PrincipalByMerchant(ctx context.Context, merchantID int64) (Principal, error)

	// Deposit adds money and returns the transfer and the wallet after it. A
	// repetition by reference returns the first transfer and the wallet as it
	// is now. ErrMerchantNotFound, ErrNoWallet, ErrCurrencyMismatch,
	// ErrReferenceReused, *RequestedError.
	Deposit(ctx context.Context, d Deposit) (Transfer, Wallet, error)
	// Adjust corrects a balance as [Wallet.Adjusted] says, and tells of it. A
	// repetition by reference returns the first transfer and the wallet as it is
	// now. ErrMerchantNotFound, ErrNoWallet, ErrReferenceReused, *RequestedError.
	Adjust(ctx context.Context, a Adjustment) (Transfer, Wallet, error)
}
