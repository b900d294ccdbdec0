package claims_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// fromStock has a product sell from stock from now on, and imports contents for it: as many as are not refused.
func fromStock(t *testing.T, w *storetest.World, p catalog.Product, contents ...string) int {
	t.Helper()
	_, err := w.Store.WriteDB.ExecContext(t.Context(), `UPDATE products SET source = 'stock' WHERE id = $1`, p.ID)
	require.NoError(t, err)
	p.Source = catalog.SourceStock
	units := make([]catalog.ImportedUnit, len(contents))
	for i, c := range contents {
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: c}
	}
	report, err := w.Catalog.ImportUnits(t.Context(), &p, catalog.ImportOptions{Name: "codes", Force: true}, units)
	require.NoError(t, err)
	return report.Imported
}

func count(t *testing.T, w *storetest.World, where string) (n int) {
	t.Helper()
	err := w.Store.WriteDB.QueryRowContext(t.Context(), `SELECT count(*) FROM units WHERE `+where).Scan(&n)
	require.NoError(t, err)
	return n
}

// What a provider sold and somebody claimed is not sold again from stock: no import takes it, and what was imported
// before is void.
func TestWhatIsClaimedIsNotImported(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		p := shelved(w, "GOLD", &shelf{})
		costs(t, w)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 3))
		units := unitsOf(o)
		require.Equal(t, 2, fromStock(t, w, p, "BOUGHT-2", "OTHER"), "nobody has said that it does not work")
		made, err := claims.Create(ctx, draft(shop, o, units[0], units[1]))
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{
			Units: units[:1], Verdict: claim.Refund, By: ada,
		})
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{Units: units[1:2], Verdict: claim.Replace, By: ada})
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"BOUGHT-3", "OTHER"}, w.Finish(o).Lines[0].Contents())
		require.Equal(t, 1, count(t, w, `status = 'void'`), "the same code, which our stock had, too")
		require.Zero(t, fromStock(t, w, p, " BOUGHT-1", "BOUGHT-2"))
		rest, err := claims.Create(ctx, draft(shop, o, units[2]))
		require.NoError(t, err)
		_, err = claims.Answer(ctx, rest.ID, claim.Answer{Verdict: claim.Reject, Words: "It works", By: ada})
		require.NoError(t, err)
		require.Equal(t, 1, fromStock(t, w, p, "BOUGHT-3"), "no unit is bad because somebody says so")
		storetest.RequireClean(t, w.Store)
	})
}

// Imports and claims that meet leave no code on sale that does not work.
func TestImportMeetsAClaim(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		p := shelved(w, "GOLD", &shelf{})
		costs(t, w)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 8))
		fromStock(t, w, p)
		p.Source = catalog.SourceStock
		done, refused := storetest.Together(16, func(i int) error {
			n := i / 2
			if i%2 == 0 {
				_, err := w.Catalog.ImportUnits(ctx, &p, catalog.ImportOptions{Name: "codes"}, []catalog.ImportedUnit{
					{Line: 1, Content: fmt.Sprint("BOUGHT-", n+1)},
				})
				return err
			}
			made, err := claims.Create(ctx, draft(shop, o, unitsOf(o)[n]))
			if err == nil {
				_, err = claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Refund, By: ada})
			}
			return err
		})
		require.Equal(t, 16, done, refused)
		require.Zero(t, count(t, w, `status = 'available'`))
		storetest.RequireClean(t, w.Store)
	})
}

// What an operator gives for a unit is another one, and none that our stock has or had.
func TestGoodsThatAreKnown(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		p := shelved(w, "GOLD", &shelf{})
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 2))
		fromStock(t, w, p, "IN-STOCK")
		made, err := claims.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		replace := claim.Answer{Verdict: claim.Replace, By: ada}
		for _, known := range []string{"BOUGHT-1", "BOUGHT- 2", "IN-STOCK"} {
			replace.Goods = []string{"FRESH", known}
			_, err = claims.Answer(ctx, made.ID, replace)
			var invalid *errs.InvalidError
			require.ErrorAs(t, err, &invalid, known)
			require.Equal(t, "goods[1]", invalid.Violations[0].Field)
			require.NotContains(t, err.Error(), known, "what is secret")
		}
		require.Equal(t, []string{"BOUGHT-1", "BOUGHT-2"}, get(t, w, o).Lines[0].Contents())
		replace.Units, replace.Goods = unitsOf(o)[:1], []string{"FRESH"}
		_, err = claims.Answer(ctx, made.ID, replace)
		require.NoError(t, err)
		replace.Units = unitsOf(o)[1:]
		_, err = claims.Answer(ctx, made.ID, replace)
		require.Error(t, err, "the customer has it already")
		storetest.RequireClean(t, w.Store)
	})
}

// A provider that sells what does not work again has not replaced it: a person answers, and what it costs is booked.
func TestBoughtAgainAndAsBad(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		claims, from := service(w), &shelf{}
		shelved(w, "GOLD", from)
		costs(t, w)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 2))
		before := placed(t, w, storetest.Draft(shop, "two", "GOLD", 1))
		other, err := claims.Create(ctx, draft(shop, before))
		require.NoError(t, err)
		_, err = claims.Answer(ctx, other.ID, claim.Answer{Verdict: claim.Refund, By: ada})
		require.NoError(t, err)

		from.answers = []dialect.Outcome{
			{State: dialect.Delivered, Goods: []dialect.Goods{{Content: "GOOD"}, {Content: "BOUGHT-2"}}},
			{State: dialect.Delivered, Goods: []dialect.Goods{{Content: "BOUGHT-3"}}},
		}
		made, a := replacedBy(t, w, shop, o)
		require.Equal(t, []string{"BOUGHT-2", "GOOD"}, w.Finish(o).Lines[0].Contents())
		check := func() {
			t.Helper()
			made, err = claims.Claim(ctx, order.ByOperator(), made.ID)
			require.NoError(t, err)
			require.Equal(t, []claim.UnitStatus{claim.Replaced, claim.Waiting}, []claim.UnitStatus{
				made.Units[0].Status, made.Units[1].Status,
			})
			require.Equal(t, "BAD_UNIT", made.Units[1].FailureCode)
			attempts, err := w.Store.Attempts.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: o.ID, Limit: 1})
			require.NoError(t, err)
			require.Equal(t, attempts[0].Cost*money.Amount(attempts[0].Quantity), attempts[0].Booked.Amount)
			storetest.RequireClean(t, w.Store)
		}
		check()
		_, err = claims.Answer(ctx, made.ID, a)
		require.NoError(t, err)
		w.Finish(o)
		check()
		_, err = claims.Answer(ctx, made.ID, a)
		require.NoError(t, err)
		require.Equal(t, []string{"GOOD", "BOUGHT-4"}, w.Finish(o).Lines[0].Contents())
		requireEvents(t, w, o, event.OrderCreated, event.OrderProcessing, event.OrderCompleted, event.ClaimCreated,
			event.ClaimReplacing, event.ClaimReplaced, event.ClaimWaiting, event.ClaimReplacing, event.ClaimWaiting,
			event.ClaimReplacing, event.ClaimReplaced)
		storetest.RequireClean(t, w.Store)
	})
}
