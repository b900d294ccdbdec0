package store

import "time"

// Column is a column of a bulk write with the value that a row puts there.
type Column[R any] struct {
	name string
	kind string // PostgreSQL's type
	cast string // to the column's type, where an array of it cannot be passed
	one  func(row *R) any
	all  func(rows []R) any // the values of all rows, an array on PostgreSQL
}

// selected is the column's value where the rows are a table r.
func (c *Column[R]) selected() string {
	if c.cast == "" {
		return "r." + c.name
	}
	return "r." + c.name + "::" + c.cast
}

func column[R, V any](name, kind string, value func(*R) V) Column[R] {
	return Column[R]{
		name: name, kind: kind,
		one: func(row *R) any { return value(row) },
		all: func(rows []R) any {
			values := make([]V, len(rows))
			for i := range rows {
				values[i] = value(&rows[i])
			}
			return values
		},
	}
}

// nullable is a column in which the zero value is NULL.
func nullable[R any, V comparable](name, kind string, value func(*R) V) Column[R] {
	var zero V
	c := column(name, kind, func(row *R) *V {
		if v := value(row); v != zero {
			return &v
		}
		return nil
	})
	c.one = func(row *R) any {
		if v := value(row); v != zero {
			return v
		}
		return nil
	}
	return c
}

// Bigint is a column of whole numbers.
func Bigint[R any, N ~int | ~int64](name string, value func(*R) N) Column[R] {
	return column(name, "bigint", func(row *R) int64 { return int64(value(row)) })
}

// NullBigint is a column of whole numbers in which 0 is NULL.
func NullBigint[R any, N ~int | ~int64](name string, value func(*R) N) Column[R] {
	return nullable(name, "bigint", func(row *R) int64 { return int64(value(row)) })
}

// Text is a column of texts.
func Text[R any, S ~string](name string, value func(*R) S) Column[R] {
	return column(name, "text", func(row *R) string { return string(value(row)) })
}

// NullText is a column of texts in which the empty one is NULL.
func NullText[R any, S ~string](name string, value func(*R) S) Column[R] {
	return nullable(name, "text", func(row *R) string { return string(value(row)) })
}

// JSON is a column of documents.
func JSON[R any](name string, value func(*R) string) Column[R] {
	c := Text(name, value)
	c.cast = "jsonb"
	return c
}

// Bytes is a column of bytes in which nil is NULL.
func Bytes[R any](name string, value func(*R) []byte) Column[R] {
	return column(name, "bytea", value)
}

// Time is a column of instants.
func Time[R any](name string, value func(*R) time.Time) Column[R] {
	return column(name, "timestamptz", value)
}

// NullTime is a column of instants in which nil is NULL.
func NullTime[R any](name string, value func(*R) *time.Time) Column[R] {
	return column(name, "timestamptz", value)
}

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

// values adds those of one row, in the columns' order.
func values[R any](to []any, columns []Column[R], row *R) []any {
	for _, c := range columns {
		to = append(to, c.one(row))
	}
	return to
}
