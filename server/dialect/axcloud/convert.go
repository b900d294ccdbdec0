package axcloud

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
)

// The states of an AX order.
const (
	statusNew               = "New"
	statusSupplierPending   = "Supplier pending"
	statusSupplierConfirm   = "Supplier confirm"
	statusSupplierReject    = "Supplier reject"
	statusTravelerCancel    = "Traveler cancel"
	statusUnavoidableCancel = "Unavoidable cancel"
)

var orderStatuses = []string{
	statusNew, statusSupplierPending, statusSupplierConfirm, statusSupplierReject, statusTravelerCancel,
	statusUnavoidableCancel,
}

// The states of a ticket: an order says "cancel", a ticket "canceled".
const (
	ticketNew              = "New"
	ticketUsed             = "Used"
	ticketTravelerCanceled = "Traveler canceled"
	ticketSupplierCanceled = "Supplier canceled"
)

var ticketStatuses = map[order.GoodsStatus]string{
	order.GoodsPending:   ticketNew,
	order.GoodsDelivered: ticketNew,
	order.GoodsUsed:      ticketUsed,
	order.GoodsCancelled: ticketTravelerCanceled,
	order.GoodsFailed:    ticketSupplierCanceled,
}

// lineState is what the door keeps with a line, in the open: nothing about people.
type lineState struct {
	ChannelStatus string `json:"channel_status"`
	Comment       string `json:"comment,omitempty"`   // the last that the channel sent with a change
	AXStatus      string `json:"ax_status,omitempty"` // which cancellation it was, once the channel has cancelled
}

func (s lineState) text() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("axcloud: " + err.Error()) // a struct of texts always encodes
	}
	return string(text)
}

// privateData is what the door keeps with an order, encrypted.
type privateData struct {
	storedData

	// Request is as it was sent. Tickets without a person of their own are the
	// representative's.
	Request *createRequest `json:"request"`
}

// storedData is the part of privateData that is read back.
type storedData struct {
	ChannelOrderCode string `json:"channel_order_code"`
	Content          string `json:"content"` // hex of createRequest.content
}

func fromPrivate(o *order.Order) storedData {
	var stored storedData
	if err := json.Unmarshal(o.Private, &stored); err != nil || stored.ChannelOrderCode == "" {
		return storedData{ChannelOrderCode: o.Reference} // not ours to read; the reference is the code of most orders
	}
	return stored
}

// reference is the hub's reference for a channel's order: its own code, unless the
// hub could not keep it as it is.
func reference(code string) string {
	if len(code) <= order.MaxReference && !strings.ContainsFunc(code, unicode.IsControl) {
		return code
	}
	sum := sha256.Sum256([]byte(code))
	return name + ":" + hex.EncodeToString(sum[:])
}

// toDraft makes an order of a request whose lines mean these products.
func (c *createRequest) toDraft(
	merchantID int64, currency money.Currency, products []*catalog.Product, newCode func() string,
) (*order.Draft, error) {
	content := c.content()
	private, err := json.Marshal(privateData{
		storedData: storedData{ChannelOrderCode: c.Order.code(), Content: hex.EncodeToString(content[:])}, Request: c,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	state := lineState{ChannelStatus: c.Order.Status}.text()
	d := &order.Draft{
		MerchantID: merchantID, Currency: currency, Reference: reference(c.Order.code()), Door: name,
		Private: private, Content: content[:],
	}
	for i := range c.lines() {
		l := &c.lines()[i]
		d.Lines = append(d.Lines, order.DraftLine{
			SKU: products[i].SKU, Quantity: l.Quantity, UseDate: l.day().day, Code: newCode(), DoorState: state,
			Fields: c.customerFields(l, products[i]),
		})
	}
	return d, nil
}

// customerFields are what the product asks of the customer: sent with the
// representative, in older versions with each traveller.
func (c *createRequest) customerFields(l *requestLine, p *catalog.Product) map[string]string {
	fields := make(map[string]string, len(p.Fields))
	for _, field := range p.Fields {
		for _, additional := range []map[string]string{l.people()[0].Additional, c.Representative.Additional} {
			if value := additional[field.Identifier]; value != "" {
				fields[field.Identifier] = value
			}
		}
	}
	return fields
}

// toCreated answers a create request. It always shows everything as new, also what
// is confirmed at once or has moved on since.
func (c *createRequest) toCreated(o *order.Order) answer[createdOrder] {
	data := createdOrder{ChannelOrderCode: c.Order.code(), ChannelOrderStatus: c.Order.Status}
	for i := range c.lines() {
		wanted, made := &c.lines()[i], &o.Lines[i]
		line := createdLine{AXOrderCode: made.Code, AXOrderStatus: statusNew, Quantity: made.Quantity}
		if c.later {
			line.OptionCode, line.InventoryAt = wanted.option(), wanted.day().answer()
		} else {
			line.DCCode, line.UseDate = wanted.option(), wanted.day().answer()
		}
		for _, goods := range made.Goods {
			ticket := createdTicket{TicketCode: goods.TicketCode, TicketStatus: ticketNew}
			if c.later {
				ticket = createdTicket{AXTicketCode: goods.TicketCode, AXTicketStatus: ticketNew}
			}
			line.Tickets = append(line.Tickets, ticket)
		}
		if c.later {
			data.Options = append(data.Options, line)
		} else {
			data.DepthCombinations = append(data.DepthCombinations, line)
		}
	}
	return answer[createdOrder]{StatusCode: http.StatusCreated, Data: data}
}

// price is an amount with the partner's 5 decimals.
func price(a money.Amount) string {
	return strconv.FormatInt(int64(a/money.Unit), 10) + fmt.Sprintf(".%05d", a%money.Unit/10)
}

// codeOf makes a code of the form of a UUID, version 4: always the same one for the
// same things, on every machine.
func codeOf(kind string, parts ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %v", name, kind, parts))
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	text := hex.EncodeToString(sum[:16])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
