package marketacc

import (
	"net/http"

	"orderhub/server/account"
	"orderhub/server/door"
)

// caller finds out who has the request's key.
func (d *Door) caller(r *http.Request) (account.Principal, error) {
	return d.hub.Gate.ByKey(r, keysOf(r), d.limit)
}

// keysOf are the keys that the request carries. The first place that has one
// decides: a wrong key is not rescued by another.
func keysOf(r *http.Request) []string {
	keys := append(door.BearerKeys(r.Header), door.APIKeys(r.Header)...)
	return append(keys, r.URL.Query()["api_key"]...)
}

// index is section 4.1.
func (d *Door) index(w http.ResponseWriter, _ *http.Request, _ door.Params) {
	door.WriteJSON(w, http.StatusOK, indexWire{
		Name: "marketacc-api", Version: "v2",
		Endpoints: endpointsWire{
			Me: "GET /api/v2/me", Categories: "GET /api/v2/categories", Products: "GET /api/v2/products",
			Product: "GET /api/v2/products/{idOrSlug}", CreateOrder: "POST /api/v2/orders",
			Orders: "GET /api/v2/orders", Order: "GET /api/v2/orders/{code}",
		},
	})
}

// me is section 4.2.
func (d *Door) me(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	m, err := d.hub.Accounts.Merchant(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	totals, err := d.hub.Accounts.Totals(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	door.WriteJSON(w, http.StatusOK, toAccount(&m, totals))
	return nil
}
