package account

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"orderhub/server/secret"
)

const (
	// principalTTL is how long a revoked key or a suspension may go unnoticed
	// by a process that did not make the change. Placement looks at the
	// merchant's status again inside its transaction.
	principalTTL      = time.Second
	cachedPrincipals  = 10_000
	cachedRateBuckets = 100_000
)

// RateLimitedError says when the merchant may try again.
type RateLimitedError struct{ RetryAfter time.Duration }

func (e *RateLimitedError) Error() string { return "too many requests" }

// Authenticator finds who a request comes from and whether it may come at all.
type Authenticator struct {
	store      Store
	now        func() time.Time
	principals *memory[[32]byte, Principal] // by hash of the key
	merchants  *memory[int64, Principal]
	limit      RateLimit // at the hub's own contract, of merchants that have none

	mu      sync.Mutex
	buckets *lru.Cache[bucketKey, *rate.Limiter]
}

// bucketKey is the merchant and the limit, and the key where each has its own.
type bucketKey struct {
	merchantID, keyID int64
	limit             RateLimit
}

// HubRateLimit is the hub's own default, at its own contract and where a partner
// publishes none.
var HubRateLimit = RateLimit{RequestsPerMinute: 1200, Burst: 40}

// SetDefaultLimit puts another limit in the place of [HubRateLimit], before the
// first request.
func (a *Authenticator) SetDefaultLimit(limit RateLimit) { a.limit = limit }

// NewAuthenticator checks keys against store, remembering each for a second.
func NewAuthenticator(store Store, now func() time.Time) *Authenticator {
	buckets, err := lru.New[bucketKey, *rate.Limiter](cachedRateBuckets)
	if err != nil {
		panic("account: a cache of a positive size cannot fail: " + err.Error())
	}
	return &Authenticator{
		store:      store,
		now:        now,
		limit:      HubRateLimit,
		principals: newMemory[[32]byte, Principal](cachedPrincipals, principalTTL),
		merchants:  newMemory[int64, Principal](cachedPrincipals, principalTTL),
		buckets:    buckets,
	}
}

// Authenticate finds the principal of key as it comes from addr, at the hub's
// own contract. Errors: ErrUnauthenticated, ErrSuspended, ErrAddressNotAllowed,
// *RateLimitedError; with all but the first the principal is returned too, for
// the log.
func (a *Authenticator) Authenticate(ctx context.Context, key string, addr netip.Addr) (Principal, error) {
	return a.AuthenticateWithin(ctx, key, addr, a.limit)
}

// AuthenticateWithin is Authenticate at a door whose own limit holds for
// merchants that have none.
func (a *Authenticator) AuthenticateWithin(
	ctx context.Context, key string, addr netip.Addr, limit RateLimit,
) (Principal, error) {
	p, err := a.principal(ctx, key)
	if err != nil {
		return Principal{}, err
	}
	return p, a.admit(&p, addr, limit)
}

// AuthenticateHash is Authenticate for somebody who showed, instead of a key, what
// the hub itself has made for the key with this hash.
func (a *Authenticator) AuthenticateHash(ctx context.Context, hash [32]byte, addr netip.Addr) (Principal, error) {
	p, err := a.principalByHash(ctx, hash)
	if err != nil {
		return Principal{}, err
	}
	return p, a.admit(&p, addr, HubRateLimit)
}

// SignedIn is who holds a token that a door gave out, and which credentials it
// was given for.
type SignedIn struct {
	MerchantID         int64
	CredentialsVersion int
}

// AuthenticateMerchant is AuthenticateWithin for a door that knows the merchant
// by a token of its own. A merchant that is no more, or whose credentials are
// others now, is ErrUnauthenticated; one that is suspended is ErrSuspended
// before that.
func (a *Authenticator) AuthenticateMerchant(
	ctx context.Context, who SignedIn, addr netip.Addr, limit RateLimit,
) (Principal, error) {
	p, ok := a.merchants.Get(who.MerchantID)
	// A version newer than what is remembered was given out by this or another
	// process meanwhile.
	if !ok || p.CredentialsVersion < who.CredentialsVersion {
		var err error
		if p, err = a.store.PrincipalByMerchant(ctx, who.MerchantID); errors.Is(err, ErrMerchantNotFound) {
			return Principal{}, ErrUnauthenticated
		} else if err != nil {
			return Principal{}, err
		}
		a.merchants.Add(who.MerchantID, p)
	}
	if p.Status == StatusActive && p.CredentialsVersion != who.CredentialsVersion {
		return Principal{}, ErrUnauthenticated
	}
	return p, a.admit(&p, addr, limit)
}

