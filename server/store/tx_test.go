package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/errs"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func addCategory(ctx context.Context, tx *ent.Tx, slug string) error {
	return tx.Category.Create().SetSlug(slug).SetName(slug).Exec(ctx)
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()

		require.NoError(t, s.InTx(ctx, func(tx *ent.Tx) error { return addCategory(ctx, tx, "kept") }))

		refused := errors.New("refused")
		require.ErrorIs(t, s.InTx(ctx, func(tx *ent.Tx) error {
			require.NoError(t, addCategory(ctx, tx, "undone"))
			found, err := tx.Category.Query().Count(ctx)
			require.NoError(t, err)
			require.Equal(t, 2, found, "a transaction sees its own rows")
			return refused
		}), refused)

		require.Panics(t, func() {
			_ = s.InTx(ctx, func(tx *ent.Tx) error {
				require.NoError(t, addCategory(ctx, tx, "undone"))
				panic("in a transaction")
			})
		})

		cancelled, cancel := context.WithCancel(ctx)
		require.ErrorIs(t, s.InTx(cancelled, func(tx *ent.Tx) error {
			defer cancel()
			return addCategory(ctx, tx, "undone")
		}), context.Canceled)

		slugs, err := s.Reader.Category.Query().Select("slug").Strings(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"kept"}, slugs)
	})
}

// The connection is free again after every way out of a transaction.
func TestTransactionsDoNotLeak(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s := open()
		for range 40 {
			_ = s.InTx(ctx, func(*ent.Tx) error { return errors.New("refused") })
			require.Panics(t, func() { _ = s.InTx(ctx, func(*ent.Tx) error { panic("x") }) })
		}
		write := s.WriteDB
		require.Zero(t, write.Stats().InUse)
		require.NoError(t, s.InTx(ctx, func(tx *ent.Tx) error { return addCategory(ctx, tx, "x") }))
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)()
	lost := &pgconn.PgError{Code: "40001"}
	refused := errors.New("refused")
	for _, test := range []struct {
		name     string
		errs     []error // of the attempts, the last repeated
		attempts int
		is       error
	}{
		{"at once", []error{nil}, 1, nil},
		{"another error", []error{refused}, 1, refused},
		{"unavailable", []error{&pgconn.PgError{Code: "57P01"}}, 1, errs.ErrUnavailable},
		{"the third time", []error{lost, lost, nil}, 3, nil},
		{"a race and then another error", []error{lost, refused}, 2, refused},
		{"never", []error{lost}, 8, errs.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			attempts := 0
			err := s.Retry(t.Context(), func() error {
				attempts++
				return test.errs[min(attempts, len(test.errs))-1]
			})
			require.Equal(t, test.attempts, attempts)
			if test.is == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, test.is)
			}
		})
	}
}

func TestRetryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)()
	ctx, cancel := context.WithCancel(t.Context())
	attempts := 0
	err := s.Retry(ctx, func() error {
		attempts++
		cancel()
		return &pgconn.PgError{Code: "40P01"}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, errs.ErrUnavailable)
	require.Equal(t, 1, attempts)
}

// Two transactions that lock two rows in opposite orders both end well.
func TestDeadlockIsRetried(t *testing.T) {
	t.Parallel()
	open := storetest.Postgres(t)
	ctx, s := t.Context(), open()
	for _, slug := range []string{"a", "b"} {
		require.NoError(t, s.InTx(ctx, func(tx *ent.Tx) error { return addCategory(ctx, tx, slug) }))
	}
	attempts := make(chan struct{}, 100)
	var holdsOne sync.WaitGroup // at the first attempt, both hold a row before either wants the other's
	holdsOne.Add(2)
	rename := func(first, second string) error {
		update := func(tx *ent.Tx, slug string) error {
			_, err := tx.ExecContext(ctx, "UPDATE categories SET name = name || 'x' WHERE slug = $1", slug)
			return err
		}
		met := sync.OnceFunc(func() {
			holdsOne.Done()
			holdsOne.Wait()
		})
		return s.InTx(ctx, func(tx *ent.Tx) error {
			attempts <- struct{}{}
			if err := update(tx, first); err != nil {
				return err
			}
			met()
			return update(tx, second)
		})
	}
	done := make(chan error)
	go func() { done <- rename("a", "b") }()
	go func() { done <- rename("b", "a") }()
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.Greater(t, len(attempts), 2, "the server's deadlock detection made one of them start over")
	var names []string
	require.NoError(t, s.Reader.Category.Query().Order(ent.Asc("slug")).Select("name").Scan(ctx, &names))
	require.Equal(t, []string{"axx", "bxx"}, names)
}
