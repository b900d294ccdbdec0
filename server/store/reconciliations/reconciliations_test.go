package reconciliations_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/reconcile"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// desk reconciles with the simulator, of which every unit costs 40.
type desk struct {
	*storetest.World

	t        *testing.T
	service  *reconcile.Service
	shop     account.Merchant
	provider int64
	orders   int
}

// lost takes purchases and loses its answer; what became of them nobody can ask.
type lost struct{}

func (lost) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Delivered, Goods: make([]dialect.Goods, 99)}, nil
}

func (lost) Idempotent() bool { return true }

func run(t *testing.T, body func(d *desk)) {
	t.Helper()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		d := &desk{World: w, t: t, shop: w.Merchant("shop", 100_000)}
		d.service = reconcile.NewService(w.Store.Reconciliations, w.Engine, w.Store.Now)
		w.Simulated("GOLD", 100, sim.Script{})
		w.Simulated("PARTLY", 100, sim.Script{FailLast: 1})
		w.Simulated("BAD", 100, sim.Script{FailCode: "ITEM_NOT_FOUND", FailMessage: "no"})
		_, err := w.Store.WriteDB.ExecContext(t.Context(), `UPDATE offers SET cost_micros = 40000000`)
		require.NoError(t, err)
		all, err := w.Providers.List(t.Context())
		require.NoError(t, err)
		d.provider = all[0].ID
		body(d)
		storetest.RequireClean(t, w.Store)
	})
}

// buys has one attempt made, and brought to its end.
func (d *desk) buys(sku string, quantity int) fulfil.Attempt {
	d.t.Helper()
	d.orders++
	o, err := d.Orders.Create(d.t.Context(), storetest.Draft(d.shop, fmt.Sprint("o", d.orders), sku, quantity))
	require.NoError(d.t, err)
	d.Finish(o.Order)
	return d.older(d.attemptOf(o.Order))
}

// older has an attempt submitted long enough ago for statements to cover it.
func (d *desk) older(a fulfil.Attempt) fulfil.Attempt {
	d.t.Helper()
	a.SubmittedAt = a.SubmittedAt.Add(-36 * time.Hour)
	_, err := d.Store.WriteDB.ExecContext(
		d.t.Context(), `UPDATE attempts SET submitted_at = $2 WHERE id = $1`, a.ID, a.SubmittedAt.UTC(),
	)
	require.NoError(d.t, err)
	return a
}

func (d *desk) attemptOf(o *order.Order) fulfil.Attempt {
	d.t.Helper()
	found, err := d.Engine.ListAttempts(d.t.Context(), fulfil.AttemptFilter{OrderID: o.ID, Limit: 10})
	require.NoError(d.t, err)
	require.Len(d.t, found, 1)
	return found[0]
}

// parks has an attempt parked at the simulator.
func (d *desk) parks(sku string) fulfil.Attempt {
	d.t.Helper()
	if d.Connectors == nil {
		d.Connectors = make(map[int64]dialect.Connector)
	}
	d.Connectors[d.provider] = lost{}
	defer delete(d.Connectors, d.provider)
	d.orders++
	o, err := d.Orders.Create(d.t.Context(), storetest.Draft(d.shop, fmt.Sprint("o", d.orders), sku, 1))
	require.NoError(d.t, err)
	_, err = d.Advance(d.t.Context(), o.Order.ID)
	require.NoError(d.t, err)
	a := d.attemptOf(o.Order)
	require.Equal(d.t, fulfil.AttemptParked, a.Status)
	_, err = d.Store.WriteDB.ExecContext( // operators know of it
		d.t.Context(), `UPDATE attempts SET overdue_at = submitted_at WHERE id = $1`, a.ID,
	)
	require.NoError(d.t, err)
	return d.older(a)
}

func baht(n int64) money.Sum { return money.Sum{Amount: storetest.Baht(n), Currency: storetest.THB} }

// says is a row about an attempt.
func says(a fulfil.Attempt, s reconcile.State, amount int64) reconcile.Row {
	return reconcile.Row{Reference: a.Reference, At: a.SubmittedAt.Add(time.Second), State: s, Sum: baht(amount)}
}

