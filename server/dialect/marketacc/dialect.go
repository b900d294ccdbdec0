// Package marketacc speaks marketacc-api v2, the JSON API of a shop for accounts
// and codes: an order names one product, is paid from the balance and delivered
// in the answer. Source: the partner's API page, "marketacc-api v2".
//
// Errors are {"error": {"code", "message", "details"}} with a closed set of
// codes; money is a JSON number; names are camelCase in bodies and snake_case in
// queries.
package marketacc

import (
	"cmp"
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
	*door.Front

	hub   door.Services
	limit account.RateLimit
}

var _ door.Door = (*Door)(nil)

// New opens the door in front of the hub.
func New(h door.Services, c Config) *Door {
	d := &Door{hub: h, limit: cmp.Or(c.Limit, defaultLimit)}
	d.limit.PerKey = true
	d.Front = door.NewFront(&d.hub, Name, &words, d.caller)
	d.Route(door.Router{
		TrailingSlash: true,
		Routes: []door.Route{
			{Method: http.MethodGet, Path: root, Serve: d.index},
			{Method: http.MethodGet, Path: root + "/me", Serve: d.Known(account.ReadAccount, d.me)},
			{Method: http.MethodGet, Path: root + "/categories", Serve: d.Known(account.ReadAccount, d.categories)},
			{Method: http.MethodGet, Path: root + "/products", Serve: d.Known(account.ReadAccount, d.products)},
			{Method: http.MethodGet, Path: root + "/products/{idOrSlug}", Serve: d.Known(account.ReadAccount, d.product)},
			{Method: http.MethodPost, Path: root + "/orders", Serve: d.Known(account.PlaceOrders, d.createOrder)},
			{Method: http.MethodGet, Path: root + "/orders", Serve: d.Known(account.ReadOrders, d.orders)},
			{Method: http.MethodGet, Path: root + "/orders/{code}", Serve: d.Known(account.ReadOrders, d.order)},
		},
	})
	return d
}

// Matches takes everything at and below /api/v2.
func (d *Door) Matches(path string) bool { return path == root || strings.HasPrefix(path, root+"/") }
