package store_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/storetest"
)

// TestFailover kills the server under an open store: the next one of its URL takes over once it takes writes.
func TestFailover(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary, err := pgtest.Start(ctx, pgtest.Options{})
	if errors.Is(err, pgtest.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, primary.Stop()) })
	require.NoError(t, primary.Create(ctx, "hub", ""))
	standby, err := primary.Standby(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, standby.Stop()) })

	// The standby comes first: it is asked, and passed over while it only reads.
	s, _ := storetest.OpenWith(t, pgtest.WritableURL("hub", standby, primary), storetest.SealingKey)
	require.NoError(t, s.Migrations.Up(ctx))
	w := storetest.NewWorld(t, s, 1)
	shop := w.Merchant("shop", 100)
	w.Stocked("CODE", 10, 3)
	before, err := w.Orders.Create(ctx, storetest.Draft(shop, "before", "CODE", 1))
	require.NoError(t, err)
	follower, err := pgx.Connect(ctx, standby.URL("hub"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = follower.Close(ctx) })
	require.Eventually(t, func() bool {
		var there int
		return follower.QueryRow(ctx, "SELECT count(*) FROM orders").Scan(&there) == nil && there == 1
	}, time.Minute, 10*time.Millisecond)

	require.NoError(t, primary.Kill())
	require.ErrorIs(t, s.Writable(ctx), errs.ErrUnavailable, "one only reads and the other is gone")
	_, err = w.Orders.Create(ctx, storetest.Draft(shop, "after", "CODE", 1))
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.NoError(t, standby.Promote(ctx))
	require.Eventually(t, func() bool { return s.Writable(ctx) == nil }, time.Minute, 10*time.Millisecond)

	again, err := w.Orders.Create(ctx, storetest.Draft(shop, "before", "CODE", 1))
	require.NoError(t, err)
	require.Equal(t, before.Order.Number, again.Order.Number, "the one that was answered")
	after, err := w.Orders.Create(ctx, storetest.Draft(shop, "after", "CODE", 1))
	require.NoError(t, err)
	require.NotEqual(t, before.Order.Number, after.Order.Number)
}
