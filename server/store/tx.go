package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"orderhub/ent"
)

// JobTx is an open transaction as River takes it. One of the two is set. Neither may be committed or rolled back.
type JobTx struct {
	SQLite   *sql.Tx
	Postgres pgx.Tx
}

// inTx runs fn in one transaction: committed when fn returns nil, else rolled back. fn may run several times, see retry;
// it must use tx for everything and do nothing that a rollback does not undo.
func (s *Store) inTx(ctx context.Context, fn func(tx *ent.Tx) error) error {
	return s.inJobTx(ctx, func(tx *ent.Tx, _ JobTx) error { return fn(tx) })
}

// inJobTx is inTx for a change whose consequence is a job: rows and job are committed together or not at all.
func (s *Store) inJobTx(ctx context.Context, fn func(tx *ent.Tx, jobs JobTx) error) error {
	return s.retry(ctx, func() error { return s.tryTx(ctx, fn) })
}

// tryTx runs fn in a transaction once.
func (s *Store) tryTx(ctx context.Context, fn func(*ent.Tx, JobTx) error) (err error) {
	conn, err := s.writerConn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// database/sql would roll back in a goroutine of its own when ctx ends, while River may be using the connection
	// below it. Each statement still ends with ctx, and then fn returns its error.
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
	jobs, err := s.jobTx(conn, tx)
	if err != nil {
		return err
	}
	entTx, err := ent.NewClient(ent.Driver(openTx{entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: tx})})).Tx(ctx)
	if err != nil {
		return err
	}
	if err := fn(entTx, jobs); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	finished = true
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// jobTx is River's view of tx, which runs on conn.
func (s *Store) jobTx(conn *sql.Conn, tx *sql.Tx) (JobTx, error) {
	if s.dialect == dialect.SQLite {
		return JobTx{SQLite: tx}, nil
	}
	var jobs JobTx
	err := conn.Raw(func(driverConn any) error {
		jobs.Postgres = &pgxTx{conn: driverConn.(*stdlib.Conn).Conn()}
		return nil
	})
	return jobs, err
}

// openTx is ent's driver over a transaction that has begun and is ended elsewhere.
type openTx struct{ *entsql.Driver }

// Tx is the same transaction.
func (d openTx) Tx(context.Context) (dialect.Tx, error) { return d, nil }

// Commit does nothing: tryTx commits.
func (openTx) Commit() error { return nil }

// Rollback does nothing: tryTx rolls back.
func (openTx) Rollback() error { return nil }
