package store

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"orderhub/server/money"
)

// Mapped is every row converted; nil when there are none.
func Mapped[Row, T any](rows []Row, convert func(Row) T) []T {
	if len(rows) == 0 {
		return nil
	}
	values := make([]T, len(rows))
	for i, row := range rows {
		values[i] = convert(row)
	}
	return values
}

// Converted is every row converted, where that may fail.
func Converted[Row, T any](rows []Row, convert func(Row) (T, error)) (values []T, err error) {
	values = make([]T, len(rows))
	for i, row := range rows {
		if values[i], err = convert(row); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Strings are values of a kind of text.
func Strings[S ~string](values []S) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return texts
}

// NoneIfEmpty makes an empty list nil, whatever the database made of it.
func NoneIfEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// SomeIfNil makes a missing list an empty one: NULL and "null" are not lists.
func SomeIfNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// OptionalUTC is an instant as both databases keep it, and give it back, or nil.
func OptionalUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	instant := t.UTC().Truncate(time.Microsecond)
	return &instant
}

// SumOf is an amount of two columns, none where the first is NULL.
func SumOf[C ~string](micros *int64, currency C) money.Sum {
	if micros == nil {
		return money.Sum{}
	}
	return money.Sum{Amount: money.Amount(*micros), Currency: money.Currency(currency)}
}

// LimitOf is the most rows to read: 0 and less means all.
func LimitOf(limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	return limit
}

// During says what was being done when err came, and of one of the database what [Unavailable] does. Nil stays nil.
func During(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, Unavailable(err))
}

// Value is what p points to, or the zero value.
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Distinct is the values in order, each once. It leaves values as they are.
func Distinct[T int64 | string](values []T) []T {
	sorted := slices.Sorted(slices.Values(values))
	return slices.Compact(sorted)
}

// MarshalMap is a map as a column of JSON keeps it; an empty one is "{}".
func MarshalMap(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	var keep [8]string // of most maps all, which are then not made on the heap
	var room [256]byte
	keys, text := keep[:0], append(room[:0], '{')
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(appendText(text, key), ':')
		text = appendText(text, m[key])
	}
	return string(append(text, '}'))
}

// appendText appends a text as JSON has it. Only one with something to escape goes through the encoder.
func appendText(dst []byte, s string) []byte {
	escapes := func(r rune) bool { return r < ' ' || r >= utf8.RuneSelf || strings.ContainsRune(`"\<>&`, r) }
	if strings.ContainsFunc(s, escapes) {
		return append(dst, toJSON(s)...)
	}
	return append(append(append(dst, '"'), s...), '"')
}
