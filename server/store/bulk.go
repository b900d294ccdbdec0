package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// The hot path (placement and settlement) is hand-written SQL in few round
// trips: on PostgreSQL every group of statements travels as one pipeline, and a
// batch of rows is one statement over arrays; on SQLite, where a statement
// costs no round trip, rows go in chunks whose sizes are powers of two, so that
// few statement texts are ever prepared.

// Statement is one query in both databases' words. Parameters are $1, $2 … in
// both; a list is one parameter: an array on PostgreSQL, JSON on SQLite.
type Statement struct {
	Postgres string
	SQLite   string
}

// Same is a statement whose text is the same for both.
func Same(text string) Statement { return Statement{Postgres: text, SQLite: text} }

// FromPostgres is a statement in PostgreSQL's words. SQLite's are the same but where lists and [Pairs] are given,
// without locks of rows, and without transactions that are open, of which it has none when others read. It panics where
// words are left that SQLite does not know: statements are made as the program starts, so that no such one is met
// later.
func FromPostgres(text string) Statement {
	both := Statement{Postgres: text, SQLite: withoutArrays(text)}
	for _, word := range postgresWords {
		both.SQLite = word.postgres.ReplaceAllString(both.SQLite, word.sqlite)
	}
	if left := postgresAlone.FindString(both.SQLite); left != "" {
		panic(fmt.Sprintf("store: SQLite does not know %q in %s", left, both.SQLite))
	}
	return both
}

// withoutArrays makes IN (SELECT …) of = ANY(ARRAY(SELECT …)).
func withoutArrays(text string) string {
	before, rest, _ := strings.Cut(text, "= ANY(ARRAY(")
	depth := 0
	for i := range rest {
		switch rest[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return before + "IN (" + withoutArrays(rest[:i]) + withoutArrays(rest[i+1:])
			}
		}
	}
	return text
}

// postgresAlone are words of lists that have no counterpart in SQLite.
var postgresAlone = regexp.MustCompile(`\bANY\s*\(|\bALL\s*\(\$|\b(unnest|cardinality)\s*\(|::\w+\[\]`)

var postgresWords = []struct {
	postgres *regexp.Regexp
	sqlite   string
}{
	{regexp.MustCompile(`=\s+ANY\((\$\d+)::\w+\[\]\)`), `IN (SELECT value FROM json_each($1))`},
	{regexp.MustCompile(`<>\s+ALL\((\$\d+)::\w+\[\]\)`), `NOT IN (SELECT value FROM json_each($1))`},
	{regexp.MustCompile(`cardinality\((\$\d+)::\w+\[\]\) = 0`), `$1 = '[]'`},
	{
		regexp.MustCompile(`SELECT \* FROM unnest\((\$\d+)::bigint\[\], \$\d+::text\[\]\)`),
		`SELECT value ->> 0, value ->> 1 FROM json_each($1)`,
	},
	{regexp.MustCompile(`unnest\((\$\d+)::bigint\[\], \$\d+::text\[\]\) AS pair\(id, text\)`), `json_each($1) AS pair`},
	{regexp.MustCompile(`\bpair\.id\b`), `pair.value ->> 0`},
	{regexp.MustCompile(`\bpair\.text\b`), `pair.value ->> 1`},
	{regexp.MustCompile(`unnest\((\$\d+)::\w+\[\]\) AS list\(value\)`), `json_each($1) AS list`},
	{regexp.MustCompile(`decode\(([\w.>\- ]+), 'hex'\)`), `unhex($1)`},
	// As River has instants.
	{regexp.MustCompile(`to_timestamp\((\$\d+)\)`), `strftime('%Y-%m-%d %H:%M:%S', $1, 'unixepoch')`},
	{regexp.MustCompile(`\s+AND [\w.]+ < pg_snapshot_xmin\(pg_current_snapshot\(\)\)::text::bigint`), ``},
	{regexp.MustCompile(`\s+FOR (NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)( OF \w+)?( SKIP LOCKED)?\b`), ``},
}

// Locked adds PostgreSQL's row lock. SQLite needs none: its one writer holds the
// database.
func (s Statement) Locked(clause string) Statement {
	s.Postgres += clause
	return s
}

