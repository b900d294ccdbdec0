// Package orderhub buys from another orderhub over gRPC.
package orderhub

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
	"orderhub/server/weburl"
)

// Name is that of the dialect.
const Name = "orderhub"

const (
	maxMessageBytes = 16 << 20
	pingAfter       = time.Minute // of silence
	pingTimeout     = 10 * time.Second
	productsPage    = 1000
	mostPages       = 1000 // of products; a page may be shorter than asked for
)

// ConnectorSettings say how to reach the other hub.
type ConnectorSettings struct {
	Address  string `json:"address"`            // host:port of its gRPC
	Insecure bool   `json:"insecure,omitempty"` // without TLS, for hubs on one trusted network
}

// Connector buys from the other hub. Offers' SKUs are the other hub's; a purchase's
// provider reference is the order's number. Of a dated product what is delivered
// is the tickets' codes. Credential: api_key.
type Connector struct {
	conn    *grpc.ClientConn
	orders  orderhubv1.OrderServiceClient
	catalog orderhubv1.CatalogServiceClient
	account orderhubv1.AccountServiceClient
	checks  orderhubv1.RecipientServiceClient
	key     string
}

var (
	_ dialect.Connector       = (*Connector)(nil)
	_ dialect.Inquirer        = (*Connector)(nil)
	_ dialect.Canceller       = (*Connector)(nil)
	_ dialect.TicketCanceller = (*Connector)(nil)
	_ dialect.Lister          = (*Connector)(nil)
	_ dialect.BalanceReader   = (*Connector)(nil)

	_ dialect.RecipientChecker = (*Connector)(nil)
)

// shown is what operators may read of requests and answers; goods are in
// order.lines.goods, what customers filled in is in order.lines.fields.
var shown = dialect.Shown{
	"referenceId", "orderNumber", "lines.position", "order.orderNumber", "order.referenceId", "order.status",
	"order.currency", "order.subtotalAmount", "order.discountAmount", "order.totalAmount", "order.refundedAmount",
	"order.failureCode", "order.createTime", "order.updateTime", "order.completeTime", "order.door",
	"order.lines.id", "order.lines.position", "order.lines.sku", "order.lines.quantity", "order.lines.useDate",
	"order.lines.productId", "order.lines.status", "order.lines.completedQuantity", "order.lines.failedQuantity",
	"order.lines.cancelledQuantity", "order.lines.unitPrice", "order.lines.subtotalAmount",
	"order.lines.discountAmount", "order.lines.totalAmount", "order.lines.refundedAmount", "order.lines.failureCode",
	"order.lines.goods.status", "reason",
}

// NewConnector makes a connector from a provider's settings, ConnectorSettings as
// JSON. It connects when it is first used; Close ends that.
func NewConnector(s outbound.Setup) (*Connector, error) {
	var settings ConnectorSettings
	if err := s.Decode(&settings); err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(settings.Address)
	if settings.Address == "" || err == nil && !weburl.ValidHost(host) {
		return nil, errors.New("address must be the host:port of the other hub")
	}
	if err := s.Needs("api_key"); err != nil {
		return nil, err
	}
	transport := credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	if settings.Insecure {
		transport = insecure.NewCredentials()
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: pingTimeout}),
	}
	calls := []grpc.UnaryClientInterceptor{outbound.Calls(shown, s.Now)}
	if s.Calls != nil {
		calls = append(calls, s.Calls)
	}
	options = append(options, grpc.WithChainUnaryInterceptor(calls...))
	conn, err := grpc.NewClient(settings.Address, options...)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	return &Connector{
		conn: conn, orders: orderhubv1.NewOrderServiceClient(conn), catalog: orderhubv1.NewCatalogServiceClient(conn),
		account: orderhubv1.NewAccountServiceClient(conn), checks: orderhubv1.NewRecipientServiceClient(conn),
		key: s.Credentials["api_key"],
	}, nil
}

func (c *Connector) Close() error { return c.conn.Close() }

// Idempotent is true: an order's reference is its idempotency key.
func (c *Connector) Idempotent() bool { return true }

// Place creates an order of one line.
func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	ctx, err := c.connected(ctx)
	if err != nil {
		return dialect.Outcome{}, err
	}
	wanted := &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: p.Reference, Recipient: toRecipient(&p.Recipient),
		Lines: []*orderhubv1.OrderLine{{Sku: p.SKU, Quantity: int32(p.Quantity), Fields: p.Fields, UseDate: p.UseDate}},
	}}
	answer, err := c.orders.CreateOrder(ctx, wanted)
	if reason := outbound.ReasonOf(err); reason == reasonUnchecked || reason == reasonNotFound {
		// The other hub wants to have been asked first, or knows what it was told once. Nothing was bought, and what it
		// says then it keeps.
		q := dialect.RecipientQuery{SKU: p.SKU, Recipient: p.Recipient, Fields: p.Fields}
		if found, failed := c.CheckRecipient(ctx, q); failed == nil && (found.Exists || reason == reasonUnchecked) {
			answer, err = c.orders.CreateOrder(ctx, wanted)
		}
	}
	if err != nil {
		return refused(err)
	}
	return outcomeOf(answer.GetOrder(), &p)
}

