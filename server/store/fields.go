package store

import "strings"

// Field is a column that is read, with the place in a row that its value goes to.
type Field[R any] struct {
	Name string
	Into func(row *R) any
}

// Selected are the columns of the fields, in the table that the statement calls so.
func Selected[R any](table string, fields []Field[R]) string {
	columns := make([]string, len(fields))
	for i, f := range fields {
		columns[i] = table + "." + f.Name
	}
	return strings.Join(columns, ", ")
}

// EachOf takes rows of the fields and gives them to each. The next row takes the place of the one before.
func EachOf[R any](fields []Field[R], each func(row *R) error) func(Scanner) error {
	row, into := new(R), make([]any, len(fields))
	for i, f := range fields {
		into[i] = f.Into(row)
	}
	return func(from Scanner) error {
		var empty R
		*row = empty
		if err := from.Scan(into...); err != nil {
			return err
		}
		return each(row)
	}
}
