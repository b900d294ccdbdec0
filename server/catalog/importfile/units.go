package importfile

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// MaxContentSize is the size of the longest content of a unit, in bytes.
const MaxContentSize = 8 << 10

// Unit is one unit of a units file.
type Unit struct {
	Line    int    // the line in the file, from 1
	Content string // secret; exactly as in the file, spaces included; never blank
	UseDate string // YYYY-MM-DD, a day that exists; empty when the file gives none
}

// The columns of a units file that has a header.
const (
	contentColumn = "content"
	useDateColumn = "use_date"
)

// maxUnitLine leaves room for a longest content with every quote in it doubled.
const maxUnitLine = 3 * MaxContentSize

// Units reads a file of units in UTF-8, a byte order mark and CRLF allowed, once,
// as a stream. The file is CSV if its first line that is not blank is a header
// with a column content or use_date, in any letter case; otherwise every line is
// the content of one unit. Blank lines are skipped.
//
// A *LineError speaks of one line, and reading goes on: a content that is not
// valid UTF-8, has control characters (tabs and line ends too) or is longer than
// MaxContentSize; a row that does not fit the header; a day that does not exist. A
// bad header is the last one. Any other error is that of r, and the last.
func Units(r io.Reader) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		lines := newLineReader(r, maxUnitLine)
		next, err := unitsFormat(lines)
		if err != nil {
			yield(Unit{}, err)
			return
		}
		yieldAll(next, yield)
	}
}

// yieldAll yields what next returns: values, and errors until one that is no
// *LineError. The end of the file, io.EOF, is not an error.
func yieldAll[T any](next func() (T, error), yield func(T, error) bool) {
	for {
		value, err := next()
		if err == io.EOF { //nolint:errorlint // an error that only wraps it is a failure of the reader
			return
		}
		// Ours come unwrapped. One that the file's own reader returned comes
		// wrapped, and must end the reading like any other failure.
		_, goesOn := err.(*LineError) //nolint:errorlint // see above
		if !yield(value, err) || err != nil && !goesOn {
			return
		}
	}
}

// unitsFormat looks at the first line that is not blank and returns the reader for
// what the file is. The error is a *LineError for a bad header.
func unitsFormat(lines *lineReader) (func() (Unit, error), error) {
	plain := func() (Unit, error) { return nextPlainUnit(lines) }
	var first line
	for first.number == 0 || first.blank() {
		var err error
		if first, err = lines.next(); err != nil {
			return plain, nil //nolint:nilerr // plain meets the same error
		}
	}
	var parser recordParser
	if first.tooLong || parser.feed(first.text) != nil {
		lines.giveBack(first)
		return plain, nil //nolint:nilerr // what is not CSV is one unit per line
	}
	header := headerNames(parser.fields)
	if !slices.Contains(header, contentColumn) && !slices.Contains(header, useDateColumn) {
		lines.giveBack(first)
		return plain, nil
	}
	columns, err := newColumns(first.number, header, []string{contentColumn, useDateColumn}, contentColumn)
	if err != nil {
		return nil, err
	}
	rows := csvReader{lines}
	return func() (Unit, error) { return nextUnitRow(rows, columns) }, nil
}

func nextPlainUnit(lines *lineReader) (Unit, error) {
	for {
		next, err := lines.next()
		if err != nil {
			return Unit{}, err
		}
		if next.blank() {
			continue
		}
		unit := Unit{Line: next.number, Content: next.text}
		if next.tooLong {
			return Unit{}, tooLong(next.number, MaxContentSize)
		}
		if reason := contentProblem(unit.Content); reason != "" {
			return Unit{}, &LineError{Line: next.number, Reason: reason}
		}
		return unit, nil
	}
}

func nextUnitRow(rows csvReader, columns columns) (Unit, error) {
	row, err := rows.next()
	if err != nil {
		return Unit{}, err
	}
	if err := columns.fit(row); err != nil {
		return Unit{}, err
	}
	unit := Unit{
		Line:    row.line,
		Content: columns.value(row, contentColumn),
		UseDate: strings.TrimSpace(columns.value(row, useDateColumn)),
	}
	if reason := contentProblem(unit.Content); reason != "" {
		return Unit{}, &LineError{Line: row.line, Column: contentColumn, Reason: reason}
	}
	if _, err := time.Parse(time.DateOnly, unit.UseDate); err != nil && unit.UseDate != "" {
		return Unit{}, &LineError{Line: row.line, Column: useDateColumn, Reason: "is not a day like 2026-12-31"}
	}
	return unit, nil
}

func contentProblem(content string) string {
	switch {
	case strings.TrimSpace(content) == "":
		return "is empty"
	case len(content) > MaxContentSize:
		return fmt.Sprintf("is longer than %d bytes", MaxContentSize)
	}
	return textProblem(content, "")
}
