package store

import (
	"reflect"
	"strings"
)

// Fields are columns that are read, each followed by the place that its value goes to: "o.id", &r.ID.
type Fields []any

// Selected are the columns of the fields of a row. It panics where one has no place.
func Selected[R any](of func(row *R) Fields) string {
	fields := of(new(R))
	columns := make([]string, len(fields)/2)
	for i := range columns {
		columns[i] = fields[2*i].(string)
		if reflect.TypeOf(fields[2*i+1]).Kind() != reflect.Pointer {
			panic("store: " + columns[i] + " has no place")
		}
	}
	if len(fields)%2 > 0 {
		panic("store: the last column has no place")
	}
	return strings.Join(columns, ", ")
}

// Places are where the values of the fields go.
func (f Fields) Places() []any {
	places := make([]any, len(f)/2)
	for i := range places {
		places[i] = f[2*i+1]
	}
	return places
}

// Scan takes a row of the fields.
func (f Fields) Scan(from Scanner) error { return from.Scan(f.Places()...) }

// EachOf takes rows of the fields and gives them to each. The next row takes the place of the one before.
func EachOf[R any](of func(row *R) Fields, each func(row *R) error) func(Scanner) error {
	var into struct {
		row    R
		places []any // once there is a row: many queries find none
	}
	return func(from Scanner) error {
		if into.places == nil {
			into.places = of(&into.row).Places()
		}
		var empty R
		into.row = empty
		if err := from.Scan(into.places...); err != nil {
			return err
		}
		return each(&into.row)
	}
}
