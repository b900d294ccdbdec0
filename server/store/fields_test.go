package store_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/store"
)

// pair is a row of two fields.
type pair struct {
	id    int64
	name  string
	notes []string // of nothing that is read
}

func (p *pair) fields() store.Fields {
	return store.Fields{"t.id", &p.id, "coalesce(t.name, '')", &p.name}
}

// pairs are rows of pairs.
type pairs []pair

func (p *pairs) Scan(places ...any) error {
	if len(*p) == 0 {
		return errors.New("there are no more")
	}
	*places[0].(*int64), *places[1].(*string) = (*p)[0].id, (*p)[0].name
	*p = (*p)[1:]
	return nil
}

func TestFields(t *testing.T) {
	require.Equal(t, "t.id, coalesce(t.name, '')", store.Selected((*pair).fields))
	for _, wrong := range []store.Fields{{"t.id"}, {"t.id", "t.name"}, {"t.id", new(int), "t.name"}} {
		require.Panics(t, func() { store.Selected(func(*pair) store.Fields { return wrong }) })
	}

	rows := &pairs{{id: 1, name: "one"}, {id: 2, name: "two"}, {id: 3}}
	var first pair
	require.NoError(t, first.fields().Scan(rows))
	require.Equal(t, pair{id: 1, name: "one"}, first)

	var read []pair
	each := store.EachOf((*pair).fields, func(row *pair) error {
		read = append(read, *row)
		row.notes = append(row.notes, "of the row before")
		return nil
	})
	require.NoError(t, each(rows))
	require.NoError(t, each(rows))
	require.Error(t, each(rows), "a row that cannot be read")
	require.Equal(t, []pair{{id: 2, name: "two"}, {id: 3}}, read)
}

// Reading many rows makes nothing for each of them.
func TestEachOfAllocatesNothing(t *testing.T) {
	const runs = 100
	all := make(pairs, runs+1)
	each := store.EachOf((*pair).fields, func(*pair) error { return nil })
	require.Zero(t, testing.AllocsPerRun(runs, func() {
		if err := each(&all); err != nil {
			t.Fatal(err)
		}
	}))
}
