package marketacc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// ConnectorSettings say how to reach the partner.
type ConnectorSettings struct {
	BaseURL string `json:"baseUrl"` // such as "https://dev.godacc.com"
}

const (
	productsPage = 200
	mostPages    = 1000
)

// Connector buys from the partner. An offer's SKU is the partner's product id; a
// purchase's provider reference is the order's code. Credential: api_key.
type Connector struct{ client *outbound.Client }

var (
	_ dialect.Connector     = (*Connector)(nil)
	_ dialect.Inquirer      = (*Connector)(nil)
	_ dialect.Lister        = (*Connector)(nil)
	_ dialect.BalanceReader = (*Connector)(nil)

	_ dialect.StatementReader = (*Connector)(nil)
)

// shown is what operators may read of requests and answers; goods are in
// items.data. The code of an order is its number.
var shown = dialect.Shown{
	"productId", "quantity", "idempotencyKey", "id", "code", "status", "subtotal", "discount", "total", "createdAt",
	"idempotent", "items.productId", "items.quantity", "items.unitPrice", "items.status",
	"error.code", "error.details.field",
}

// NewConnector makes a connector from a provider's settings, ConnectorSettings as
// JSON.
func NewConnector(s outbound.Setup) (*Connector, error) {
	var settings ConnectorSettings
	if err := s.Decode(&settings); err != nil {
		return nil, err
	}
	if err := s.Needs("api_key"); err != nil {
		return nil, err
	}
	header := http.Header{"Authorization": {"Bearer " + s.Credentials["api_key"]}}
	client, err := s.Client(settings.BaseURL, header, shown)
	if err != nil {
		return nil, err
	}
	return &Connector{client}, nil
}

// Idempotent is true: our reference is the order's idempotency key.
func (c *Connector) Idempotent() bool { return true }

// Place buys, or is told of the order that it bought before.
func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	product, err := strconv.ParseInt(p.SKU, 10, 64)
	if err != nil {
		return dialect.Outcome{}, fmt.Errorf("%w: the offer's SKU must be the partner's product id", dialect.ErrNotSent)
	}
	answer, err := c.client.Do(ctx, outbound.Request{
		Method: http.MethodPost, Path: ordersPath,
		Body: createOrderWire{ProductID: product, Quantity: p.Quantity, IdempotencyKey: p.Reference},
	})
	if err != nil {
		return dialect.Outcome{}, err
	}
	if !answer.OK() {
		return refused(answer)
	}
	var o placedOrderWire
	if err := outbound.Decode(answer.Body, &o); err != nil {
		return dialect.Outcome{}, err
	}
	if len(o.Items) != 1 || o.Items[0].ProductID != product {
		return dialect.Outcome{}, fmt.Errorf("another order than was asked for: %w", dialect.ErrMalformed)
	}
	return outcomeOf(o.Code, o.Status, o.Items[0].Quantity, o.Items[0].Data, o.Total, &p)
}

// refused is what an error answer to a purchase says: that nothing was bought,
// unless the fault was the partner's.
func refused(answer *outbound.Answer) (dialect.Outcome, error) {
	var e errorWire
	if err := outbound.Decode(answer.Body, &e); err != nil || e.Error.Code == "" {
		return dialect.Outcome{}, fmt.Errorf("status %d: %w", answer.Status, dialect.ErrMalformed)
	}
	switch e.Error.Code {
	case "insufficient_balance":
		return outbound.OutOfFunds(), nil
	case "unauthenticated", "forbidden":
		return outbound.NotNow(), nil
	case "not_found":
		return outbound.Refused("ITEM_NOT_FOUND", "The provider does not sell the product"), nil
	case "out_of_stock":
		return outbound.Refused("OUT_OF_STOCK", "The provider is out of stock"), nil
	case "invalid_request":
		if slices.ContainsFunc(e.Error.Details, func(d detailWire) bool { return d.Field == "idempotencyKey" }) {
			// The key belongs to another purchase: a person has to look.
			return dialect.Outcome{}, errors.New("the reference was used for something else")
		}
		return outbound.Failed(), nil
	default:
		return dialect.Outcome{}, fmt.Errorf("status %d", answer.Status)
	}
}

