package bursagb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
	"orderhub/server/weburl"
)

// ConnectorSettings say how to reach the partner.
type ConnectorSettings struct {
	BaseURL          string `json:"baseUrl"`
	BillingAddressID int64  `json:"billingAddressId,omitempty"` // 0 for the account's own
	// NotifyURL is where the partner sends callbacks: this hub's
	// /callbacks/{provider}. Empty leaves it to the account's settings.
	NotifyURL string `json:"notifyUrl,omitempty"`
}

const (
	// listedPages is how many pages of orders, newest first, are searched for one
	// whose creation was not answered.
	listedPages    = 10
	listedPageSize = 100
	productsPage   = 500
	mostPages      = 400 // of products
	// productsTTL is how long the partner's product list is relied on for the
	// numbers of what customers have to fill in.
	productsTTL = 15 * time.Minute
)

// Connector buys from the partner, one line per order. An offer's SKU is the
// partner's CustomerStoreProductID. Credentials: email, password, and api_key for
// the callbacks. A purchase's provider reference is "OrderID/OrderDetailID".
type Connector struct {
	settings ConnectorSettings
	session  *session
	apiKey   string
	now      func() time.Time
	products productCache
}

var (
	_ dialect.Connector        = (*Connector)(nil)
	_ dialect.Inquirer         = (*Connector)(nil)
	_ dialect.Canceller        = (*Connector)(nil)
	_ dialect.CallbackReceiver = (*Connector)(nil)
	_ dialect.Lister           = (*Connector)(nil)
	_ dialect.BalanceReader    = (*Connector)(nil)
)

// shown is what operators may read of requests and answers; goods are in
// DeliveryData and DeliveryNote, what customers filled in is in RequireData.
var shown = dialect.Shown{
	"basketData.DeliverID", "basketData.CustomerStoreProductID", "basketData.Quantity", "BillingAddressID",
	"OrderDetailID", "OrderID", "page", "pageSize", "success",
	"data.OrderID", "data.details.DeliverID", "data.details.OrderDetailID", "data.details.Quantity",
	"data.details.Price", "data.details.Status", "data.items.ProductID", "data.items.Quantity",
	"data.DeliverID", "data.OrderDetailID", "data.Status", "data.CreatedAt",
}

// NewConnector makes a connector from a provider's settings, ConnectorSettings as
// JSON.
func NewConnector(s outbound.Setup) (*Connector, error) {
	var settings ConnectorSettings
	if err := s.Decode(&settings); err != nil {
		return nil, err
	}
	if problem := weburl.Problem(settings.NotifyURL); settings.NotifyURL != "" && problem != "" {
		return nil, errors.New("notifyUrl " + problem)
	}
	if err := s.Needs("email", "password"); err != nil {
		return nil, err
	}
	client, err := s.Client(settings.BaseURL, nil, shown)
	if err != nil {
		return nil, err
	}
	return &Connector{
		settings: settings, apiKey: s.Credentials["api_key"], now: s.Now,
		products: productCache{turn: semaphore.NewWeighted(1)},
		session: &session{
			client: client, now: s.Now, email: s.Credentials["email"], password: s.Credentials["password"],
			turn: semaphore.NewWeighted(1),
		},
	}, nil
}

// Idempotent is true: the same request with the same DeliverID is answered with
// the order that it made.
func (c *Connector) Idempotent() bool { return true }

// Place creates an order of one line.
func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	basket, err := c.basket(ctx, &p)
	if err != nil {
		return dialect.Outcome{}, fmt.Errorf("%w: %w", dialect.ErrNotSent, err)
	}
	answer, err := c.session.do(ctx, outbound.Request{Method: http.MethodPost, Path: "/Order/create", Body: basket})
	if err != nil {
		return dialect.Outcome{}, err
	}
	var created envelope[*orderWire]
	if err := outbound.Decode(answer.Body, &created); err != nil {
		return dialect.Outcome{}, fmt.Errorf("status %d: %w", answer.Status, err)
	}
	switch {
	case answer.OK() && created.Success:
		return placed(created.Data, &p)
	case answer.Status >= http.StatusInternalServerError:
		return dialect.Outcome{}, fmt.Errorf("status %d", answer.Status)
	case answer.OK(), answer.Status == http.StatusBadRequest:
		return c.refused(ctx, &p, &created)
	default:
		return outbound.NotNow(), nil // our account there, or its whole API
	}
}

// basket is the request, the same on every repetition.
func (c *Connector) basket(ctx context.Context, p *dialect.Purchase) (*createOrderWire, error) {
	product, err := strconv.ParseInt(p.SKU, 10, 64)
	if err != nil {
		return nil, errors.New("the offer's SKU must be the partner's number of the product")
	}
	line := lineWire{DeliverID: p.Reference, CustomerStoreProductID: product, Quantity: p.Quantity}
	if line.RequireData, err = c.requireData(ctx, product, p); err != nil {
		return nil, err
	}
	return &createOrderWire{
		BasketData: []lineWire{line}, BillingAddressID: c.settings.BillingAddressID, NotifyURL: c.settings.NotifyURL,
	}, nil
}

func placed(o *orderWire, p *dialect.Purchase) (dialect.Outcome, error) {
	if o == nil || len(o.Details) != 1 || o.OrderID < 1 {
		return dialect.Outcome{}, dialect.ErrMalformed
	}
	if d := &o.Details[0]; d.DeliverID != p.Reference || d.Quantity != p.Quantity || d.OrderDetailID < 1 {
		return dialect.Outcome{}, fmt.Errorf("another line than was asked for: %w", dialect.ErrMalformed)
	}
	outcome := dialect.Outcome{
		State: dialect.Accepted, ProviderReference: numbers(o.OrderID, o.Details[0].OrderDetailID),
	}
	// The price is of one unit, without a currency: that of the account, which the offer has. One of nothing is none.
	if total, err := money.Amount(o.Details[0].Price).Mul(p.Quantity); err == nil && total != 0 {
		outcome.Charged = money.Sum{Amount: total, Currency: p.Currency}
	}
	return outcome, nil
}

