package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// kinds is a row with a column of each kind.
type kinds struct {
	id, number, maybeNumber   int64
	text, maybeText, document string
	bytes                     []byte
	at                        time.Time
	maybeAt                   *time.Time
}

func kindColumns() []store.Column[kinds] {
	return []store.Column[kinds]{
		store.Bigint("number", func(k *kinds) int64 { return k.number }),
		store.NullBigint("maybe_number", func(k *kinds) int64 { return k.maybeNumber }),
		store.Text("text", func(k *kinds) string { return k.text }),
		store.NullText("maybe_text", func(k *kinds) string { return k.maybeText }),
		store.JSON("document", func(k *kinds) string { return k.document }),
		store.Bytes("bytes", func(k *kinds) []byte { return k.bytes }),
		store.Time("at", func(k *kinds) time.Time { return k.at }),
		store.NullTime("maybe_at", func(k *kinds) *time.Time { return k.maybeAt }),
	}
}

func kindTable(suffix string) *store.Table[kinds] {
	id := store.Bigint("id", func(k *kinds) int64 { return k.id })
	return &store.Table[kinds]{Name: "kinds", Columns: append([]store.Column[kinds]{id}, kindColumns()...), Suffix: suffix}
}

func kindID(k *kinds) int64 { return k.id }

// runKinds is Run with an empty table of all kinds.
func runKinds(t *testing.T, body func(t *testing.T, s *stores.All)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		instant, document, bytes := "timestamptz", "jsonb", "bytea"
		if s.Dialect() == "sqlite3" {
			instant, document, bytes = "datetime", "json", "blob"
		}
		execute(t, s, fmt.Sprintf(`CREATE TABLE kinds (id bigint PRIMARY KEY, number bigint NOT NULL, maybe_number bigint,
			text text NOT NULL, maybe_text text, document %s NOT NULL, bytes %s, at %s NOT NULL, maybe_at %s)`,
			document, bytes, instant, instant))
		body(t, s)
	})
}

// kindsIn is everything in the table, by id.
func kindsIn(t *testing.T, s *stores.All) (all []kinds) {
	t.Helper()
	rows, err := s.ReadDB.QueryContext(t.Context(), `SELECT id, number, maybe_number, text, maybe_text, document, bytes,
		at, maybe_at FROM kinds ORDER BY id`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var k kinds
		var number *int64
		var text *string
		var document []byte
		require.NoError(t, rows.Scan(&k.id, &k.number, &number, &k.text, &text, &document, &k.bytes, &k.at, &k.maybeAt))
		k.maybeNumber, k.maybeText, k.document = store.Value(number), store.Value(text), string(document)
		require.False(t, number != nil && *number == 0 || text != nil && *text == "", "zero values are NULL")
		k.at, k.maybeAt = k.at.UTC(), store.OptionalUTC(k.maybeAt)
		all = append(all, k)
	}
	require.NoError(t, rows.Err())
	return all
}

// kindRows are n rows, every other one with a NULL in each column that takes one.
func kindRows(n int) []kinds {
	at := time.Date(2026, 3, 28, 22, 30, 0, 123456000, time.UTC)
	rows := make([]kinds, n)
	for i := range rows {
		id := int64(i + 1)
		rows[i] = kinds{id: id, number: -id, text: fmt.Sprintf("it's %d, \"größe\" {,}", id), document: `{}`, at: at}
		if i%2 == 0 {
			later := at.Add(time.Duration(id) * time.Microsecond)
			rows[i].maybeNumber, rows[i].maybeText = id, "NULL"
			rows[i].bytes, rows[i].maybeAt = []byte{0, byte(id), 255}, &later
		}
	}
	return rows
}

func write(ctx context.Context, s *stores.All, writes ...store.Write) error {
	return s.Bulk(ctx, func(tx store.BulkTx) error { return tx.Write(ctx, writes...) })
}

// SQLite writes in chunks of at most 32 rows, whose sizes are powers of two.
func TestInsertKeepsEveryKind(t *testing.T) {
	t.Parallel()
	runKinds(t, func(t *testing.T, s *stores.All) {
		for _, n := range []int{0, 1, 2, 31, 32, 33, 100} {
			execute(t, s, "DELETE FROM kinds")
			rows := kindRows(n)
			insert := kindTable("").Insert()
			insert.Add(rows...)
			require.NoError(t, write(t.Context(), s, &insert), "%d rows", n)
			require.Equal(t, append([]kinds(nil), rows...), kindsIn(t, s), "%d rows", n)
		}
	})
}

