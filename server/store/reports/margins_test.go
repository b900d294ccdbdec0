package reports_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/exchange"
	"orderhub/server/report"
	"orderhub/server/store/storetest"
)

// TestMargins sells from stock and from two providers, and adds up what was earned.
func TestMargins(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, ctx := w.Store, t.Context()
		shop, other := w.Merchant("shop", 10_000), w.Merchant("other", 10_000)
		code := w.Stocked("CODE", 10, 10)
		gold := w.Simulated("GOLD", 100, sim.Script{Charge: "2.50", ChargeCurrency: "USD"})
		mixed := w.Simulated("MIXED", 100, sim.Script{})
		half, err := sim.New([]byte(`{"scripts": {"MIXED": {"failLast": 1, "charge": "70"}}}`), time.Now)
		require.NoError(t, err)
		w.Supplied(mixed, "half", half)
		w.Simulated("NONE", 100, sim.Script{Reject: true})
		w.Simulated("OPEN", 100, sim.Script{DelayMS: int64(time.Hour / time.Millisecond)})
		_, err = s.WriteDB.ExecContext(ctx, `UPDATE offers SET cost_micros = 60000000`)
		require.NoError(t, err)
		_, err = w.Catalog.CreateCoupon(
			ctx, catalog.Coupon{Code: "TEN", Kind: catalog.CouponPercent, PercentBasisPoints: 1000},
		)
		require.NoError(t, err)
		for i, d := range []struct {
			sku    string
			units  int
			coupon string
			other  bool
		}{
			{"CODE", 2, "", false},
			{"GOLD", 2, "TEN", false},
			{"MIXED", 3, "", true},
			{"NONE", 1, "", false},
			{"OPEN", 1, "", false},
		} {
			m := shop
			if d.other {
				m = other
			}
			draft := storetest.Draft(m, d.sku+string(rune('a'+i)), d.sku, d.units)
			draft.Coupon = d.coupon
			placed, err := w.Orders.Create(ctx, draft)
			require.NoError(t, err)
			switch d.sku {
			case "CODE":
			case "OPEN":
				_, err = w.Advance(ctx, placed.Order.ID)
				require.NoError(t, err)
			default:
				w.Finish(placed.Order)
			}
		}
		today := s.Now().Truncate(24 * time.Hour)
		now := s.Now().Add(time.Second)
		clock := func() time.Time { return now }
		_, err = w.Exchange.Set(ctx, exchange.Entry{
			Pair: exchange.Pair{Base: "USD", Quote: "THB"}, Rate: 30 * exchange.Scale, From: today,
		})
		require.NoError(t, err)
		margins := report.NewMargins(s.Reports, w.Exchange, clock)
		q := report.MarginQuery{From: today, To: today.AddDate(0, 0, 1)}
		empty, err := margins.Earned(ctx, &q)
		require.NoError(t, err)
		require.Zero(t, empty.AsOf)
		counter := report.NewMarginCounter(s.Reports, clock, slog.New(slog.DiscardHandler))
		require.NoError(t, counter.Step(ctx))

		earned := func(change func(*report.MarginQuery)) []report.Margin {
			t.Helper()
			q := q
			change(&q)
			found, err := margins.Earned(ctx, &q)
			require.NoError(t, err)
			require.Equal(t, now, found.AsOf)
			require.Zero(t, found.From)
			return found.Rows
		}
		baht := storetest.Baht
		key := report.MarginKey{Currency: storetest.THB}
		all := report.Margin{
			MarginKey: key, Units: 7, Failed: 1, Unpriced: 2, Revenue: baht(20 + 180 + 300), Cost: baht(150 + 140 + 60),
		}
		require.Equal(t, []report.Margin{all}, earned(func(*report.MarginQuery) {}))
		require.Equal(t, baht(150), all.Earned())

		byProduct := earned(func(q *report.MarginQuery) { q.ByProduct, q.MerchantID = true, shop.ID })
		require.Len(t, byProduct, 3, "what is not final is not in it")
		codeKey, goldKey := key, key
		codeKey.ProductID, goldKey.ProductID = code.ID, gold.ID
		require.Equal(t, report.Margin{MarginKey: codeKey, Units: 2, Unpriced: 2, Revenue: baht(20)}, byProduct[0])
		require.Equal(t, report.Margin{MarginKey: goldKey, Units: 2, Revenue: baht(180), Cost: baht(150)}, byProduct[1])
		require.EqualValues(t, 1, byProduct[2].Failed)

		byProvider := earned(func(q *report.MarginQuery) { q.ByProvider, q.ProductID = true, mixed.ID })
		require.Len(t, byProvider, 2)
		for _, m := range byProvider {
			if m.Units == 2 {
				require.Equal(t, []any{int64(1), baht(200), baht(140)}, []any{m.Failed, m.Revenue, m.Cost})
			} else {
				require.Equal(t, []any{int64(1), int64(0), baht(100), baht(60)}, []any{m.Units, m.Failed, m.Revenue, m.Cost})
			}
		}
		byDay := earned(func(q *report.MarginQuery) { q.ByDay, q.ByMerchant = true, true })
		require.Len(t, byDay, 2)
		require.Equal(t, today, byDay[0].Day)

		// Nothing is counted twice, and what changes is counted again when it is due.
		require.NoError(t, counter.Step(ctx))
		require.Equal(t, []report.Margin{all}, earned(func(*report.MarginQuery) {}))
		_, err = s.WriteDB.ExecContext(ctx, `UPDATE attempts SET booked_micros = booked_micros + 1000000
			WHERE booked_currency = 'USD'`)
		require.NoError(t, err)
		now = now.Add(10 * time.Minute)
		require.NoError(t, counter.Step(ctx))
		all.Cost += baht(30)
		require.Equal(t, []report.Margin{all}, earned(func(*report.MarginQuery) {}))

		for _, wrong := range []report.MarginQuery{
			{From: today, To: today}, {From: today, To: today.AddDate(0, 0, 367)},
		} {
			_, err := margins.Earned(ctx, &wrong)
			storetest.RequireViolations(t, err, "from_date")
		}
	})
}

// Orders of days before anything was counted are counted from the newest on.
func TestMarginsOfThePast(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, ctx := w.Store, t.Context()
		shop := w.Merchant("shop", 10_000)
		w.Stocked("CODE", 10, 10)
		placed, err := w.Orders.Create(ctx, storetest.Draft(shop, "old", "CODE", 1))
		require.NoError(t, err)
		old := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
		_, err = s.WriteDB.ExecContext(ctx, `UPDATE orders SET created_at = $1 WHERE id = $2`, old, placed.Order.ID)
		require.NoError(t, err)
		now := old.AddDate(0, 0, 3)
		clock := func() time.Time { return now }
		counter := report.NewMarginCounter(s.Reports, clock, slog.New(slog.DiscardHandler))
		require.NoError(t, counter.Step(ctx))
		margins := report.NewMargins(s.Reports, w.Exchange, clock)
		found, err := margins.Earned(ctx, &report.MarginQuery{
			From: old.Truncate(24 * time.Hour), To: now.AddDate(0, 0, 1).Truncate(24 * time.Hour), ByDay: true,
		})
		require.NoError(t, err)
		require.Len(t, found.Rows, 1)
		require.EqualValues(t, 1, found.Rows[0].Units)
		require.Zero(t, found.From, "nothing is missing")
	})
}
