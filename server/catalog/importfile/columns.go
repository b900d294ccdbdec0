package importfile

import (
	"fmt"
	"slices"
	"strings"

	"orderhub/server/errs"
)

// columns says where in a row each named column is.
type columns struct {
	names []string // as in the header, one per field
	index map[string]int
}

// headerNames returns the fields of a header as names to compare: trimmed, in
// lower case.
func headerNames(fields []string) []string {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = strings.ToLower(strings.TrimSpace(field))
	}
	return names
}

// newColumns checks a header. The error is a *LineError that names the column:
// one that is not known, given twice, or required and missing.
func newColumns(line int, names, known []string, required string) (columns, error) {
	found := columns{names: names, index: make(map[string]int, len(names))}
	for i, name := range names {
		if !slices.Contains(known, name) {
			return columns{}, unknownColumn(line, name, known)
		}
		if _, twice := found.index[name]; twice {
			return columns{}, &LineError{Line: line, Column: name, Reason: "is given twice"}
		}
		found.index[name] = i
	}
	if _, exists := found.index[required]; !exists {
		return columns{}, &LineError{Line: line, Column: required, Reason: "is missing"}
	}
	return found, nil
}

func unknownColumn(line int, name string, known []string) *LineError {
	return &LineError{
		Line: line, Column: errs.Shown(name), Reason: "is unknown: the columns are " + strings.Join(known, ", "),
	}
}

// fit checks that a row has one field per column.
func (c columns) fit(row record) error {
	if len(row.fields) == len(c.names) {
		return nil
	}
	return &LineError{
		Line: row.line, Reason: fmt.Sprintf(
			"has %s, the header has %d", errs.Counted(int64(len(row.fields)), "field", "fields"), len(c.names),
		),
	}
}

// value returns the field of a column, empty if the file does not have it. The row
// must fit.
func (c columns) value(row record, name string) string {
	if i, exists := c.index[name]; exists {
		return row.fields[i]
	}
	return ""
}
