package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// column is a column of a bulk write with its PostgreSQL type. A cast differs
// from the type where an array of it cannot be passed.
type column struct {
	name string
	kind string
	cast string
}

// table describes a multi-row INSERT. Columns left out have database defaults.
type table struct {
	name    string
	columns []column
	suffix  string // after the rows, e.g. "ON CONFLICT DO NOTHING"; "" for nothing

	once     sync.Once
	postgres string
	sqlite   [maxChunkBits + 1]string // by log2 of the number of rows
}

// maxChunkBits bounds a SQLite statement to 2^5 rows: more gain nothing.
const maxChunkBits = 5

func (t *table) prepare() {
	t.once.Do(func() {
		names, types, values := make([]string, len(t.columns)), make([]string, len(t.columns)), make([]string, len(t.columns))
		for i, c := range t.columns {
			names[i], values[i] = c.name, "r."+c.name
			types[i] = fmt.Sprintf("$%d::%s[]", i+1, c.kind)
			if c.cast != "" {
				values[i] += "::" + c.cast
			}
		}
		list := strings.Join(names, ", ")
		t.postgres = fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS r(%s) %s",
			t.name, list, strings.Join(values, ", "), strings.Join(types, ", "), list, t.suffix)
		row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ") + ")"
		for bits := range t.sqlite {
			rows := strings.TrimSuffix(strings.Repeat(row+", ", 1<<bits), ", ")
			t.sqlite[bits] = fmt.Sprintf("INSERT INTO %s (%s) VALUES %s %s", t.name, list, rows, t.suffix)
		}
	})
}

// insert is rows for a table, each with one value per column.
type insert struct {
	table *table
	rows  [][]any
	// each is called once per row that a RETURNING in the table's suffix gives,
	// in no particular order; nil where there is none.
	each func(row scanner) error
}

func (w *insert) add(values ...any) { w.rows = append(w.rows, values) }

func (w *insert) empty() bool { return len(w.rows) == 0 }

func (w *insert) queue(b *pgx.Batch) {
	w.table.prepare()
	queued := b.Queue(w.table.postgres, columnsOf(w.rows)...)
	if w.each != nil {
		queued.Query(func(rows pgx.Rows) error { return eachRow(rows, w.each) })
	}
}

func (w *insert) execute(ctx context.Context, tx *sql.Tx) error {
	w.table.prepare()
	rows := w.rows
	for bits := maxChunkBits; bits >= 0; bits-- {
		for size := 1 << bits; len(rows) >= size; rows = rows[size:] {
			args := make([]any, 0, size*len(w.table.columns))
			for _, row := range rows[:size] {
				args = append(args, row...)
			}
			if err := w.executeChunk(ctx, tx, w.table.sqlite[bits], args); err != nil {
				return fmt.Errorf("insert into %s: %w", w.table.name, err)
			}
		}
	}
	return nil
}

func (w *insert) executeChunk(ctx context.Context, tx *sql.Tx, text string, args []any) error {
	if w.each == nil {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	}
	rows, err := tx.QueryContext(ctx, text, args...) //nolint:rowserrcheck // eachRow looks at it
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachRow(rows, w.each)
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

// change describes a multi-row UPDATE by id.
type change struct {
	table   string
	columns []column // set to the row's values after its id
	guard   string   // must hold for every row, e.g. "settled_at IS NULL"; "" for nothing

	once     sync.Once
	postgres string
	sqlite   string
}

func (c *change) prepare() {
	c.once.Do(func() {
		names := []string{"id"}
		types := []string{"$1::bigint[]"}
		var pgSet, liteSet []string
		for i, col := range c.columns {
			names = append(names, col.name)
			types = append(types, fmt.Sprintf("$%d::%s[]", i+2, col.kind))
			pgSet = append(pgSet, fmt.Sprintf("%s = r.%s", col.name, col.name))
			liteSet = append(liteSet, fmt.Sprintf("%s = ?%d", col.name, i+2))
		}
		pgGuard, liteGuard := "", ""
		if c.guard != "" {
			pgGuard, liteGuard = " AND t."+c.guard, " AND "+c.guard
		}
		// The check is the statement's own, for a COMMIT may follow in the same pipeline: when not every row was changed it
		// divides by zero, which undoes the transaction.
		c.postgres = fmt.Sprintf(
			"WITH changed AS (UPDATE %s AS t SET %s FROM unnest(%s) AS r(%s) WHERE t.id = r.id%s RETURNING 1)"+
				" SELECT 1 / (CASE WHEN count(*) = cardinality($1::bigint[]) THEN 1 ELSE 0 END) FROM changed", c.table,
			strings.Join(pgSet, ", "), strings.Join(types, ", "), strings.Join(names, ", "), pgGuard,
		)
		c.sqlite = fmt.Sprintf("UPDATE %s SET %s WHERE id = ?1%s", c.table, strings.Join(liteSet, ", "), liteGuard)
	})
}

// update is rows for a change: an id, then a value per column. Every row must
// be found, or the whole write fails.
type update struct {
	change *change
	rows   [][]any
}

func (w *update) add(values ...any) { w.rows = append(w.rows, values) }

// replace is add for a row that may be there already.
func (w *update) replace(id int64, values ...any) {
	row := append([]any{id}, values...)
	for i := range w.rows {
		if w.rows[i][0] == id {
			w.rows[i] = row
			return
		}
	}
	w.rows = append(w.rows, row)
}

func (w *update) empty() bool { return len(w.rows) == 0 }

func (w *update) queue(b *pgx.Batch) {
	w.change.prepare()
	b.Queue(w.change.postgres, columnsOf(w.rows)...)
}

func (w *update) execute(ctx context.Context, tx *sql.Tx) error {
	w.change.prepare()
	for _, row := range w.rows {
		result, err := tx.ExecContext(ctx, w.change.sqlite, row...)
		if err != nil {
			return fmt.Errorf("update %s: %w", w.change.table, err)
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

func (w *update) check(changed, want int64) error {
	if changed != want {
		return fmt.Errorf("update %s: %d of %d rows are as they were read: %w", w.change.table, changed, want, errLostRace)
	}
	return nil
}
