package units_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/catalog"
	"orderhub/server/secret"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// numbered makes n lines that are all different.
func numbered(prefix string, n int) []catalog.ImportedUnit {
	units := make([]catalog.ImportedUnit, n)
	for i := range units {
		content := fmt.Sprintf("%s%06d@example.com|secret%06d", prefix, i, i)
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: content}
	}
	return units
}

func TestImportUnits(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category := storetest.NewCategory(t, s, "epin")
		p := storetest.NewProduct(t, s, category, "EPIN", nil)
		other := storetest.NewProduct(t, s, category, "OTHER", nil)

		units := storetest.Units("a", "b", "a", "A", " a", "b", "c|ü日")
		for i := range units {
			units[i].Line = 10 * (i + 1) // the report names the file's lines
		}
		report, err := storetest.ImportUnits(ctx, s, p.ID, "first.csv", units)
		require.NoError(t, err)
		require.Equal(t, storetest.Imported{Count: 4, Duplicates: []int{30, 50, 60}}, report)

		report, err = storetest.ImportUnits(ctx, s, p.ID, "second.csv", storetest.Units("d", "c|ü日", "d", "e", "a"))
		require.NoError(t, err)
		require.Equal(t, storetest.Imported{Count: 2, Duplicates: []int{2, 3, 5}}, report)
		report, err = storetest.ImportUnits(ctx, s, other.ID, "", storetest.Units("a", "b"))
		require.NoError(t, err)
		require.Equal(t, storetest.Imported{Count: 2}, report, "another product may have the same")
		report, err = storetest.ImportUnits(ctx, s, other.ID, "empty.csv", nil)
		require.NoError(t, err)
		require.Equal(t, storetest.Imported{}, report)

		imports, err := s.Client.UnitImport.Query().All(ctx)
		require.NoError(t, err)
		var recorded []string
		for _, row := range imports {
			recorded = append(recorded, fmt.Sprintf("%d %q %d %d", row.ProductID, row.Name, row.Imported, row.Refused))
		}
		require.ElementsMatch(t, []string{
			fmt.Sprintf("%d %q 4 3", p.ID, "first.csv"), fmt.Sprintf("%d %q 2 3", p.ID, "second.csv"),
			fmt.Sprintf("%d %q 2 0", other.ID, ""), fmt.Sprintf("%d %q 0 0", other.ID, "empty.csv"),
		}, recorded)

		levels, err := s.Products.StockLevels(ctx)
		require.NoError(t, err)
		require.Equal(t, map[int64]int64{p.ID: 6, other.ID: 2}, levels)
	})
}

// Nothing in the database shows a content, and it can be read back with the key only.
func TestImportSeals(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "epin"), "EPIN", nil)
		_, err := storetest.ImportUnits(ctx, s, p.ID, "x", storetest.Units("VERY-SECRET-1", "VERY-SECRET-2"))
		require.NoError(t, err)
		rows, err := s.Client.Unit.Query().All(ctx)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		slices.SortFunc(rows, func(a, b *ent.Unit) int { return int(a.ID - b.ID) })
		for i, row := range rows {
			require.NotContains(t, string(row.Content), "SECRET")
			require.NotContains(t, string(row.Fingerprint), "SECRET")
			content, err := storetest.Sealer().Open(
				row.Content, secret.Place{Table: "units", Column: "content", Row: fmt.Sprint(row.ID)},
			)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("VERY-SECRET-", i+1), string(content), "in the order of the file")
			require.Equal(t, "available", row.Status)
		}
	})
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category := storetest.NewCategory(t, s, "epin")
		dated := storetest.NewProduct(t, s, category, "DATED", func(p *catalog.Product) { p.Dated = true })
		bought := storetest.NewProduct(
			t, s, category, "BOUGHT", func(p *catalog.Product) { p.Source = catalog.SourceProvider },
		)
		for _, p := range []catalog.Product{dated, bought} {
			_, err := storetest.ImportUnits(ctx, s, p.ID, "x", storetest.Units("a"))
			storetest.RequireViolations(t, err, "product")
		}
		_, err := storetest.ImportUnits(ctx, s, 999, "x", storetest.Units("a"))
		require.ErrorIs(t, err, catalog.ErrProductNotFound)
		imports, err := s.Client.UnitImport.Query().Count(ctx)
		require.NoError(t, err)
		require.Zero(t, imports)
	})
}

// What failed says nothing of the contents.
func TestImportErrorsAreDiscreet(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "epin"), "EPIN", nil)
		handle := s.WriteDB
		_, err := handle.ExecContext(ctx, "CREATE UNIQUE INDEX one_per_product ON units (product_id)")
		require.NoError(t, err)
		report, err := storetest.ImportUnits(ctx, s, p.ID, "x", storetest.Units("VERY-SECRET", "VERY-SECRET-2"))
		require.Error(t, err)
		require.NotContains(t, fmt.Sprintf("%v %+v", err, err), "VERY")
		require.Zero(t, report.Count)
	})
}

// An import that ended early is repeated as a whole: what was stored is reported as duplicate.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "epin"), "EPIN", nil)
		units := numbered("user", 2500)
		for i := range 2 { // which cannot be stored, in the second part
			units[1500+i].ExpiresAt = new(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		}
		_, err := s.WriteDB.ExecContext(
			ctx, "CREATE UNIQUE INDEX once ON units (expires_s) WHERE expires_s < 2000000000",
		)
		require.NoError(t, err)
		report, err := storetest.ImportUnits(ctx, s, p.ID, "x", units)
		require.Error(t, err)
		require.Equal(t, storetest.Imported{Count: 1000}, report)

		_, err = s.WriteDB.ExecContext(ctx, "DROP INDEX once")
		require.NoError(t, err)
		report, err = storetest.ImportUnits(ctx, s, p.ID, "x", units)
		require.NoError(t, err)
		require.Equal(t, 1500, report.Count)
		require.Len(t, report.Duplicates, 1000)
		require.Equal(t, 1, report.Duplicates[0])
		require.Equal(t, 1000, report.Duplicates[999])
		require.True(t, slices.IsSorted(report.Duplicates))
	})
}

