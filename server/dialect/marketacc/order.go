package marketacc

import (
	"net/http"
	"strconv"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/reading"
)

const (
	codePrefix = "API"
	codeLength = 10
	// maxQuantity is the most that the hub counts in one line.
	maxQuantity = 1_000_000
)

// createOrder is section 4.6: 201 for a new order, 200 for a replayed one.
func (d *Door) createOrder(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	wanted, err := door.Read(r, door.Body{AnyType: true}, fromCreateOrder)
	if err != nil {
		return err
	}
	placed, err := d.hub.Orders.Create(r.Context(), d.draft(&wanted, caller))
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if placed.Replayed {
		status = http.StatusOK
	}
	door.WriteJSON(w, status, toPlacedOrder(&placed))
	return nil
}

func (d *Door) draft(wanted *createOrderWire, caller *account.Principal) *order.Draft {
	// A product that is none keeps a name that is no SKU: the hub looks at the
	// idempotencyKey first, and then finds no product.
	line := order.DraftLine{
		SKU: "product " + strconv.FormatInt(wanted.ProductID, 10), Quantity: min(wanted.Quantity, maxQuantity),
	}
	if p := d.hub.Catalog.Snapshot().ProductByID(wanted.ProductID); p != nil {
		line.SKU = p.SKU
	}
	draft := &order.Draft{
		MerchantID: caller.MerchantID, Currency: caller.Currency, Reference: wanted.IdempotencyKey, Door: Name,
		Lines: []order.DraftLine{line}, Coupon: wanted.Coupon,
		NewNumber: func() string { return codePrefix + d.hub.IDs.Code(codeLength) },
	}
	// Nobody is named here: what wants its recipient checked is not sold at this door.
	if wanted.Quantity > maxQuantity {
		// More than anybody has. It is judged as the most that can be counted, so
		// that a used key, an unknown product and a bad coupon are found first; a
		// total that no order has keeps it from being placed as that.
		impossible := money.Amount(-1)
		draft.ExpectedTotal, draft.Content = &impossible, strconv.AppendInt(nil, wanted.Quantity, 10)
	}
	return draft
}

// orders is section 4.7.
func (d *Door) orders(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	page, perPage := q.page()
	filter := order.Filter{WithGoods: true, Limit: int(perPage)}
	if status := q.values.Get("status"); status != "" {
		var known bool
		if filter.Statuses, known = fromStatus[status]; !known {
			q.bad("status", "must be one of completed, pending, failed")
		}
	}
	if err := q.err(); err != nil {
		return err
	}
	ctx, viewer := reading.Only(r.Context()), order.ByMerchant(caller.MerchantID)
	total, err := d.hub.Orders.Count(ctx, viewer, filter)
	if err != nil {
		return err
	}
	answer := newPage[listedOrderWire](page, perPage, total)
	before := answer.before()
	if before == total {
		door.WriteJSON(w, http.StatusOK, answer)
		return nil
	}
	filter.Offset = int(before)
	return door.WriteList(w, answer, door.Items(d.hub.Orders.Each(ctx, viewer, filter), toListedOrder))
}

// order is section 4.8.
func (d *Door) order(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	found, err := d.hub.Orders.Get(reading.Only(r.Context()), order.ByMerchant(caller.MerchantID), p.Get("code"))
	if err != nil {
		return err
	}
	door.WriteJSON(w, http.StatusOK, toOrder(found))
	return nil
}
