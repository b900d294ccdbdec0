package products_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestAllotments(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category := storetest.NewCategory(t, s, "day-ticket")
		p := storetest.NewProduct(t, s, category, "PARK", func(p *catalog.Product) { p.Dated = true })
		undated := storetest.NewProduct(t, s, category, "CODE", nil)
		day := func(date string, capacity int64) catalog.Allotment {
			return catalog.Allotment{ProductID: p.ID, UseDate: date, Capacity: capacity}
		}
		require.NoError(t, s.Products.SetAllotments(
			ctx, p.ID, []catalog.Allotment{day("2026-12-26", 3), day("2026-12-24", 1), day("2027-01-01", 9)},
		))
		require.NoError(
			t, s.Products.SetAllotments(ctx, p.ID, []catalog.Allotment{day("2026-12-24", 0), day("2026-12-25", 2)}),
		)
		require.NoError(t, s.Products.SetAllotments(ctx, p.ID, nil))

		for _, test := range []struct {
			from, to string
			limit    int
			want     []catalog.Allotment
		}{
			{
				"", "", 10,
				[]catalog.Allotment{day("2026-12-24", 0), day("2026-12-25", 2), day("2026-12-26", 3), day("2027-01-01", 9)},
			},
			{"", "", 1, []catalog.Allotment{day("2026-12-24", 0)}},
			{"2026-12-25", "2026-12-26", 10, []catalog.Allotment{day("2026-12-25", 2), day("2026-12-26", 3)}},
			{"2026-12-27", "2026-12-31", 10, nil},
		} {
			listed, err := s.Products.ListAllotments(ctx, p.ID, test.from, test.to, test.limit)
			require.NoError(t, err)
			require.Equal(t, test.want, listed)
		}

		err := s.Products.SetAllotments(ctx, p.ID, []catalog.Allotment{day("2026-12-01", -1)})
		storetest.RequireViolations(t, err, "allotments[0].capacity")
		err = s.Products.SetAllotments(ctx, undated.ID, []catalog.Allotment{day("2026-12-24", 1)})
		storetest.RequireViolations(t, err, "product")
		require.ErrorIs(
			t, s.Products.SetAllotments(ctx, 999, []catalog.Allotment{day("2026-12-24", 1)}), catalog.ErrProductNotFound,
		)
		listed, err := s.Products.ListAllotments(ctx, p.ID, "", "2026-12-23", 10)
		require.NoError(t, err)
		require.Empty(t, listed)
	})
}

func TestAllotmentBelowSold(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 1000)
		p := w.Ticket("PARK", 10, 5, "2026-12-24", "2026-12-25")
		draft := storetest.Draft(m, "a", "PARK", 3)
		draft.Lines[0].UseDate = "2026-12-25"
		_, err := w.Orders.Create(ctx, draft)
		require.NoError(t, err)

		set := func(capacity int64) error {
			return w.Catalog.SetAllotments(ctx, p.ID, []catalog.Allotment{
				{UseDate: "2026-12-24", Capacity: 1}, {UseDate: "2026-12-25", Capacity: capacity},
			})
		}
		storetest.RequireViolations(t, set(2), "allotments[1].capacity")
		listed, err := w.Catalog.ListAllotments(ctx, p.ID, "", "", 0)
		require.NoError(t, err)
		require.Equal(t, []catalog.Allotment{
			{ProductID: p.ID, UseDate: "2026-12-24", Capacity: 5},
			{ProductID: p.ID, UseDate: "2026-12-25", Capacity: 5, Sold: 3},
		}, listed, "nothing is changed")
		require.NoError(t, set(3))
		draft.Reference = "b"
		_, err = w.Orders.Create(ctx, draft)
		require.Error(t, err, "sold out")
	})
}

// A change of the capacity waits for a sale that is under way, and then counts it.
func TestAllotmentWaitsForSale(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s, elsewhere := t.Context(), open(), open()
		category := storetest.NewCategory(t, s, "day-ticket")
		p := storetest.NewProduct(t, s, category, "PARK", func(p *catalog.Product) { p.Dated = true })
		day := catalog.Allotment{UseDate: "2026-12-24", Capacity: 5}
		require.NoError(t, s.Products.SetAllotments(ctx, p.ID, []catalog.Allotment{day}))
		day.Capacity = 3
		answer := make(chan error, 1)
		require.NoError(t, s.InTx(ctx, func(tx *ent.Tx) error {
			if err := tx.Allotment.Update().SetSold(4).Exec(ctx); err != nil {
				return err
			}
			go func() { answer <- elsewhere.Products.SetAllotments(ctx, p.ID, []catalog.Allotment{day}) }()
			select {
			case err := <-answer:
				return fmt.Errorf("it did not wait: %w", err)
			case <-time.After(200 * time.Millisecond):
				return nil
			}
		}))
		storetest.RequireViolations(t, <-answer, "allotments[0].capacity")
	})
}

// However sales and changes of the capacity meet, no more is sold than there may be.
func TestAllotmentsWhileSelling(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		p := w.Ticket("PARK", 1, 30, "2026-12-24", "2026-12-25")
		buyers := make([]account.Merchant, storetest.Committers)
		for i := range buyers {
			buyers[i] = w.Merchant(fmt.Sprint("buyer", i), 1000)
		}
		_, refused := storetest.Together(60, func(i int) error {
			if i%6 == 0 {
				err := w.Catalog.SetAllotments(ctx, p.ID, []catalog.Allotment{
					{UseDate: "2026-12-25", Capacity: int64(30 - i/6)}, {UseDate: "2026-12-24", Capacity: int64(30 - i/6)},
				})
				var invalid *errs.InvalidError
				if errors.As(err, &invalid) {
					return nil
				}
				return err
			}
			draft := storetest.Draft(buyers[i%storetest.Committers], fmt.Sprint("order", i), "PARK", 1, "PARK", 1)
			draft.Lines[0].UseDate, draft.Lines[1].UseDate = "2026-12-24", "2026-12-25"
			_, err := w.Orders.Create(ctx, draft)
			return err
		})
		for _, err := range refused {
			require.NotErrorIs(t, err, errs.ErrUnavailable)
			require.NotContains(t, strings.ToLower(err.Error()), "deadlock")
		}
		listed, err := w.Catalog.ListAllotments(ctx, p.ID, "", "", 0)
		require.NoError(t, err)
		require.Len(t, listed, 2)
		for _, day := range listed {
			require.LessOrEqual(t, day.Sold, day.Capacity)
			require.Equal(t, int64(50-len(refused)), day.Sold)
		}
	})
}

// The days of two decades are one call.
func TestManyAllotments(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category := storetest.NewCategory(t, s, "day-ticket")
		p := storetest.NewProduct(t, s, category, "PARK", func(p *catalog.Product) { p.Dated = true })
		var days []catalog.Allotment
		for day := time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2036; day = day.AddDate(0, 0, 1) {
			days = append(days, catalog.Allotment{ProductID: p.ID, UseDate: day.Format(time.DateOnly), Capacity: 5})
		}
		for range 2 {
			started := time.Now()
			require.NoError(t, s.Products.SetAllotments(ctx, p.ID, days))
			t.Logf("%d days in %v", len(days), time.Since(started))
		}
		listed, err := s.Products.ListAllotments(ctx, p.ID, "", "", 0)
		require.NoError(t, err)
		require.Equal(t, days, listed)
	})
}
