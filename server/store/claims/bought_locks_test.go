package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/store/storetest"
)

// What settles a replacement waits for who has its claim before it takes the units of it: a dispute takes them in that
// order, and neither would go on otherwise.
func TestReplacementTakesItsClaimFirst(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		if w.Store.Dialect() == "sqlite3" {
			t.Skip("SQLite has one writer")
		}
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		shelved(w, "GOLD", &shelf{})
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 1))
		made, _ := replacedBy(t, w, shop, o)
		disputing, err := w.Store.WriteDB.BeginTx(ctx, nil)
		require.NoError(t, err)
		defer func() { _ = disputing.Rollback() }()
		_, err = disputing.ExecContext(ctx, `SELECT id FROM claims WHERE id = $1 FOR NO KEY UPDATE`, made.ID)
		require.NoError(t, err)
		settled := make(chan error, 1)
		go func() {
			_, err := w.Advance(ctx, o.ID)
			settled <- err
		}()
		require.Eventually(t, func() bool {
			var waits bool
			err := w.Store.WriteDB.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
			return err == nil && waits
		}, 20*time.Second, 5*time.Millisecond)
		_, err = disputing.ExecContext(ctx, `SELECT id FROM claimed_units WHERE claim_id = $1 FOR UPDATE NOWAIT`, made.ID)
		require.NoError(t, err)
		require.NoError(t, disputing.Commit())
		require.NoError(t, <-settled)
		require.Equal(t, []string{"BOUGHT-2"}, w.Finish(o).Lines[0].Contents())
		storetest.RequireClean(t, w.Store)
	})
}