// reconciles compares rows with everything of the last days.
func (d *desk) reconciles(rows ...reconcile.Row) reconcile.Run {
	d.t.Helper()
	return d.reconcilesOf(time.Now().Add(-72*time.Hour), time.Now().Add(time.Hour), rows...)
}

func (d *desk) reconcilesOf(from, to time.Time, rows ...reconcile.Row) reconcile.Run {
	d.t.Helper()
	begun, err := d.service.Begin(d.t.Context(), reconcile.Run{
		ProviderID: d.provider, From: &from, To: &to, AskedBy: "ada",
	})
	require.NoError(d.t, err)
	for i := range rows {
		rows[i].Line = int64(i + 2)
	}
	for range 2 { // the answer to the first one may be lost
		require.NoError(d.t, d.service.Add(d.t.Context(), begun.ID, rows))
	}
	done, err := d.service.Compare(d.t.Context(), begun.ID)
	require.NoError(d.t, err)
	require.Equal(d.t, reconcile.Done, done.Status)
	return done
}

// open is what is to be looked at, the oldest first.
func (d *desk) open() (all []reconcile.Finding) {
	d.t.Helper()
	found, err := d.service.Findings(d.t.Context(), reconcile.FindingFilter{Status: reconcile.Open, Limit: 1000})
	require.NoError(d.t, err)
	for i := range found {
		all = append(all, found[len(found)-1-i])
	}
	return all
}

func (d *desk) resolves(f reconcile.Finding, a reconcile.Action) (reconcile.Finding, error) {
	r := reconcile.Resolution{FindingID: f.ID, Action: a, Note: "their support says so", By: "ada"}
	if a == reconcile.Accept || a == reconcile.Book {
		return d.service.Resolve(d.t.Context(), r)
	}
	return d.service.Settle(d.t.Context(), r)
}

func (d *desk) attempt(a fulfil.Attempt) fulfil.Attempt {
	d.t.Helper()
	found, err := d.Engine.Attempt(d.t.Context(), a.ID)
	require.NoError(d.t, err)
	return found
}

// What agrees is no finding, and what is found is found once.
func TestSecondRunFindsNothingNew(t *testing.T) {
	run(t, func(d *desk) {
		agreed, dear, absent := d.buys("GOLD", 2), d.buys("GOLD", 1), d.buys("GOLD", 1)
		partly, refused := d.buys("PARTLY", 3), d.buys("BAD", 1)
		both := says(agreed, reconcile.Purchased, 40)
		theirs := reconcile.Row{
			ProviderReference: "their-4711", At: time.Now(), State: reconcile.Purchased, Sum: baht(7),
		}
		rows := []reconcile.Row{
			both, both, says(dear, reconcile.Purchased, 42), theirs,
			says(partly, reconcile.Purchased, 120), says(partly, reconcile.Credited, 40),
			says(refused, reconcile.Refused, 0),
			{Reference: "nobody's", At: time.Now(), State: reconcile.Refused, Sum: baht(1)},
			{Reference: "old", At: time.Now().Add(-time.Hour * 96), State: reconcile.Purchased, Sum: baht(1)},
		}
		first := d.reconciles(rows...)
		require.Equal(t, int64(3), first.Found)
		require.Equal(t, int64(9), first.Rows)
		require.Equal(t, int64(1), first.Outside)
		require.Equal(t, int64(4), first.Matched)
		found := d.open()
		require.Len(t, found, 3)
		require.Equal(t, reconcile.PricedOtherwise, found[0].Kind)
		require.Equal(t, dear.ID, found[0].AttemptID)
		require.Equal(t, baht(42), found[0].Said)
		require.Equal(t, baht(40), found[0].Ours)
		require.Equal(t, reconcile.MissingHere, found[1].Kind)
		require.Equal(t, "their-4711", found[1].ProviderReference)
		require.Equal(t, reconcile.MissingThere, found[2].Kind)
		require.Equal(t, absent.ID, found[2].AttemptID)
		require.NotEmpty(t, found[2].OrderNumber)
		events, err := d.Store.OperatorEvents.List(t.Context(), operatorEvents)
		require.NoError(t, err)
		require.Len(t, events, 1)

		again := d.reconciles(rows...)
		require.Zero(t, again.Found)
		require.Equal(t, int64(3), again.Open)
		seen, err := d.service.Findings(t.Context(), reconcile.FindingFilter{SeenID: again.ID, Limit: 10})
		require.NoError(t, err)
		require.Len(t, seen, 3)

		for i := range found {
			_, err := d.resolves(found[i], reconcile.Accept)
			require.NoError(t, err)
		}
		last := d.reconciles(rows...)
		require.Zero(t, last.Found)
		require.Zero(t, last.Open)
		events, err = d.Store.OperatorEvents.List(t.Context(), operatorEvents)
		require.NoError(t, err)
		require.Len(t, events, 1, "nothing new is nothing to be told")
		var left int
		require.NoError(t, d.Store.WriteDB.QueryRowContext(t.Context(), `SELECT count(*) FROM statement_rows`).Scan(&left))
		require.Zero(t, left)
	})
}

