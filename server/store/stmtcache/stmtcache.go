// Package stmtcache keeps SQLite's prepared statements. modernc.org/sqlite compiles the text of every Exec and Query
// anew, which costs more than running a short statement; ent and River send the same texts over and over. The cache
// sits on the connection, below database/sql, so that neither of them knows about it.
//
// A statement that outlives a change of the schema is compiled again by SQLite itself.
package stmtcache

import (
	"container/list"
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// longest text that is kept, in bytes: together with the number of statements it bounds the memory of a connection.
const longest = 64 << 10

// Wrap returns a connector whose connections keep up to size statements each, the least recently used going first.
// Instants are bound in UTC with microseconds, as PostgreSQL would keep them: SQLite compares them as text.
func Wrap(connector driver.Connector, size int) driver.Connector {
	return cachingConnector{connector, size}
}

type cachingConnector struct {
	driver.Connector
	size int
}

// Connect opens a connection with an empty cache.
func (c cachingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := opened.(innerConn)
	if !ok {
		return nil, fmt.Errorf("%T cannot keep statements", opened)
	}
	return &conn{innerConn: inner, size: c.size, free: map[string]*list.Element{}, recent: list.New()}, nil
}

// innerConn is what SQLite's connection offers; all of it passes through unless conn says otherwise.
type innerConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// innerStmt is what SQLite's statement offers.
type innerStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// innerRows is what SQLite's rows offer.
type innerRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// conn is one connection with its statements. database/sql lets one goroutine at a time use it and its rows.
type conn struct {
	innerConn

	instant time.Time    // the last that was bound
	written driver.Value // and its text; nil before there is one
	size    int
	free    map[string]*list.Element // of *statement, by text; a statement in use is in neither
	recent  *list.List               // the same statements, the most recently used first
	closed  bool
}

// statement is a prepared statement and its text.
type statement struct {
	query string
	stmt  innerStmt
}

// ExecContext runs a statement from the cache.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !cacheable(query) {
		return c.innerConn.ExecContext(ctx, query, args)
	}
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.stmt.ExecContext(ctx, args)
	return result, c.giveBack(s, err)
}

// QueryContext runs a statement from the cache; it returns there when the rows are closed.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !cacheable(query) {
		return c.innerConn.QueryContext(ctx, query, args)
	}
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	opened, err := s.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, c.giveBack(s, err)
	}
	inner, ok := opened.(innerRows)
	if !ok {
		_ = opened.Close()
		return nil, c.giveBack(s, fmt.Errorf("%T cannot keep statements", opened))
	}
	return &rows{innerRows: inner, conn: c, statement: s}, nil
}

// timeFormat is what the driver writes with _time_format=sqlite.
const timeFormat = "2006-01-02 15:04:05.999999999-07:00"

// CheckNamedValue converts an argument as database/sql would, and instants to UTC with microseconds. A transaction
// writes one and the same instant many times.
func (c *conn) CheckNamedValue(value *driver.NamedValue) error {
	converted, err := driver.DefaultParameterConverter.ConvertValue(value.Value)
	if err != nil {
		return err
	}
	if instant, ok := converted.(time.Time); ok {
		if c.written == nil || !instant.Equal(c.instant) {
			c.instant, c.written = instant, instant.UTC().Truncate(time.Microsecond).Format(timeFormat)
		}
		converted = c.written
	}
	value.Value = converted
	return nil
}

// Close closes the statements and the connection.
func (c *conn) Close() error {
	c.closed = true
	for element := c.recent.Front(); element != nil; element = element.Next() {
		_ = element.Value.(*statement).stmt.Close()
	}
	c.recent.Init()
	clear(c.free)
	return c.innerConn.Close()
}

// prepared removes a statement from the cache, or prepares it. A text that runs while its rows are still being read
// elsewhere in the same transaction thus gets a second statement.
func (c *conn) prepared(ctx context.Context, query string) (*statement, error) {
	if element, ok := c.free[query]; ok {
		delete(c.free, query)
		return c.recent.Remove(element).(*statement), nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	inner, ok := prepared.(innerStmt)
	if !ok {
		_ = prepared.Close()
		return nil, fmt.Errorf("%T cannot be kept", prepared)
	}
	return &statement{query: query, stmt: inner}, nil
}

// giveBack puts a statement that is no longer in use into the cache and returns the error of its use. After an error it
// is closed instead: nothing is assumed about the state that a failed statement is in.
func (c *conn) giveBack(s *statement, err error) error {
	if _, double := c.free[s.query]; err != nil || double || c.closed {
		_ = s.stmt.Close() // repeats the error of the use, if it has one
		return err
	}
	c.free[s.query] = c.recent.PushFront(s)
	if c.recent.Len() <= c.size {
		return nil
	}
	oldest := c.recent.Remove(c.recent.Back()).(*statement)
	delete(c.free, oldest.query)
	return oldest.stmt.Close()
}

// rows are the rows of a statement from the cache.
type rows struct {
	innerRows
	conn      *conn
	statement *statement // nil once closed
}

// Close ends the reading and gives the statement back.
func (r *rows) Close() error {
	if r.statement == nil {
		return nil
	}
	s := r.statement
	r.statement = nil
	return r.conn.giveBack(s, r.innerRows.Close())
}

// cacheable says whether query is a statement that is worth keeping: one that reads or writes rows. The rest (PRAGMA,
// BEGIN, CREATE and the like) is rare, and some of it changes what a kept statement would mean.
func cacheable(query string) bool {
	if len(query) > longest {
		return false
	}
	verb := firstWord(query)
	for _, known := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE"} {
		if strings.EqualFold(verb, known) {
			return true
		}
	}
	return false
}

// firstWord is the first word of query after white space and comments.
func firstWord(query string) string {
	const space = " \t\r\n"
	for {
		query = strings.TrimLeft(query, space)
		var found bool
		switch {
		case strings.HasPrefix(query, "--"):
			_, query, found = strings.Cut(query, "\n")
		case strings.HasPrefix(query, "/*"):
			_, query, found = strings.Cut(query, "*/")
		default:
			if end := strings.IndexAny(query, space+"(*"); end >= 0 {
				return query[:end]
			}
			return query
		}
		if !found {
			return ""
		}
	}
}
