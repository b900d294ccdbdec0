package axcloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

const ordersPath = root + "/orders/day-ticket"

// ConnectorSettings say how to reach the partner and who buys there when the
// order itself names nobody.
type ConnectorSettings struct {
	BaseURL   string          `json:"baseUrl"`
	Purchaser ContactSettings `json:"purchaser"`
	// ProductLink is the beginning of the addresses that products are registered
	// with; empty for the base address.
	ProductLink string `json:"productLink,omitempty"`
}

// ContactSettings are the operator's own contact, all required.
type ContactSettings struct {
	Name         string `json:"name"`
	NationalCode string `json:"nationalCode"` // of the telephone, digits only
	Phone        string `json:"phone"`
	Email        string `json:"email"`
}

// Connector buys day tickets from the partner. An offer's SKU is the mapping code
// and the option, with a slash between. A purchase's provider reference is the
// AX order's code; the codes of its tickets come with the acceptance and are held
// until the supplier confirms it. Credentials: api_key and channel_code.
//
// The partner tells the state of an order as a whole: which of several tickets a
// supplier refused cannot be asked.
type Connector struct {
	client   *outbound.Client
	settings ConnectorSettings
}

var (
	_ dialect.Connector       = (*Connector)(nil)
	_ dialect.Inquirer        = (*Connector)(nil)
	_ dialect.Canceller       = (*Connector)(nil)
	_ dialect.TicketCanceller = (*Connector)(nil)
	_ dialect.Lister          = (*Connector)(nil)
)

// NewConnector makes a connector from a provider's settings, ConnectorSettings as
// JSON.
func NewConnector(s outbound.Setup) (*Connector, error) {
	c := &Connector{}
	if err := s.Decode(&c.settings); err != nil {
		return nil, err
	}
	for _, v := range []string{
		c.settings.Purchaser.Name, c.settings.Purchaser.NationalCode, c.settings.Purchaser.Phone,
		c.settings.Purchaser.Email,
	} {
		if strings.TrimSpace(v) == "" {
			return nil, errors.New("purchaser must have name, nationalCode, phone and email")
		}
	}
	if err := s.Needs("api_key", "channel_code"); err != nil {
		return nil, err
	}
	var err error
	c.client, err = s.Client(c.settings.BaseURL, http.Header{
		"Authorization": {"Token " + s.Credentials["api_key"]}, "Channel": {"Code " + s.Credentials["channel_code"]},
	}, shown)
	return c, err
}

// shown is what operators may read of requests and answers. The codes of tickets
// are goods; purchaser, representative and travellers are persons.
var shown = dialect.Shown{
	"depth_combinations.channel_product_mapping_code", "depth_combinations.dc_code", "depth_combinations.quantity",
	"depth_combinations.use_date", "depth_combinations.unit_selling_price", "depth_combinations.amount_price",
	"order.channel_order_code", "order.purchased_at", "order.reserved_at", "order.sub_total", "order.total",
	"order.status", "order.is_voucher", "order.currency",
	"ax_status", "channel_status", "status", "status_code",
	"data.channel_order_code", "data.channel_order_status", "data.ax_order_code", "data.ax_order_status",
	"data.depth_combinations.dc_code", "data.depth_combinations.use_date", "data.depth_combinations.ax_order_code",
	"data.depth_combinations.ax_order_status", "data.depth_combinations.quantity",
	"data.depth_combinations.tickets.ticket_status", "data.ax_ticket_status", "data.ax.ax_order_status",
}

// Idempotent is true: the same order under the same channel_order_code is answered
// as the first time.
func (c *Connector) Idempotent() bool { return true }

// Place creates an order of one line.
func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	request, err := c.request(&p)
	if err != nil {
		return dialect.Outcome{}, fmt.Errorf("%w: %w", dialect.ErrNotSent, err)
	}
	reply, err := c.client.Do(ctx, outbound.Request{Method: http.MethodPost, Path: ordersPath, Body: request})
	if err != nil {
		return dialect.Outcome{}, err
	}
	if !reply.OK() {
		return refusedOrder(reply)
	}
	var created answer[createdOrder]
	if err := outbound.Decode(reply.Body, &created); err != nil {
		return dialect.Outcome{}, err
	}
	return accepted(&created.Data, &p)
}

