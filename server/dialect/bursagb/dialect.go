// Package bursagb speaks the reseller API of BursaGB, a .NET shop platform for
// game codes and top-ups: a reseller signs in, orders baskets of the shop's
// products by the shop's own numbers, and follows each line by its own number.
// Source: the platform's public documentation of the reseller API.
//
// Everything is answered in one envelope, {"data", "success", "message"}. Names
// and paths are read in any letter case and written as documented; money is a
// JSON number with two decimals.
package bursagb

import (
	"net/http"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
)

// Name is that of the dialect, as orders keep it.
const Name = "bursagb"

const tokenLifetime = 30 * 24 * time.Hour

// defaultLimit is for merchants without a limit of their own, over all their
// tokens and keys: 20 a second, 40 at once.
var defaultLimit = account.RateLimit{RequestsPerMinute: 1200, Burst: 40}

// Config is what an installation may choose.
type Config struct {
	TokenKeys       [][]byte // the first signs tokens, all verify them; at least one
	RefusedBasketOK bool     // a refused basket is answered with 200 rather than 400
	IntegrationOff  bool     // only signing in works
}

// Door is the inbound side.
type Door struct {
	*door.Front

	hub    door.Services
	config Config
	tokens tokens
}

var _ door.Door = (*Door)(nil)

// New opens the door in front of the hub.
func New(h door.Services, c Config) *Door {
	d := &Door{hub: h, config: c, tokens: tokens{keys: c.TokenKeys, lifetime: tokenLifetime, now: h.Now}}
	d.Front = door.NewFront(&d.hub, Name, &words, d.caller)
	d.Route(door.Router{
		FoldCase: true, TrailingSlash: true,
		Routes: []door.Route{
			{Method: http.MethodPost, Path: "/Login/Customer/Api/Verify", Serve: d.anyone(d.login)},
			{Method: http.MethodPost, Path: "/Order/create", Serve: d.known(account.PlaceOrders, d.createOrder)},
			{Method: http.MethodGet, Path: "/Order/detail/{orderDetailID}", Serve: d.known(account.ReadOrders, d.orderDetail)},
			{Method: http.MethodPost, Path: "/Order/cancel", Serve: d.known(account.PlaceOrders, d.cancelOrder)},
			{Method: http.MethodPost, Path: "/Order/customer/list", Serve: d.known(account.ReadOrders, d.listOrders)},
			{Method: http.MethodGet, Path: "/Customer/Get", Serve: d.known(account.ReadAccount, d.account)},
			{Method: http.MethodGet, Path: "/Categories", Serve: d.known(account.ReadAccount, d.categories)},
			{Method: http.MethodPost, Path: "/Products/List", Serve: d.known(account.ReadAccount, d.listProducts)},
			{
				Method: http.MethodPost, Path: "/Products/Detail/{productID}",
				Serve: d.known(account.ReadAccount, d.productDetail),
			},
		},
	})
	return d
}

// Matches takes everything under the partner's first segments, in any letter
// case: the paths have no prefix of their own.
func (d *Door) Matches(path string) bool {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch strings.ToLower(segment) {
	case "login", "order", "customer", "categories", "products":
		return true
	default:
		return false
	}
}

// ServeHTTP serves one request. Signing in has a queue of its own rather than a
// place, so that strangers never take the places of customers.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.ServeOutside(w, r) }
