package store

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
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

// OptionalUTC is an instant as both databases keep it, or nil.
func OptionalUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	instant := t.UTC().Truncate(time.Microsecond)
	return &instant
}

// LimitOf is the most rows to read: 0 and less means all.
func LimitOf(limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	return limit
}

// During says what was being done when err came. Nil stays nil.
func During(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// UTCOrNil brings an instant as the driver read it to the form the domain uses.
func UTCOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

// Value is what p points to, or the zero value.
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// UTC brings an instant as the driver read it to the form the domain uses.
func UTC(t time.Time) time.Time { return t.UTC() }

// Distinct is the values in order, each once. It leaves values as they are.
func Distinct[T int64 | string](values []T) []T {
	sorted := slices.Sorted(slices.Values(values))
	return slices.Compact(sorted)
}

// MarshalMap is a map as a column of JSON keeps it; an empty one is "{}".
func MarshalMap(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode map: %w", err)
	}
	return string(b), nil
}
