package store

import (
	"context"
	"database/sql"
)

type rowsQueryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Rows gives every row of a statement of database/sql to each.
func Rows(ctx context.Context, db rowsQueryer, each func(row Scanner) error, text string, args ...any) error {
	rows, err := db.QueryContext(ctx, text, args...) //nolint:rowserrcheck // eachRow looks at it
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachRow(rows, each)
}

// eachRow gives every row of either database to each.
func eachRow(rows interface {
	Scanner
	Next() bool
	Err() error
}, each func(row Scanner) error,
) error {
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Into puts the columns of a row to their places, which stay as they are where there is none.
func Into(places ...any) func(Scanner) error {
	return func(row Scanner) error { return row.Scan(places...) }
}

// Gather adds the one column of each row to a list.
func Gather[T any](list *[]T) func(Scanner) error {
	return func(row Scanner) error {
		var value T
		err := row.Scan(&value)
		*list = append(*list, value)
		return err
	}
}

// Append adds what is read of each row to a list.
func Append[T any](list *[]T, read func(Scanner) (T, error)) func(Scanner) error {
	return func(row Scanner) error {
		value, err := read(row)
		*list = append(*list, value)
		return err
	}
}

// Keyed puts the second column of each row under the first one.
func Keyed[K comparable, V any](values map[K]V) func(Scanner) error {
	return func(row Scanner) error {
		var key K
		var value V
		err := row.Scan(&key, &value)
		values[key] = value
		return err
	}
}

// All adds each row to a list; places are where the columns of one go.
func All[T any](list *[]T, places func(into *T) []any) func(Scanner) error {
	return func(row Scanner) error {
		var one T
		err := row.Scan(places(&one)...)
		*list = append(*list, one)
		return err
	}
}

// Each1 gives the one column of each row to do.
func Each1[A any](do func(A)) func(Scanner) error {
	return func(row Scanner) error {
		var a A
		if err := row.Scan(&a); err != nil {
			return err
		}
		do(a)
		return nil
	}
}

// Each2 gives the two columns of each row to do.
func Each2[A, B any](do func(A, B)) func(Scanner) error {
	return func(row Scanner) error {
		var a A
		var b B
		if err := row.Scan(&a, &b); err != nil {
			return err
		}
		do(a, b)
		return nil
	}
}

// Each3 gives the three columns of each row to do.
func Each3[A, B, C any](do func(A, B, C)) func(Scanner) error {
	return func(row Scanner) error {
		var a A
		var b B
		var c C
		if err := row.Scan(&a, &b, &c); err != nil {
			return err
		}
		do(a, b, c)
		return nil
	}
}

// Each4 gives the four columns of each row to do.
func Each4[A, B, C, D any](do func(A, B, C, D)) func(Scanner) error {
	return func(row Scanner) error {
		var a A
		var b B
		var c C
		var d D
		if err := row.Scan(&a, &b, &c, &d); err != nil {
			return err
		}
		do(a, b, c, d)
		return nil
	}
}

// IgnoreRow is for statements whose rows say nothing new.
func IgnoreRow(row Scanner) error {
	var ignored any
	return row.Scan(&ignored)
}

// Count counts such rows.
func Count[N int | int64](rows *N) func(Scanner) error {
	return func(row Scanner) error {
		*rows++
		return IgnoreRow(row)
	}
}

// Found notes that there is such a row.
func Found(found *bool) func(Scanner) error {
	return func(row Scanner) error {
		*found = true
		return IgnoreRow(row)
	}
}