// request is the order, the same on every repetition.
func (c *Connector) request(p *dialect.Purchase) (*createRequest, error) {
	mapping, option, ok := strings.Cut(p.SKU, "/")
	if !ok || p.UseDate == "" {
		return nil, errors.New("the offer's SKU must be mapping/option, of a product with a date")
	}
	amount, currency, err := sellingPrice(p)
	if err != nil {
		return nil, err
	}
	buyer, leader, people := c.people(p)
	whole, err := amount.Mul(p.Quantity)
	if err != nil {
		return nil, fmt.Errorf("price of %d tickets: %w", p.Quantity, err)
	}
	unit, total := decimal{text: price(amount)}, decimal{text: price(whole)}
	day := moment{sent: p.UseDate + " 00:00:00"}
	return &createRequest{
		DepthCombinations: []requestLine{{
			MappingCode: mapping, DCCode: option, Quantity: p.Quantity, UseDate: &day, UnitSellingPrice: unit,
			AmountPrice: unit,
			Tickets:     people,
		}},
		Order: requestOrder{
			ChannelOrderCode: p.Reference, PurchasedAt: moment{sent: p.SubmittedAt.UTC().Format(time.DateTime)},
			SubTotal: total,
			Total:    total, Status: statusNew, IsVoucher: true, Currency: string(currency),
		},
		Purchaser: buyer, Representative: leader,
	}, nil
}

// sellingPrice is what the merchant paid where the partner knows the currency, and
// else what the ticket costs us.
func sellingPrice(p *dialect.Purchase) (money.Amount, money.Currency, error) {
	switch {
	case p.PriceCurrency == "KRW" || p.PriceCurrency == "USD":
		return p.UnitPrice, p.PriceCurrency, nil
	case p.Currency == "KRW" || p.Currency == "USD":
		return p.UnitCost, p.Currency, nil
	default:
		return 0, "", errors.New("the partner takes prices in KRW and USD only")
	}
}

// people are who buys, who leads and who travels: as the order's own door keeps
// them, where that is this partner's, or the operator.
func (c *Connector) people(p *dialect.Purchase) (purchaser, traveler, []traveler) {
	own := c.settings.Purchaser
	buyer := purchaser{Name: own.Name, NationalCode: own.NationalCode, Phone: own.Phone, Email: own.Email}
	leader := traveler{
		Name: own.Name, NationalCode: own.NationalCode, Phone: own.Phone, Email: own.Email, Additional: p.Fields,
	}
	var kept struct {
		Request *struct {
			Purchaser      purchaser `json:"purchaser"`
			Representative traveler  `json:"representative"`
		} `json:"request"`
	}
	if p.Door == name && json.Unmarshal(p.Private, &kept) == nil && kept.Request != nil &&
		kept.Request.Representative.Name != "" {
		buyer, leader = kept.Request.Purchaser, kept.Request.Representative
	}
	return buyer, leader, []traveler{leader}
}

// accepted takes the tickets' codes from the answer that has them.
func accepted(o *createdOrder, p *dialect.Purchase) (dialect.Outcome, error) {
	if o.ChannelOrderCode != p.Reference || len(o.DepthCombinations) != 1 {
		return dialect.Outcome{}, fmt.Errorf("another order than was asked for: %w", dialect.ErrMalformed)
	}
	line := &o.DepthCombinations[0]
	if line.AXOrderCode == "" || line.Quantity != p.Quantity || len(line.Tickets) == 0 {
		return dialect.Outcome{}, fmt.Errorf("another line than was asked for: %w", dialect.ErrMalformed)
	}
	outcome := dialect.Outcome{State: dialect.Accepted, ProviderReference: line.AXOrderCode}
	for i := range line.Tickets {
		if line.Tickets[i].TicketCode == "" {
			return dialect.Outcome{}, fmt.Errorf("a ticket without a code: %w", dialect.ErrMalformed)
		}
		outcome.Goods = append(outcome.Goods, dialect.Goods{Content: line.Tickets[i].TicketCode})
	}
	return outcome, nil
}

