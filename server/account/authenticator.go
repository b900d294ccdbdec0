package account

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
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
	principals *expirable.LRU[[32]byte, Principal]

	mu      sync.Mutex
	buckets *expirable.LRU[int64, *bucket]
}

type bucket struct {
	limit   RateLimit
	limiter *rate.Limiter
}

// NewAuthenticator checks keys against store, remembering each for a second.
func NewAuthenticator(store Store, now func() time.Time) *Authenticator {
	return &Authenticator{
		store:      store,
		now:        now,
		principals: expirable.NewLRU[[32]byte, Principal](cachedPrincipals, nil, principalTTL),
		buckets:    expirable.NewLRU[int64, *bucket](cachedRateBuckets, nil, time.Hour),
	}
}

// Authenticate finds the principal of key as it comes from addr. Errors:
// ErrUnauthenticated, ErrSuspended, ErrAddressNotAllowed, *RateLimitedError;
// with all but the first the principal is returned too, for the log.
func (a *Authenticator) Authenticate(ctx context.Context, key string, addr netip.Addr) (Principal, error) {
	p, err := a.principal(ctx, key)
	if err != nil {
		return Principal{}, err
	}
	if p.Status != StatusActive {
		return p, ErrSuspended
	}
	if !p.AllowsAddress(addr) {
		return p, ErrAddressNotAllowed
	}
	return p, a.allow(&p)
}

func (a *Authenticator) principal(ctx context.Context, key string) (Principal, error) {
	if key == "" {
		return Principal{}, ErrUnauthenticated
	}
	hash := secret.HashAPIKey(key)
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

// allow takes one request from the merchant's bucket.
func (a *Authenticator) allow(p *Principal) error {
	if p.RateLimit.RequestsPerMinute <= 0 {
		return nil
	}
	now := a.now()
	reservation := a.bucketOf(p).ReserveN(now, 1)
	if delay := reservation.DelayFrom(now); delay > 0 {
		reservation.CancelAt(now)
		return &RateLimitedError{RetryAfter: delay}
	}
	return nil
}

func (a *Authenticator) bucketOf(p *Principal) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b, ok := a.buckets.Get(p.MerchantID); ok && b.limit == p.RateLimit {
		return b.limiter
	}
	burst := p.RateLimit.Burst
	if burst <= 0 {
		burst = p.RateLimit.RequestsPerMinute
	}
	perSecond := rate.Limit(float64(p.RateLimit.RequestsPerMinute) / 60)
	b := &bucket{limit: p.RateLimit, limiter: rate.NewLimiter(perSecond, burst)}
	a.buckets.Add(p.MerchantID, b)
	return b.limiter
}