// Inquire reads the order. One whose creation was not answered has no code yet:
// buying it again tells it.
func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	if p.ProviderReference == "" {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	o, err := outbound.Get[orderWire](ctx, c.client, ordersPath+"/"+url.PathEscape(p.ProviderReference), nil)
	if err != nil {
		return dialect.Outcome{}, err
	}
	if len(o.Items) != 1 || o.Code != p.ProviderReference {
		return dialect.Outcome{}, fmt.Errorf("another order than was asked for: %w", dialect.ErrMalformed)
	}
	return outcomeOf(o.Code, o.Status, o.Items[0].Quantity, o.Items[0].Data, o.Total, &p)
}

// charged is what the partner charges for so many of the units: the total is for all of them, in the currency of the
// account, which the offer has. One of nothing is none.
func charged(total amount, units int64, p *dialect.Purchase) money.Sum {
	if total == 0 || units > p.Quantity {
		return money.Sum{}
	}
	shares := money.ShareOut(
		money.Amount(total), []money.Amount{money.Amount(units), money.Amount(p.Quantity - units)}, p.Currency,
	)
	return money.Sum{Amount: shares[0], Currency: p.Currency}
}

// outcomeOf is what an order of one item says of the purchase.
func outcomeOf(
	code, status string, quantity int64, data *string, total amount, p *dialect.Purchase,
) (dialect.Outcome, error) {
	if code == "" || quantity != p.Quantity {
		return dialect.Outcome{}, fmt.Errorf("another quantity than was asked for: %w", dialect.ErrMalformed)
	}
	outcome := dialect.Outcome{ProviderReference: code}
	switch status {
	case "pending":
		outcome.State, outcome.Charged = dialect.Accepted, charged(total, p.Quantity, p)
		return outcome, nil
	case "completed", "failed":
	default:
		return dialect.Outcome{}, fmt.Errorf("an unknown status: %w", dialect.ErrMalformed)
	}
	if status == "failed" {
		outcome.FailureCode, outcome.FailureMessage = dialect.CodeProviderError, "The provider could not deliver"
	}
	if data != nil && *data != "" {
		outcome.State = dialect.Delivered
		for unit := range strings.SplitSeq(*data, "\n") {
			outcome.Goods = append(outcome.Goods, dialect.Goods{Content: unit})
		}
		outcome.Charged = charged(total, int64(len(outcome.Goods)), p)
		return outcome, nil
	}
	if status == "completed" {
		return dialect.Outcome{}, fmt.Errorf("completed without goods: %w", dialect.ErrMalformed)
	}
	outcome.State = dialect.Refused
	return outcome, nil
}

func (c *Connector) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	for page := 1; page <= mostPages; page++ {
		list, err := listPage[listedProductWire](ctx, c, "/api/v2/products", page, productsPage)
		if err != nil {
			return err
		}
		items := make([]dialect.Item, len(list.Items))
		for i, p := range list.Items {
			items[i] = dialect.Item{
				SKU: strconv.FormatInt(p.ID, 10), Name: p.Name, Category: p.CategorySlug, Cost: money.Amount(p.Price),
				Currency: "THB", Stock: p.Stock, Available: p.Stock > 0,
			}
		}
		if err := take(items); err != nil {
			return err
		}
		if int64(page) >= list.TotalPages {
			return nil
		}
		if len(items) == 0 {
			return fmt.Errorf("an empty page before the last: %w", dialect.ErrMalformed)
		}
	}
	return dialect.ErrEndless
}

func listPage[T any](ctx context.Context, c *Connector, path string, page, size int) (pageWire[T], error) {
	query := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(size)}}
	list, err := outbound.Get[pageWire[T]](ctx, c.client, path, query)
	if err == nil && list.Items == nil {
		err = fmt.Errorf("an answer without items: %w", dialect.ErrMalformed)
	}
	return list, err
}
