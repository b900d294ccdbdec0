package account

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"orderhub/server/memory"
	"orderhub/server/operator"
	"orderhub/server/ratelimit"
	"orderhub/server/session"
)

const (
	// principalTTL is how long a revoked key or a suspension may go unnoticed
	// by a process that did not make the change. Placement looks at the
	// merchant's status again inside its transaction.
	principalTTL     = time.Second
	cachedPrincipals = 10_000
)

// RateLimitedError says when the merchant may try again.
type RateLimitedError struct{ RetryAfter time.Duration }

func (e *RateLimitedError) Error() string { return "too many requests" }

// Authenticator finds who a request comes from and whether it may come at all.
type Authenticator struct {
	store      Store
	principals *memory.Memory[Credential, Principal]
	merchants  *memory.Memory[int64, Principal]
	limit      RateLimit // at the hub's own contract, of merchants that have none
	limiter    *ratelimit.Limiter
	checks     int // of recipients, that a key may have made in a minute
	now        func() time.Time
}

// HubRateLimit is the hub's own default, at its own contract and where a partner
// publishes none.
var HubRateLimit = RateLimit{RequestsPerMinute: 1200, Burst: 40}

// SetDefaultLimit puts another limit in the place of [HubRateLimit], before the
// first request.
func (a *Authenticator) SetDefaultLimit(limit RateLimit) { a.limit = limit }

// RecipientChecks is how many recipients each key may have checked in a minute unless told otherwise.
const RecipientChecks = 60

// LimitChecks puts another number in the place of [RecipientChecks], before the first
// request.
func (a *Authenticator) LimitChecks(perMinute int) { a.checks = perMinute }

// CountBy has requests counted with those of other processes, before the first one.
func (a *Authenticator) CountBy(limiter *ratelimit.Limiter) { a.limiter = limiter }

// NewAuthenticator checks keys against store, remembering each for a second. It
// counts requests by itself.
func NewAuthenticator(store Store, now func() time.Time) *Authenticator {
	return &Authenticator{
		store:      store,
		limit:      HubRateLimit,
		principals: memory.New[Credential, Principal](cachedPrincipals, principalTTL),
		merchants:  memory.New[int64, Principal](cachedPrincipals, principalTTL),
		limiter:    ratelimit.NewAlone(now),
		checks:     RecipientChecks,
		now:        now,
	}
}

// Authenticate finds who has the credential, and comes from addr, at the hub's own
// contract. Errors: ErrUnauthenticated, ErrSuspended, operator.ErrSuspended, ErrAddressNotAllowed,
// *RateLimitedError; with all but the first the principal is returned too, for
// the log.
func (a *Authenticator) Authenticate(ctx context.Context, c Credential, addr netip.Addr) (Principal, error) {
	return a.AuthenticateWithin(ctx, c, addr, a.limit)
}

// AuthenticateWithin is Authenticate at a door whose own limit holds for
// merchants that have none.
func (a *Authenticator) AuthenticateWithin(
	ctx context.Context, c Credential, addr netip.Addr, limit RateLimit,
) (Principal, error) {
	p, err := a.principal(ctx, c)
	if err != nil {
		return Principal{}, err
	}
	return p, a.admit(ctx, &p, addr, limit)
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
	return p, a.admit(ctx, &p, addr, limit)
}

// maxShown bounds how many credentials of one request are looked up: there are not
// more places to put one.
const maxShown = 4

// One is what says who a request comes from, of all that it shows: the first; the
// zero value of nothing. When there are several, the first is looked up here:
// ErrUnauthenticated. Others that are nobody's change nothing; one that is another
// key's leaves open who is meant: ErrSeveralKeys, ErrOtherCertificate.
func (a *Authenticator) One(ctx context.Context, shown []Credential) (Credential, error) {
	switch {
	case len(shown) == 0:
		return Credential{}, nil
	case len(shown) == 1:
		return shown[0], nil
	case len(shown) > maxShown:
		return Credential{}, ErrSeveralKeys
	}
	first, err := a.principal(ctx, shown[0])
	if err != nil {
		return Credential{}, err
	}
	for _, other := range shown[1:] {
		p, err := a.principal(ctx, other)
		switch {
		case errors.Is(err, ErrUnauthenticated):
		case err != nil:
			return Credential{}, err
		case p.sameKey(&first):
		case other.Certificate:
			return Credential{}, ErrOtherCertificate
		default:
			return Credential{}, ErrSeveralKeys
		}
	}
	return shown[0], nil
}

// NoOther refuses a request that carries other keys than the token that it is known
// by. A key that nobody has changes nothing; one that somebody
// has leaves open who is meant: ErrSeveralKeys.
func (a *Authenticator) NoOther(ctx context.Context, known string, others []string) error {
	if len(others) >= maxShown {
		return ErrSeveralKeys
	}
	for _, other := range others {
		if other == known {
			continue
		}
		if _, err := a.principal(ctx, KeyCredential(other)); err == nil {
			return ErrSeveralKeys
		} else if !errors.Is(err, ErrUnauthenticated) {
			return err
		}
	}
	return nil
}

