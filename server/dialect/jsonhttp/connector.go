package jsonhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// ConnectorSettings say where the supplier is.
type ConnectorSettings struct {
	BaseURL string `json:"baseUrl"` // where every call is posted to
}

// Connector buys from the supplier. An offer's SKU is the supplier's; a purchase's
// provider reference is its order id, which is for people: it is asked about by
// our reference. Credentials: request_secret; callback_secret and api_key where
// there are any.
type Connector struct {
	client    *outbound.Client
	requests  []string // secrets that sign what the hub says
	callbacks []string // secrets that sign what it is told
	now       func() time.Time
}

var (
	_ dialect.Connector        = (*Connector)(nil)
	_ dialect.Inquirer         = (*Connector)(nil)
	_ dialect.Canceller        = (*Connector)(nil)
	_ dialect.Lister           = (*Connector)(nil)
	_ dialect.CallbackReceiver = (*Connector)(nil)
	_ dialect.BalanceReader    = (*Connector)(nil)
	_ dialect.RecipientChecker = (*Connector)(nil)
	_ dialect.StatementReader  = (*Connector)(nil)
)

// NewConnector makes a connector from a provider's settings, ConnectorSettings as
// JSON.
func NewConnector(s outbound.Setup) (*Connector, error) {
	var settings ConnectorSettings
	if err := s.Decode(&settings); err != nil {
		return nil, err
	}
	if err := s.Needs(requestSecret); err != nil {
		return nil, err
	}
	requests, callbacks, err := secretsOf(s.Credentials)
	if err != nil {
		return nil, err
	}
	header := make(http.Header)
	if key := s.Credentials["api_key"]; key != "" {
		header.Set("Authorization", "Bearer "+key)
	}
	client, err := s.Client(settings.BaseURL, header, shown)
	if err != nil {
		return nil, err
	}
	return &Connector{client: client, requests: requests, callbacks: callbacks, now: s.Now}, nil
}

// shown is what operators may read of calls and answers; goods, recipients and fields are not in it.
var shown = dialect.Shown{
	"type", "reference", "sku", "quantity", "useDate", "unitCost", "currency", "placedAt", "orderId", "status", "total",
	"reason", "checkAfterSeconds", "error.code",
}

// Idempotent is true: our reference is the order's idempotency key.
func (c *Connector) Idempotent() bool { return true }

// Place buys, or is told of the order that was made under the reference before.
func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	answer, err := c.post(ctx, &Call{
		Type: TypePlace, Reference: p.Reference, SKU: p.SKU, Quantity: p.Quantity, Recipient: recipientOf(&p.Recipient),
		Fields: p.Fields, UseDate: p.UseDate, UnitCost: p.UnitCost.Format(p.Currency), Currency: string(p.Currency),
		PlacedAt: p.SubmittedAt.UTC().Format(time.RFC3339Nano),
	})
	if err == nil && !answer.OK() {
		return refused(answer)
	}
	return outcomeOf(&p, answer, err)
}

func recipientOf(r *dialect.Recipient) *Recipient {
	if *r == (dialect.Recipient{}) {
		return nil
	}
	return &Recipient{UserID: r.UserID, ServerID: r.ServerID, CharacterID: r.CharacterID}
}

// refused is what an error answer to a purchase says. Only a code of the contract
// proves that nothing was bought: a proxy, too, answers 404.
func refused(answer *outbound.Answer) (dialect.Outcome, error) {
	switch codeOf(answer) {
	case CodeUnauthenticated:
		return outbound.NotNow(), nil
	case CodeOutOfFunds:
		return outbound.OutOfFunds(), nil
	case CodeItemNotFound:
		return outbound.Refused("ITEM_NOT_FOUND", "The provider does not sell the product"), nil
	case CodeOutOfStock:
		return outbound.Refused("OUT_OF_STOCK", "The provider is out of stock"), nil
	case CodeInvalid:
		return outbound.Failed(), nil
	case CodeConflict:
		// Another purchase has the reference: a person has to look.
		return dialect.Outcome{}, errors.New("the reference was used for something else")
	default:
		return dialect.Outcome{}, fmt.Errorf("status %d: %w", answer.Status, dialect.ErrMalformed)
	}
}

