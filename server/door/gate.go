package door

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/order"
)

// Guard is the part of the hub's own guard that doors share with its contract:
// one count of what is at work, and one idea of where a request comes from.
type Guard interface {
	// Address is where the request behind these values comes from.
	Address(remoteAddr string, forwardedFor []string) netip.Addr
	// Admission lets requests in while there is room.
	Admission() *admission.Control
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
// errs.ErrUnavailable; *order.RetryLaterError when the merchant has too much at
// work.
func (g *Gate) ByKey(r *http.Request, keys []string, limit account.RateLimit) (account.Principal, error) {
	var shown []account.Credential
	for _, key := range withOthers(r.Header, keys) {
		shown = append(shown, account.KeyCredential(key))
	}
	key, err := g.auth.One(r.Context(), shown)
	if err != nil {
		return account.Principal{}, unknown(err)
	}
	p, err := g.auth.AuthenticateWithin(r.Context(), key, g.Address(r), limit)
	if err == nil && p.Admin() {
		return account.Principal{}, account.ErrUnauthenticated
	}
	return p, identified(r, &p, err)
}

// ByMerchant is ByKey for a door that has verified a token of its own, the first
// of what the request carries.
func (g *Gate) ByMerchant(
	r *http.Request, who account.SignedIn, carried []string, limit account.RateLimit,
) (account.Principal, error) {
	if err := unknown(g.auth.NoOther(r.Context(), carried[0], withOthers(r.Header, carried)[1:])); err != nil {
		return account.Principal{}, err
	}
	p, err := g.auth.AuthenticateMerchant(r.Context(), who, g.Address(r), limit)
	return p, identified(r, &p, err)
}

// unknown turns the refusal of several keys into that of none: doors have one
// for whoever they do not know.
func unknown(err error) error {
	if errors.Is(err, account.ErrSeveralKeys) {
		return account.ErrUnauthenticated
	}
	return err
}

// identified counts the request as its merchant's, unless it is refused already.
func identified(r *http.Request, p *account.Principal, err error) error {
	s, found := r.Context().Value(stayKey{}).(*stay)
	if err != nil || !found {
		return err
	}
	return overloaded(s.visit.Identify(r.Context(), p.MerchantID))
}

// stay is a request that is let in, and how to say by when its body must be there.
type stay struct {
	visit    *admission.Visit
	deadline func(time.Time) error
	waits    bool // never has a place
}

type stayKey struct{}

// Enter counts the request, in the form that it returns, as at work until leave
// is called. While [ReadBody] waits for its body it does not count. The error is
// an *order.RetryLaterError: there is too much at work.
func (g *Gate) Enter(w http.ResponseWriter, r *http.Request) (entered *http.Request, leave func(), err error) {
	visit, err := g.guard.Admission().Enter(r.Context(), g.Address(r))
	if err != nil {
		return r, nil, overloaded(err)
	}
	return staying(w, r, &stay{visit: visit}), visit.Leave, nil
}

// Await is Enter for a request whose work has a queue of its own: it never takes
// a place, only room for what it sends.
func (g *Gate) Await(w http.ResponseWriter, r *http.Request) (entered *http.Request, leave func()) {
	visit := g.guard.Admission().Await(g.Address(r))
	return staying(w, r, &stay{visit: visit, waits: true}), visit.Leave
}

func staying(w http.ResponseWriter, r *http.Request, s *stay) *http.Request {
	s.deadline = http.NewResponseController(w).SetReadDeadline
	return r.WithContext(context.WithValue(r.Context(), stayKey{}, s))
}

// overloaded is a refusal of package admission as doors know it; other errors
// stay as they are.
func overloaded(err error) error {
	if full, ok := errors.AsType[*admission.FullError](err); ok {
		return &order.RetryLaterError{Err: order.ErrOverloaded, After: full.After}
	}
	return err
}

func (g *Gate) Address(r *http.Request) netip.Addr {
	return g.guard.Address(r.RemoteAddr, r.Header.Values("X-Forwarded-For"))
}
