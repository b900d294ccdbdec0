package reconciliations_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
