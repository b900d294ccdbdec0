package reconciliations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/order"
	"orderhub/server/reconcile"
	"orderhub/server/store/reconciliations"
	"orderhub/server/store/storetest"
)

// sums are those of all statements, in one currency.
func (d *desk) sums() reconcile.Sum {
	d.t.Helper()
	all, err := d.service.Sums(d.t.Context(), reconcile.SumFilter{ProviderID: d.provider})
	require.NoError(d.t, err)
	require.Len(d.t, all, 1)
	require.Equal(d.t, d.provider, all[0].ProviderID)
	return all[0]
}

// A charge counts once, however many statements have it and under which of its names; another one is found.
func TestOverlappingStatements(t *testing.T) {
	run(t, func(d *desk) {
		one, two, whole := d.buys("GOLD", 1), d.buys("GOLD", 1), d.buys("GOLD", 2)
		rows := []reconcile.Row{
			says(one, reconcile.Purchased, 40), says(two, reconcile.Purchased, 40), says(whole, reconcile.Purchased, 40),
			says(whole, reconcile.Purchased, 40), says(whole, reconcile.Credited, 0),
			{ProviderReference: "theirs", At: one.SubmittedAt, State: reconcile.Purchased, Sum: baht(7)},
		}
		rows[4].Sum.Currency = "" // nobody knows how much
		for range 2 {
			d.reconciles(rows...)
			require.Equal(t, reconcile.Sum{
				ProviderID: d.provider, Currency: storetest.THB, Charged: baht(167).Amount, Booked: baht(160).Amount, Rows: 5,
				Unknown: 1,
			}, d.sums())
		}
		_, err := d.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE attempts SET provider_reference = 'two' WHERE id = $1`, two.ID,
		)
		require.NoError(t, err)
		// Another statement of the same time: to the day, and by their names.
		d.reconcilesOf(
			one.SubmittedAt.Add(-time.Hour), one.SubmittedAt.Add(time.Hour),
			reconcile.Row{ProviderReference: "two", At: one.SubmittedAt, State: reconcile.Purchased, Sum: baht(40)},
			reconcile.Row{ProviderReference: "theirs", At: one.SubmittedAt, State: reconcile.Purchased, Sum: baht(8)},
		)
		require.Equal(t, baht(168).Amount, d.sums().Charged)
		for _, f := range d.open() {
			require.NotEqual(t, reconcile.ChargedTwice, f.Kind)
		}

		// The same under another time may be one: a statement that has both times says so.
		soon := says(one, reconcile.Purchased, 40)
		soon.At = time.Now().Add(2 * time.Hour)
		require.Equal(t, int64(1), d.reconcilesOf(soon.At.Add(-time.Minute), soon.At.Add(time.Hour), soon).Found)
		perhaps := d.open()[len(d.open())-1]
		require.Equal(t, reconcile.ChargedTwice, perhaps.Kind)
		_, err = d.resolves(perhaps, reconcile.Book)
		require.ErrorIs(t, err, reconcile.ErrNotBookable)
		d.reconcilesOf(time.Now().Add(-72*time.Hour), soon.At.Add(time.Hour), rows...)
		for _, f := range d.open() {
			require.NotEqual(t, reconcile.ChargedTwice, f.Kind)
		}

		// One of another time is another charge.
		later := time.Now().AddDate(0, 0, 20)
		again := says(one, reconcile.Purchased, 40)
		again.At = later
		for n := range 2 {
			require.Equal(t, int64(1-n), d.reconcilesOf(later.Add(-time.Minute), later.Add(time.Hour), again).Found)
		}
		found := d.open()
		twice := found[len(found)-1]
		require.Equal(t, reconcile.ChargedTwice, twice.Kind)
		require.Equal(t, one.ID, twice.AttemptID)
		require.Equal(t, baht(80), twice.Said)
		require.Equal(t, baht(40), twice.Ours)
		require.Equal(t, baht(207).Amount, d.sums().Charged)
		require.Zero(t, d.reconciles(rows...).Found, "the first one again")
		_, err = d.resolves(twice, reconcile.Book)
		require.NoError(t, err)
		require.Equal(t, baht(80), d.attempt(one).Booked)
		require.Zero(t, d.reconciles(rows...).Found)
		require.Equal(t, baht(200).Amount, d.sums().Booked)
		from := later.Add(-time.Minute)
		some, err := d.service.Sums(t.Context(), reconcile.SumFilter{From: &from})
		require.NoError(t, err)
		require.Equal(t, []reconcile.Sum{{
			ProviderID: d.provider, Currency: storetest.THB, Charged: baht(40).Amount, Booked: baht(80).Amount, Rows: 1,
		}}, some)
		none, err := d.service.Sums(t.Context(), reconcile.SumFilter{ProviderID: 4711})
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

// Beside what was charged stands the cost of what was charged, in its currency.
func TestSumsAndBooks(t *testing.T) {
	run(t, func(d *desk) {
		one, two := d.buys("GOLD", 1), d.buys("GOLD", 1)
		dollars, credit := says(two, reconcile.Purchased, 3), says(one, reconcile.Credited, 10)
		dollars.Sum.Currency, credit.At = "USD", one.SubmittedAt.AddDate(0, 0, 20)
		d.reconciles(says(one, reconcile.Purchased, 40), dollars)
		d.reconcilesOf(credit.At, credit.At.Add(time.Hour), credit)
		sums := func(from *time.Time) []reconcile.Sum {
			all, err := d.service.Sums(t.Context(), reconcile.SumFilter{From: from})
			require.NoError(t, err)
			return all
		}
		require.Equal(t, []reconcile.Sum{
			{
				ProviderID: d.provider, Currency: storetest.THB, Charged: baht(40).Amount, Credited: baht(10).Amount,
				Booked: baht(40).Amount, Rows: 2,
			},
			{ProviderID: d.provider, Currency: "USD", Charged: baht(3).Amount, Rows: 1},
		}, sums(nil))
		require.Equal(t, []reconcile.Sum{
			{ProviderID: d.provider, Currency: storetest.THB, Credited: baht(10).Amount, Rows: 1},
		}, sums(&credit.At), "what was charged is of another time")
	})
}

// A provider that tells all that came back of an order so far has it booked once.
func TestCreditThatGrows(t *testing.T) {
	run(t, func(d *desk) {
		a := d.buys("PARTLY", 3)
		_, err := d.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE attempts SET charged_micros = 120000000, charged_currency = 'THB' WHERE id = $1`, a.ID,
		)
		require.NoError(t, err)
		charge, credit := says(a, reconcile.Purchased, 120), says(a, reconcile.Credited, 40)
		require.Zero(t, d.reconciles(charge, credit).Found)
		for _, grown := range []int64{60, 75} {
			credit.Sum = baht(grown)
			require.Equal(t, int64(1), d.reconciles(charge, credit).Found)
			_, err := d.resolves(d.open()[0], reconcile.Book)
			require.NoError(t, err)
			require.Equal(t, baht(120-grown), d.attempt(a).Booked)
			require.Zero(t, d.reconciles(charge, credit).Found)
			together := d.sums()
			require.Equal(t, together.Booked, together.Net())
		}
	})
}

