package reconciliations_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/reconcile"
	"orderhub/server/store/storetest"
)

// Two who compare one statement, in as many calls as they like, find everything once.
func TestRunsAtOnce(t *testing.T) {
	run(t, func(d *desk) {
		var rows []reconcile.Row
		for range 3 {
			rows = append(rows, says(d.buys("GOLD", 1), reconcile.Purchased, 41))
		}
		for i := range 2500 {
			rows = append(rows, reconcile.Row{
				Reference: fmt.Sprint("theirs-", i%1200), At: time.Now(), State: reconcile.Purchased, Sum: baht(1),
			})
		}
		var runs [2]reconcile.Run
		done, _ := storetest.Together(2, func(i int) error {
			begun, err := d.service.Begin(t.Context(), reconcile.Run{ProviderID: d.provider})
			if err != nil {
				return err
			}
			mine := make([]reconcile.Row, len(rows))
			for j := range rows {
				mine[j] = rows[j]
				mine[j].Line = int64(j + 1)
			}
			if err := d.service.Add(t.Context(), begun.ID, mine); err != nil {
				return err
			}
			_, refused := storetest.Together(2, func(int) error {
				_, err := d.service.Compare(t.Context(), begun.ID)
				return err
			})
			for _, err := range refused {
				return err
			}
			runs[i], err = d.service.Run(t.Context(), begun.ID)
			return err
		})
		require.Equal(t, 2, done)
		require.Equal(t, int64(1203), runs[0].Found+runs[1].Found)
		require.Len(t, d.open(), 1000, "as many as were asked for")
		for _, r := range runs {
			require.Equal(t, reconcile.Done, r.Status)
			require.Equal(t, int64(3), r.Matched)
		}
		var all int
		require.NoError(t, d.Store.WriteDB.QueryRowContext(
			t.Context(), `SELECT count(*) FROM reconciliation_findings`,
		).Scan(&all))
		require.Equal(t, 1203, all)
	})
}

func TestRowsThatAreNotTaken(t *testing.T) {
	run(t, func(d *desk) {
		ctx := t.Context()
		row := reconcile.Row{Line: 1, Reference: "a", At: time.Now(), State: reconcile.Purchased, Sum: baht(1)}
		require.ErrorIs(t, d.service.Add(ctx, 4711, []reconcile.Row{row}), reconcile.ErrRunNotFound)
		begun, err := d.service.Begin(ctx, reconcile.Run{ProviderID: d.provider})
		require.NoError(t, err)
		_, err = d.service.Compare(ctx, begun.ID)
		require.ErrorContains(t, err, "from_time must be there", "it has no rows that say what time it is about")
		require.NoError(t, d.service.Add(ctx, begun.ID, []reconcile.Row{row}))
		other := row
		other.Sum = baht(2)
		require.ErrorContains(t, d.service.Add(ctx, begun.ID, []reconcile.Row{other}), "line 1 was sent before")
		bad := []reconcile.Row{row, {Line: 9, Reference: "b", At: time.Now(), State: "lent"}}
		require.ErrorContains(t, d.service.Add(ctx, begun.ID, bad), "line 9: state must be")
		require.ErrorContains(t, d.service.Add(ctx, begun.ID, []reconcile.Row{row, row}), "line 1: is there twice")
		_, err = d.Store.WriteDB.ExecContext(ctx, `UPDATE reconciliations SET "rows" = 200000 WHERE id = $1`, begun.ID)
		require.NoError(t, err)
		more := row
		more.Line = 2
		require.ErrorContains(t, d.service.Add(ctx, begun.ID, []reconcile.Row{more}), "at most 200000 rows")
		done, err := d.service.Compare(ctx, begun.ID)
		require.NoError(t, err)
		require.Equal(t, int64(1), done.Found)
		require.ErrorIs(t, d.service.Add(ctx, begun.ID, []reconcile.Row{more}), reconcile.ErrEnded)

		left, err := d.service.Begin(ctx, reconcile.Run{ProviderID: d.provider})
		require.NoError(t, err)
		require.NoError(t, d.service.Add(ctx, left.ID, []reconcile.Row{row}))
		_, err = d.Store.WriteDB.ExecContext(
			ctx, `UPDATE reconciliations SET updated_at = $2 WHERE id = $1`, left.ID, time.Now().UTC().Add(-25*time.Hour),
		)
		require.NoError(t, err)
		_, err = d.service.Begin(ctx, reconcile.Run{ProviderID: d.provider})
		require.NoError(t, err)
		read, err := d.service.Run(ctx, left.ID)
		require.NoError(t, err)
		require.Equal(t, reconcile.Abandoned, read.Status)
		listed, err := d.service.Runs(ctx, reconcile.RunFilter{ProviderID: d.provider, Limit: 10})
		require.NoError(t, err)
		require.Len(t, listed, 3)
	})
}

