// Package fault owns the two errors that belong to no single concept: input
// that breaks a field rule, and a database that cannot answer just now. Every
// domain package returns them, every door turns them into its own format.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnavailable: storage could not be reached or could not write. Nothing is
// known to be lost; a request with a reference may simply be repeated.
var ErrUnavailable = errors.New("storage is unavailable")

// Violation is one field that breaks a rule. Field is the path a caller of the
// hub's own API would write in snake case, e.g. "lines[0].quantity"; Message
// says what is expected and never repeats the value.
type Violation struct {
	Field   string
	Message string
}

// InvalidError lists every violation found. The zero value has none: add to it
// and return [InvalidError.OrNil].
type InvalidError struct {
	Violations []Violation
}

// Invalid is an error with a single violation.
func Invalid(field, format string, args ...any) *InvalidError {
	e := &InvalidError{}
	e.Add(field, format, args...)
	return e
}

// Add records one more violation.
func (e *InvalidError) Add(field, format string, args ...any) {
	e.Violations = append(e.Violations, Violation{Field: field, Message: fmt.Sprintf(format, args...)})
}

// OrNil is e as an error, or nil when nothing was added.
func (e *InvalidError) OrNil() error {
	if len(e.Violations) == 0 {
		return nil
	}
	return e
}

func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		parts[i] = v.Field + " " + v.Message
	}
	return "invalid input: " + strings.Join(parts, "; ")
}
