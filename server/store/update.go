package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Change describes a multi-row UPDATE by id.
type Change[R any] struct {
	Table   string
	ID      func(*R) int64 // of the row to change
	Columns []Column[R]
	Guard   string // must hold for every row, e.g. "settled_at IS NULL"; "" for nothing

	once     sync.Once
	columns  []Column[R] // with the id before them
	postgres string
	sqlite   [maxChunkBits + 1]string // by log2 of the number of rows
}

func (c *Change[R]) prepare() {
	c.once.Do(func() {
		c.columns = append([]Column[R]{Bigint("id", c.ID)}, c.Columns...)
		var types, pgSet, oneSet, manySet []string
		for i, col := range c.columns {
			types = append(types, fmt.Sprintf("$%d::%s[]", i+1, col.kind))
			if i > 0 {
				pgSet = append(pgSet, fmt.Sprintf("%s = %s", col.name, col.selected()))
				oneSet = append(oneSet, fmt.Sprintf("%s = ?%d", col.name, i+1))
				manySet = append(manySet, fmt.Sprintf("%s = r.column%d", col.name, i+1))
			}
		}
		pgGuard, liteGuard := "", ""
		if c.Guard != "" {
			pgGuard, liteGuard = " AND t."+c.Guard, " AND "+c.Guard
		}
		// The check is the statement's own, for a COMMIT may follow in the same pipeline: where not every row was changed,
		// lost_race() fails, which undoes the transaction.
		c.postgres = fmt.Sprintf(
			"WITH changed AS (UPDATE %s AS t SET %s FROM unnest(%s) AS r(%s) WHERE t.id = r.id%s RETURNING 1)"+
				" SELECT lost_race() FROM changed HAVING count(*) <> cardinality($1::bigint[])", c.Table,
			strings.Join(pgSet, ", "), strings.Join(types, ", "), strings.Join(names(c.columns), ", "), pgGuard,
		)
		// FAIL as in [Table].
		c.sqlite[0] = fmt.Sprintf("UPDATE OR FAIL %s SET %s WHERE id = ?1%s", c.Table, strings.Join(oneSet, ", "), liteGuard)
		for bits := 1; bits <= maxChunkBits; bits++ {
			c.sqlite[bits] = fmt.Sprintf("UPDATE OR FAIL %s SET %s FROM (VALUES %s) AS r WHERE %s.id = r.column1%s", c.Table,
				strings.Join(manySet, ", "), placeholders(len(c.columns), 1<<bits), c.Table, liteGuard)
		}
	})
}

// Update is a list of rows to change.
func (c *Change[R]) Update(rows ...R) Update[R] { return Update[R]{change: c, rows: slices.Clip(rows)} }

// Update is rows for a change, written in the order of their ids, in which
// everybody locks them. Every row must be found, or the whole write fails.
type Update[R any] struct {
	change *Change[R]
	rows   []R
}

// Add takes one more row, or several.
func (w *Update[R]) Add(rows ...R) { w.rows = append(w.rows, rows...) }

// Replace is Add for a row that may be there already.
func (w *Update[R]) Replace(row R) {
	id := w.change.ID(&row)
	for i := range w.rows {
		if w.change.ID(&w.rows[i]) == id {
			w.rows[i] = row
			return
		}
	}
	w.Add(row)
}

func (w *Update[R]) Empty() bool { return len(w.rows) == 0 }

func (w *Update[R]) sort() {
	if len(w.rows) < 2 {
		return
	}
	sort.Slice(w.rows, func(i, j int) bool { return w.change.ID(&w.rows[i]) < w.change.ID(&w.rows[j]) })
}

func (w *Update[R]) Queue(b *pgx.Batch) {
	w.change.prepare()
	w.sort()
	b.Queue(w.change.postgres, arrays(w.change.columns, w.rows)...)
}

func (w *Update[R]) Execute(ctx context.Context, tx *sql.Tx) error {
	w.change.prepare()
	w.sort()
	return inChunks(w.rows, func(bits int, rows []R) error {
		result, err := tx.ExecContext(ctx, w.change.sqlite[bits], allValues(w.change.columns, rows)...)
		if err != nil {
			return fmt.Errorf("update %s: %w", w.change.Table, err)
		}
		changed, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if changed != int64(len(rows)) {
			return fmt.Errorf("update %s: a row is not as it was read: %w", w.change.Table, errLostRace)
		}
		return nil
	})
}