// stopping decides, and dies before it says so.
type stopping struct{ reconcile.Attempts }

var errDied = errors.New("the process died")

func (s stopping) Resolve(ctx context.Context, d fulfil.Decision) (fulfil.Attempt, error) {
	if _, err := s.Attempts.Resolve(ctx, d); err != nil {
		return fulfil.Attempt{}, err
	}
	return fulfil.Attempt{}, errDied
}

// An attempt is decided and its finding settled by it, or neither, wherever settling stops.
func TestSettledTogether(t *testing.T) {
	run(t, func(d *desk) {
		a, other := d.parks("GOLD"), d.parks("GOLD")
		rows := []reconcile.Row{says(a, reconcile.Refused, 0), says(other, reconcile.Refused, 0)}
		require.Equal(t, int64(2), d.reconciles(rows...).Found)
		f, lone := d.open()[0], d.open()[1]
		require.Equal(t, a.ID, f.AttemptID)
		settle := reconcile.Resolution{FindingID: f.ID, Action: reconcile.Fail, Note: "their statement", By: "ada"}
		exec := func(text string, args ...any) {
			t.Helper()
			_, err := d.Store.WriteDB.ExecContext(t.Context(), text, args...)
			require.NoError(t, err)
		}

		// The database takes the attempt, and not the finding.
		exec(`ALTER TABLE reconciliation_findings RENAME TO away`)
		_, err := d.Engine.Resolve(t.Context(), fulfil.Decision{
			AttemptID: a.ID, Action: fulfil.ActionFailed, Evidence: "their statement", Finding: f.ID,
		})
		require.Error(t, err)
		exec(`ALTER TABLE away RENAME TO reconciliation_findings`)
		require.Equal(t, fulfil.AttemptParked, d.attempt(a).Status)

		// It takes both, and the process dies; another one compares, and somebody says it again.
		dying := reconcile.NewService(d.Store.Reconciliations, stopping{d.Engine}, d.Store.Now)
		_, err = dying.Settle(t.Context(), settle)
		require.ErrorIs(t, err, errDied)
		require.Equal(t, fulfil.AttemptRefused, d.attempt(a).Status)
		require.Zero(t, d.reconciles(rows...).Found)
		settled, err := d.service.Settle(t.Context(), settle)
		require.NoError(t, err)
		require.Equal(t, reconcile.Settled, settled.Status)
		require.Equal(t, []string{"their statement", "ada"}, []string{settled.Note, settled.ResolvedBy})
		require.NotNil(t, settled.ResolvedAt)
		settle.Action = reconcile.Elsewhere
		_, err = d.service.Settle(t.Context(), settle)
		var resolved *reconcile.ResolvedError
		require.ErrorAs(t, err, &resolved)

		// What somebody decided without the finding is not said of it.
		_, err = d.Engine.Resolve(t.Context(), fulfil.Decision{
			AttemptID: other.ID, Action: fulfil.ActionFailed, Evidence: "they called",
		})
		require.NoError(t, err)
		_, err = d.resolves(lone, reconcile.Elsewhere)
		require.ErrorIs(t, err, fulfil.ErrAttemptSettled)
		left, err := d.service.Finding(t.Context(), lone.ID)
		require.NoError(t, err)
		require.Equal(t, reconcile.Open, left.Status)
		require.Zero(t, d.reconciles(rows...).Found)
		require.Empty(t, d.open())
	})
}

// What a newer version goes on with is left to it.
func TestStageOfANewerVersion(t *testing.T) {
	run(t, func(d *desk) {
		from, to := time.Now().Add(-time.Hour), time.Now()
		begun, err := d.service.Begin(t.Context(), reconcile.Run{ProviderID: d.provider, From: &from, To: &to})
		require.NoError(t, err)
		stage := func(name string) {
			_, err := d.Store.WriteDB.ExecContext(t.Context(), `UPDATE reconciliations SET stage = $1`, name)
			require.NoError(t, err)
		}
		stage("unheard-of")
		_, err = d.service.Compare(t.Context(), begun.ID)
		require.ErrorIs(t, err, errs.ErrUnavailable)
		stage("")
		done, err := d.service.Compare(t.Context(), begun.ID)
		require.NoError(t, err)
		require.Equal(t, reconcile.Done, done.Status)
	})
}
