package reports

import (
	"context"
	"slices"
	"time"

	"orderhub/server/money"
	"orderhub/server/report"
	"orderhub/server/store"
)

var (
	keptOrders = store.Same(`SELECT starts_at, currency, orders, completed, failed, cancelled, charged_micros,
		refunded_micros, waits FROM order_figures WHERE starts_at >= $1 AND starts_at < $2`)
	keptAttempts = store.Same(`SELECT starts_at, provider_id, attempts, delivered, refused, cancelled, parked, waits
		FROM provider_figures WHERE starts_at >= $1 AND starts_at < $2`)

	// What was counted later stays.
	dropOrders = store.Same(`DELETE FROM order_figures WHERE starts_at >= $1 AND starts_at < $2 AND counted_at <= $3
		RETURNING id`)
	dropAttempts = store.Same(`DELETE FROM provider_figures WHERE starts_at >= $1 AND starts_at < $2
		AND counted_at <= $3
		RETURNING id`)

	selectDue = store.Same(`SELECT starts_at FROM (SELECT starts_at, due_at FROM order_figures
			WHERE due_at IS NOT NULL AND due_at <= $1
		UNION ALL SELECT starts_at, due_at FROM provider_figures WHERE due_at IS NOT NULL AND due_at <= $1) AS due
		ORDER BY due_at LIMIT $2`)

	takeTurn = store.Statement{
		Postgres: `INSERT INTO counters (name, value) VALUES ('figures_turn', $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value <= $1 RETURNING name`,
		SQLite: `SELECT ''`,
	}
)

// keptOrder and keptProvider are rows to be written.
type keptOrder struct {
	*report.OrderSlot
	k *report.Keeping
}

type keptProvider struct {
	*report.ProviderSlot
	k *report.Keeping
}

var (
	orderFigures = &store.Table[keptOrder]{
		Name: "order_figures", Suffix: "ON CONFLICT (starts_at, currency) DO NOTHING",
		Columns: []store.Column[keptOrder]{
			store.Time("starts_at", func(r *keptOrder) time.Time { return r.At }),
			store.Text("currency", func(r *keptOrder) money.Currency { return r.Currency }),
			store.Bigint("orders", func(r *keptOrder) int64 { return r.Placed }),
			store.Bigint("completed", func(r *keptOrder) int64 { return r.Completed }),
			store.Bigint("failed", func(r *keptOrder) int64 { return r.Failed }),
			store.Bigint("cancelled", func(r *keptOrder) int64 { return r.Cancelled }),
			store.Bigint("charged_micros", func(r *keptOrder) money.Amount { return r.Charged }),
			store.Bigint("refunded_micros", func(r *keptOrder) money.Amount { return r.Refunded }),
			store.Text("waits", func(r *keptOrder) string { return r.Waits.String() }),
			store.Time("counted_at", func(r *keptOrder) time.Time { return r.k.Counted }),
			store.NullTime("due_at", func(r *keptOrder) *time.Time { return r.k.OrdersDue(r.OrderSlot) }),
		},
	}
	providerFigures = &store.Table[keptProvider]{
		Name: "provider_figures", Suffix: "ON CONFLICT (starts_at, provider_id) DO NOTHING",
		Columns: []store.Column[keptProvider]{
			store.Time("starts_at", func(r *keptProvider) time.Time { return r.At }),
			store.Bigint("provider_id", func(r *keptProvider) int64 { return r.ProviderID }),
			store.Bigint("attempts", func(r *keptProvider) int64 { return r.Submitted }),
			store.Bigint("delivered", func(r *keptProvider) int64 { return r.Delivered }),
			store.Bigint("refused", func(r *keptProvider) int64 { return r.Refused }),
			store.Bigint("cancelled", func(r *keptProvider) int64 { return r.Cancelled }),
			store.Bigint("parked", func(r *keptProvider) int64 { return r.Parked }),
			store.Text("waits", func(r *keptProvider) string { return r.Waits.String() }),
			store.Time("counted_at", func(r *keptProvider) time.Time { return r.k.Counted }),
			store.NullTime("due_at", func(r *keptProvider) *time.Time { return r.k.ProviderDue(r.ProviderSlot) }),
		},
	}
)

func (s *Store) Kept(ctx context.Context, from, to time.Time) (kept report.Slots, err error) {
	args := []any{from.UTC(), to.UTC()}
	err = s.db.Peek(
		ctx,
		store.NewQuery(keptOrders, args, func(row store.Scanner) error {
			var o report.OrderSlot
			var waits string
			err := row.Scan(
				&o.At, &o.Currency, &o.Placed, &o.Completed, &o.Failed, &o.Cancelled, &o.Charged, &o.Refunded, &waits,
			)
			if err == nil {
				o.Waits, err = report.ParseWaits(waits)
			}
			kept.Orders = append(kept.Orders, o)
			return err
		}),
		store.NewQuery(keptAttempts, args, func(row store.Scanner) error {
			var p report.ProviderSlot
			var waits string
			err := row.Scan(
				&p.At, &p.ProviderID, &p.Submitted, &p.Delivered, &p.Refused, &p.Cancelled, &p.Parked, &waits,
			)
			if err == nil {
				p.Waits, err = report.ParseWaits(waits)
			}
			kept.Providers = append(kept.Providers, p)
			return err
		}),
	)
	return kept, store.During("read figures", err)
}

func (s *Store) Counted(ctx context.Context) (span report.Span, err error) {
	err = s.db.Peek(ctx, store.ReadMarks(func(name string, seconds int64) {
		at := time.Unix(seconds, 0).UTC()
		if name == store.FiguresFrom {
			span.From = at
		} else {
			span.To = at
		}
	}, store.FiguresFrom, store.FiguresTo))
	return span, store.During("read what was counted", err)
}

func (s *Store) Keep(ctx context.Context, k report.Keeping) error {
	span := []any{k.From.UTC(), k.To.UTC(), k.Counted.UTC()}
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		err := tx.Query(
			ctx, store.NewQuery(dropOrders, span, store.IgnoreRow), store.NewQuery(dropAttempts, span, store.IgnoreRow),
			store.WriteMark(store.FiguresFrom, k.Span.From.Unix()), store.WriteMark(store.FiguresTo, k.Span.To.Unix()),
		)
		if err != nil {
			return err
		}
		orders, attempts := orderFigures.Insert(), providerFigures.Insert()
		for i := range k.Orders {
			orders.Add(keptOrder{&k.Orders[i], &k})
		}
		for i := range k.Providers {
			attempts.Add(keptProvider{&k.Providers[i], &k})
		}
		return tx.Commit(ctx, &orders, &attempts)
	})
	return store.During("keep figures", err)
}

func (s *Store) Due(ctx context.Context, now time.Time, limit int) (slots []time.Time, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectDue, []any{now.UTC(), limit}, store.Gather(&slots)))
	slices.SortFunc(slots, time.Time.Compare)
	slots = slices.CompactFunc(slots, time.Time.Equal)
	return slots, store.During("look for figures that are due", err)
}

func (s *Store) Turn(ctx context.Context, now, until time.Time) (mine bool, err error) {
	return s.turn(ctx, takeTurn, now, until)
}

func (s *Store) turn(ctx context.Context, take store.Statement, now, until time.Time) (mine bool, err error) {
	if s.db.Pool() == nil {
		return true, nil
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		mine = false
		return tx.Query(ctx, store.NewQuery(take, []any{now.Unix(), until.Unix()}, store.Found(&mine)))
	})
	return mine, store.During("take the turn to count", err)
}