// The halves of a purchase in two statements are all of it, and what nobody knew may be somebody's later.
func TestPartsInTwoStatements(t *testing.T) {
	run(t, func(d *desk) {
		a := d.buys("GOLD", 2)
		cut := a.SubmittedAt.Add(time.Minute)
		first, second := says(a, reconcile.Purchased, 40), says(a, reconcile.Purchased, 40)
		first.Reference, first.ProviderReference = "", "their-1"
		second.At = cut.Add(time.Second)
		found := d.reconcilesOf(cut.Add(-48*time.Hour), cut, first).Found
		require.Equal(t, int64(2), found, "nobody has it, and it is nobody's")
		require.Equal(t, int64(1), d.sums().Unknown)
		_, err := d.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE attempts SET provider_reference = 'their-1' WHERE id = $1`, a.ID,
		)
		require.NoError(t, err)
		second.ProviderReference = "their-1"
		require.Zero(t, d.reconcilesOf(cut, cut.Add(48*time.Hour), second).Found)
		require.Empty(t, d.open())
		require.Zero(t, d.sums().Unknown)
		together := d.sums()
		require.Equal(t, together.Booked, together.Net())
	})
}

// A credit that a dispute was promised a month ago, and that no statement has.
func TestPromisedCredit(t *testing.T) {
	run(t, func(d *desk) {
		a := d.buys("GOLD", 1)
		claims := claim.NewService(d.Store.Claims, d.Store.Now)
		made, err := claims.Create(t.Context(), claim.Draft{
			Viewer: order.ByMerchant(d.shop.ID), OrderNumber: a.OrderNumber, Reason: claim.NotWorking,
			By: claim.By{Kind: claim.ByMerchant, Name: "shop"},
		})
		require.NoError(t, err)
		unit := made.Units[0].UnitID
		_, err = claims.Answer(t.Context(), made.ID, claim.Answer{
			Units: []int64{unit}, Verdict: claim.Refund, By: claim.By{Kind: "operator", Name: "ada"},
		})
		require.NoError(t, err)
		_, err = claims.Dispute(t.Context(), made.ID, claim.Passing{UnitID: unit, Reference: "D-1"})
		require.NoError(t, err)
		_, err = claims.EndDispute(t.Context(), made.ID, claim.Ending{UnitID: unit, Credit: "15.00"})
		require.NoError(t, err)
		require.Zero(t, d.reconciles(says(a, reconcile.Purchased, 40)).Found, "it may come yet")
		_, err = d.Store.WriteDB.ExecContext(t.Context(), `UPDATE claimed_units SET disputed_at = $1, dispute_ended_at = $1`,
			time.Now().Add(-40*24*time.Hour).UTC())
		require.NoError(t, err)
		require.Zero(t, d.reconciles(says(a, reconcile.Purchased, 40)).Found, "it may be in one that nobody compared")
		d.reconcilesOf(time.Now().AddDate(0, 0, -50), time.Now().AddDate(0, 0, -45))
		for n := range 2 {
			require.Equal(t, int64(1-n), d.reconciles(says(a, reconcile.Purchased, 40)).Found)
		}
		found := d.open()
		require.Len(t, found, 1)
		require.Equal(t, reconcile.DisputeUncredited, found[0].Kind)
		require.Equal(t, baht(15), found[0].Ours)
		_, err = d.resolves(found[0], reconcile.Book)
		require.ErrorIs(t, err, reconcile.ErrNotBookable)
		credit := says(a, reconcile.Credited, 15)
		require.Zero(t, d.reconciles(says(a, reconcile.Purchased, 40), credit).Found)
		require.Empty(t, d.open(), "it came")
	})
}

// What is kept of a purchase is found by it: there may be years of charges.
func TestChargesAreFoundByPurchase(t *testing.T) {
	run(t, func(d *desk) {
		if d.Store.Pool() != nil {
			return // PostgreSQL knows how few they are
		}
		for _, s := range reconciliations.ChargeStatements {
			rows, err := d.Store.WriteDB.QueryContext(
				t.Context(), "EXPLAIN QUERY PLAN "+s.SQLite, 1, "[1]", time.Now(), time.Now(),
			)
			require.NoError(t, err)
			var plan []string
			for rows.Next() {
				var id, parent, unused int
				var what string
				require.NoError(t, rows.Scan(&id, &parent, &unused, &what))
				plan = append(plan, what)
			}
			require.NoError(t, rows.Err())
			require.NoError(t, rows.Close())
			require.Regexp(t, `SEARCH statement_charges USING (COVERING )?INDEX \w+_(name|attempt_id) `, plan[0])
		}
	})
}
