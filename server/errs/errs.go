// Package errs owns the two errors that belong to no single concept: input
// that breaks a field rule, and a database that cannot answer just now. Every
// domain package returns them, every door turns them into its own format.
package errs

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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
	Others  []Field // further fields, which the message names
}

// Field is a field as an argument of a message, in snake case. A way in that
// writes names otherwise finds it again in [Violation.Others].
type Field string

// Equal compares violations.
func (v Violation) Equal(other Violation) bool {
	return v.Field == other.Field && v.Message == other.Message && slices.Equal(v.Others, other.Others)
}

// InvalidError lists every violation found. The zero value has none: add to it
// and return [InvalidError.OrNil].
type InvalidError struct {
	Violations []Violation
}

// OneOf lists what may be written in a message: "a, b or c".
func OneOf[S ~string](names []S) string {
	var text strings.Builder
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			text.WriteString(" or ")
		case i > 0:
			text.WriteString(", ")
		}
		text.WriteString(string(name))
	}
	return text.String()
}

// longestShown is how many characters of a made-up name are shown.
const longestShown = 64

// Shown makes a name that a caller made up fit for a message: short, and with a
// mark in the place of each character that cannot be seen.
func Shown(name string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, name))
	if len(clean) > longestShown {
		return string(clean[:longestShown]) + "…"
	}
	return string(clean)
}

// Entry is the path of one entry of a map, such as metadata["key"].
func Entry(field, key string) string { return field + "[" + strconv.Quote(Shown(key)) + "]" }

// Invalid is an error with a single violation.
func Invalid(field, format string, args ...any) *InvalidError {
	e := &InvalidError{}
	e.Add(field, format, args...)
	return e
}

// Add records one more violation.
func (e *InvalidError) Add(field, format string, args ...any) {
	v := Violation{Field: field, Message: fmt.Sprintf(format, args...)}
	for _, arg := range args {
		if other, ok := arg.(Field); ok {
			v.Others = append(v.Others, other)
		}
	}
	e.Violations = append(e.Violations, v)
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