// connected makes sure that there is a connection, so that a hub that is down is told
// from one that does not answer.
func (c *Connector) connected(ctx context.Context) (context.Context, error) {
	for {
		state := c.conn.GetState()
		switch state {
		case connectivity.Ready:
			return metadata.AppendToOutgoingContext(ctx, "x-api-key", c.key), nil
		case connectivity.TransientFailure, connectivity.Shutdown:
			return nil, fmt.Errorf("%w: no connection to the other hub", dialect.ErrNotSent)
		case connectivity.Idle:
			c.conn.Connect()
		case connectivity.Connecting:
		}
		if !c.conn.WaitForStateChange(ctx, state) {
			return nil, fmt.Errorf("%w: no connection to the other hub: %w", dialect.ErrNotSent, ctx.Err())
		}
	}
}

// refused is what an error of CreateOrder says: by its reason, that nothing was
// bought.
func refused(err error) (dialect.Outcome, error) {
	if turnedAway := busy(err); turnedAway != nil {
		return dialect.Outcome{}, turnedAway
	}
	s := status.Convert(err)
	reason := outbound.ReasonOf(err)
	switch {
	case reason == "INSUFFICIENT_BALANCE":
		return outbound.OutOfFunds(), nil
	case s.Code() == codes.Unauthenticated, s.Code() == codes.PermissionDenied:
		return outbound.NotNow(), nil
	case reason == "PRODUCT_NOT_FOUND":
		return outbound.Refused("ITEM_NOT_FOUND", "The provider does not sell the product"), nil
	case reason == reasonNotFound:
		return outbound.Refused(reason, "There is no such recipient"), nil
	case reason == "OUT_OF_STOCK":
		return outbound.Refused("OUT_OF_STOCK", "The provider is out of stock"), nil
	case reason != "" && (s.Code() == codes.InvalidArgument || s.Code() == codes.FailedPrecondition ||
		s.Code() == codes.NotFound):
		return outbound.Failed(), nil
	default:
		// Among them a reference that was used for something else.
		return dialect.Outcome{}, failed(err)
	}
}

// busy is an error by which the other hub turned a call away unread; nil for every other
// one.
func busy(err error) error {
	s := status.Convert(err)
	if s.Code() != codes.ResourceExhausted {
		return nil
	}
	for _, detail := range s.Details() {
		if d, ok := detail.(*errdetails.RetryInfo); ok {
			return &dialect.BusyError{After: d.GetRetryDelay().AsDuration()}
		}
	}
	if outbound.ReasonOf(err) == "RATE_LIMITED" {
		return &dialect.BusyError{}
	}
	return nil
}

// outcomeOf is what an order of one line says of the purchase.
func outcomeOf(o *orderhubv1.Order, p *dialect.Purchase) (dialect.Outcome, error) {
	if o.GetReferenceId() != p.Reference || len(o.GetLines()) != 1 ||
		int64(o.GetLines()[0].GetQuantity()) != p.Quantity {
		return dialect.Outcome{}, fmt.Errorf("another order than was asked for: %w", dialect.ErrMalformed)
	}
	line := o.GetLines()[0]
	outcome := dialect.Outcome{
		ProviderReference: o.GetOrderNumber(), FailureCode: line.GetFailureCode(),
		FailureMessage: line.GetFailureMessage(),
	}
	switch o.GetStatus() {
	case orderhubv1.OrderStatus_ORDER_STATUS_PENDING, orderhubv1.OrderStatus_ORDER_STATUS_PROCESSING:
		return dialect.Outcome{
			State: dialect.Accepted, ProviderReference: o.GetOrderNumber(),
			Charged: charged(o, line.GetTotalAmount(), ""),
		}, nil
	case orderhubv1.OrderStatus_ORDER_STATUS_CANCELLED:
		outcome.State = dialect.Cancelled
		return outcome, nil
	case orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, orderhubv1.OrderStatus_ORDER_STATUS_FAILED:
	default:
		return dialect.Outcome{}, fmt.Errorf("an unknown status: %w", dialect.ErrMalformed)
	}
	for _, g := range line.GetGoods() {
		if g.GetStatus() != orderhubv1.GoodsStatus_GOODS_STATUS_DELIVERED &&
			g.GetStatus() != orderhubv1.GoodsStatus_GOODS_STATUS_USED {
			continue
		}
		if g.GetUnreadable() {
			err := fmt.Errorf("goods that the provider cannot read any more: %w", dialect.ErrMalformed)
			return dialect.Outcome{}, err
		}
		content := g.GetContent()
		if p.UseDate != "" {
			content = g.GetTicketCode()
		}
		outcome.Goods = append(outcome.Goods, dialect.Goods{Content: content})
	}
	outcome.State = dialect.Delivered
	outcome.Charged = charged(o, line.GetTotalAmount(), line.GetRefundedAmount())
	if len(outcome.Goods) == 0 {
		outcome.State, outcome.Charged = dialect.Refused, money.Sum{}
	}
	if int64(len(outcome.Goods)) < p.Quantity && outcome.FailureCode == "" {
		outcome.FailureCode, outcome.FailureMessage = dialect.CodeProviderError, "The provider could not deliver"
	}
	return outcome, nil
}

