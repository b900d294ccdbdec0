// Package gameso speaks the GameSO merchant API: top-ups for games, ordered by
// SKU under the merchant's own reference and delivered later. Source: GameSO's
// public documentation of create order, get order, errors and merchant webhooks.
//
// There is no envelope; amounts are texts with two decimals and without a
// currency; errors are {"status", "code", "message"}, always with one message.
package gameso

import (
	"crypto/rand"
	"net/http"
	"strings"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/webhook"
)

// Name is that of the dialect, as orders and webhook endpoints keep it.
const Name = "gameso"

// Config is what an installation may choose.
type Config struct {
	Limit account.RateLimit // for merchants without one; zero for none, as the partner publishes none
}

// Door is the inbound side.
type Door struct {
	*door.Front

	hub      door.Services
	webhooks *webhook.Service
	limit    account.RateLimit
}

var _ door.Door = (*Door)(nil)

// New opens the door in front of the hub.
func New(h door.Services, webhooks *webhook.Service, c Config) *Door {
	d := &Door{hub: h, webhooks: webhooks, limit: c.Limit}
	d.Front = door.NewFront(&d.hub, Name, &words, d.caller)
	d.Route(door.Router{
		Routes: []door.Route{
			{Method: http.MethodPost, Path: "/v1/orders", Serve: d.Known(account.PlaceOrders, d.createOrder)},
			{Method: http.MethodGet, Path: "/v1/orders/{reference}", Serve: d.Known(account.ReadOrders, d.readOrder)},
			{Method: http.MethodGet, Path: "/v1/merchant-webhooks", Serve: d.Known(account.ReadAccount, d.listWebhooks)},
			{Method: http.MethodPost, Path: "/v1/merchant-webhooks", Serve: d.Known(account.Manage, d.createWebhook)},
			{Method: http.MethodGet, Path: "/v1/merchant-webhooks/{id}", Serve: d.Known(account.ReadAccount, d.readWebhook)},
			{Method: http.MethodPatch, Path: "/v1/merchant-webhooks/{id}", Serve: d.Known(account.Manage, d.changeWebhook)},
			{Method: http.MethodDelete, Path: "/v1/merchant-webhooks/{id}", Serve: d.Known(account.Manage, d.removeWebhook)},
		},
	})
	return d
}

// Matches takes everything under /v1/ but what is AX Cloud's.
func (d *Door) Matches(path string) bool {
	return path == "/v1" || (strings.HasPrefix(path, "/v1/") && path != "/v1/channel" &&
		!strings.HasPrefix(path, "/v1/channel/"))
}

// newOrderNumber is "ord_" and 16 of A-Z, a-z and 0-9.
func newOrderNumber() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	const length = 16
	number := make([]byte, 0, length)
	var random [2 * length]byte
	for len(number) < length {
		_, _ = rand.Read(random[:]) // never fails: it ends the program instead
		for _, b := range random {
			// Bytes beyond four alphabets would favour its first characters.
			if int(b) < 4*len(alphabet) && len(number) < length {
				number = append(number, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return "ord_" + string(number)
}
