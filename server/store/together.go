package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Agreeing are reads that see the database at one moment.
type Agreeing interface {
	// Query runs queries in one round trip.
	Query(ctx context.Context, queries ...Query) error
	// Last is Query, after which nothing may follow: it spares a round trip.
	Last(ctx context.Context, queries ...Query) error
}

// Together runs reads that agree with each other, at a replica where [DB.Anywhere] would. fn may run several times, and
// must start over each time.
func (s *DB) Together(ctx context.Context, fn func(ctx context.Context, reads Agreeing) error) error {
	done, err := s.replicas.serve(ctx, func(ctx context.Context, r *Reads) error { return fn(ctx, atReplica{r}) })
	if done {
		return err
	}
	return s.Retry(ctx, func() error {
		if s.pool != nil {
			return s.togetherPostgres(ctx, fn)
		}
		return s.togetherSQLite(ctx, fn)
	})
}

// atReplica reads in the transaction that is open there.
type atReplica struct{ reads *Reads }

func (r atReplica) Query(ctx context.Context, queries ...Query) error {
	return r.reads.Peek(ctx, queries...)
}

func (r atReplica) Last(ctx context.Context, queries ...Query) error {
	return r.reads.Peek(ctx, queries...)
}

// readTx is a transaction that begins with the first pipeline and ends with the last: for one order round trips are
// most of the time.
type readTx struct {
	conn         *pgxpool.Conn
	settings     string // columns of a SELECT that set what a pooler does not know; "" for none
	begun, ended bool
}

func (s *DB) togetherPostgres(ctx context.Context, fn func(context.Context, Agreeing) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer conn.Release() // closes a connection that is still in a transaction
	r := &readTx{conn: conn, settings: s.txSettings.selected()}
	err = fn(ctx, r)
	if !r.ended {
		rollBack(ctx, conn.Conn())
	}
	return err
}

func (r *readTx) Query(ctx context.Context, queries ...Query) error {
	return pipeline(ctx, r.conn, r.batch(), queries)
}

func (r *readTx) Last(ctx context.Context, queries ...Query) error {
	batch := r.batch()
	queue(batch, queries)
	batch.Queue("commit")
	err := r.conn.SendBatch(ctx, batch).Close()
	r.ended = err == nil
	return err
}

// batch is an empty pipeline; the first one begins the transaction.
func (r *readTx) batch() *pgx.Batch {
	batch := &pgx.Batch{}
	if !r.begun {
		batch.Queue("begin isolation level repeatable read read only")
		if r.settings != "" {
			batch.Queue("SELECT true" + r.settings)
		}
		r.begun = true
	}
	return batch
}

func (s *DB) togetherSQLite(ctx context.Context, fn func(context.Context, Agreeing) error) error {
	conn, err := s.ReadDB.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer func() { _ = conn.Close() }() // gives it back
	// database/sql would roll back in a goroutine of its own when ctx ends, while a statement may still run.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return fn(ctx, &sqliteTx{queryer: tx})
}

// Last implements Agreeing.
func (t *sqliteTx) Last(ctx context.Context, queries ...Query) error { return t.Query(ctx, queries...) }