// Identify is Authenticate for what comes before a request is read: it does not
// count as one.
func (a *Authenticator) Identify(ctx context.Context, c Credential, addr netip.Addr) (Principal, error) {
	p, err := a.principal(ctx, c)
	if err != nil {
		return Principal{}, err
	}
	return p, p.mayCall(a.now(), addr)
}

func (p *Principal) mayCall(now time.Time, addr netip.Addr) error {
	switch {
	case p.Session != nil && (p.Session.Stage != session.Whole || p.Session.Check(now, addr) != nil):
		return ErrUnauthenticated
	case p.Status != StatusActive && p.OperatorID != 0:
		return operator.ErrSuspended
	case p.Status != StatusActive:
		return ErrSuspended
	case !p.AllowsAddress(addr):
		return ErrAddressNotAllowed
	default:
		return nil
	}
}

func (a *Authenticator) admit(ctx context.Context, p *Principal, addr netip.Addr, limit RateLimit) error {
	if err := p.mayCall(a.now(), addr); err != nil {
		return err
	}
	return a.allow(ctx, p, limitOf(p, limit))
}

// limitOf is what holds for the principal at a door with a limit of its own.
func limitOf(p *Principal, door RateLimit) RateLimit {
	switch {
	case p.RateLimit.RequestsPerMinute != DoorDefault:
		return p.RateLimit
	case p.Admin(): // who runs the hub is held back by no limit but its own
		return RateLimit{}
	default:
		return door
	}
}

// Count lets in n more requests that came with one call of the contract, as far as the
// limit of who makes it goes, by [ratelimit.Limiter.TakeRows]. The error is why it were not all.
func (a *Authenticator) Count(ctx context.Context, p *Principal, n int) (let int, err error) {
	return a.count(ctx, p, n, 1)
}

// CountAll is Count for requests of which all are let in or none, and nothing is taken then.
// *RateLimitedError says when they may come, with the call that they come with.
func (a *Authenticator) CountAll(ctx context.Context, p *Principal, n int) error {
	_, err := a.count(ctx, p, n, n)
	return err
}

func (a *Authenticator) count(ctx context.Context, p *Principal, n, least int) (let int, err error) {
	key, limited := limitKey(p, limitOf(p, a.limit))
	if !limited || n <= 0 {
		return n, nil
	}
	let, wait, err := a.limiter.TakeRows(ctx, key, min(n, key.Rows()-1), least)
	if err == nil && let < n {
		err = &RateLimitedError{RetryAfter: max(wait, key.Each())}
	}
	return let, err
}

// MostRows is how many requests one call of the contract may ever be, by the limit of who makes it; 0 for any number.
func (a *Authenticator) MostRows(p *Principal) int {
	key, limited := limitKey(p, limitOf(p, a.limit))
	if !limited {
		return 0
	}
	return key.Rows()
}

func (a *Authenticator) principal(ctx context.Context, c Credential) (Principal, error) {
	if c == (Credential{}) {
		return Principal{}, ErrUnauthenticated
	}
	if p, ok := a.principals.Get(c); ok {
		return p, nil
	}
	p, err := a.store.PrincipalByCredential(ctx, c)
	if err != nil {
		return Principal{}, err
	}
	a.principals.Add(c, p)
	return p, nil
}

// limitKey is what the requests of a merchant or a key are counted by; false where nothing limits them.
func limitKey(p *Principal, limit RateLimit) (ratelimit.Key, bool) {
	if limit.RequestsPerMinute <= 0 {
		return ratelimit.Key{}, false
	}
	key := ratelimit.Key{MerchantID: p.MerchantID, Limit: ratelimit.Limit{
		PerMinute: limit.RequestsPerMinute, Burst: limit.Burst,
	}}
	// Keys of fewer rights share one: a merchant makes them itself, and would make itself room.
	if limit.PerKey && p.Scope == ScopeMerchant {
		key.KeyID = p.KeyID
	}
	if key.Burst <= 0 {
		key.Burst = limit.RequestsPerMinute
	}
	return key, true
}

// allow takes one request of the limit of the merchant or the key.
func (a *Authenticator) allow(ctx context.Context, p *Principal, limit RateLimit) error {
	key, limited := limitKey(p, limit)
	if !limited {
		return nil
	}
	wait, err := a.limiter.Take(ctx, key)
	if err != nil || wait == 0 {
		return err
	}
	return &RateLimitedError{RetryAfter: wait}
}

// AllowCheck takes one check of a recipient, over and above whatever else limits the caller: who may ask as often as
// it orders finds out who exists. Operators are on record instead. *RateLimitedError.
func (a *Authenticator) AllowCheck(ctx context.Context, p *Principal) error {
	if p.Admin() {
		return nil
	}
	// No key has a number below 0: what it has of these it has beside its requests.
	key := ratelimit.Key{
		MerchantID: p.MerchantID, KeyID: -1, Limit: ratelimit.Limit{PerMinute: a.checks, Burst: a.checks},
	}
	if p.Scope == ScopeMerchant {
		key.KeyID -= p.KeyID // those of fewer rights share one, as in allow
	}
	wait, err := a.limiter.Take(ctx, key)
	if err != nil || wait == 0 {
		return err
	}
	return &RateLimitedError{RetryAfter: wait}
}
