package marketacc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/money"
)

// ordersPage is below what the partner allows, because orders come with their goods.
const ordersPage = 100

// ReadStatement implements dialect.StatementReader by the list of orders, newest first, which has the partner's codes
// and none of our references. An order that is made meanwhile moves those before it to the next page, where they are
// known by then. Amounts are in the currency of the account.
func (c *Connector) ReadStatement(
	ctx context.Context, from, to time.Time, take func([]dialect.Entry) error,
) error {
	account, err := c.ReadBalance(ctx)
	if err != nil {
		return err
	}
	if _, err := money.ParseCurrency(string(account.Currency)); err != nil {
		return fmt.Errorf("an account in no currency: %w", dialect.ErrMalformed)
	}
	l := listing{from: from, to: to, currency: account.Currency}
	page, list, err := c.startOf(ctx, to)
	for n := 1; err == nil; n++ {
		entries, err := l.entries(list.Items)
		if err != nil {
			return err
		}
		if err := take(entries); err != nil {
			return err
		}
		switch {
		case l.past || int64(page) >= list.TotalPages:
			return nil
		case len(list.Items) == 0:
			return errEmptyPage
		case n == mostPages:
			return dialect.ErrEndless
		}
		page++
		if list, err = c.listOrders(ctx, page); err != nil {
			return err
		}
	}
	return err
}

var errEmptyPage = fmt.Errorf("an empty page before the last: %w", dialect.ErrMalformed)

// startOf is the page with the first order before a moment, found by halves: what is asked about may be long ago.
// Orders that are made meanwhile move that order behind the page, never before it.
func (c *Connector) startOf(ctx context.Context, to time.Time) (
	page int, list pageWire[listedOrderWire], err error,
) {
	page = 1
	list, err = c.listOrders(ctx, page)
	if err != nil || list.TotalPages < 2 || !newer(list.Items, to) {
		return page, list, err
	}
	page = 2
	for last := int(list.TotalPages); page < last; {
		middle := page + (last-page)/2
		switch list, err = c.listOrders(ctx, middle); {
		case err != nil:
			return page, list, err
		case len(list.Items) == 0:
			return page, list, errEmptyPage
		case newer(list.Items, to):
			page = middle + 1
		default:
			last = middle
		}
	}
	list, err = c.listOrders(ctx, page)
	return page, list, err
}

// newer reports whether a page has nothing from before a moment.
func newer(orders []listedOrderWire, than time.Time) bool {
	return !slices.ContainsFunc(orders, func(o listedOrderWire) bool { return time.Time(o.CreatedAt).Before(than) })
}

func (c *Connector) listOrders(ctx context.Context, page int) (pageWire[listedOrderWire], error) {
	return listPage[listedOrderWire](ctx, c, ordersPath, page, ordersPage)
}

// listing is how far a list of orders was read.
type listing struct {
	from, to time.Time
	currency money.Currency
	before   map[string]bool // codes of the page before
	last     time.Time       // of the order that was read last
	past     bool            // what follows is from before the time that is asked about
}

// entries are those of a page that are asked about. A list that is not in its order is none: where it ends for us would
// say nothing.
func (l *listing) entries(orders []listedOrderWire) (entries []dialect.Entry, err error) {
	page := make(map[string]bool, len(orders))
	for i := range orders {
		o := &orders[i]
		at := time.Time(o.CreatedAt)
		page[o.Code] = true
		if l.before[o.Code] || !at.Before(l.to) {
			continue
		}
		if !l.last.IsZero() && at.After(l.last) {
			return nil, fmt.Errorf("orders that are not the newest first: %w", dialect.ErrMalformed)
		}
		if l.last = at; at.Before(l.from) {
			l.past = true
			continue
		}
		e, err := entryOf(o, l.currency)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	l.before = page
	return entries, nil
}

// entryOf is an order as an entry; of one that was delivered in part the share of what came is charged.
func entryOf(o *listedOrderWire, c money.Currency) (e dialect.Entry, err error) {
	if o.Code == "" || len(o.Items) != 1 {
		return e, fmt.Errorf("an order without a code or with other items than one: %w", dialect.ErrMalformed)
	}
	e = dialect.Entry{ProviderReference: o.Code, At: time.Time(o.CreatedAt)}
	item := &o.Items[0]
	switch {
	case o.Status == "pending":
		return e, nil
	case o.Status != "completed" && o.Status != "failed":
		return e, fmt.Errorf("an unknown status: %w", dialect.ErrMalformed)
	}
	goods := ""
	if item.Data != nil {
		goods = *item.Data
	}
	units := int64(strings.Count(goods, "\n") + 1)
	switch {
	case goods == "" && o.Status == "failed":
		e.Says = dialect.SaysRefused
		return e, nil
	case goods == "": // it is charged, whatever the list leaves out
		units = item.Quantity
	}
	e.Says = dialect.SaysCharged
	e.Sum = charged(o.Total, units, &dialect.Purchase{Quantity: item.Quantity, Currency: c})
	return e, nil
}
