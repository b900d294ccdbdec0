package bursagb

import (
	"context"
	"errors"
	"net/http"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/order"
	"orderhub/server/reading"
)

// orderDetail is section 5.1.
func (d *Door) orderDetail(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	id, ok := parseInteger(p.Get("orderDetailID"))
	if !ok {
		return errDetailNotFound
	}
	if id < 1 {
		return invalid("orderDetailID must be at least 1.")
	}
	o, err := d.hub.Orders.GetByLine(reading.Only(r.Context()), caller.MerchantID, id)
	if errors.Is(err, order.ErrNotFound) {
		return errDetailNotFound
	}
	if err != nil {
		return err
	}
	line := lineOf(o, id)
	return answer(w, toDelivery(line))
}

func lineOf(o *order.Order, id int64) *order.Line {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return &order.Line{}
}

// cancelOrder is section 5.2. What is cancelled already, and what failed and was
// given back, is cancelled.
func (d *Door) cancelOrder(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	wanted, err := door.Read(r, door.Body{}, fromCancel)
	if err != nil {
		return err
	}
	before, open, err := d.openLines(r.Context(), caller.MerchantID, &wanted)
	if err != nil {
		return err
	}
	if len(open.Lines) > 0 {
		if err := d.cancel(r.Context(), before, open); err != nil {
			return err
		}
	}
	return answer[any](w, nil)
}

// cancel takes back the lines that were open. Some of them may have become final
// since, or are with a supplier: without an error all of them are cancelled.
func (d *Door) cancel(ctx context.Context, before *order.Order, open order.Cancellation) error {
	after, err := d.hub.Orders.Cancel(ctx, order.ByMerchant(before.MerchantID), before.Number, open)
	if errors.Is(err, order.ErrNotCancellable) || errors.Is(err, order.ErrBusy) {
		after, err = d.hub.Orders.GetByID(ctx, before.MerchantID, before.ID)
	}
	if err != nil {
		return err
	}
	return notCancelled(before, after, &open)
}

// notCancelled says which of the lines that were open live on; nil when none does.
// The error is a *door.Refusal.
func notCancelled(before, after *order.Order, open *order.Cancellation) error {
	var kept []listedDetailWire
	refused := errNotCancellable
	for _, wanted := range open.Lines {
		was, is := &before.Lines[wanted.Position-1], &after.Lines[wanted.Position-1]
		if is.Status.Final() && is.Completed == was.Completed {
			continue
		}
		if !is.Status.Final() {
			refused = errLineWithSupply
		}
		kept = append(kept, listedDetailWire{detailWire: toDetail(is), Status: statusOf(is)})
	}
	switch {
	case len(kept) == 0:
		return nil
	case len(open.Lines) == 1:
		return refused
	default:
		return &door.Refusal{Status: refused.Status, Message: refused.Message, Details: kept}
	}
}

// openLines reads the order and finds what of it can be meant.
func (d *Door) openLines(ctx context.Context, merchantID int64, wanted *cancelWire) (
	o *order.Order, open order.Cancellation, err error,
) {
	if wanted.OrderID != 0 {
		o, err = d.hub.Orders.GetByID(ctx, merchantID, wanted.OrderID)
	} else {
		o, err = d.hub.Orders.GetByLine(ctx, merchantID, wanted.OrderDetailID)
	}
	if err != nil {
		return nil, open, err
	}
	open, err = cancellationOf(o, wanted.OrderDetailID)
	return o, open, err
}

// cancellationOf names the lines that are still open, of all or of one; no lines
// when everything that is meant is cancelled. The error is a *door.Refusal.
func cancellationOf(o *order.Order, lineID int64) (order.Cancellation, error) {
	var c order.Cancellation
	delivered := false
	for i := range o.Lines {
		l := &o.Lines[i]
		if lineID != 0 && l.ID != lineID {
			continue
		}
		switch statusOf(l) {
		case statusProcessing:
			c.Lines = append(c.Lines, order.CancelLine{Position: l.Position})
		case statusDelivered:
			delivered = true
		}
	}
	if len(c.Lines) == 0 && delivered {
		return c, errNotCancellable
	}
	return c, nil
}

// listOrders is section 5.3.
func (d *Door) listOrders(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	const defaultSize, mostSize = 20, 100
	body, err := question.Object(r)
	if err != nil {
		return err
	}
	read := newReader(body)
	page, size := read.paging(1, defaultSize)
	if size > mostSize {
		read.Wrong("pageSize", door.TooHigh, mostSize)
	}
	if err := read.Err(); err != nil {
		return err
	}
	found := d.hub.Orders.Each(
		r.Context(), order.ByMerchant(caller.MerchantID),
		order.Filter{Limit: int(size), Offset: int((page - 1) * size)},
	)
	return door.WriteList(w, envelope[[]listedOrderWire]{Data: []listedOrderWire{}, Success: true, Message: "OK"},
		door.Items(found, toListedOrder))
}
