package orderhub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/money"
)

var _ dialect.StatementReader = (*Connector)(nil)

// ordersPage is small, because orders come with their goods.
const ordersPage = 100

// ReadStatement implements dialect.StatementReader: the other hub's orders of ours that are final.
func (c *Connector) ReadStatement(
	ctx context.Context, from, to time.Time, take func([]dialect.Entry) error,
) error {
	ctx, err := c.connected(ctx)
	if err != nil {
		return err
	}
	request := &orderhubv1.ListOrdersRequest{
		PageSize: ordersPage, CreateTimeFrom: timestamppb.New(from), CreateTimeTo: timestamppb.New(to),
	}
	for {
		page, err := c.orders.ListOrders(ctx, request)
		if err != nil {
			return failed(err)
		}
		var entries []dialect.Entry
		for _, o := range page.GetOrders() {
			of, err := entriesOf(o)
			if err != nil {
				return err
			}
			entries = append(entries, of...)
		}
		if err := take(entries); err != nil {
			return err
		}
		if page.GetNextPageToken() == request.GetPageToken() && page.GetNextPageToken() != "" {
			return dialect.ErrEndless
		}
		if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
			return nil
		}
	}
}

var errAmounts = errors.New("amounts of an order that cannot be")

// entriesOf is an order as it was charged, and what of that came back. What is not final is named, so that it does not
// pass for never bought.
func entriesOf(o *orderhubv1.Order) ([]dialect.Entry, error) {
	e := dialect.Entry{
		Reference: o.GetReferenceId(), ProviderReference: o.GetOrderNumber(), At: o.GetCreateTime().AsTime(),
	}
	switch o.GetStatus() {
	case orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, orderhubv1.OrderStatus_ORDER_STATUS_FAILED,
		orderhubv1.OrderStatus_ORDER_STATUS_CANCELLED:
	default:
		return []dialect.Entry{e}, nil
	}
	currency := money.Currency(o.GetCurrency())
	total, err := money.Parse(o.GetTotalAmount(), currency)
	var refunded money.Amount
	if err == nil && o.GetRefundedAmount() != "" {
		refunded, err = money.Parse(o.GetRefundedAmount(), currency)
	}
	if err != nil || refunded > total {
		return nil, fmt.Errorf("%w: %w", errAmounts, dialect.ErrMalformed)
	}
	delivered := func(l *orderhubv1.OrderLine) bool { return l.GetCompletedQuantity() > 0 }
	if !slices.ContainsFunc(o.GetLines(), delivered) {
		e.Says = dialect.SaysRefused
		return []dialect.Entry{e}, nil
	}
	e.Says, e.Sum = dialect.SaysCharged, money.Sum{Amount: total, Currency: currency}
	entries := []dialect.Entry{e}
	if refunded > 0 {
		e.Says, e.Sum.Amount = dialect.SaysCredited, refunded
		entries = append(entries, e)
	}
	return entries, nil
}