// Books follow an operator's word alone, once, and verify goes through.
func TestBooked(t *testing.T) {
	run(t, func(d *desk) {
		dear, cheap := d.buys("GOLD", 1), d.buys("GOLD", 1)
		credited, absent, bad := d.buys("GOLD", 2), d.buys("GOLD", 1), d.buys("BAD", 1)
		may := []reconcile.Row{
			says(dear, reconcile.Purchased, 42), says(cheap, reconcile.Purchased, 39),
			says(credited, reconcile.Purchased, 80), says(credited, reconcile.Credited, 5),
			says(bad, reconcile.Purchased, 40),
		}
		require.Equal(t, int64(5), d.reconciles(may...).Found)
		for _, f := range d.open() {
			require.True(t, f.Bookable(), f.Kind)
			require.Equal(t, fulfil.AttemptStatus(f.AttemptStatus), d.attempt(fulfil.Attempt{ID: f.AttemptID}).Status)
			_, err := d.resolves(f, reconcile.Fail)
			require.ErrorIs(t, err, reconcile.ErrNoProof)
			done, _ := storetest.Together(4, func(int) error {
				_, err := d.resolves(f, reconcile.Book)
				return err
			})
			require.Equal(t, 4, done, "it is done once, and may be said again")
			_, err = d.resolves(f, reconcile.Accept)
			var resolved *reconcile.ResolvedError
			require.ErrorAs(t, err, &resolved)
			require.Equal(t, reconcile.Booked, resolved.Status)
		}
		for _, tc := range []struct {
			of   fulfil.Attempt
			want int64
		}{{dear, 42}, {cheap, 39}, {credited, 75}, {absent, 0}, {bad, 40}} {
			require.Equal(t, baht(tc.want), d.attempt(tc.of).Booked)
		}
		storetest.RequireClean(t, d.Store)
		require.Zero(t, d.reconciles(may...).Found)
		require.Empty(t, d.open())

		// Another credit, in the statement of the next month, is another one.
		june := says(credited, reconcile.Credited, 5)
		june.At = june.At.AddDate(0, 0, 20)
		require.Equal(t, int64(1), d.reconcilesOf(june.At, june.At.Add(time.Hour), june).Found)
		f := d.open()[0]
		require.Equal(t, reconcile.CreditUnbooked, f.Kind)
		_, err := d.Store.WriteDB.ExecContext(t.Context(), `UPDATE attempts SET booked_micros = 1 WHERE id = $1`, credited.ID)
		require.NoError(t, err)
		_, err = d.resolves(f, reconcile.Book)
		require.ErrorIs(t, err, reconcile.ErrBooksMoved, "more than is in the books")
		_, err = d.Store.WriteDB.ExecContext(t.Context(), `UPDATE attempts SET booked_micros = 75000000 WHERE id = $1`,
			credited.ID)
		require.NoError(t, err)
		_, err = d.resolves(f, reconcile.Book)
		require.NoError(t, err)
		require.Equal(t, baht(70), d.attempt(credited).Booked)
		d.damaged(dear.ID, f.ID)
	})
}