// maxKeys bounds how many keys of one request are looked up: there are not more
// places to put one.
const maxKeys = 4

// OneKey is the key that says who a request comes from: the first of those that
// it carries, "" for none. Where there are several, the first is looked up here:
// ErrUnauthenticated, ErrSeveralKeys as from [Authenticator.NoOther].
func (a *Authenticator) OneKey(ctx context.Context, keys []string) (string, error) {
	if len(keys) == 0 {
		return "", nil
	}
	if len(keys) > 1 {
		if _, err := a.principal(ctx, keys[0]); err != nil {
			return "", err
		}
	}
	return keys[0], a.NoOther(ctx, keys[0], keys[1:])
}

// NoOther refuses a request that carries other keys than the one, or the token,
// that it is known by. A key that nobody has changes nothing; one that somebody
// has leaves open who is meant: ErrSeveralKeys.
func (a *Authenticator) NoOther(ctx context.Context, known string, others []string) error {
	if len(others) >= maxKeys {
		return ErrSeveralKeys
	}
	for _, other := range others {
		if other == known {
			continue
		}
		if _, err := a.principal(ctx, other); err == nil {
			return ErrSeveralKeys
		} else if !errors.Is(err, ErrUnauthenticated) {
			return err
		}
	}
	return nil
}

// Identify is Authenticate for what comes before a request is read: it does not
// count as one.
func (a *Authenticator) Identify(ctx context.Context, key string, addr netip.Addr) (Principal, error) {
	p, err := a.principal(ctx, key)
	if err != nil {
		return Principal{}, err
	}
	return p, p.mayCall(addr)
}

func (p *Principal) mayCall(addr netip.Addr) error {
	switch {
	case p.Status != StatusActive:
		return ErrSuspended
	case !p.AllowsAddress(addr):
		return ErrAddressNotAllowed
	default:
		return nil
	}
}

func (a *Authenticator) admit(p *Principal, addr netip.Addr, limit RateLimit) error {
	if err := p.mayCall(addr); err != nil {
		return err
	}
	switch {
	case p.RateLimit.RequestsPerMinute != DoorDefault:
		limit = p.RateLimit
	case p.Admin(): // who runs the hub is held back by no limit but its own
		return nil
	}
	return a.allow(p, limit)
}

func (a *Authenticator) principal(ctx context.Context, key string) (Principal, error) {
	if key == "" {
		return Principal{}, ErrUnauthenticated
	}
	return a.principalByHash(ctx, secret.HashAPIKey(key))
}

func (a *Authenticator) principalByHash(ctx context.Context, hash [32]byte) (Principal, error) {
	if p, ok := a.principals.Get(hash); ok {
		return p, nil
	}
	p, err := a.store.PrincipalByKeyHash(ctx, hash)
	if err != nil {
		return Principal{}, err
	}
	a.principals.Add(hash, p)
	return p, nil
}

// allow takes one request from the bucket of the merchant or the key.
func (a *Authenticator) allow(p *Principal, limit RateLimit) error {
	if limit.RequestsPerMinute <= 0 {
		return nil
	}
	now := a.now()
	key := bucketKey{merchantID: p.MerchantID, limit: limit}
	if limit.PerKey {
		key.keyID = p.KeyID
	}
	reservation := a.bucketOf(key).ReserveN(now, 1)
	if delay := reservation.DelayFrom(now); delay > 0 {
		reservation.CancelAt(now)
		return &RateLimitedError{RetryAfter: delay}
	}
	return nil
}

func (a *Authenticator) bucketOf(key bucketKey) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b, ok := a.buckets.Get(key); ok {
		return b
	}
	burst := key.limit.Burst
	if burst <= 0 {
		burst = key.limit.RequestsPerMinute
	}
	perSecond := rate.Limit(float64(key.limit.RequestsPerMinute) / 60)
	b := rate.NewLimiter(perSecond, burst)
	a.buckets.Add(key, b)
	return b
}