// codeOf is the code of an error answer; "" for none of the contract.
func codeOf(answer *outbound.Answer) string {
	var problem Problem
	if answer.Status < http.StatusBadRequest || answer.Status >= http.StatusInternalServerError ||
		outbound.Decode(answer.Body, &problem) != nil {
		return ""
	}
	return problem.Error.Code
}

// Inquire looks the order up by our reference.
func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	answer, err := c.post(ctx, &Call{Type: TypeLookUp, Reference: p.Reference})
	if err == nil && codeOf(answer) == CodeNotFound {
		return outbound.Refused(dialect.CodeNotReceived, "The provider has no such order"), nil
	}
	return outcomeOf(&p, answer, err)
}

// Cancel asks for the order to be taken back, and is told what became of it.
func (c *Connector) Cancel(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	answer, err := c.post(ctx, &Call{Type: TypeCancel, Reference: p.Reference})
	if err == nil && codeOf(answer) == CodeNotSupported {
		return dialect.Outcome{}, dialect.ErrNotCancellable
	}
	return outcomeOf(&p, answer, err)
}

// charged is what the supplier charges for what it delivered; what cannot be read is told for the log.
func charged(o *Order) (said money.Sum, absurd string) {
	if o.Total == "" {
		return money.Sum{}, ""
	}
	amount, currency, err := amountOf(o.Total, o.Currency)
	if err != nil {
		return money.Sum{}, fmt.Sprintf("%.40q of %.10q", o.Total, o.Currency)
	}
	return money.Sum{Amount: amount, Currency: currency}, ""
}

// outcomeOf is what an order, with which a call was answered, says of the purchase.
func outcomeOf(p *dialect.Purchase, answer *outbound.Answer, err error) (dialect.Outcome, error) {
	o, err := outbound.Read[Order](answer, err)
	if err != nil {
		return dialect.Outcome{}, err
	}
	if o.Reference != p.Reference || o.Quantity != p.Quantity {
		return dialect.Outcome{}, fmt.Errorf("another order than was asked for: %w", dialect.ErrMalformed)
	}
	outcome := dialect.Outcome{ProviderReference: o.OrderID, FailureCode: o.Reason, FailureMessage: o.Message}
	switch o.Status {
	case StatusAccepted:
		after := min(max(o.CheckAfter, 0), int64(dialect.LongestWait/time.Second))
		return dialect.Outcome{
			State: dialect.Accepted, ProviderReference: o.OrderID, CheckAfter: time.Duration(after) * time.Second,
		}, nil
	case StatusDelivered:
		outcome.State = dialect.Delivered
		outcome.Charged, outcome.Absurd = charged(&o)
	case StatusRefused:
		outcome.State = dialect.Refused
	case StatusCancelled:
		outcome.State = dialect.Cancelled
	default:
		return dialect.Outcome{}, fmt.Errorf("an unknown status: %w", dialect.ErrMalformed)
	}
	if (outcome.State == dialect.Delivered) != (len(o.Goods) > 0) {
		return dialect.Outcome{}, fmt.Errorf("goods that do not fit the status: %w", dialect.ErrMalformed)
	}
	for _, g := range o.Goods {
		if g.Content == nil {
			return dialect.Outcome{}, fmt.Errorf("a unit without content: %w", dialect.ErrMalformed)
		}
		outcome.Goods = append(outcome.Goods, dialect.Goods{Content: *g.Content, TicketCode: g.TicketCode})
	}
	if outcome.State != dialect.Cancelled && int64(len(outcome.Goods)) < p.Quantity && outcome.FailureCode == "" {
		outcome.FailureCode, outcome.FailureMessage = dialect.CodeProviderError, "The provider could not deliver"
	}
	return outcome, nil
}
