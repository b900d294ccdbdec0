package orderhub

import (
	"context"
	"errors"
	"fmt"
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
			entry, err := entryOf(o)
			if err != nil {
				return err
			}
			entries = append(entries, entry)
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

// entryOf is an order as an entry. What is not final is named, so that it does not pass for never bought.
func entryOf(o *orderhubv1.Order) (e dialect.Entry, err error) {
	e = dialect.Entry{
		Reference: o.GetReferenceId(), ProviderReference: o.GetOrderNumber(), At: o.GetCreateTime().AsTime(),
	}
	switch o.GetStatus() {
	case orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, orderhubv1.OrderStatus_ORDER_STATUS_FAILED,
		orderhubv1.OrderStatus_ORDER_STATUS_CANCELLED:
	default:
		e.Open = true
		return e, nil
	}
	currency := money.Currency(o.GetCurrency())
	total, err := money.Parse(o.GetTotalAmount(), currency)
	if err == nil && o.GetRefundedAmount() != "" {
		e.Credited, err = money.Parse(o.GetRefundedAmount(), currency)
	}
	if err != nil || e.Credited > total {
		return e, fmt.Errorf("%w: %w", errAmounts, dialect.ErrMalformed)
	}
	e.Charged = money.Sum{Amount: total, Currency: currency}
	for _, l := range o.GetLines() {
		e.Delivered = e.Delivered || l.GetCompletedQuantity() > 0
	}
	if !e.Delivered {
		e.Charged, e.Credited = money.Sum{}, 0
	}
	return e, nil
}