// damaged shows that verify sees what is wrong with findings and what was booked for them.
func (d *desk) damaged(attempt, finding int64) {
	d.t.Helper()
	for rule, damage := range map[string][2]string{
		"finding-state": {
			fmt.Sprintf(`UPDATE reconciliation_findings SET resolved_at = NULL WHERE id = %d`, finding),
			fmt.Sprintf(`UPDATE reconciliation_findings SET resolved_at = created_at WHERE id = %d`, finding),
		},
		"attempt-adjusted": {
			fmt.Sprintf(`UPDATE attempts SET adjusted_micros = adjusted_micros + 1 WHERE id = %d`, attempt),
			fmt.Sprintf(`UPDATE attempts SET adjusted_micros = adjusted_micros - 1 WHERE id = %d`, attempt),
		},
		"attempt-credited": {
			fmt.Sprintf(`UPDATE reconciliation_findings SET booked_micros = booked_micros + 1 WHERE id = %d`, finding),
			fmt.Sprintf(`UPDATE reconciliation_findings SET booked_micros = booked_micros - 1 WHERE id = %d`, finding),
		},
	} {
		_, err := d.Store.WriteDB.ExecContext(d.t.Context(), damage[0])
		require.NoError(d.t, err)
		var rules []string
		_, err = d.Store.Verification.Verify(d.t.Context(), func(f verification.Finding) { rules = append(rules, f.Rule) })
		require.NoError(d.t, err)
		require.Contains(d.t, rules, rule)
		_, err = d.Store.WriteDB.ExecContext(d.t.Context(), damage[1])
		require.NoError(d.t, err)
	}
}

// Nobody knows what became of parked attempts, but the statement does.
func TestProof(t *testing.T) {
	run(t, func(d *desk) {
		bought, refused := d.parks("GOLD"), d.parks("GOLD")
		absent, meanwhile := d.parks("GOLD"), d.parks("GOLD")
		rows := []reconcile.Row{
			says(bought, reconcile.Purchased, 40), says(refused, reconcile.Refused, 0), says(meanwhile, reconcile.Refused, 0),
		}
		require.Equal(t, int64(4), d.reconciles(rows...).Found)
		found := make(map[int64]reconcile.Finding)
		for _, f := range d.open() {
			require.Equal(t, reconcile.OutcomeProven, f.Kind)
			found[f.AttemptID] = f
		}
		_, err := d.resolves(found[bought.ID], reconcile.Fail)
		require.ErrorIs(t, err, reconcile.ErrNoProof, "it was delivered")
		_, err = d.resolves(found[bought.ID], reconcile.Book)
		require.ErrorIs(t, err, reconcile.ErrNotBookable)
		asked, err := d.resolves(found[bought.ID], reconcile.Inquire)
		require.NoError(t, err)
		require.Equal(t, reconcile.Open, asked.Status)
		require.Equal(t, fulfil.AttemptUnknown, d.attempt(bought).Status)
		_, err = d.resolves(found[bought.ID], reconcile.Accept)
		require.NoError(t, err)

		for range 2 {
			failed, err := d.resolves(found[refused.ID], reconcile.Fail)
			require.NoError(t, err)
			require.Equal(t, reconcile.Settled, failed.Status)
		}
		_, err = d.resolves(found[absent.ID], reconcile.Elsewhere)
		require.NoError(t, err)
		for _, a := range []fulfil.Attempt{refused, absent} {
			require.Equal(t, fulfil.AttemptRefused, d.attempt(a).Status)
		}

		_, err = d.Engine.Resolve(t.Context(), fulfil.Decision{
			AttemptID: meanwhile.ID, Action: fulfil.ActionDelivered, Goods: []string{"GIFT-1"}, Evidence: "their panel",
		})
		require.NoError(t, err)
		_, err = d.resolves(found[meanwhile.ID], reconcile.Fail)
		require.ErrorIs(t, err, fulfil.ErrAttemptSettled)
		// It is delivered here and refused there now, which is another finding.
		require.Equal(t, int64(1), d.reconciles(rows...).Found)
		left := d.open()
		require.Len(t, left, 1)
		require.Equal(t, reconcile.MissingThere, left[0].Kind)
		require.Equal(t, reconcile.Refused, left[0].State)
		read, err := d.service.Finding(t.Context(), found[meanwhile.ID].ID)
		require.NoError(t, err)
		require.Equal(t, reconcile.Gone, read.Status)
	})
}

var operatorEvents = operatorevent.Filter{Kind: reconcile.Differs, Limit: 10}
