package reports

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/report"
	"orderhub/server/store"
)

// dated writes epoch, the seconds from 1970 to an instant, and slot_of, the number of the slot that it is in, as each
// database computes them, and bucket_of, the place among the bounds of the seconds that something took.
func dated(text string) store.Statement {
	var bucket strings.Builder
	bucket.WriteString("CASE")
	for i, bound := range report.Bounds {
		fmt.Fprintf(&bucket, " WHEN took < %g THEN %d", bound.Seconds(), i)
	}
	fmt.Fprintf(&bucket, " WHEN took IS NULL THEN -1 ELSE %d END", len(report.Bounds))
	text = strings.ReplaceAll(text, "bucket_of", bucket.String())
	return store.Statement{
		Postgres: strings.NewReplacer(
			"slot_of(created_at)", fmt.Sprintf("floor(date_part('epoch', created_at) / %d)::bigint", slotSeconds),
			"epoch(", "date_part('epoch', ", "AS integer)", "AS bigint)",
		).Replace(text),
		SQLite: strings.NewReplacer(
			"slot_of(created_at)", fmt.Sprintf("CAST(strftime('%%s', created_at) AS integer) / %d", slotSeconds),
			"epoch(", "-210866760000.0 + 86400.0 * julianday(",
		).Replace(text),
	}
}

const slotSeconds = int64(report.Slot / time.Second)

var (
	countOrders = dated(`SELECT slot, currency, status, bucket_of AS bucket, count(*),
		CAST(sum(total_micros) AS integer), CAST(sum(refunded_micros) AS integer)
		FROM (SELECT slot_of(created_at) AS slot, currency, status, total_micros, refunded_micros,
			CASE WHEN status = 'completed' THEN epoch(completed_at) - (epoch(created_at)) END AS took
			FROM orders WHERE created_at >= $1 AND created_at < $2) AS o
		GROUP BY 1, 2, 3, 4`)
	countAttempts = dated(`SELECT slot, provider_id, status, bucket_of AS bucket, count(*)
		FROM (SELECT slot_of(created_at) AS slot, provider_id, status,
			CASE WHEN status = 'delivered' THEN epoch(settled_at) - (epoch(submitted_at)) END AS took
			FROM attempts WHERE id >= $3 AND id < $4 AND created_at >= $1 AND created_at < $2) AS a
		GROUP BY 1, 2, 3, 4`)

	lastAttempt = store.Same(`SELECT coalesce(max(id), 0) FROM attempts`)
	anAttempt   = store.Same(`SELECT id, created_at FROM attempts WHERE id >= $1 ORDER BY id LIMIT 1`)
	placedSince = store.Same(`SELECT count(*) FROM (SELECT 1 FROM orders WHERE created_at >= $1
		ORDER BY created_at DESC, id DESC LIMIT $2) AS newest`)
	lastOrder = store.Same(`SELECT created_at FROM orders WHERE created_at < $1
		ORDER BY created_at DESC, id DESC LIMIT 1`)
)

func (s *Store) Count(ctx context.Context, from, to time.Time) (report.Slots, error) {
	counted := &counting{
		orders: make(map[orderKey]*report.OrderSlot), providers: make(map[providerKey]*report.ProviderSlot),
	}
	first, last, err := s.attemptsOf(ctx, from, to)
	if err == nil {
		args := []any{from.UTC(), to.UTC()}
		err = s.db.Peek(
			ctx, store.NewQuery(countOrders, args, counted.addOrders),
			store.NewQuery(countAttempts, append(args, first, last), counted.addAttempts),
		)
	}
	return counted.slots(), store.During("count what is reported", err)
}

// attemptsOf bounds the ids of attempts that were made in a part of time.
func (s *Store) attemptsOf(ctx context.Context, from, to time.Time) (first, last int64, err error) {
	var high int64
	if err = s.db.Peek(ctx, store.NewQuery(lastAttempt, nil, store.Into(&high))); err != nil || high == 0 {
		return 0, 0, err
	}
	if first, err = store.FirstSince(ctx, s.db.Peek, anAttempt, nil, from, high+1); err != nil {
		return 0, 0, err
	}
	if to.After(s.db.Now()) {
		return first, math.MaxInt64, nil
	}
	last, err = store.FirstAfter(ctx, s.db.Peek, anAttempt, nil, to, high+1)
	return first, last, err
}

func (s *Store) Placed(ctx context.Context, since time.Time, most int) (placed int, err error) {
	err = s.db.Peek(ctx, store.NewQuery(placedSince, []any{since.UTC(), most}, store.Into(&placed)))
	return placed, store.During("count orders", err)
}

func (s *Store) LastBefore(ctx context.Context, before time.Time) (at time.Time, err error) {
	err = s.db.Peek(ctx, store.NewQuery(lastOrder, []any{before.UTC()}, store.Into(&at)))
	return at, store.During("look for orders", err)
}

type orderKey struct {
	slot     int64
	currency money.Currency
}

type providerKey struct{ slot, providerID int64 }

// counting adds rows up to slots.
type counting struct {
	orders    map[orderKey]*report.OrderSlot
	providers map[providerKey]*report.ProviderSlot
}

func (c *counting) addOrders(row store.Scanner) error {
	var key orderKey
	var status order.Status
	var bucket int
	var n int64
	var sums report.Money
	if err := row.Scan(&key.slot, &key.currency, &status, &bucket, &n, &sums.Charged, &sums.Refunded); err != nil {
		return err
	}
	s := c.orders[key]
	if s == nil {
		s = &report.OrderSlot{At: slotAt(key.slot)}
		s.Currency = key.currency
		c.orders[key] = s
	}
	s.Placed += n
	s.Charged, s.Refunded = s.Charged.AddCapped(sums.Charged), s.Refunded.AddCapped(sums.Refunded)
	switch status {
	case order.StatusCompleted:
		s.Completed += n
	case order.StatusFailed:
		s.Failed += n
	case order.StatusCancelled:
		s.Cancelled += n
	}
	if bucket >= 0 {
		s.Waits[bucket] += n
	}
	return nil
}

func (c *counting) addAttempts(row store.Scanner) error {
	var key providerKey
	var status string
	var bucket int
	var n int64
	if err := row.Scan(&key.slot, &key.providerID, &status, &bucket, &n); err != nil {
		return err
	}
	s := c.providers[key]
	if s == nil {
		s = &report.ProviderSlot{At: slotAt(key.slot), ProviderID: key.providerID}
		c.providers[key] = s
	}
	s.Submitted += n
	switch status {
	case "delivered":
		s.Delivered += n
	case "refused":
		s.Refused += n
	case "cancelled":
		s.Cancelled += n
	case "parked":
		s.Parked += n
	}
	if bucket >= 0 {
		s.Waits[bucket] += n
	}
	return nil
}

func (c *counting) slots() (all report.Slots) {
	for _, s := range c.orders {
		all.Orders = append(all.Orders, *s)
	}
	for _, s := range c.providers {
		all.Providers = append(all.Providers, *s)
	}
	return all
}

func slotAt(slot int64) time.Time { return time.Unix(slot*slotSeconds, 0).UTC() }
