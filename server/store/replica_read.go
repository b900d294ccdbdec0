package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"orderhub/ent"
)

// Reads are what one call reads with.
type Reads struct {
	Client *ent.Client
	Peek   Runner // of queries that only read, without locks
}

// ReadAnywhere is [DB.Anywhere] with what is read.
func ReadAnywhere[T any](
	ctx context.Context, s *DB, read func(ctx context.Context, r *Reads) (T, error),
) (found T, err error) {
	err = s.Anywhere(ctx, func(ctx context.Context, r *Reads) (err error) {
		found, err = read(ctx, r)
		return err
	})
	return found, err
}

// replicaRead is a transaction at a replica, begun below database/sql.
type replicaRead struct {
	conn    *sql.Conn
	dialect string
}

// raw uses the connection itself.
func (r *replicaRead) raw(use func(conn *pgx.Conn) error) error {
	return r.conn.Raw(func(opened any) error {
		conn, ok := opened.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("%T is no connection to PostgreSQL", opened)
		}
		return use(conn.Conn())
	})
}

// run reads and ends. An error is fn's own, about what it read.
func (r *replicaRead) run(ctx context.Context, fn func(context.Context, *Reads) error) (failure *notFresh, err error) {
	defer r.end()
	limit := replicaLimit
	if deadline, set := ctx.Deadline(); set {
		limit = min(limit, time.Until(deadline)/2)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = fn(limited, &Reads{
		Client: ent.NewClient(ent.Driver(entsql.NewDriver(r.dialect, entsql.Conn{ExecQuerier: r.conn}))),
		Peek: func(ctx context.Context, queries ...Query) error {
			return r.raw(func(conn *pgx.Conn) error { return pipeline(ctx, conn, &pgx.Batch{}, queries) })
		},
	})
	switch {
	case err == nil:
		return nil, nil
	case limited.Err() != nil:
		return &notFresh{becauseUnreachable, err}, nil
	case failsThere(err):
		return &notFresh{becauseCancelled, err}, nil
	default:
		return nil, err
	}
}

// failsThere says whether a read may go well elsewhere: the server refused it, or the connection broke.
func failsThere(err error) bool {
	var fromPostgres *pgconn.PgError
	return errors.As(err, &fromPostgres) || isLostConnection(err)
}

// endTimeout bounds the end of a transaction; a connection that is still in one is closed.
const endTimeout = time.Second

func (r *replicaRead) end() {
	_ = r.raw(func(conn *pgx.Conn) error {
		if conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
		defer cancel()
		_, err := conn.PgConn().Exec(ctx, "rollback").ReadAll()
		return err
	})
	_ = r.conn.Close()
}
