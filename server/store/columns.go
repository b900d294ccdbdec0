package store

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Column is a column of a bulk write with the value that a row puts there.
type Column[R any] struct {
	name string
	kind string // PostgreSQL's type
	cast string // to the column's type, where an array of it cannot be passed
	one  one[R]
	all  func(rows []R) any // the values of all rows, an array on PostgreSQL
}

// one is the value of a row. What the row before it had is given again where it is the same, for each is an object of
// its own.
type one[R any] func(row *R, before any) any

// again is the value, or before if that is the same.
func again[E comparable](before any, value E) any {
	if b, ok := before.(E); ok && b == value {
		return before
	}
	return value
}

// selected is the column's value where the rows are a table r.
func (c *Column[R]) selected() string {
	if c.cast == "" {
		return "r." + c.name
	}
	return "r." + c.name + "::" + c.cast
}

// column is a column whose values are sent to PostgreSQL as elements of an array.
func column[R, E any](name, kind string, element func(*R) E, one one[R]) Column[R] {
	return Column[R]{
		name: name, kind: kind, one: one,
		all: func(rows []R) any {
			elements := make(array[E], len(rows))
			for i := range rows {
				elements[i] = element(&rows[i])
			}
			return elements
		},
	}
}

// Bigint is a column of whole numbers.
func Bigint[R any, N ~int | ~int64](name string, value func(*R) N) Column[R] {
	return bigint(name, func(row *R) pgtype.Int8 { return pgtype.Int8{Int64: int64(value(row)), Valid: true} })
}

// NullBigint is a column of whole numbers in which 0 is NULL.
func NullBigint[R any, N ~int | ~int64](name string, value func(*R) N) Column[R] {
	return bigint(name, func(row *R) pgtype.Int8 {
		n := int64(value(row))
		return pgtype.Int8{Int64: n, Valid: n != 0}
	})
}

// OptionalBigint is a column of whole numbers in which nil is NULL.
func OptionalBigint[R any, N ~int | ~int64](name string, value func(*R) *N) Column[R] {
	return bigint(name, func(row *R) pgtype.Int8 {
		if n := value(row); n != nil {
			return pgtype.Int8{Int64: int64(*n), Valid: true}
		}
		return pgtype.Int8{}
	})
}

func bigint[R any](name string, element func(*R) pgtype.Int8) Column[R] {
	return column(name, "bigint", element, func(row *R, before any) any {
		if n := element(row); n.Valid {
			return again(before, n.Int64)
		}
		return nil
	})
}

// Text is a column of texts.
func Text[R any, S ~string](name string, value func(*R) S) Column[R] {
	return text(name, func(row *R) pgtype.Text { return pgtype.Text{String: string(value(row)), Valid: true} })
}

// NullText is a column of texts in which the empty one is NULL.
func NullText[R any, S ~string](name string, value func(*R) S) Column[R] {
	return text(name, func(row *R) pgtype.Text {
		s := string(value(row))
		return pgtype.Text{String: s, Valid: s != ""}
	})
}

func text[R any](name string, element func(*R) pgtype.Text) Column[R] {
	return column(name, "text", element, func(row *R, before any) any {
		if s := element(row); s.Valid {
			return again(before, s.String)
		}
		return nil
	})
}

// Bool is a column of truths.
func Bool[R any](name string, value func(*R) bool) Column[R] {
	return column(
		name, "boolean", func(row *R) pgtype.Bool { return pgtype.Bool{Bool: value(row), Valid: true} },
		func(row *R, _ any) any { return value(row) },
	)
}

// JSON is a column of documents.
func JSON[R any](name string, value func(*R) string) Column[R] {
	c := Text(name, value)
	c.cast = "jsonb"
	return c
}

// Bytes is a column of bytes in which nil is NULL.
func Bytes[R any](name string, value func(*R) []byte) Column[R] {
	return column(name, "bytea", func(row *R) bytesElement { return value(row) }, func(row *R, _ any) any {
		return value(row)
	})
}

// Time is a column of instants.
func Time[R any](name string, value func(*R) time.Time) Column[R] {
	return column(
		name, "timestamptz", func(row *R) pgtype.Timestamptz { return pgtype.Timestamptz{Time: value(row), Valid: true} },
		func(row *R, before any) any { return again(before, value(row)) },
	)
}

// NullTime is a column of instants in which nil is NULL.
func NullTime[R any](name string, value func(*R) *time.Time) Column[R] {
	return column(
		name, "timestamptz",
		func(row *R) pgtype.Timestamptz {
			if at := value(row); at != nil {
				return pgtype.Timestamptz{Time: *at, Valid: true}
			}
			return pgtype.Timestamptz{}
		},
		func(row *R, before any) any {
			if at := value(row); at != nil {
				return again(before, *at)
			}
			return nil
		},
	)
}

// array is passed to PostgreSQL without a copy of each element on the heap, as a
// slice of a Go type would be.
type array[E any] []E

// Dimensions implements [pgtype.ArrayGetter].
func (a array[E]) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(len(a)), LowerBound: 1}}
}

// Index implements [pgtype.ArrayGetter].
func (a array[E]) Index(i int) any { return &a[i] }

// IndexType implements [pgtype.ArrayGetter].
func (a array[E]) IndexType() any {
	if len(a) == 0 {
		return new(E)
	}
	return &a[0]
}

// bytesElement is NULL if it is nil.
type bytesElement []byte

// BytesValue implements [pgtype.BytesValuer].
func (b *bytesElement) BytesValue() ([]byte, error) { return *b, nil }

// names are the columns' names.
func names[R any](columns []Column[R]) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.name
	}
	return list
}

// arrays are the values of all rows, one array per column.
func arrays[R any](columns []Column[R], rows []R) []any {
	list := make([]any, len(columns))
	for i, c := range columns {
		list[i] = c.all(rows)
	}
	return list
}

// allValues are the values of all rows, one after the other, in the columns' order.
func allValues[R any](columns []Column[R], rows []R) []any {
	list := make([]any, len(rows)*len(columns))
	for i := range rows {
		for j := range columns {
			var before any
			at := i*len(columns) + j
			if i > 0 {
				before = list[at-len(columns)]
			}
			list[at] = columns[j].one(&rows[i], before)
		}
	}
	return list
}