// refusedOrder is what an error answer to an order says: that nothing was made,
// unless the fault was the partner's.
func refusedOrder(reply *outbound.Answer) (dialect.Outcome, error) {
	var wrong struct {
		Order  map[string][]string          `json:"order"`
		Lines  []map[string]json.RawMessage `json:"depth_combinations"`
		Detail string                       `json:"detail"`
	}
	switch {
	case reply.Status == http.StatusForbidden:
		return outbound.NotNow(), nil
	case reply.Status == http.StatusNotFound:
		return outbound.Refused("ITEM_NOT_FOUND", "The provider does not sell the product"), nil
	case reply.Status < http.StatusBadRequest, reply.Status >= http.StatusInternalServerError:
		return dialect.Outcome{}, fmt.Errorf("status %d", reply.Status)
	case outbound.Decode(reply.Body, &wrong) != nil:
		return outbound.Failed(), nil //nolint:nilerr // the shape is the field's; the status says enough
	case wrong.Detail == textNoFunds:
		return outbound.OutOfFunds(), nil
	case slices.Contains(wrong.Order["channel_order_code"], textNotUnique):
		// The code belongs to another order of ours: a person has to look.
		return dialect.Outcome{}, errors.New("the reference was used for something else")
	case len(wrong.Order) == 0 && len(wrong.Lines) == 1 && len(wrong.Lines[0]) == 1 &&
		wrong.Lines[0]["quantity"] != nil:
		return outbound.Refused("OUT_OF_STOCK", "The provider is out of stock"), nil
	default:
		return outbound.Failed(), nil
	}
}

// Inquire reads the supplier's decision. Without the order's code, or the codes of
// its tickets, creating it again tells them.
func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	if p.ProviderReference == "" {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	path := ordersPath + "/" + url.PathEscape(p.ProviderReference)
	states, err := outbound.Get[answer[[]orderState]](ctx, c.client, path, nil)
	switch {
	case err != nil:
		return dialect.Outcome{}, err
	case len(states.Data) != 1, states.Data[0].AXOrderCode != p.ProviderReference:
		return dialect.Outcome{}, dialect.ErrMalformed
	}
	outcome := dialect.Outcome{ProviderReference: p.ProviderReference}
	switch states.Data[0].AXOrderStatus {
	case statusNew, statusSupplierPending:
		outcome.State = dialect.Accepted
	case statusSupplierConfirm:
		if len(p.Held) == 0 {
			return dialect.Outcome{}, dialect.ErrNotAskable
		}
		outcome.State, outcome.Goods = dialect.Delivered, p.Held
	case statusSupplierReject:
		outcome.State = dialect.Refused
		outcome.FailureCode = dialect.CodeProviderError
		outcome.FailureMessage = cmp.Or(states.Data[0].Comment, "The supplier rejected the order")
	case statusTravelerCancel, statusUnavoidableCancel:
		outcome.State = dialect.Cancelled
	default:
		return dialect.Outcome{}, fmt.Errorf("an unknown status: %w", dialect.ErrMalformed)
	}
	return outcome, nil
}

func (c *Connector) Cancel(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	if p.ProviderReference == "" {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	status, err := c.change(ctx, ordersPath+"/"+url.PathEscape(p.ProviderReference), cancelOrderRequest{
		ChannelStatus: statusTravelerCancel, AXStatus: statusTravelerCancel,
	})
	switch {
	case err != nil:
		return dialect.Outcome{}, err
	case status == http.StatusBadRequest:
		return c.Inquire(ctx, p) // too late
	case status != http.StatusOK:
		return dialect.Outcome{}, fmt.Errorf("status %d", status)
	default:
		return dialect.Outcome{State: dialect.Cancelled, ProviderReference: p.ProviderReference}, nil
	}
}

// CancelTickets takes tickets back one by one, or the whole order.
func (c *Connector) CancelTickets(ctx context.Context, p dialect.Purchase, tickets []dialect.Goods) error {
	if len(tickets) == 0 {
		outcome, err := c.Cancel(ctx, p)
		if err == nil && outcome.State != dialect.Cancelled {
			err = dialect.ErrNotCancellable
		}
		return err
	}
	for _, ticket := range tickets {
		if ticket.Content == "" || p.ProviderReference == "" {
			return errors.New("the ticket is not confirmed yet")
		}
		status, err := c.change(
			ctx, ordersPath+"/"+url.PathEscape(p.ProviderReference)+"/tickets/"+url.PathEscape(ticket.Content),
			cancelTicketRequest{Status: ticketTravelerCanceled},
		)
		switch {
		case err != nil:
			return err
		case status == http.StatusBadRequest:
			return dialect.ErrNotCancellable
		case status != http.StatusOK:
			return fmt.Errorf("status %d", status)
		}
	}
	return nil
}

func (c *Connector) change(ctx context.Context, path string, to any) (status int, err error) {
	reply, err := c.client.Do(ctx, outbound.Request{Method: http.MethodPatch, Path: path, Body: to})
	if err != nil {
		return 0, err
	}
	return reply.Status, nil
}
