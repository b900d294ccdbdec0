package reports_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/report"
	"orderhub/server/store/storetest"
)

// TestFigures counts orders of two days, keeps what was counted, and finds it again as it was.
func TestFigures(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		s, ctx := w.Store, t.Context()
		shop := w.Merchant("shop", 1000)
		w.Stocked("CODE", 10, 10)
		w.Simulated("GOLD", 100, sim.Script{})
		w.Simulated("NONE", 100, sim.Script{Reject: true})
		w.Simulated("LATER", 100, sim.Script{})
		at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) // long before now
		var placed []*order.Order
		for i, sku := range []string{"CODE", "CODE", "GOLD", "NONE", "LATER"} {
			answer, err := w.Orders.Create(ctx, storetest.Draft(shop, sku+string(rune('a'+i)), sku, 1))
			require.NoError(t, err)
			o := answer.Order
			if sku == "GOLD" || sku == "NONE" {
				o = w.Finish(o)
			}
			placed = append(placed, o)
		}
		// All were placed within two slots, a day before what is counted now; GOLD took 400 ms.
		move := func(o *order.Order, to time.Time, took time.Duration) {
			for _, statement := range []string{
				`UPDATE orders SET created_at = $1, updated_at = $2 WHERE id = $3`,
				`UPDATE orders SET completed_at = $2 WHERE id = $3 AND completed_at IS NOT NULL AND created_at = $1`,
				`UPDATE attempts SET created_at = $1, submitted_at = $1, updated_at = $2 WHERE order_id = $3`,
				`UPDATE attempts SET settled_at = $2 WHERE order_id = $3 AND settled_at IS NOT NULL AND created_at = $1`,
			} {
				_, err := s.WriteDB.ExecContext(ctx, statement, to, to.Add(took), o.ID)
				require.NoError(t, err)
			}
		}
		for i, o := range placed {
			move(o, at.Add(time.Duration(i)*2*time.Minute), 400*time.Millisecond)
		}

		now := at.Add(26 * time.Hour)
		clock := func() time.Time { return now }
		service := report.NewService(s.Reports, s.Reports, clock)
		counter := report.NewCounter(s.Reports, clock, slog.New(slog.DiscardHandler))
		require.NoError(t, counter.Step(ctx))
		span, err := s.Reports.Counted(ctx)
		require.NoError(t, err)
		require.False(t, span.From.After(at))
		require.Equal(t, now.Add(-5*time.Minute), span.To)

		counted, err := s.Reports.Count(ctx, at, at.Add(time.Hour))
		require.NoError(t, err)
		kept, err := s.Reports.Kept(ctx, at, at.Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, sorted(counted), sorted(kept))
		require.Len(t, kept.Orders, 2)
		require.Len(t, kept.Providers, 2)

		day := at.Truncate(24 * time.Hour)
		overview, err := service.Overview(ctx, day.AddDate(0, 0, 1))
		require.NoError(t, err)
		require.Zero(t, overview.Days[0].Total.Placed)
		before := overview.Days[1].Total
		require.Equal(t, []int64{5, 3, 1, 0, 1}, []int64{
			before.Placed, before.Completed, before.Failed, before.Cancelled, before.Open(),
		})
		require.EqualValues(t, 5, overview.Days[1].Hours[10].Placed)
		require.Equal(t, storetest.Baht(320), before.Money[storetest.THB].Charged)
		require.Equal(t, storetest.Baht(100), before.Money[storetest.THB].Refunded)
		p99, ok := before.Waits.Quantile(.99)
		require.True(t, ok)
		require.InDelta(t, 500*time.Millisecond, p99, float64(10*time.Millisecond))
		submitted, err := service.Submitted(ctx, day, day.AddDate(0, 0, 1))
		require.NoError(t, err)
		require.Len(t, submitted.By, 1)
		for id := range submitted.By {
			total := submitted.Total(id)
			require.Equal(t, []int64{2, 1, 1}, []int64{total.Submitted, total.Delivered, total.Refused})
			require.EqualValues(t, 2, submitted.By[id][10].Submitted)
		}
		storetest.RequireClean(t, s)

		// What is open is counted again before long, what is not later; nobody has to say so.
		last := w.Finish(placed[4])
		require.Equal(t, order.StatusCompleted, last.Status)
		move(last, at.Add(8*time.Minute), time.Second)
		again := func(after time.Duration) report.Orders {
			now = now.Add(after)
			require.NoError(t, counter.Step(ctx))
			overview, err := service.Overview(ctx, day)
			require.NoError(t, err)
			return overview.Days[0].Total
		}
		require.EqualValues(t, 1, ptr(again(time.Hour)).Open())
		require.Zero(t, ptr(again(2*time.Hour)).Open())
		storetest.RequireClean(t, s)
	})
}

func ptr[T any](v T) *T { return &v }

func sorted(s report.Slots) report.Slots {
	slices.SortFunc(s.Orders, func(a, b report.OrderSlot) int { return a.At.Compare(b.At) })
	slices.SortFunc(s.Providers, func(a, b report.ProviderSlot) int { return a.At.Compare(b.At) })
	return s
}

// One process counts at a time.
func TestTurns(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
		alone := w.Store.Pool() == nil
		for _, turn := range []struct {
			after time.Duration
			mine  bool
		}{{0, true}, {10 * time.Second, alone}, {25 * time.Second, true}, {26 * time.Second, alone}} {
			mine, err := w.Store.Reports.Turn(t.Context(), now.Add(turn.after), now.Add(turn.after+25*time.Second))
			require.NoError(t, err)
			require.Equal(t, turn.mine, mine, turn.after)
		}
	})
}

// Figures of a part of time are found by an index, whatever there is besides.
func TestPlans(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		storetest.ManyOrders(t, w.Store)
		later := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		for _, q := range w.Store.Reports.Reads(later, later.Add(time.Hour)) {
			steps := strings.Join(storetest.Plan(t, w.Store, q.Statement, q.Args...), "\n")
			require.NotRegexp(t, `Seq Scan on (orders|units|attempts)|(?m)^SCAN (orders|units|attempts)$`, steps)
		}
	})
}
