// Package importfile reads the files that operators import: units, one per line or
// as CSV, and products, as CSV or JSON. It reads as a stream in bounded memory and
// says of every line what is wrong with its form. Whether a price, a SKU or a
// duplicate is acceptable is for package catalog and the store to say.
package importfile

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LineError says what is wrong with one line of a file. It never repeats what the
// line contains, save the name of an unknown column. Reading goes on after it,
// unless the iterator ends.
type LineError struct {
	Line   int    // the line in the file, from 1, where the row or object begins
	Column string // the column, empty when the line as a whole is meant
	Reason string // e.g. "is longer than 8192 bytes"
}

func (e *LineError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d: column %q %s", e.Line, e.Column, e.Reason)
}

// textProblem returns what is wrong with a text, or "" when nothing is. The
// control characters in allowed may occur.
func textProblem(text, allowed string) string {
	if !utf8.ValidString(text) {
		return "is not valid UTF-8"
	}
	forbidden := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) }
	if strings.ContainsFunc(text, forbidden) {
		return "contains a control character"
	}
	return ""
}
