package gameso

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
)

// ConnectorSettings say how to reach the partner and how it signs what it sends.
type ConnectorSettings struct {
	BaseURL   string            `json:"baseUrl"` // such as "https://api.gameso.io"
	Signature SignatureSettings `json:"signature,omitzero"`
}

// Connector buys from the partner. A reference may be used once there, and is
// what a purchase is looked up by. Credentials: api_key, and webhook_secret where
// the partner sends deliveries to this hub.
type Connector struct {
	client    *outbound.Client
	secret    string
	signature SignatureSettings
}

var (
	_ dialect.Connector        = (*Connector)(nil)
	_ dialect.Inquirer         = (*Connector)(nil)
	_ dialect.CallbackReceiver = (*Connector)(nil)
)

// shown is what operators may read of requests and answers. A top-up has no goods.
var shown = dialect.Shown{
	"order_number", "reference_id", "status", "subtotal_amount", "discount_amount", "total_amount", "failure_code",
	"created_at", "updated_at", "code",
	"items.sku", "items.quantity", "items.completed_quantity", "items.failed_quantity", "items.status",
	"items.subtotal_amount", "items.discount_amount", "items.total_amount", "items.failure_code",
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
	client, err := s.Client(settings.BaseURL, http.Header{"X-Api-Key": {s.Credentials["api_key"]}}, shown)
	if err != nil {
		return nil, err
	}
	return &Connector{
		client: client, secret: s.Credentials["webhook_secret"], signature: settings.Signature.withDefaults(),
	}, nil
}

// Idempotent is false: a reference that was used is refused, whatever it is used
// for.
func (c *Connector) Idempotent() bool { return false }

// Place creates an order of one item.
func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	answer, err := c.client.Do(ctx, outbound.Request{Method: http.MethodPost, Path: "/v1/orders", Body: createOrderWire{
		// For goods that are not for a player the user is our own reference: the partner wants one.
		ReferenceID: p.Reference, UserID: cmp.Or(p.Recipient.UserID, p.Reference), ServerID: p.Recipient.ServerID,
		CharacterID: p.Recipient.CharacterID, Items: []createItemWire{{SKU: p.SKU, Quantity: p.Quantity}},
	}})
	if err != nil {
		return dialect.Outcome{}, err
	}
	if answer.OK() {
		return readOutcome(answer.Body, &p)
	}
	var refusal errorWire
	if err := outbound.Decode(answer.Body, &refusal); err != nil || refusal.Code == "" {
		return dialect.Outcome{}, fmt.Errorf("status %d: %w", answer.Status, dialect.ErrMalformed)
	}
	switch {
	case refusal.Code == "DUPLICATE_REFERENCE":
		return c.Inquire(ctx, p) // an earlier call arrived after all
	case refusal.Code == "INVALID_SKU":
		return outbound.Refused(codeItemNotFound, "The provider does not sell the product"), nil
	case answer.Status == http.StatusServiceUnavailable && refusal.Message == walletEmpty:
		return outbound.OutOfFunds(), nil
	case answer.Status == http.StatusServiceUnavailable, answer.Status == http.StatusUnauthorized:
		return outbound.NotNow(), nil // its own trouble, or our key is no good: nothing was created
	case answer.Status < http.StatusInternalServerError:
		return outbound.Failed(), nil
	default:
		return dialect.Outcome{}, fmt.Errorf("status %d", answer.Status)
	}
}

// Inquire looks the order up by our reference.
func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	path := "/v1/orders/" + url.PathEscape(p.Reference)
	answer, err := c.client.Do(ctx, outbound.Request{Method: http.MethodGet, Path: path})
	if err != nil {
		return dialect.Outcome{}, err
	}
	if answer.OK() {
		return readOutcome(answer.Body, &p)
	}
	var refusal errorWire
	if answer.Status == http.StatusNotFound && outbound.Decode(answer.Body, &refusal) == nil &&
		refusal.Code == "NOT_FOUND" {
		return outbound.Refused(dialect.CodeNotReceived, "The provider has no such order"), nil
	}
	return dialect.Outcome{}, fmt.Errorf("status %d", answer.Status)
}

// readOutcome is what an order of one item says of the purchase.
func readOutcome(body []byte, p *dialect.Purchase) (dialect.Outcome, error) {
	var o orderWire
	if err := outbound.Decode(body, &o); err != nil {
		return dialect.Outcome{}, err
	}
	if o.ReferenceID != p.Reference || o.OrderNumber == "" || len(o.Items) != 1 || o.Items[0].SKU != p.SKU ||
		o.Items[0].Quantity != p.Quantity {
		return dialect.Outcome{}, fmt.Errorf("another order than was asked for: %w", dialect.ErrMalformed)
	}
	item := &o.Items[0]
	outcome := dialect.Outcome{ProviderReference: o.OrderNumber}
	switch o.Status {
	case "pending", "processing":
		outcome.State = dialect.Accepted
		return outcome, nil
	case "completed", statusFailed:
	default:
		return dialect.Outcome{}, fmt.Errorf("an unknown status: %w", dialect.ErrMalformed)
	}
	outcome.FailureCode, outcome.FailureMessage = text(item.FailureCode), text(item.FailureMessage)
	if o.Status == statusFailed && outcome.FailureCode == "" {
		outcome.FailureCode, outcome.FailureMessage = codeProviderError, messageProviderError
	}
	if item.CompletedQuantity < 1 {
		outcome.State = dialect.Refused
		if outcome.FailureCode == "" {
			return dialect.Outcome{}, fmt.Errorf("completed without a unit: %w", dialect.ErrMalformed)
		}
		return outcome, nil
	}
	outcome.State = dialect.Delivered
	// A top-up leaves nothing to hand over but its receipt.
	for i := range min(item.CompletedQuantity, p.Quantity+1) {
		outcome.Goods = append(outcome.Goods, dialect.Goods{Content: fmt.Sprintf("%s/%d", o.OrderNumber, i+1)})
	}
	return outcome, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
