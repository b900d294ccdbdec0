package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/storetest"
)

// TestRestoredToAMoment restores a base backup and the log that was archived since up to a moment, as
// docs/operations.md has it: what was answered before is there, what came after is not, and the hub goes on.
func TestRestoredToAMoment(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	source := pgtest.NewServer(t, pgtest.Options{Settings: pgtest.Archiving})
	s, _ := storetest.OpenWith(t, source.URL("hub"), storetest.SealingKey)
	require.NoError(t, s.Migrations.Up(ctx))
	w := storetest.NewWorld(t, s, 1)
	shop := w.Merchant("shop", 1000)
	w.Stocked("CODE", 10, 30)
	place := func(w *storetest.World, reference string) string {
		t.Helper()
		placed, err := w.Orders.Create(ctx, storetest.Draft(shop, reference, "CODE", 1))
		require.NoError(t, err)
		return placed.Order.Number
	}
	backup, err := source.Backup(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backup.Stop()) })

	kept := place(w, "kept")
	log := event.NewLog(s.Events, event.NewBell())
	before := storetest.ReadEvents(t, log, event.Cursor{}, 100)
	conn, err := pgx.Connect(ctx, source.URL("hub"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(ctx) })
	var moment time.Time
	require.NoError(t, conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&moment))
	undone := place(w, "undone")
	after := storetest.ReadEvents(t, log, event.Cursor{}, 100)
	require.Greater(t, len(after), len(before))
	var last string
	require.NoError(t, conn.QueryRow(ctx, "SELECT pg_walfile_name(pg_switch_wal())").Scan(&last))
	require.Eventually(t, func() bool {
		var archived string
		query := "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver"
		return conn.QueryRow(ctx, query).Scan(&archived) == nil && archived >= last
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, source.Kill())

	require.NoError(t, backup.RecoverTo(ctx, source, moment))
	r, _ := storetest.OpenWith(t, backup.URL("hub"), storetest.SealingKey)
	require.Eventually(t, func() bool { return r.Writable(ctx) == nil }, time.Minute, 10*time.Millisecond)
	restored := storetest.NewWorld(t, r, 1)
	require.Equal(t, kept, place(restored, "kept"), "it is there")
	require.NotEqual(t, undone, place(restored, "undone"), "it is placed once more")
	storetest.RequireClean(t, r)

	log = event.NewLog(r.Events, event.NewBell())
	rest := storetest.ReadEvents(t, log, event.Cursor{Position: before[len(before)-1].Position}, 100)
	require.NotEmpty(t, rest, "who had read up to the moment goes on")
	require.Equal(t, before[len(before)-1].Sequence+1, rest[0].Sequence)
	_, _, err = log.Read(ctx, event.Cursor{Position: after[len(after)-1].Position}, 10)
	require.ErrorIs(t, err, event.ErrForeignPosition, "who had read further is told")
}
