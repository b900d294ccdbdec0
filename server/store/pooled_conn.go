package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// pooledConnector gives database/sql connections of a pool whose transactions begin with settings.
type pooledConnector struct {
	driver.Connector

	settings string // statements
}

func newPooledConnector(pool *pgxpool.Pool, settings string) driver.Connector {
	return pooledConnector{stdlib.GetPoolConnector(pool), settings}
}

// Connect implements driver.Connector.
func (c pooledConnector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := opened.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("%T is no connection to PostgreSQL", opened)
	}
	return pooledConn{conn, c.settings}, nil
}

// pooledConn is one connection.
type pooledConn struct {
	*stdlib.Conn

	settings string
}

// BeginTx implements driver.ConnBeginTx. The settings travel with the beginning.
func (c pooledConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if c.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	begin, err := beginText(opts)
	if err != nil {
		return nil, err
	}
	if c.settings != "" {
		begin += "; " + c.settings
	}
	tx, err := c.Conn.Conn().BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return nil, err
	}
	return pooledTx{ctx, tx}, nil
}

// PrepareContext refuses: what one connection has prepared, another would be asked for.
func (pooledConn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return nil, errors.New("statements cannot be prepared over a pooler")
}

func beginText(opts driver.TxOptions) (string, error) {
	text := "begin"
	switch level := sql.IsolationLevel(opts.Isolation); level {
	case sql.LevelDefault:
	case sql.LevelReadCommitted:
		text += " isolation level read committed"
	case sql.LevelRepeatableRead, sql.LevelSnapshot:
		text += " isolation level repeatable read"
	case sql.LevelSerializable:
		text += " isolation level serializable"
	default:
		return "", fmt.Errorf("unsupported isolation: %v", level)
	}
	if opts.ReadOnly {
		text += " read only"
	}
	return text, nil
}

// pooledTx is a transaction that ends in the context that it began in.
type pooledTx struct {
	ctx context.Context
	tx  pgx.Tx
}

// Commit implements driver.Tx.
func (t pooledTx) Commit() error { return t.tx.Commit(t.ctx) }

// Rollback implements driver.Tx.
func (t pooledTx) Rollback() error { return t.tx.Rollback(t.ctx) }
