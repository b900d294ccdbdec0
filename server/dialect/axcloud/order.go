package axcloud

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/order"
	"orderhub/server/reading"
)

// axOrder is one line of an order, as a channel knows it.
type axOrder struct {
	order       *order.Order
	line        *order.Line
	state       lineState
	channelCode string
}

// find looks an AX order up by its code. errNoSuchCode when this channel has none.
func (d *Door) find(ctx context.Context, channel *account.Principal, code string) (*axOrder, error) {
	o, err := d.hub.Orders.GetByLineCode(ctx, channel.MerchantID, code)
	switch {
	case errors.Is(err, order.ErrNotFound):
		return nil, errNoSuchCode
	case err != nil:
		return nil, err
	}
	for i := range o.Lines {
		if o.Door == name && o.Lines[i].Code == code {
			return newAXOrder(o, &o.Lines[i])
		}
	}
	return nil, errNoSuchCode
}

func newAXOrder(o *order.Order, line *order.Line) (*axOrder, error) {
	x := &axOrder{order: o, line: line, channelCode: fromPrivate(o).ChannelOrderCode}
	if line.DoorState == "" { // erased
		return x, nil
	}
	return x, json.Unmarshal([]byte(line.DoorState), &x.state)
}

func (x *axOrder) status() string {
	live := x.count(order.GoodsDelivered) + x.count(order.GoodsUsed)
	switch {
	case !x.line.Status.Final():
		return statusNew
	case x.state.AXStatus != "" && live == 0:
		return x.state.AXStatus
	case live > 0:
		// Also when a part was refused: what is left of it the supplier has confirmed.
		return statusSupplierConfirm
	case x.line.Failed > 0:
		return statusSupplierReject
	default:
		return statusTravelerCancel
	}
}

func (x *axOrder) count(status order.GoodsStatus) (n int) {
	for i := range x.line.Goods {
		if x.line.Goods[i].Status == status {
			n++
		}
	}
	return n
}

// open is how many tickets can still be taken back.
func (x *axOrder) open() int { return x.count(order.GoodsPending) + x.count(order.GoodsDelivered) }

func (x *axOrder) ticket(code string) *order.Goods {
	for i := range x.line.Goods {
		if x.line.Goods[i].TicketCode == code {
			return &x.line.Goods[i]
		}
	}
	return nil
}

// comment is the last remark of the channel, or of the supplier who rejected it.
func (x *axOrder) comment() string {
	if x.state.Comment == "" && x.status() == statusSupplierReject {
		return x.line.FailureMessage
	}
	return x.state.Comment
}

// readOrder serves "read the supplier's decision".
func (d *Door) readOrder(c *call) error {
	x, err := d.find(reading.Only(c.r.Context()), &c.channel, c.param("order"))
	if err != nil {
		return err
	}
	door.WriteJSON(c.w, http.StatusOK, answer[[]orderState]{StatusCode: http.StatusOK, Data: []orderState{{
		ChannelOrderCode: x.channelCode, AXOrderCode: x.line.Code, AXOrderStatus: x.status(), Comment: x.comment(),
	}}})
	return nil
}
