package retention_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/operatorevent"
	"orderhub/server/retention"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// Lists that nobody has to look at any more go with their changes, however many those are.
func TestSyncsAreRemoved(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		now := time.Now().UTC()
		old, young := now.Add(-48*time.Hour), now.Add(-time.Hour)
		add := func(id int, status string, at time.Time, changes int) {
			w.exec(`INSERT INTO supply_syncs (id, provider_id, status, created_at, updated_at) VALUES ($1, 1, $2, $3, $4)`,
				id, status, old, at)
			for i := range changes {
				w.exec(`INSERT INTO supply_changes (sync_id, kind, state, provider_sku, product, updated_at)
					VALUES ($1, 'cost', 'applied', $2, '{}', $3)`, id, fmt.Sprint(i), old)
			}
		}
		add(1, "applied", old, 1100)
		add(2, "held", old, 2)
		add(3, "applying", old, 1)
		add(4, "planning", old, 0)
		add(5, "undone", young, 1)
		add(6, "refused", old, 0)
		sweep := retention.New(retention.Options{
			Store: w.s.Retention, Ages: retention.Ages{retention.Syncs: 24 * time.Hour}, Now: time.Now, Log: w.s.Log,
			Removed: func(retention.Kind, int64) {}, Done: func(time.Time) {}, Failed: func() {},
		})
		for _, dry := range []bool{true, false} {
			removed, err := sweep.Sweep(t.Context(), dry)
			require.NoError(t, err)
			require.Contains(t, removed, retention.Removed{Kind: retention.Syncs, Age: 24 * time.Hour, Rows: 2})
		}
		require.Equal(t, 4, w.count(`SELECT count(*) FROM supply_syncs`))
		require.Equal(t, 4, w.count(`SELECT count(*) FROM supply_changes`))
		require.Zero(t, w.count(`SELECT count(*) FROM supply_syncs WHERE id IN (1, 6)`))
	})
}

// Operators' events go when they are old and were told.
func TestOperatorEventsAreRemoved(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		require.NoError(t, w.s.OperatorEvents.Add(
			t.Context(), operatorevent.Event{Kind: "stock.low", Message: "told"},
			operatorevent.Event{Kind: "stock.low", Message: "not told"},
		))
		w.exec(`UPDATE operator_events SET created_at = $1`, time.Now().UTC().Add(-48*time.Hour))
		w.exec(`UPDATE operator_events SET told = true WHERE message = 'told'`)
		require.NoError(t, w.s.OperatorEvents.Add(t.Context(), operatorevent.Event{Kind: "stock.low", Message: "young"}))
		sweep := retention.New(retention.Options{
			Store: w.s.Retention, Ages: retention.Ages{retention.OperatorEvents: 24 * time.Hour}, Now: time.Now, Log: w.s.Log,
			Removed: func(retention.Kind, int64) {}, Done: func(time.Time) {}, Failed: func() {},
		})
		removed, err := sweep.Sweep(t.Context(), false)
		require.NoError(t, err)
		require.Contains(t, removed, retention.Removed{Kind: retention.OperatorEvents, Age: 24 * time.Hour, Rows: 1})
		require.Equal(t, 2, w.count(`SELECT count(*) FROM operator_events`))
		storetest.RequireClean(t, w.s)
	})
}
