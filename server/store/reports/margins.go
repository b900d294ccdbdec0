package reports

import (
	"context"
	"strings"
	"time"

	"orderhub/server/money"
	"orderhub/server/report"
	"orderhub/server/store"
)

var _ report.MarginStore = (*Store)(nil)

var (
	dropMargins = store.Same(`DELETE FROM margin_figures WHERE starts_at = $1 RETURNING id`)
	noteMargins = store.Same(`INSERT INTO margin_days (starts_at, counted_at, due_at) VALUES ($1, $2, $3)
		ON CONFLICT (starts_at) DO UPDATE SET counted_at = excluded.counted_at, due_at = excluded.due_at RETURNING id`)
	firstMargins = store.Same(`SELECT starts_at FROM margin_days ORDER BY starts_at LIMIT 1`)
	lastMargins  = store.Same(`SELECT starts_at FROM margin_days ORDER BY starts_at DESC LIMIT 1`)
	marginsDue   = store.Same(`SELECT starts_at FROM margin_days WHERE due_at IS NOT NULL AND due_at <= $1
		ORDER BY starts_at DESC LIMIT $2`)
	marginsCounted = store.Same(`SELECT counted_at FROM margin_days WHERE starts_at >= $1 AND starts_at < $2
		ORDER BY starts_at DESC LIMIT 1`)
	takeMarginTurn = store.Statement{
		Postgres: strings.Replace(takeTurn.Postgres, "figures_turn", "margins_turn", 1), SQLite: takeTurn.SQLite,
	}
)

var marginFigures = &store.Table[report.MarginFigures]{
	Name: "margin_figures", Columns: []store.Column[report.MarginFigures]{
		store.Time("starts_at", func(r *report.MarginFigures) time.Time { return r.Day }),
		store.Bigint("product_id", func(r *report.MarginFigures) int64 { return r.ProductID }),
		store.Bigint("merchant_id", func(r *report.MarginFigures) int64 { return r.MerchantID }),
		store.Bigint("provider_id", func(r *report.MarginFigures) int64 { return r.ProviderID }),
		store.Text("currency", func(r *report.MarginFigures) money.Currency { return r.Currency }),
		store.Text("cost_currency", func(r *report.MarginFigures) money.Currency { return r.CostCurrency }),
		store.Bigint("units", func(r *report.MarginFigures) int64 { return r.Units }),
		store.Bigint("failed", func(r *report.MarginFigures) int64 { return r.Failed }),
		store.Bigint("unpriced", func(r *report.MarginFigures) int64 { return r.Unpriced }),
		store.Bigint("revenue_micros", func(r *report.MarginFigures) money.Amount { return r.Revenue }),
		store.Bigint("cost_micros", func(r *report.MarginFigures) money.Amount { return r.Cost }),
	},
}

func (s *Store) KeepMargins(
	ctx context.Context, of time.Time, figures []report.MarginFigures, counted time.Time, due *time.Time,
) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		// The day first: its row keeps another process that counts it waiting.
		err := tx.Query(
			ctx, store.NewQuery(noteMargins, []any{of.UTC(), counted.UTC(), due}, store.IgnoreRow),
			store.NewQuery(dropMargins, []any{of.UTC()}, store.IgnoreRow),
		)
		if err != nil {
			return err
		}
		rows := marginFigures.Insert(figures...)
		return tx.Commit(ctx, &rows)
	})
	return store.During("keep margins", err)
}

func (s *Store) MarginSpan(ctx context.Context) (first, last time.Time, err error) {
	begins, err := s.times(ctx, firstMargins)
	if err != nil || len(begins) == 0 {
		return first, last, err
	}
	ends, err := s.times(ctx, lastMargins)
	if err != nil || len(ends) == 0 {
		return first, last, err
	}
	return begins[0], ends[0], nil
}

func (s *Store) MarginsDue(ctx context.Context, now time.Time, limit int) ([]time.Time, error) {
	return s.times(ctx, marginsDue, now.UTC(), limit)
}

func (s *Store) MarginsCounted(ctx context.Context, from, to time.Time) (time.Time, error) {
	found, err := s.times(ctx, marginsCounted, from.UTC(), to.UTC())
	if err != nil || len(found) == 0 {
		return time.Time{}, err
	}
	return found[0], nil
}

// times reads moments.
func (s *Store) times(ctx context.Context, statement store.Statement, args ...any) (found []time.Time, err error) {
	err = s.db.Peek(ctx, store.NewQuery(statement, args, func(row store.Scanner) error {
		var at time.Time
		err := row.Scan(&at)
		found = append(found, at)
		return err
	}))
	return found, store.During("read days of margins", err)
}

func (s *Store) Margins(ctx context.Context, q *report.MarginQuery) (figures []report.MarginFigures, err error) {
	told := func(yes bool, column string) string {
		if yes {
			return column
		}
		return "0"
	}
	ofProvider := int64(0)
	fields := func(f *report.MarginFigures) store.Fields {
		return store.Fields{
			"starts_at", &f.Day, // in any case: it says by which rate a cost is told
			told(q.ByProduct, "product_id"), &f.ProductID, told(q.ByProvider, "provider_id"), &f.ProviderID,
			told(q.ByMerchant, "merchant_id"), &f.MerchantID, "currency", &f.Currency,
			"cost_currency", &f.CostCurrency, "CASE WHEN provider_id = 0 THEN 0 ELSE 1 END", &ofProvider,
			"CAST(sum(units) AS bigint)", &f.Units, "CAST(sum(failed) AS bigint)", &f.Failed,
			"CAST(sum(unpriced) AS bigint)", &f.Unpriced, "CAST(sum(revenue_micros) AS bigint)", &f.Revenue,
			"CAST(sum(cost_micros) AS bigint)", &f.Cost,
		}
	}
	statement := store.Same(`SELECT ` + store.Selected(fields) + `
		FROM margin_figures WHERE starts_at >= $1 AND starts_at < $2 AND (product_id = $3 OR $3 = 0)
			AND (provider_id = $4 OR $4 = 0) AND (merchant_id = $5 OR $5 = 0)
		GROUP BY 1, 2, 3, 4, 5, 6, 7`)
	args := []any{q.From.UTC(), q.To.UTC(), q.ProductID, q.ProviderID, q.MerchantID}
	err = s.db.Peek(ctx, store.NewQuery(statement, args, store.EachOf(fields, func(f *report.MarginFigures) error {
		f.OfProvider = ofProvider == 1
		figures = append(figures, *f)
		return nil
	})))
	return figures, store.During("read margins", err)
}

func (s *Store) MarginTurn(ctx context.Context, now, until time.Time) (bool, error) {
	return s.turn(ctx, takeMarginTurn, now, until)
}
