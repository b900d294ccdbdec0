package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errNotOwner is returned to whoever tries to end a transaction that it did not begin.
var errNotOwner = errors.New("the transaction is ended by who began it")

// pgxTx is a transaction that database/sql began, for callers that want pgx's. Begin makes a savepoint.
type pgxTx struct {
	conn   *pgx.Conn
	parent *pgxTx // nil for the transaction itself
	depth  int    // of savepoints; their names follow from it
	ended  bool
}

// Begin makes a savepoint and returns the part of the transaction after it.
func (t *pgxTx) Begin(ctx context.Context) (pgx.Tx, error) {
	inner := &pgxTx{conn: t.conn, parent: t, depth: t.depth + 1}
	if _, err := t.conn.Exec(ctx, "SAVEPOINT "+inner.name()); err != nil {
		return nil, err
	}
	return inner, nil
}

// Commit keeps what was done since the savepoint.
func (t *pgxTx) Commit(ctx context.Context) error { return t.end(ctx, "RELEASE SAVEPOINT ") }

// Rollback undoes what was done since the savepoint.
func (t *pgxTx) Rollback(ctx context.Context) error { return t.end(ctx, "ROLLBACK TO SAVEPOINT ") }

func (t *pgxTx) end(ctx context.Context, verb string) error {
	switch {
	case t.parent == nil:
		return errNotOwner
	case t.ended:
		return pgx.ErrTxClosed
	}
	t.ended = true
	_, err := t.conn.Exec(ctx, verb+t.name())
	return err
}

func (t *pgxTx) name() string { return fmt.Sprintf("nested_%d", t.depth) }

func (t *pgxTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return t.conn.CopyFrom(ctx, table, columns, rows)
}

func (t *pgxTx) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	return t.conn.SendBatch(ctx, batch)
}

func (t *pgxTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

func (t *pgxTx) Prepare(ctx context.Context, name, query string) (*pgconn.StatementDescription, error) {
	return t.conn.Prepare(ctx, name, query)
}

func (t *pgxTx) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return t.conn.Exec(ctx, query, args...)
}

func (t *pgxTx) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return t.conn.Query(ctx, query, args...)
}

func (t *pgxTx) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return t.conn.QueryRow(ctx, query, args...)
}

func (t *pgxTx) Conn() *pgx.Conn { return t.conn }
