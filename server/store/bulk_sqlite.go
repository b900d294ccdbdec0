package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"sync"
)

// sqliteTx runs statements one after the other: there is no round trip to save.
// A context counts between statements but not within one: each is over in a
// moment, and the driver would start a goroutine for each that can be cancelled.
type sqliteTx struct {
	announcement
	changes

	queryer  rowsQueryer
	tx       *sql.Tx
	store    *DB
	enqueued bool // there are jobs among what it writes
}

func (t *sqliteTx) Query(ctx context.Context, queries ...Query) error {
	whole := context.WithoutCancel(ctx)
	for _, q := range queries {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.runs(q.Statement.SQLite)
		if err := t.queryOne(whole, q); err != nil {
			return err
		}
	}
	return nil
}

func (t *sqliteTx) queryOne(ctx context.Context, q Query) error {
	args := make([]any, len(q.Args))
	for i, arg := range q.Args {
		args[i] = sqliteArg(arg)
	}
	return Rows(ctx, t.queryer, q.Each, sqliteText(q.Statement.SQLite), args...)
}

func (t *sqliteTx) Write(ctx context.Context, writes ...Write) error {
	whole := context.WithoutCancel(ctx)
	for _, w := range writes {
		if w.Empty() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		t.wrote = true
		if err := w.Execute(whole, t.tx); err != nil {
			return err
		}
	}
	return nil
}

// Commit leaves it to bulkSQLite: there is no round trip to save.
func (t *sqliteTx) Commit(ctx context.Context, writes ...Write) error { return t.Write(ctx, writes...) }

func (t *sqliteTx) Enqueue(ctx context.Context, jobs ...Queued) error {
	if len(jobs) == 0 {
		return nil
	}
	t.enqueued = true
	rows, err := t.store.jobs.rows(jobs)
	if err != nil {
		return err
	}
	return t.Write(ctx, rows...)
}

// sqliteArg turns a list into JSON, which json_each takes apart again.
func sqliteArg(arg any) any {
	switch list := arg.(type) {
	case []int64, []string, *Pairs:
		return toJSON(list)
	default:
		return arg
	}
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("store: a list of numbers or strings cannot fail to marshal: " + err.Error())
	}
	return string(b)
}

var sqliteTexts sync.Map // text with $1 to text with ?1

// sqliteText writes parameters as SQLite counts them.
func sqliteText(text string) string {
	if cached, ok := sqliteTexts.Load(text); ok {
		return cached.(string)
	}
	converted := strings.ReplaceAll(text, "$", "?")
	sqliteTexts.Store(text, converted)
	return converted
}