// Two calls that add to one import at once are both counted.
func TestImportOfParts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		stores := []*stores.All{open(), open()}
		p := storetest.NewProduct(t, stores[0], storetest.NewCategory(t, stores[0], "epin"), "EPIN", nil)
		imp, err := stores[0].Units.BeginImport(t.Context(), p.ID, "x")
		require.NoError(t, err)
		_, refused := storetest.Together(2, func(i int) error {
			added, _, err := stores[i].Units.AddUnits(
				context.Background(), &imp, contentsOf(t, numbered(fmt.Sprint("part", i), 2500)), 3,
			)
			if err == nil && added != 2500 {
				err = fmt.Errorf("%d were added", added)
			}
			return err
		})
		require.Empty(t, refused)
		imp, err = stores[1].Units.UnitImport(t.Context(), imp.ID)
		require.NoError(t, err)
		require.Equal(t, []int{5000, 6}, []int{imp.Imported, imp.Refused})
		storetest.RequireClean(t, stores[0])
	})
}

// Two who import the same at the same time store it once between them.
func TestImportTwiceAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		stores := []*stores.All{open(), open()}
		p := storetest.NewProduct(t, stores[0], storetest.NewCategory(t, stores[0], "epin"), "EPIN", nil)
		forth := numbered("user", 3000)
		back := slices.Clone(forth)
		slices.Reverse(back)
		var reports [2]storetest.Imported
		_, refused := storetest.Together(2, func(i int) (err error) {
			reports[i], err = storetest.ImportUnits(
				context.Background(), stores[i], p.ID, "x", [][]catalog.ImportedUnit{forth, back}[i],
			)
			return err
		})
		require.Empty(t, refused)
		require.Equal(t, 3000, reports[0].Count+reports[1].Count)
		require.Len(t, append(reports[0].Duplicates, reports[1].Duplicates...), 3000)
	})
}

// Selling and reading go on while an operator brings in a large file from a process of its own.
func TestImportWhileSelling(t *testing.T) {
	t.Parallel()
	const total = 20_000
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, w, operator := t.Context(), storetest.NewWorld(t, open(), storetest.Committers), open()
		m := w.Merchant("buyer", 100_000)
		p := w.Stocked("CODE", 1, 1)
		units := numbered("user", total)
		for i := 500; i < total; i += 1000 {
			units[i].Content = units[i-400].Content
		}
		ended := make(chan error, 1)
		var report storetest.Imported
		var finished atomic.Bool
		go func() {
			var err error
			report, err = storetest.ImportUnits(ctx, operator, p.ID, "x", units)
			finished.Store(true)
			ended <- err
		}()
		sold, seen := 0, int64(0)
		var slowest time.Duration
		for !finished.Load() {
			started := time.Now()
			_, err := w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprint("order-", sold), "CODE", 1))
			slowest = max(slowest, time.Since(started))
			if sold == 0 || err == nil {
				require.NoError(t, err)
				sold++
			}
			levels, err := w.Store.Products.StockLevels(ctx)
			require.NoError(t, err)
			require.GreaterOrEqual(t, levels[p.ID], seen-1)
			seen = levels[p.ID]
		}
		require.NoError(t, <-ended)
		require.Equal(t, total-20, report.Count)
		require.Equal(t, 501, report.Duplicates[0])
		require.Len(t, report.Duplicates, 20)
		require.Greater(t, sold, 1)
		require.Less(t, slowest, time.Minute)
		levels, err := w.Store.Products.StockLevels(ctx)
		require.NoError(t, err)
		require.Equal(t, int64(1+total-20-sold), levels[p.ID])
		t.Logf("%d orders meanwhile, the slowest in %v", sold, slowest)
	})
}

func TestStockLevels(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 1000)
		codes, gone := w.Stocked("CODE", 10, 3), w.Stocked("GONE", 10, 1)
		w.Product("NEVER", 10, nil)
		w.Ticket("TICKET", 10, 5, "2026-12-24")
		_, err := w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 2, "GONE", 1))
		require.NoError(t, err)
		levels, err := w.Store.Products.StockLevels(ctx)
		require.NoError(t, err)
		require.Equal(t, map[int64]int64{codes.ID: 1}, levels)
		require.Zero(t, levels[gone.ID])
	})
}

// BenchmarkImport stores units of 40 bytes; the time per unit is what counts.
func BenchmarkImport(b *testing.B) {
	for name, open := range map[string]func(testing.TB) func() *stores.All{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		b.Run(name, func(b *testing.B) {
			ctx, s := b.Context(), open(b)()
			category, err := s.Products.CreateCategory(ctx, catalog.Category{Slug: "epin", Name: "E-pin"})
			require.NoError(b, err)
			p, err := s.Products.CreateProduct(ctx, catalog.Product{
				SKU: "EPIN", Slug: "epin", Name: "E-pin", Category: category, Currency: storetest.THB,
				Source: catalog.SourceStock, MinQuantity: 1,
			})
			require.NoError(b, err)
			units := numbered("user", b.N)
			b.ResetTimer()
			report, err := storetest.ImportUnits(ctx, s, p.ID, "x", units)
			require.NoError(b, err)
			require.Equal(b, b.N, report.Count)
		})
	}
}
