package axcloud

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/order"
)

// cancelOrder serves "cancel one AX order".
func (d *Door) cancelOrder(c *call) error {
	request, err := read(c, readCancelOrder)
	if err != nil {
		return err
	}
	x, err := d.changeOrder(c.r.Context(), &c.channel, c.param("order"), request)
	if err != nil {
		return err
	}
	entry := axEntry{AXOrderCode: x.line.Code, AXOrderStatus: x.status()}
	door.WriteJSON(c.w, http.StatusOK, answer[cancelledOrder]{StatusCode: http.StatusOK, Data: cancelledOrder{
		ChannelOrderCode: x.channelCode, ChannelOrderStatus: request.status(),
		AXOrderCode: entry.AXOrderCode, AXOrderStatus: entry.AXOrderStatus, AX: []axEntry{entry},
		Comment: request.Comment,
	}})
	return nil
}

func readCancelOrder(body door.Value) (*cancelOrderRequest, error) {
	c := &cancelOrderRequest{}
	err := readObject(body, func(o *object) {
		allowed := []string{statusNew, statusTravelerCancel, statusUnavoidableCancel}
		if o.has("channel_status") || !o.has("channel_order_status") {
			c.ChannelStatus = o.choice("channel_status", allowed...)
		}
		if o.has("channel_order_status") {
			c.ChannelOrderStatus = o.choice("channel_order_status", allowed...)
			if o.has("channel_status") && c.ChannelOrderStatus != c.ChannelStatus {
				o.fail("channel_order_status", textBothNames)
			}
		}
		for field, status := range map[string]*string{"ax_status": &c.AXStatus, "ax_order_status": &c.AXOrderStatus} {
			if _, found := o.Optional(field); !found {
				continue
			}
			if *status = o.choice(field, allowed...); slices.Contains(allowed, *status) && *status != c.status() {
				o.fail(field, textDisagrees)
			}
		}
		c.Comment = o.optionalText("comment")
	})
	return c, err
}

func (c *cancelOrderRequest) status() string { return cmp.Or(c.ChannelStatus, c.ChannelOrderStatus) }

// impossible refuses the status, under the name it was sent with.
func (c *cancelOrderRequest) impossible() error {
	field := "channel_status"
	if c.ChannelStatus == "" {
		field = "channel_order_status"
	}
	return fieldErrors{field: []string{notAChoice(c.status())}}
}

// changeOrder brings the AX order to the status asked for and returns it as it is
// then.
func (d *Door) changeOrder(
	ctx context.Context, channel *account.Principal, code string, c *cancelOrderRequest,
) (*axOrder, error) {
	x, err := d.find(ctx, channel, code)
	if err != nil {
		return nil, err
	}
	next := x.state.after(c.Comment)
	next.ChannelStatus = c.status()
	if x.status() == c.status() {
		return x, d.keep(ctx, x, next)
	}
	if x.count(order.GoodsUsed) > 0 { // as a whole it cannot be cancelled; single tickets can
		return nil, c.impossible()
	}
	if c.status() == statusNew || (x.status() != statusNew && x.status() != statusSupplierConfirm) {
		return nil, c.impossible()
	}
	next.AXStatus = c.status()
	x, err = d.cancel(ctx, channel, x, nil, next)
	switch {
	case err != nil:
		return nil, err
	case x.status() != c.status(): // nobody takes it back, or it was cancelled meanwhile for the other reason
		return nil, c.impossible()
	}
	return x, nil
}

// cancelTicket serves "cancel one ticket".
func (d *Door) cancelTicket(c *call) error {
	request, err := read(c, readCancelTicket)
	if err != nil {
		return err
	}
	ticket := c.param("ticket")
	x, err := d.changeTicket(c.r.Context(), &c.channel, c.param("order"), ticket, request)
	if err != nil {
		return err
	}
	door.WriteJSON(c.w, http.StatusOK, answer[cancelledTicket]{StatusCode: http.StatusOK, Data: cancelledTicket{
		ChannelOrderCode: x.channelCode, AXOrderCode: x.line.Code, AXOrderStatus: x.status(),
		AXTicketCode: ticket, AXTicketStatus: ticketStatuses[x.ticket(ticket).Status],
	}})
	return nil
}

func readCancelTicket(body door.Value) (*cancelTicketRequest, error) {
	c := &cancelTicketRequest{}
	err := readObject(body, func(o *object) {
		if c.Status = o.text("status"); strings.EqualFold(c.Status, ticketTravelerCanceled) {
			c.Status = ticketTravelerCanceled
		} else if c.Status != ticketNew && o.wrong["status"] == nil {
			o.fail("status", notAChoice(c.Status))
		}
		c.Comment = o.optionalText("comment")
	})
	return c, err
}

// changeTicket brings the ticket to the status asked for and returns its AX order
// as it is then.
func (d *Door) changeTicket(
	ctx context.Context, channel *account.Principal, code, ticket string, c *cancelTicketRequest,
) (*axOrder, error) {
	x, err := d.find(ctx, channel, code)
	if err != nil {
		return nil, err
	}
	goods := x.ticket(ticket)
	if goods == nil {
		return nil, errNoSuchCode
	}
	impossible := fieldErrors{"status": []string{notAChoice(c.Status)}}
	next := x.state.after(c.Comment)
	switch status := ticketStatuses[goods.Status]; {
	case status == c.Status:
		return x, d.keep(ctx, x, next)
	case status != ticketNew:
		return nil, impossible
	}
	if x.open() == 1 && x.count(order.GoodsUsed) == 0 {
		next.AXStatus = statusTravelerCancel
	}
	x, err = d.cancel(ctx, channel, x, []string{ticket}, next)
	switch {
	case err != nil:
		return nil, err
	case ticketStatuses[x.ticket(ticket).Status] != c.Status: // nobody takes it back
		return nil, impossible
	}
	return x, nil
}

// after is the state with the remark that came with a change, if one did.
func (s lineState) after(comment *string) lineState {
	if comment != nil {
		s.Comment = *comment
	}
	return s
}

// keep stores what a request changes of the state without cancelling anything.
func (d *Door) keep(ctx context.Context, x *axOrder, next lineState) error {
	if next == x.state {
		return nil
	}
	x.state = next
	return d.hub.Orders.SetDoorState(ctx, x.order.MerchantID, x.line.ID, next.text())
}

// cancel takes back the tickets, or all of them, where that can be done, and returns
// the AX order as it is then.
func (d *Door) cancel(
	ctx context.Context, channel *account.Principal, x *axOrder, tickets []string, next lineState,
) (*axOrder, error) {
	state := next.text()
	what := order.Cancellation{
		Lines: []order.CancelLine{{Position: x.line.Position, TicketCodes: tickets, DoorState: &state}},
	}
	o, err := d.hub.Orders.Cancel(ctx, order.ByMerchant(channel.MerchantID), x.order.Number, what)
	switch {
	case errors.Is(err, order.ErrNotCancellable):
		return d.find(ctx, channel, x.line.Code)
	case err != nil:
		return nil, err
	default:
		return newAXOrder(o, &o.Lines[x.line.Position-1])
	}
}