// Query is a statement of a pipeline that gives rows: one that reads, or that
// changes rows and returns them. Each is called once per row.
type Query struct {
	Statement Statement
	Args      []any
	Each      func(row Scanner) error
}

// Runner runs queries, in a transaction or outside of one.
type Runner func(ctx context.Context, queries ...Query) error

// NewQuery is a query whose rows are given to each.
func NewQuery(s Statement, args []any, each func(row Scanner) error) Query {
	return Query{s, args, each}
}

// Pairs are two lists of one length that belong together: two arrays on
// PostgreSQL, one JSON array of two-element arrays on SQLite, where matching the
// entries of two lists would take time quadratic in their length.
type Pairs struct {
	IDs   []int64
	texts []string
}

func (p *Pairs) Add(id int64, text string) {
	p.IDs, p.texts = append(p.IDs, id), append(p.texts, text)
}

// MarshalJSON is for SQLite's json_each.
func (p *Pairs) MarshalJSON() ([]byte, error) {
	list := make([][2]any, len(p.IDs))
	for i := range list {
		list[i] = [2]any{p.IDs[i], p.texts[i]}
	}
	return json.Marshal(list)
}

// Scanner is a row of either database. Both give instants in UTC.
type Scanner interface{ Scan(dest ...any) error }

// Write is one change of a pipeline.
type Write interface {
	// Empty writes are left out.
	Empty() bool
	Queue(b *pgx.Batch)
	Execute(ctx context.Context, tx *sql.Tx) error
}

// BulkTx is a transaction of the hot path.
type BulkTx interface {
	Query(ctx context.Context, queries ...Query) error
	Write(ctx context.Context, writes ...Write) error
	// Commit writes and commits: nothing may follow. Its error may leave open
	// whether the transaction is durable, as that of any commit.
	Commit(ctx context.Context, writes ...Write) error
	// Enqueue inserts jobs.
	Enqueue(ctx context.Context, jobs ...Queued) error
	// Announce tells who watches these merchants' logs, once everything is
	// committed.
	Announce(merchantIDs ...int64)
}

// announcement is what a transaction announces.
type announcement struct{ merchantIDs []int64 }

func (a *announcement) Announce(merchantIDs ...int64) {
	a.merchantIDs = append(a.merchantIDs, merchantIDs...)
}

// Bulk runs fn in one transaction and retries it while the database only lost
// a race. fn may run several times and must not keep anything from one run in
// the next.
func (s *DB) Bulk(ctx context.Context, fn func(tx BulkTx) error) error {
	// Not inside: transactions that each hold a connection and wait for another
	// one could wait for ever.
	if !s.Ledger.read.Load() {
		if err := s.Ledger.learnRevenue(ctx); err != nil {
			return err
		}
	}
	return s.Retry(ctx, func() error {
		if s.pool != nil {
			return s.bulkPostgres(ctx, fn)
		}
		return s.bulkSQLite(ctx, fn)
	})
}

// rollbackTimeout bounds the wait for a rollback; a connection that does not
// answer is closed, which is one too.
const rollbackTimeout = 5 * time.Second

