package reconciliations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/reconcile"
)

// What a statement names anywhere is not missing from it.
func TestNamedIsNotMissing(t *testing.T) {
	run(t, func(d *desk) {
		outside, listed, absent := d.parks("GOLD"), d.parks("GOLD"), d.parks("GOLD")
		delivered := d.buys("GOLD", 1)
		late, early := says(outside, reconcile.Purchased, 40), says(delivered, reconcile.Purchased, 40)
		late.At, early.At = time.Now().Add(24*time.Hour), time.Now().Add(-96*time.Hour)
		done := d.reconciles(late, early, says(listed, reconcile.Other, 0))
		require.Equal(t, int64(2), done.Outside)
		require.Zero(t, done.Matched)
		found := d.open()
		require.Len(t, found, 1)
		require.Equal(t, absent.ID, found[0].AttemptID)

		// With the provider's names alone it may be any of which nobody knows how it is called there.
		other := d.parks("GOLD")
		d.reconciles(
			reconcile.Row{ProviderReference: "T-9", At: time.Now(), State: reconcile.Purchased, Sum: baht(40)},
			says(outside, reconcile.Other, 0), says(listed, reconcile.Other, 0), says(delivered, reconcile.Purchased, 40),
		)
		for _, f := range d.open() {
			require.NotEqual(t, other.ID, f.AttemptID)
		}
		// So may one that is under way there.
		d.reconciles(
			reconcile.Row{ProviderReference: "T-10", At: time.Now(), State: reconcile.Other},
			says(outside, reconcile.Other, 0), says(listed, reconcile.Other, 0), says(delivered, reconcile.Purchased, 40),
		)
		for _, f := range d.open() {
			require.NotEqual(t, other.ID, f.AttemptID)
		}
	})
}

// A charge that came before anybody knew whose it was is as good as one that was found with its attempt.
func TestChargeThatWasNobodys(t *testing.T) {
	run(t, func(d *desk) {
		a := d.parks("GOLD")
		charge := reconcile.Row{ProviderReference: "T-1", At: a.SubmittedAt, State: reconcile.Purchased, Sum: baht(40)}
		from, to := a.SubmittedAt.Add(-20*24*time.Hour), a.SubmittedAt.Add(-10*24*time.Hour)
		charge.At = from.Add(time.Hour)
		require.Equal(t, int64(1), d.reconcilesOf(from, to, charge).Found)
		refused := says(a, reconcile.Refused, 0)
		require.Equal(t, int64(1), d.reconciles(refused).Found)
		proof := d.open()[1]
		require.True(t, proof.Proves(reconcile.Fail), "nobody knows that they are one")
		_, err := d.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE attempts SET provider_reference = 'T-1' WHERE id = $1`, a.ID,
		)
		require.NoError(t, err)
		_, err = d.Store.WriteDB.ExecContext(t.Context(), `UPDATE statement_charges SET attempt_id = $1`, a.ID)
		require.NoError(t, err)
		_, err = d.resolves(proof, reconcile.Fail)
		require.ErrorIs(t, err, reconcile.ErrNoProof)
		_, err = d.Store.WriteDB.ExecContext(t.Context(), `INSERT INTO statement_charges (provider_id, reconciliation_id,
			attempt_id, name, state, at, amount_micros, currency) SELECT provider_id, reconciliation_id, attempt_id, name,
			'credited', at, amount_micros, currency FROM statement_charges`)
		require.NoError(t, err)
		_, err = d.resolves(proof, reconcile.Fail)
		require.NoError(t, err, "all of it came back")
	})
}

// Absence is proof only where no other statement can have it, and none has.
func TestAbsenceThatIsNoProof(t *testing.T) {
	run(t, func(d *desk) {
		bought, edge := d.parks("GOLD"), d.parks("GOLD")
		require.Equal(t, int64(1), d.reconcilesOf(
			bought.SubmittedAt.Add(-time.Hour), bought.SubmittedAt.Add(time.Hour),
			says(bought, reconcile.Purchased, 40), says(edge, reconcile.Other, 0),
		).Found)
		require.Zero(t, d.reconciles(says(edge, reconcile.Other, 0)).Found, "another one has it")
		require.Equal(t, int64(1), d.reconcilesOf(edge.SubmittedAt.Add(-time.Hour), edge.SubmittedAt.Add(time.Hour)).Found)
		found := d.open()
		require.Len(t, found, 2)
		require.Equal(t, reconcile.Other, found[1].State)
		for _, f := range found {
			_, err := d.resolves(f, reconcile.Fail)
			require.ErrorIs(t, err, reconcile.ErrNoProof)
		}
		_, err := d.Store.WriteDB.ExecContext(t.Context(),
			`UPDATE reconciliation_findings SET said = '' WHERE id = $1`, found[1].ID)
		require.NoError(t, err)
		_, err = d.Store.WriteDB.ExecContext(t.Context(),
			`UPDATE reconciliation_findings SET attempt_id = $2 WHERE id = $1`, found[0].ID, edge.ID)
		require.NoError(t, err)
		_, err = d.resolves(found[1], reconcile.Fail)
		require.ErrorIs(t, err, reconcile.ErrNoProof, "some statement has it as purchased")
		require.Equal(t, fulfil.AttemptParked, d.attempt(edge).Status)
	})
}

// Statements of other currencies have not what was bought in this one, and what is booked
// as missing is not missing again.
func TestMissingOnce(t *testing.T) {
	run(t, func(d *desk) {
		one, two := d.buys("GOLD", 1), d.buys("GOLD", 1)
		dollars := reconcile.Row{Reference: "x", At: time.Now(), State: reconcile.Purchased, Sum: baht(1)}
		dollars.Sum.Currency = "USD"
		require.Equal(t, int64(1), d.reconciles(dollars).Found)
		rows := []reconcile.Row{says(one, reconcile.Refused, 0), says(two, reconcile.Purchased, 40)}
		require.Equal(t, int64(1), d.reconciles(rows...).Found)
		found := d.open()
		require.Equal(t, reconcile.MissingThere, found[1].Kind)
		_, err := d.resolves(found[1], reconcile.Book)
		require.NoError(t, err)
		require.Equal(t, baht(0), d.attempt(one).Booked)
		require.Zero(t, d.reconciles(rows...).Found)
		require.Len(t, d.open(), 1)
	})
}

// Half of a purchase at a statement's edge is not booked: the rest may be in the next one.
func TestPartOfAPurchase(t *testing.T) {
	run(t, func(d *desk) {
		a := d.buys("GOLD", 2)
		row := says(a, reconcile.Purchased, 40)
		require.Equal(t, int64(1), d.reconcilesOf(a.SubmittedAt.Add(-100*time.Hour), row.At.Add(time.Second), row).Found)
		half := d.open()[0]
		require.False(t, half.Bookable())
		_, err := d.resolves(half, reconcile.Book)
		require.ErrorIs(t, err, reconcile.ErrNotBookable)
		require.Zero(t, d.reconciles(row, row).Found)
		require.Empty(t, d.open(), "a statement of all of it says more")
	})
}