// charged is what the other hub charges less what it gave back; none where that makes no sense.
func charged(o *orderhubv1.Order, total, refunded string) money.Sum {
	currency := money.Currency(o.GetCurrency())
	amount, err := money.Parse(total, currency)
	if err == nil && refunded != "" {
		var back money.Amount
		if back, err = money.Parse(refunded, currency); err == nil {
			amount = amount.SubCapped(back)
		}
	}
	if err != nil {
		return money.Sum{}
	}
	return money.Sum{Amount: amount, Currency: currency}
}

// Inquire looks the order up by our reference.
func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	ctx, err := c.connected(ctx)
	if err != nil {
		return dialect.Outcome{}, err
	}
	answer, err := c.orders.GetOrderByReference(ctx, &orderhubv1.GetOrderByReferenceRequest{ReferenceId: p.Reference})
	if status.Code(err) == codes.NotFound {
		return outbound.Refused(dialect.CodeNotReceived, "The provider has no such order"), nil
	}
	if err != nil {
		return dialect.Outcome{}, failed(err)
	}
	return outcomeOf(answer.GetOrder(), &p)
}

// failed is an error of the other hub without its words.
func failed(err error) error { return errors.New("the other hub says " + status.Code(err).String()) }

func (c *Connector) Cancel(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	if p.ProviderReference == "" {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	reached, err := c.connected(ctx)
	if err != nil {
		return dialect.Outcome{}, err
	}
	answer, err := c.orders.CancelOrder(reached, &orderhubv1.CancelOrderRequest{OrderNumber: p.ProviderReference})
	switch {
	case status.Code(err) == codes.FailedPrecondition:
		return c.Inquire(ctx, p) // too late
	case err != nil:
		return dialect.Outcome{}, failed(err)
	default:
		return outcomeOf(answer.GetOrder(), &p)
	}
}

// CancelTickets takes tickets back, all of them in one call.
func (c *Connector) CancelTickets(ctx context.Context, p dialect.Purchase, tickets []dialect.Goods) error {
	if p.ProviderReference == "" {
		return dialect.ErrNotAskable
	}
	line := &orderhubv1.CancelOrderLine{Position: 1}
	for _, t := range tickets {
		if t.Content == "" {
			return errors.New("the ticket is not confirmed yet")
		}
		line.TicketCodes = append(line.TicketCodes, t.Content)
	}
	ctx, err := c.connected(ctx)
	if err != nil {
		return err
	}
	_, err = c.orders.CancelOrder(
		ctx,
		&orderhubv1.CancelOrderRequest{OrderNumber: p.ProviderReference, Lines: []*orderhubv1.CancelOrderLine{line}},
	)
	if status.Code(err) == codes.FailedPrecondition {
		return dialect.ErrNotCancellable
	}
	if err != nil {
		return failed(err)
	}
	return nil
}

func (c *Connector) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	ctx, err := c.connected(ctx)
	if err != nil {
		return err
	}
	token := ""
	for range mostPages {
		page, err := dialect.Again(ctx, func() (*orderhubv1.ListProductsResponse, error) {
			page, err := c.catalog.ListProducts(
				ctx, &orderhubv1.ListProductsRequest{PageSize: productsPage, PageToken: token},
			)
			if err != nil {
				err = cmp.Or(busy(err), failed(err))
			}
			return page, err
		})
		if err != nil {
			return err
		}
		items := make([]dialect.Item, 0, len(page.GetProducts()))
		for _, p := range page.GetProducts() {
			item := dialect.Item{
				SKU: p.GetSku(), Name: p.GetName(), Category: p.GetCategory().GetSlug(),
				Currency: money.Currency(p.GetCurrency()),
				Stock:    int64(p.GetStock()), Available: p.GetAvailable(),
			}
			if item.Cost, err = money.Parse(p.GetPrice(), item.Currency); err != nil {
				return fmt.Errorf("a price: %w", dialect.ErrMalformed)
			}
			items = append(items, item)
		}
		if err := take(items); err != nil {
			return err
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
	return dialect.ErrEndless
}