// bulkPostgres begins with the first pipeline and, where fn calls Commit, commits with
// the last one: for a single order round trips are most of the time.
func (s *DB) bulkPostgres(ctx context.Context, fn func(tx BulkTx) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Release() // closes a connection that is still in a transaction
	tx := &postgresTx{conn: conn.Conn(), store: s, changes: begun(ctx)}
	if err := fn(tx); err != nil {
		rollBack(ctx, tx.conn)
		return err
	}
	if !tx.commitSent && (tx.begun || len(tx.last) > 0) {
		if err := tx.Commit(ctx); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	tx.recorded()
	s.committed(tx.merchantIDs)
	return nil
}

func (s *DB) bulkSQLite(ctx context.Context, fn func(tx BulkTx) error) error {
	tx, end, err := s.beginSQLite(ctx)
	if err != nil {
		return err
	}
	defer end()
	bulk := &sqliteTx{queryer: tx, tx: tx, store: s, changes: begun(ctx)}
	if err := fn(bulk); err != nil {
		return err
	}
	if bulk.due() {
		if err := s.Vault.record(ctx, bulk.act, (&sqliteTx{queryer: tx}).Query); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	bulk.recorded()
	if bulk.enqueued {
		s.jobs.notify()
	}
	s.committed(bulk.merchantIDs)
	return nil
}

// Peek runs queries that only read, outside of a transaction and without locks.
func (s *DB) Peek(ctx context.Context, queries ...Query) error {
	if s.pool != nil {
		return pipeline(ctx, s.pool, &pgx.Batch{}, queries)
	}
	return (&sqliteTx{queryer: s.ReadDB}).Query(ctx, queries...)
}

// planOnce makes PostgreSQL keep the plans of the hot path until the end of the
// transaction that says so. Left alone it plans every list anew, because it
// supposes that a list it does not see is longer than the one it has: for a
// single order that takes as long as running the statements. What is kept must
// also be right for a table that has grown since, hence by index only.
const planOnce = `SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan',
	'off', true),
	set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`

// postgresTx sends each group of statements in one round trip.
type postgresTx struct {
	announcement
	changes

	conn       *pgx.Conn
	store      *DB
	begun      bool // BEGIN and the settings were sent
	commitSent bool // COMMIT was sent

	last []Write // goes into the last pipeline
}

// batch is an empty pipeline; the transaction's first one begins it.
func (t *postgresTx) batch() *pgx.Batch {
	batch := &pgx.Batch{}
	if !t.begun {
		batch.Queue("begin")
		batch.Queue(t.store.bulkSettings)
		t.begun = true
	}
	return batch
}

// rollBack ends the transaction that a connection is in, if it is in one.
func rollBack(ctx context.Context, conn *pgx.Conn) {
	if conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_, _ = conn.Exec(ctx, "rollback") // the connection is closed if it fails
}

func (t *postgresTx) Query(ctx context.Context, queries ...Query) error {
	if len(queries) == 0 {
		return nil
	}
	for i := range queries {
		t.runs(queries[i].Statement.Postgres)
	}
	return pipeline(ctx, t.conn, t.batch(), queries)
}

type batchSender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

func pipeline(ctx context.Context, conn batchSender, batch *pgx.Batch, queries []Query) error {
	queue(batch, queries)
	return conn.SendBatch(ctx, batch).Close()
}

func queue(batch *pgx.Batch, queries []Query) {
	for _, q := range queries {
		batch.Queue(q.Statement.Postgres, postgresArgs(q.Args)...).Query(
			func(rows pgx.Rows) error { return eachRow(rows, q.Each) },
		)
	}
}

func (t *postgresTx) Write(ctx context.Context, writes ...Write) error {
	writes = slices.DeleteFunc(writes, Write.Empty)
	if len(writes) == 0 {
		return nil
	}
	t.wrote = true
	batch := t.batch()
	for _, w := range writes {
		w.Queue(batch)
	}
	return t.conn.SendBatch(ctx, batch).Close()
}

func (t *postgresTx) Commit(ctx context.Context, writes ...Write) error {
	writes = slices.DeleteFunc(append(writes, t.last...), Write.Empty)
	if t.wrote = t.wrote || len(writes) > 0; t.due() {
		return t.commitRecorded(ctx, writes)
	}
	batch := t.batch()
	for _, w := range writes {
		w.Queue(batch)
	}
	batch.Queue("commit")
	t.commitSent = true
	return t.conn.SendBatch(ctx, batch).Close()
}

// commitRecorded commits with the entry of the act, for which what is written goes ahead: it takes more round trips.
func (t *postgresTx) commitRecorded(ctx context.Context, writes []Write) error {
	if err := t.Write(ctx, writes...); err != nil {
		return err
	}
	if err := t.store.Vault.record(ctx, t.act, t.Query); err != nil {
		return err
	}
	t.commitSent = true
	_, err := t.conn.Exec(ctx, "commit")
	return err
}

func (t *postgresTx) Enqueue(_ context.Context, jobs ...Queued) error {
	rows, err := t.store.jobs.rows(jobs)
	t.last = append(t.last, rows...)
	return err
}

// postgresArgs turns pairs into two arrays.
func postgresArgs(args []any) []any {
	spread := make([]any, 0, len(args)+1)
	for _, arg := range args {
		if p, ok := arg.(*Pairs); ok {
			spread = append(spread, p.IDs, p.texts)
		} else {
			spread = append(spread, arg)
		}
	}
	return spread
}
