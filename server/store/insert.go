package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Table describes a multi-row INSERT. Columns left out have database defaults.
type Table[R any] struct {
	Name    string
	Columns []Column[R]
	Suffix  string // after the rows, e.g. "ON CONFLICT DO NOTHING"; "" for nothing

	once     sync.Once
	postgres string
	sqlite   [maxChunkBits + 1]string // by log2 of the number of rows
}

// maxChunkBits bounds a SQLite statement to 2^5 rows: more gain nothing.
const maxChunkBits = 5

func (t *Table[R]) prepare() {
	t.once.Do(func() {
		types, selected := make([]string, len(t.Columns)), make([]string, len(t.Columns))
		for i, c := range t.Columns {
			types[i], selected[i] = fmt.Sprintf("$%d::%s[]", i+1, c.kind), c.selected()
		}
		list := strings.Join(names(t.Columns), ", ")
		t.postgres = fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS r(%s) %s",
			t.Name, list, strings.Join(selected, ", "), strings.Join(types, ", "), list, t.Suffix)
		for bits := range t.sqlite {
			rows := placeholders(len(t.Columns), 1<<bits)
			// Whatever fails takes the transaction with it. FAIL says so, and spares SQLite a copy of every page that the
			// statement changes, to take back the rows before the one that failed.
			t.sqlite[bits] = fmt.Sprintf("INSERT OR FAIL INTO %s (%s) VALUES %s %s", t.Name, list, rows, t.Suffix)
		}
	})
}

// Insert is a list of rows for the table.
func (t *Table[R]) Insert(rows ...R) Insert[R] { return Insert[R]{table: t, rows: slices.Clip(rows)} }

// Insert is rows for a table.
type Insert[R any] struct {
	// Each is called once per row that a RETURNING in the table's suffix gives,
	// in no particular order; nil where there is none.
	Each func(row Scanner) error

	table *Table[R]
	rows  []R
}

// Add takes one more row, or several.
func (w *Insert[R]) Add(rows ...R) { w.rows = append(w.rows, rows...) }

// Rows are those taken so far.
func (w *Insert[R]) Rows() []R { return w.rows }

func (w *Insert[R]) Empty() bool { return len(w.rows) == 0 }

func (w *Insert[R]) Queue(b *pgx.Batch) {
	w.table.prepare()
	queued := b.Queue(w.table.postgres, arrays(w.table.Columns, w.rows)...)
	if w.Each != nil {
		queued.Query(func(rows pgx.Rows) error { return eachRow(rows, w.Each) })
	}
}

func (w *Insert[R]) Execute(ctx context.Context, tx *sql.Tx) error {
	w.table.prepare()
	return inChunks(w.rows, func(bits int, rows []R) error {
		if err := w.executeChunk(ctx, tx, w.table.sqlite[bits], allValues(w.table.Columns, rows)); err != nil {
			return fmt.Errorf("insert into %s: %w", w.table.Name, err)
		}
		return nil
	})
}

// inChunks gives rows to write in chunks of 1 << bits, so that few statement texts are ever prepared.
func inChunks[R any](rows []R, write func(bits int, rows []R) error) error {
	for bits := maxChunkBits; bits >= 0; bits-- {
		for size := 1 << bits; len(rows) >= size; rows = rows[size:] {
			if err := write(bits, rows[:size]); err != nil {
				return err
			}
		}
	}
	return nil
}

// placeholders are those of so many rows for SQLite.
func placeholders(columns, rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", columns), ", ") + ")"
	return strings.TrimSuffix(strings.Repeat(row+", ", rows), ", ")
}

func (w *Insert[R]) executeChunk(ctx context.Context, tx *sql.Tx, text string, args []any) error {
	if w.Each == nil {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	}
	return Rows(ctx, tx, w.Each, text, args...)
}
