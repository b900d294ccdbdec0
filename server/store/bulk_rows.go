package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Column is a column of a bulk write with its PostgreSQL type. A cast differs
// from the type where an array of it cannot be passed.
type Column struct {
	Name string
	Kind string
	Cast string
}

// Table describes a multi-row INSERT. Columns left out have database defaults.
type Table struct {
	Name    string
	Columns []Column
	Suffix  string // after the rows, e.g. "ON CONFLICT DO NOTHING"; "" for nothing

	once     sync.Once
	postgres string
	sqlite   [maxChunkBits + 1]string // by log2 of the number of rows
}

// maxChunkBits bounds a SQLite statement to 2^5 rows: more gain nothing.
const maxChunkBits = 5

func (t *Table) prepare() {
	t.once.Do(func() {
		names, types, values := make([]string, len(t.Columns)), make([]string, len(t.Columns)), make([]string, len(t.Columns))
		for i, c := range t.Columns {
			names[i], values[i] = c.Name, "r."+c.Name
			types[i] = fmt.Sprintf("$%d::%s[]", i+1, c.Kind)
			if c.Cast != "" {
				values[i] += "::" + c.Cast
			}
		}
		list := strings.Join(names, ", ")
		t.postgres = fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS r(%s) %s",
			t.Name, list, strings.Join(values, ", "), strings.Join(types, ", "), list, t.Suffix)
		row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.Columns)), ", ") + ")"
		for bits := range t.sqlite {
			rows := strings.TrimSuffix(strings.Repeat(row+", ", 1<<bits), ", ")
			t.sqlite[bits] = fmt.Sprintf("INSERT INTO %s (%s) VALUES %s %s", t.Name, list, rows, t.Suffix)
		}
	})
}

// Insert is rows for a table, each with one value per column.
type Insert struct {
	Table *Table
	Rows  [][]any
	// each is called once per row that a RETURNING in the table's suffix gives,
	// in no particular order; nil where there is none.
	Each func(row Scanner) error
}

func (w *Insert) Add(values ...any) { w.Rows = append(w.Rows, values) }

func (w *Insert) Empty() bool { return len(w.Rows) == 0 }

func (w *Insert) Queue(b *pgx.Batch) {
	w.Table.prepare()
	queued := b.Queue(w.Table.postgres, columnsOf(w.Rows)...)
	if w.Each != nil {
		queued.Query(func(rows pgx.Rows) error { return eachRow(rows, w.Each) })
	}
}

func (w *Insert) Execute(ctx context.Context, tx *sql.Tx) error {
	w.Table.prepare()
	rows := w.Rows
	for bits := maxChunkBits; bits >= 0; bits-- {
		for size := 1 << bits; len(rows) >= size; rows = rows[size:] {
			args := make([]any, 0, size*len(w.Table.Columns))
			for _, row := range rows[:size] {
				args = append(args, row...)
			}
			if err := w.executeChunk(ctx, tx, w.Table.sqlite[bits], args); err != nil {
				return fmt.Errorf("insert into %s: %w", w.Table.Name, err)
			}
		}
	}
	return nil
}

func (w *Insert) executeChunk(ctx context.Context, tx *sql.Tx, text string, args []any) error {
	if w.Each == nil {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	}
	rows, err := tx.QueryContext(ctx, text, args...) //nolint:rowserrcheck // eachRow looks at it
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachRow(rows, w.Each)
}

// columnsOf turns rows into one array per column.
func columnsOf(rows [][]any) []any {
	columns := make([]any, len(rows[0]))
	for i := range columns {
		values := make([]any, len(rows))
		for j, row := range rows {
			values[j] = row[i]
		}
		columns[i] = values
	}
	return columns
}

// Change describes a multi-row UPDATE by id.
type Change struct {
	Table   string
	Columns []Column // set to the row's values after its id
	Guard   string   // must hold for every row, e.g. "settled_at IS NULL"; "" for nothing

	once     sync.Once
	postgres string
	sqlite   string
}

func (c *Change) prepare() {
	c.once.Do(func() {
		names := []string{"id"}
		types := []string{"$1::bigint[]"}
		var pgSet, liteSet []string
		for i, col := range c.Columns {
			names = append(names, col.Name)
			types = append(types, fmt.Sprintf("$%d::%s[]", i+2, col.Kind))
			pgSet = append(pgSet, fmt.Sprintf("%s = r.%s", col.Name, col.Name))
			liteSet = append(liteSet, fmt.Sprintf("%s = ?%d", col.Name, i+2))
		}
		pgGuard, liteGuard := "", ""
		if c.Guard != "" {
			pgGuard, liteGuard = " AND t."+c.Guard, " AND "+c.Guard
		}
		// The check is the statement's own, for a COMMIT may follow in the same pipeline: when not every row was changed it
		// divides by zero, which undoes the transaction.
		c.postgres = fmt.Sprintf(
			"WITH changed AS (UPDATE %s AS t SET %s FROM unnest(%s) AS r(%s) WHERE t.id = r.id%s RETURNING 1)"+
				" SELECT 1 / (CASE WHEN count(*) = cardinality($1::bigint[]) THEN 1 ELSE 0 END) FROM changed", c.Table,
			strings.Join(pgSet, ", "), strings.Join(types, ", "), strings.Join(names, ", "), pgGuard,
		)
		c.sqlite = fmt.Sprintf("UPDATE %s SET %s WHERE id = ?1%s", c.Table, strings.Join(liteSet, ", "), liteGuard)
	})
}

// Update is rows for a change: an id, then a value per column. Every row must
// be found, or the whole write fails.
type Update struct {
	Change *Change
	Rows   [][]any
}

func (w *Update) Add(values ...any) { w.Rows = append(w.Rows, values) }

// Replace is add for a row that may be there already.
func (w *Update) Replace(id int64, values ...any) {
	row := append([]any{id}, values...)
	for i := range w.Rows {
		if w.Rows[i][0] == id {
			w.Rows[i] = row
			return
		}
	}
	w.Rows = append(w.Rows, row)
}

func (w *Update) Empty() bool { return len(w.Rows) == 0 }

func (w *Update) Queue(b *pgx.Batch) {
	w.Change.prepare()
	b.Queue(w.Change.postgres, columnsOf(w.Rows)...)
}

func (w *Update) Execute(ctx context.Context, tx *sql.Tx) error {
	w.Change.prepare()
	for _, row := range w.Rows {
		result, err := tx.ExecContext(ctx, w.Change.sqlite, row...)
		if err != nil {
			return fmt.Errorf("update %s: %w", w.Change.Table, err)
		}
		changed, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if err := w.check(changed, 1); err != nil {
			return err
		}
	}
	return nil
}

func (w *Update) check(changed, want int64) error {
	if changed != want {
		return fmt.Errorf("update %s: %d of %d rows are as they were read: %w", w.Change.Table, changed, want, errLostRace)
	}
	return nil
}
