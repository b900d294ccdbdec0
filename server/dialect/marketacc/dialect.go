// Package marketacc speaks marketacc-api v2, the JSON API of a shop for accounts
// and codes: an order names one product, is paid from the balance and delivered
// in the answer. Source: the partner's API page, "marketacc-api v2".
//
// Errors are {"error": {"code", "message", "details"}} with a closed set of
// codes; money is a JSON number; names are camelCase in bodies and snake_case in
// queries.
package marketacc

import (
	"net/http"
	"strings"

	"orderhub/server/account"
	"orderhub/server/door"
)

// Name is that of the dialect, as orders keep it.
const Name = "marketacc"

const root = "/api/v2"

// defaultLimit is for merchants without a limit of their own, for each key. The
// partner publishes no figure.
var defaultLimit = account.RateLimit{RequestsPerMinute: 120}

// Config is what an installation may choose.
type Config struct {
	Limit account.RateLimit // for merchants without one; zero for 120 a minute and key
}

// Door is the inbound side.
type Door struct {
	hub    door.Hub
	limit  account.RateLimit
	router door.Router
}

var (
	_ door.Door     = (*Door)(nil)
	_ door.Panicker = (*Door)(nil)
)

// New opens the door in front of the hub.
func New(h door.Hub, c Config) *Door {
	d := &Door{hub: h, limit: c.Limit}
	if d.limit == (account.RateLimit{}) {
		d.limit = defaultLimit
	}
	d.limit.PerKey = true
	d.router = door.Router{
		TrailingSlash: true,
		Routes: []door.Route{
			{Method: http.MethodGet, Path: root, Serve: d.index},
			{Method: http.MethodGet, Path: root + "/me", Serve: d.known(d.me)},
			{Method: http.MethodGet, Path: root + "/categories", Serve: d.known(d.categories)},
			{Method: http.MethodGet, Path: root + "/products", Serve: d.known(d.products)},
			{Method: http.MethodGet, Path: root + "/products/{idOrSlug}", Serve: d.known(d.product)},
			{Method: http.MethodPost, Path: root + "/orders", Serve: d.known(d.createOrder)},
			{Method: http.MethodGet, Path: root + "/orders", Serve: d.known(d.orders)},
			{Method: http.MethodGet, Path: root + "/orders/{code}", Serve: d.known(d.order)},
		},
		NotFound: func(w http.ResponseWriter, _ *http.Request) { refuse(w, notFound("resource not found")) },
		MethodNotAllowed: func(w http.ResponseWriter, _ *http.Request, allow string) {
			w.Header().Set("Allow", allow)
			refuse(w, &refusal{status: http.StatusMethodNotAllowed, code: codeInvalid, message: "method not allowed"})
		},
	}
	return d
}

// Name is that of the dialect.
func (d *Door) Name() string { return Name }

// Matches takes everything at and below /api/v2.
func (d *Door) Matches(path string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// ServeHTTP serves one request.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, leave, err := d.hub.Gate.Enter(w, r)
	if err != nil {
		d.explain(w, r, err)
		return
	}
	defer leave()
	d.router.ServeHTTP(w, r)
}

// Panicked answers for a fault of the hub.
func (d *Door) Panicked(w http.ResponseWriter, _ *http.Request) { refuse(w, internal()) }
