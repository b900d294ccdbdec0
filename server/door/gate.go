package door

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"orderhub/server/account"
	"orderhub/server/order"
)

// Guard is the part of the hub's own guard that doors share with its contract:
// one count of what is at work, and one idea of where a request comes from.
type Guard interface {
	// Address is where the request behind these values comes from.
	Address(remoteAddr string, forwardedFor []string) netip.Addr
	// Enter reports whether one more request may work; then leave must be
	// called. Otherwise after says when its caller may come back.
	Enter(ctx context.Context) (leave func(), after time.Duration, entered bool)
}

// Gate finds out who a request comes from and whether it may come.
type Gate struct {
	auth  *account.Authenticator
	guard Guard
}

// NewGate lets in whom auth knows.
func NewGate(auth *account.Authenticator, guard Guard) *Gate { return &Gate{auth: auth, guard: guard} }

// ByKey finds whose API keys they are: those that the request carries, of which
// the first one counts. The limit holds for merchants that have none of their
// own. Errors, in this order: account.ErrUnauthenticated (also for an operator's
// key, which has no wallet, and for two keys that are both somebody's),
// account.ErrSuspended, account.ErrAddressNotAllowed, *account.RateLimitedError;
// fault.ErrUnavailable.
func (g *Gate) ByKey(r *http.Request, keys []string, limit account.RateLimit) (account.Principal, error) {
	key, err := g.auth.OneKey(r.Context(), keys)
	if err != nil {
		return account.Principal{}, unknown(err)
	}
	p, err := g.auth.AuthenticateWithin(r.Context(), key, g.Address(r), limit)
	if err == nil && p.Admin() {
		return account.Principal{}, account.ErrUnauthenticated
	}
	return p, err
}

// ByMerchant is ByKey for a door that has verified a token of its own, the first
// of what the request carries.
func (g *Gate) ByMerchant(r *http.Request, who account.SignedIn, carried []string, limit account.RateLimit) (account.Principal, error) {
	if err := unknown(g.auth.NoOther(r.Context(), carried[0], carried[1:])); err != nil {
		return account.Principal{}, err
	}
	return g.auth.AuthenticateMerchant(r.Context(), who, g.Address(r), limit)
}

// unknown turns the refusal of several keys into that of none: doors have one
// for whoever they do not know.
func unknown(err error) error {
	if errors.Is(err, account.ErrSeveralKeys) {
		return account.ErrUnauthenticated
	}
	return err
}

// Enter counts the request as at work until leave is called. The error is an
// *order.RetryLaterError: there is too much at work.
func (g *Gate) Enter(r *http.Request) (leave func(), err error) {
	leave, after, entered := g.guard.Enter(r.Context())
	if !entered {
		return nil, &order.RetryLaterError{Err: order.ErrOverloaded, After: after}
	}
	return leave, nil
}

// Address is where the request comes from.
func (g *Gate) Address(r *http.Request) netip.Addr {
	return g.guard.Address(r.RemoteAddr, r.Header.Values("X-Forwarded-For"))
}
