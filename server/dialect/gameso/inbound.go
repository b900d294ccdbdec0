package gameso

import (
	"errors"
	"net/http"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/order"
	"orderhub/server/reading"
)

// caller finds out who has the request's key.
func (d *Door) caller(r *http.Request) (account.Principal, error) {
	return d.hub.Gate.ByKey(r, keysOf(r), d.limit)
}

// keysOf are those in the partner's own header, then those in the one that every
// door of the hub takes; blank ones are none.
func keysOf(r *http.Request) []string {
	return door.Given(append(door.APIKeys(r.Header), door.BearerKeys(r.Header)...))
}

// createOrder is section 3.1: 200, not 201. A reference that has an order is
// refused whatever else the request says: the client reads the order back.
func (d *Door) createOrder(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	wanted, err := door.Read(r, door.Body{}, fromCreateOrder)
	if err != nil {
		return err
	}
	draft := toDraft(&wanted)
	draft.MerchantID, draft.Currency = caller.MerchantID, caller.Currency
	draft.CheckRecipient = d.hub.RecipientCheck(caller)
	placed, err := d.hub.Orders.Create(r.Context(), draft)
	if refused, ok := errors.AsType[*order.LinesError](err); ok {
		problem := refused.Problems[0]
		problem.SKU = wanted.Items[problem.Index].SKU // as the client wrote it, however long
		return refusalOfLine(&problem)
	}
	if err != nil {
		return err
	}
	if placed.Replayed {
		return duplicate(nil)
	}
	door.WriteJSON(w, http.StatusOK, accepted(placed.Order))
	return nil
}

// readOrder is section 3.2: by the merchant's own reference only.
func (d *Door) readOrder(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	o, err := d.hub.Orders.GetByReference(reading.Only(r.Context()), caller.MerchantID, p.Get("reference"))
	if err != nil {
		return err
	}
	door.WriteJSON(w, http.StatusOK, toOrder(o))
	return nil
}
