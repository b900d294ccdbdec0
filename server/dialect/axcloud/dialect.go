// Package axcloud is the door for channels of AX Cloud, a channel manager of
// travel activities: the channel registers what it has sold, the hub stands in
// for the supplier. It speaks the day-ticket API in both of its vocabularies and
// answers in the one that it was asked in.
//
// One order of a channel is one order of the hub; each of its lines is an "AX
// order" with a code of its own, and each unit a ticket with its own code. What
// the hub knows as a product is an option here; options with the same product
// code are one product. The contract: https://axchange.atlassian.net/wiki/spaces/ACCD.
package axcloud

import (
	"net/http"
	"strings"
	"unicode"

	"orderhub/server/account"
	"orderhub/server/door"
)

// name is what orders say they came through, and the prefix of the products'
// attributes.
const name = "axcloud"

const root = "/v1/channel"

// defaultLimit holds for each key of merchants that have no limit of their own.
var defaultLimit = account.RateLimit{RequestsPerMinute: 300, Burst: 300, PerKey: true}

// Config is what an operator decides about the door.
type Config struct {
	// ChannelOptional lets requests without a Channel header in on their API key
	// alone, for clients written after the header was dropped.
	ChannelOptional bool
}

// Door serves the channels.
type Door struct {
	*door.Front

	hub    door.Services
	config Config
}

var _ door.Door = (*Door)(nil)

// New opens the door in front of h.
func New(h door.Services, c Config) *Door {
	d := &Door{hub: h, config: c}
	const orders, products = root + "/orders/day-ticket", root + "/products/day-ticket"
	d.Front = door.NewFront(&d.hub, name, &words, d.authenticate)
	d.Route(door.Router{
		TrailingSlash: true,
		Routes: []door.Route{
			d.endpoint(http.MethodPost, orders, account.PlaceOrders, d.createOrder),
			d.endpoint(http.MethodGet, orders+"/{order}", account.ReadOrders, d.readOrder),
			d.endpoint(http.MethodPatch, orders+"/{order}", account.PlaceOrders, d.cancelOrder),
			d.endpoint(http.MethodPatch, orders+"/{order}/tickets/{ticket}", account.PlaceOrders, d.cancelTicket),
			d.endpoint(http.MethodGet, products, account.ReadAccount, d.listProducts),
			d.endpoint(http.MethodGet, products+"/{product}", account.ReadAccount, d.readProduct),
			d.endpoint(http.MethodPost, products+"/registration/{product}", account.Manage, d.registerProduct),
			d.endpoint(http.MethodGet, root+"/price/day-ticket/{product}", account.ReadAccount, d.readPrices),
			d.endpoint(http.MethodGet, root+"/inventory/day-ticket/{product}", account.ReadAccount, d.readInventory),
		},
		// Strangers do not learn what there is.
		Refuse: d.refuseKnown,
	})
	return d
}

// Matches reports whether the path belongs to the channels' API.
func (d *Door) Matches(path string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// call is one request of a channel that has been let in.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	params  door.Params
	channel account.Principal
}

// param is a code in the path; letter case does not count in a UUID.
func (c *call) param(name string) string { return strings.ToLower(c.params.Get(name)) }

func (d *Door) endpoint(method, path string, right account.Right, serve func(*call) error) door.Route {
	return door.Route{Method: method, Path: path, Serve: d.Known(
		right, func(w http.ResponseWriter, r *http.Request, p door.Params, channel *account.Principal) error {
			return serve(&call{w: w, r: r, params: p, channel: *channel})
		})}
}

func (d *Door) refuseKnown(w http.ResponseWriter, r *http.Request, err error) {
	d.Anybody(func(http.ResponseWriter, *http.Request, door.Params, *account.Principal) error { return err })(w, r, nil)
}

// authenticate finds the channel by its API key and its channel code, which must
// belong together.
func (d *Door) authenticate(r *http.Request) (account.Principal, error) {
	channel, err := d.hub.Gate.ByKey(r, sentKeys(r.Header), defaultLimit)
	if err != nil {
		return account.Principal{}, err
	}
	if len(r.Header.Values("Channel")) == 0 && d.config.ChannelOptional {
		return channel, nil
	}
	code, ok := credential(r.Header, "Channel", "code")
	if !ok || !channel.HasChannelCode(code) {
		return account.Principal{}, account.ErrUnauthenticated
	}
	return channel, nil
}

// sentKeys are the API keys in the channels' own form, then in one of the hub's.
// A broken Authorization is not made good by another header.
func sentKeys(h http.Header) []string {
	keys := door.APIKeys(h)
	if len(h.Values("Authorization")) == 0 {
		return keys
	}
	key, _ := credential(h, "Authorization", "token", "bearer")
	return append([]string{key}, keys...)
}

// credential is what stands behind one of the schemes in a header that was sent
// once: one word.
func credential(h http.Header, header string, schemes ...string) (string, bool) {
	found := door.Credentials(h, header, schemes...)
	if len(h.Values(header)) != 1 || len(found) != 1 || found[0] == "" || strings.ContainsFunc(found[0], unicode.IsSpace) {
		return "", false
	}
	return found[0], true
}