func TestInsertReturnsRows(t *testing.T) {
	t.Parallel()
	runKinds(t, func(t *testing.T, s *stores.All) {
		table := kindTable("ON CONFLICT DO NOTHING RETURNING id")
		known := table.Insert()
		known.Add(kindRows(33)...)
		known.Each = func(store.Scanner) error { return nil }
		require.NoError(t, write(t.Context(), s, &known))

		var returned []int64
		insert := table.Insert()
		insert.Add(kindRows(40)...)
		insert.Each = func(row store.Scanner) error {
			var id int64
			err := row.Scan(&id)
			returned = append(returned, id)
			return err
		}
		require.NoError(t, write(t.Context(), s, &insert))
		require.ElementsMatch(t, []int64{34, 35, 36, 37, 38, 39, 40}, returned, "only those that are new")
	})
}

func TestUpdateChangesEveryKind(t *testing.T) {
	t.Parallel()
	runKinds(t, func(t *testing.T, s *stores.All) {
		rows := kindRows(33)
		insert := kindTable("").Insert()
		insert.Add(rows...)
		require.NoError(t, write(t.Context(), s, &insert))

		changed := kindRows(34)[1:] // a row's NULLs become values, and its values NULL
		for i := range changed {
			changed[i].id = rows[i].id
		}
		update := (&store.Change[kinds]{Table: "kinds", ID: kindID, Columns: changeColumns()}).Update()
		for i := range changed {
			update.Add(changed[len(changed)-1-i])
		}
		require.NoError(t, write(t.Context(), s, &update))
		for i := range changed {
			changed[i].document = rows[i].document
		}
		require.Equal(t, changed, kindsIn(t, s))
	})
}

// changeColumns are those that an update takes: a document is changed by no array of them.
func changeColumns() []store.Column[kinds] {
	columns := kindColumns()
	return append(columns[:4:4], columns[5:]...)
}

func TestReplaceTakesTheLastOfARow(t *testing.T) {
	t.Parallel()
	runKinds(t, func(t *testing.T, s *stores.All) {
		insert := kindTable("").Insert()
		insert.Add(kindRows(2)...)
		require.NoError(t, write(t.Context(), s, &insert))
		update := (&store.Change[kinds]{Table: "kinds", ID: kindID, Columns: changeColumns()[:1]}).Update()
		for _, number := range []int64{7, 8, 9} {
			update.Replace(kinds{id: 1, number: number})
		}
		update.Replace(kinds{id: 2, number: 5})
		require.NoError(t, write(t.Context(), s, &update), "a row that stood there twice would be a lost race")
		all := kindsIn(t, s)
		require.Equal(t, []int64{9, 5}, []int64{all[0].number, all[1].number})
	})
}

// A change whose row is not as it was read is undone as a whole and tried again.
func TestUpdateThatLostItsRaceIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		guard string
		loser kinds // what the first try is to change beside row 1
	}{
		{"the row is gone", "", kinds{id: 4711}},
		{"the guard fails", "maybe_number IS NULL", kinds{id: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			runKinds(t, func(t *testing.T, s *stores.All) {
				insert := kindTable("").Insert()
				rows := kindRows(3)
				rows[0].maybeNumber = 0
				insert.Add(rows...)
				require.NoError(t, write(t.Context(), s, &insert))
				change := &store.Change[kinds]{Table: "kinds", ID: kindID, Guard: c.guard, Columns: changeColumns()[:1]}
				another := kindTable("").Insert()
				another.Add(kinds{id: 100, document: "{}"})
				tries, enough := 0, errors.New("enough")
				err := s.Bulk(t.Context(), func(tx store.BulkTx) error {
					if tries++; tries == 2 {
						require.Equal(t, rows, kindsIn(t, s), "nothing is left of the first try")
						return enough
					}
					update := change.Update()
					update.Add(kinds{id: 1, number: 99}, c.loser)
					return tx.Commit(t.Context(), &another, &update)
				})
				require.ErrorIs(t, err, enough, "a lost race is tried again")
				require.Equal(t, rows, kindsIn(t, s))
			})
		})
	}
}
