package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"orderhub/ent"
	"orderhub/server/clock"
)

// InTx runs fn in one transaction: committed when fn returns nil, else rolled back. fn may run several times, see
// retry; it must use tx for everything and do nothing that a rollback does not undo.
func (s *DB) InTx(ctx context.Context, fn func(tx *ent.Tx) error) error {
	return s.Retry(ctx, func() error { return s.tryTx(ctx, fn) })
}

// OnceInTx runs fn in a transaction of database/sql once: committed when fn returns nil, else rolled back.
func (s *DB) OnceInTx(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.WriteDB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Execute runs a statement in a transaction of [DB.InTx].
func (s *DB) Execute(ctx context.Context, tx *ent.Tx, statement Statement, args ...any) error {
	text := statement.Postgres
	if s.dialect == dialect.SQLite {
		text = sqliteText(statement.SQLite)
	}
	_, err := tx.ExecContext(ctx, text, args...)
	return err
}

// tryTx runs fn in a transaction once.
func (s *DB) tryTx(ctx context.Context, fn func(*ent.Tx) error) (err error) {
	conn, err := s.writerConn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// database/sql would roll back in a goroutine of its own when ctx ends, while a statement may still run. Each
	// statement still ends with ctx, and then fn returns its error.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	finished := false
	defer func() {
		if !finished {
			_ = tx.Rollback() // after an error or a panic of fn, which says more
		}
	}()
	open := openTx{entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: tx}), new(begun(ctx))}
	entTx, err := ent.NewClient(ent.Driver(open)).Tx(ctx)
	if err != nil {
		return err
	}
	if err := fn(entTx); err != nil {
		return err
	}
	if open.changes.due() {
		if err := s.Vault.record(ctx, open.changes.act, onSQL(s.dialect, tx)); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	finished = true
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	open.changes.recorded()
	return nil
}

// openTx is ent's driver over a transaction that has begun and is ended elsewhere.
type openTx struct {
	*entsql.Driver

	changes *changes
}

// Exec implements dialect.ExecQuerier.
func (d openTx) Exec(ctx context.Context, query string, args, v any) error {
	d.changes.runs(query)
	return d.Driver.Exec(ctx, query, args, v)
}

// Query implements dialect.ExecQuerier.
func (d openTx) Query(ctx context.Context, query string, args, v any) error {
	d.changes.runs(query)
	return d.Driver.Query(ctx, query, args, v)
}

// ExecContext is Exec for statements that ent did not make.
func (d openTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	d.changes.runs(query)
	return d.Driver.ExecContext(ctx, query, args...)
}

// Tx is the same transaction.
func (d openTx) Tx(context.Context) (dialect.Tx, error) { return d, nil }

// Commit does nothing: tryTx commits.
func (openTx) Commit() error { return nil }

// Rollback does nothing: tryTx rolls back.
func (openTx) Rollback() error { return nil }

// Snapshot runs reads that must agree with each other: they all see the
// database at one moment.
func (s *DB) Snapshot(ctx context.Context, fn func(c *ent.Client) error) error {
	return s.Retry(ctx, func() error {
		options := &sql.TxOptions{ReadOnly: true}
		if s.dialect == dialect.Postgres {
			options.Isolation = sql.LevelRepeatableRead
		}
		tx, err := s.Reader.BeginTx(ctx, options)
		if err != nil {
			return fmt.Errorf("begin reading: %w", err)
		}
		defer func() { _ = tx.Rollback() }() // nothing was written
		return fn(tx.Client())
	})
}

// longestPause is the longest time between two looks of a process that waits for SQLite's lock.
const longestPause = 100 * time.Millisecond

// LetOthersWrite waits between two long writes. SQLite's lock has no queue: another process that waits for it looks
// every now and then, and would hardly ever find it free.
func (s *DB) LetOthersWrite(ctx context.Context, took time.Duration) {
	if s.dialect != dialect.SQLite {
		return
	}
	_ = clock.Sleep(ctx, min(took/2, longestPause)) // the next statement says that ctx has ended
}