func numbers(order, detail int64) string {
	return strconv.FormatInt(order, 10) + "/" + strconv.FormatInt(detail, 10)
}

// refused is what a basket that made no order says. One whose DeliverID is used
// was made by a request that differed.
func (c *Connector) refused(ctx context.Context, p *dialect.Purchase, answer *envelope[*orderWire]) (
	dialect.Outcome, error,
) {
	if answer.Data == nil || len(answer.Data.Items) == 0 {
		switch answer.Message {
		case "Insufficient balance.":
			return outbound.OutOfFunds(), nil
		case "Billing address not found.":
			return outbound.NotNow(), nil
		default:
			return outbound.Failed(), nil
		}
	}
	switch answer.Data.Items[0].Reason {
	case "DeliverID already used":
		return c.search(ctx, p)
	case "Out of stock":
		return outbound.Refused("OUT_OF_STOCK", "The provider is out of stock"), nil
	case "Product not found", "Product not on sale":
		return outbound.Refused("ITEM_NOT_FOUND", "The provider does not sell the product"), nil
	default:
		return outbound.Failed(), nil
	}
}

// search finds the line among the account's latest orders.
func (c *Connector) search(ctx context.Context, p *dialect.Purchase) (dialect.Outcome, error) {
	for page := int64(1); page <= listedPages; page++ {
		orders, err := ask[[]listedOrderWire](
			ctx, c.session, "/Order/customer/list", listWire{Page: page, PageSize: listedPageSize},
		)
		if err != nil {
			return dialect.Outcome{}, err
		}
		for i := range orders {
			for _, d := range orders[i].Details {
				if d.DeliverID == p.Reference {
					return c.detail(ctx, p, numbers(orders[i].OrderID, d.OrderDetailID))
				}
			}
		}
		if len(orders) < listedPageSize {
			break
		}
	}
	return dialect.Outcome{}, errors.New("the DeliverID is used and its order is not among the latest")
}

// Inquire reads the line. One whose creation was not answered has no number yet:
// creating it again tells it.
func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	if p.ProviderReference == "" {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	return c.detail(ctx, &p, p.ProviderReference)
}

func (c *Connector) detail(ctx context.Context, p *dialect.Purchase, reference string) (dialect.Outcome, error) {
	_, number, _ := strings.Cut(reference, "/")
	state, err := get[*deliveryWire](ctx, c.session, "/Order/detail/"+number)
	switch {
	case err != nil:
		return dialect.Outcome{}, err
	case state.Data == nil, state.Data.DeliverID != p.Reference:
		return dialect.Outcome{}, dialect.ErrMalformed
	}
	return outcomeOf(state.Data, p, reference)
}

// outcomeOf is what the state of a line says of the purchase.
func outcomeOf(d *deliveryWire, p *dialect.Purchase, reference string) (dialect.Outcome, error) {
	outcome := dialect.Outcome{ProviderReference: reference}
	switch d.Status {
	case statusProcessing, statusSetAside:
		outcome.State = dialect.Accepted
	case statusCancelled:
		outcome = outbound.Failed()
		outcome.ProviderReference = reference
		if len(d.DeliveryNote) > 0 && d.DeliveryNote[0] != "" {
			outcome.FailureMessage = d.DeliveryNote[0]
		}
	case statusDelivered:
		outcome.State = dialect.Delivered
		for _, content := range unitsOf(d, p.Quantity) {
			outcome.Goods = append(outcome.Goods, dialect.Goods{Content: content})
		}
		if len(outcome.Goods) == 0 {
			return dialect.Outcome{}, fmt.Errorf("delivered without goods: %w", dialect.ErrMalformed)
		}
		if int64(len(outcome.Goods)) < p.Quantity {
			outcome.FailureCode, outcome.FailureMessage = dialect.CodeProviderError, "The provider could not deliver"
		}
	default:
		return dialect.Outcome{}, fmt.Errorf("an unknown status: %w", dialect.ErrMalformed)
	}
	return outcome, nil
}

// unitsOf are the contents of the delivered units: codes, or the texts about what
// was delivered by hand. A text that is not one per unit is every unit's.
func unitsOf(d *deliveryWire, quantity int64) []string {
	if d.DeliveryData != nil || int64(len(d.DeliveryNote)) == quantity || len(d.DeliveryNote) == 0 {
		return slices.Concat(d.DeliveryData, d.DeliveryNote)
	}
	return slices.Repeat([]string{strings.Join(d.DeliveryNote, "\n")}, int(quantity))
}

// Cancel takes the line back while it is not delivered.
func (c *Connector) Cancel(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	_, text, _ := strings.Cut(p.ProviderReference, "/")
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	answer, err := c.session.do(ctx, outbound.Request{
		Method: http.MethodPost, Path: "/Order/cancel", Body: cancelWire{OrderDetailID: number},
	})
	switch {
	case err != nil:
		return dialect.Outcome{}, err
	case answer.OK():
		return dialect.Outcome{State: dialect.Cancelled, ProviderReference: p.ProviderReference}, nil
	case answer.Status == http.StatusBadRequest:
		return c.Inquire(ctx, p) // too late
	default:
		return dialect.Outcome{}, fmt.Errorf("status %d", answer.Status)
	}
}
