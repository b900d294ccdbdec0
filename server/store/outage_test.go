package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/errs"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// A server that goes away and comes back is an outage, not an error of the caller, and needs no restart of ours.
func TestPostgresGoesAway(t *testing.T) {
	t.Parallel()
	pgtest.New(t) // skips where there is no PostgreSQL
	ctx := t.Context()
	server, err := pgtest.Start(ctx, pgtest.Options{Durable: true}) // keeps what was committed before a crash
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	s, err := stores.Open(ctx, store.Options{URL: server.URL("postgres"), Sealer: storetest.Sealer()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrations.Up(ctx))
	add := func(slug string) error {
		return s.InTx(ctx, func(tx *ent.Tx) error { return addCategory(ctx, tx, slug) })
	}
	require.NoError(t, add("before"))

	inside := s.InTx(ctx, func(tx *ent.Tx) error {
		require.NoError(t, server.Kill())
		return addCategory(ctx, tx, "lost")
	})
	require.ErrorIs(t, inside, errs.ErrUnavailable)
	require.ErrorIs(t, s.Ping(ctx), errs.ErrUnavailable)
	require.ErrorIs(t, add("lost"), errs.ErrUnavailable)
	_, err = s.Reader.Category.Query().Count(ctx)
	require.ErrorIs(t, store.Translate(err, nil), errs.ErrUnavailable)
	_, err = s.OrderIDs.Reserve(ctx, 1)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.ErrorIs(t, s.Migrations.Up(ctx), errs.ErrUnavailable)
	_, err = s.Migrations.Pending(ctx)
	require.ErrorIs(t, err, errs.ErrUnavailable)

	require.NoError(t, server.Restart(ctx))
	require.NoError(t, s.Ping(ctx))
	require.NoError(t, add("after"))
	slugs, err := s.Reader.Category.Query().Order(ent.Asc("slug")).Select("slug").Strings(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"after", "before"}, slugs)
}

func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), storetest.SQLite(t)()
	write := s.WriteDB
	_, err := write.ExecContext(ctx, "PRAGMA max_page_count = 1") // means the present size
	require.NoError(t, err)
	fill := func() error {
		return s.InTx(ctx, func(tx *ent.Tx) error {
			for range 100 {
				if err := tx.Unit.Create().SetProductID(1).SetContent(make([]byte, 4096)).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.ErrorIs(t, fill(), errs.ErrUnavailable)
	_, err = write.ExecContext(ctx, "PRAGMA max_page_count = 1000000")
	require.NoError(t, err)
	require.NoError(t, fill())
}
