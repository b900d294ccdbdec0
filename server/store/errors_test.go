package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/ent/migrate"
	"orderhub/server/errs"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestUnavailable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"nothing", nil, false},
		{"another error", errors.New("x"), false},
		{"a cancelled context", fmt.Errorf("query: %w", context.Canceled), false},
		{"a deadline", fmt.Errorf("query: %w", context.DeadlineExceeded), false},
		{"a syntax error", &pgconn.PgError{Code: "42601"}, false},
		{"a unique violation", &pgconn.PgError{Code: "23505"}, false},
		{"a serialization failure that nobody retried", &pgconn.PgError{Code: "40001"}, true},
		{"disk full", &pgconn.PgError{Code: "53100"}, true},
		{"too many connections", &pgconn.PgError{Code: "53300"}, true},
		{"shutting down", &pgconn.PgError{Code: "57P01"}, true},
		{"starting", &pgconn.PgError{Code: "57P03"}, true},
		{"statement_timeout", &pgconn.PgError{Code: "57014"}, true},
		{"a standby", &pgconn.PgError{Code: "25006"}, true},
		{"an I/O error", &pgconn.PgError{Code: "58030"}, true},
		{"connection refused", fmt.Errorf("dial: %w", syscall.ECONNREFUSED), true},
		{"connection closed", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), true},
		{"a bad connection", driver.ErrBadConn, true},
		{"once only", fmt.Errorf("%w: x", errs.ErrUnavailable), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := store.Unavailable(test.err)
			require.ErrorIs(t, got, test.err)
			require.Equal(t, test.want, errors.Is(got, errs.ErrUnavailable))
		})
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	notFound, taken := errors.New("not found"), errors.New("taken")
	require.NoError(t, store.Translate(nil, notFound))
	require.Equal(t, notFound, store.Translate(&ent.NotFoundError{}, notFound))
	require.Equal(t, notFound, store.Translate(fmt.Errorf("x: %w", sql.ErrNoRows), notFound))
	require.Equal(t, notFound, store.Translate(pgx.ErrNoRows, notFound))
	require.ErrorIs(t, store.Translate(sql.ErrNoRows, nil), sql.ErrNoRows)
	require.ErrorIs(t, store.Translate(&pgconn.PgError{Code: "57P01"}, notFound), errs.ErrUnavailable)

	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		_, err := s.Reader.Merchant.Get(ctx, 1)
		require.Equal(t, notFound, store.Translate(err, notFound))

		add := func(name, email string) error {
			return s.Client.Merchant.Create().SetName(name).SetEmail(email).Exec(ctx)
		}
		conflicts := store.NewConflict("merchants_email_key", taken)
		require.NoError(t, store.Translate(add("a", "a@example.com"), nil, conflicts))
		require.Equal(t, taken, store.Translate(add("b", "a@example.com"), nil, conflicts))
		err = store.Translate(add("a", "b@example.com"), nil, conflicts)
		require.Error(t, err)
		require.NotErrorIs(t, err, taken)
		require.NotErrorIs(t, err, errs.ErrUnavailable)
		require.True(t, ent.IsConstraintError(err))
	})
}

// Each unique index of one column list is told from the others, on both databases.
func TestUniqueViolation(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		insert := func(statement string, args ...any) error {
			_, err := s.Client.ExecContext(ctx, statement, args...)
			return err
		}
		order := func(id int64, number, reference string) error {
			return insert(
				`INSERT INTO orders (id, number, merchant_id, reference, fingerprint, door, status, currency, created_at,
					updated_at)
VALUES ($1, $2, 7, $3, $4, 'hub', 'pending', 'EUR', $5, $5)`, id, number, reference, []byte{1},
				"2026-01-02 03:04:05+00:00",
			)
		}
		account := func(kind string) error {
			return insert("INSERT INTO accounts (kind, currency, created_at, updated_at) VALUES ($1, 'EUR', $2, $2)",
				kind, "2026-01-02 03:04:05+00:00")
		}
		require.NoError(t, order(1, "A", "r1"))
		require.NoError(t, account("funding"))
		for index, err := range map[string]error{
			"orders_pkey":                 order(1, "B", "r2"),
			"orders_number_key":           order(2, "A", "r2"),
			"order_merchant_id_reference": order(2, "B", "r1"),
			"account_kind_currency":       account("funding"),
		} {
			require.Error(t, err, index)
			require.True(t, store.IsUniqueViolation(err), index)
			require.True(t, store.IsUniqueViolation(err, index), "%s: %v", index, err)
			require.True(t, store.IsUniqueViolation(err, "other", index), index)
			require.False(t, store.IsUniqueViolation(err, "event_merchant_id_sequence"), index)
			require.False(t, store.IsUniqueViolation(err, "no_such_index"), index)
		}
		notNull := insert("INSERT INTO accounts (kind) VALUES ('funding')")
		require.Error(t, notNull)
		require.False(t, store.IsUniqueViolation(notNull))
	})
	require.False(t, store.IsUniqueViolation(nil))
	require.False(t, store.IsUniqueViolation(errors.New("UNIQUE constraint failed: orders.id (1)")))
}

// The names by which unique indexes are known are those in the databases.
func TestUniqueIndexNames(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		query := "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%'"
		if s.Pool() == nil {
			query = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE UNIQUE%'"
		}
		handle := s.ReadDB
		rows, err := handle.Query(query)
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		known, found := ent.UniqueColumns, 0
		for rows.Next() {
			var name string
			require.NoError(t, rows.Scan(&name))
			if known[name] != "" {
				found++
			}
		}
		require.NoError(t, rows.Err())
		want := len(known)
		if s.Pool() == nil {
			want -= len(migrate.Tables) // SQLite has no name for a primary key
		}
		require.Equal(t, want, found)
	})
}
