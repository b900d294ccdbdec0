package importfile

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"orderhub/server/catalog"
)

// Unit is one unit of a units file.
type Unit struct {
	Line    int    // the line in the file, from 1
	Content string // secret; exactly as in the file; one that catalog.ParseContent takes
	UseDate string // YYYY-MM-DD, a day that exists; empty when the file gives none
	// ExpiresAt is when it expires, a day being over at its end in UTC; the zero time when
	// the file says nothing.
	ExpiresAt time.Time
}

// The columns of a units file that has a header.
const (
	contentColumn = "content"
	useDateColumn = "use_date"
	expiresColumn = "expires_at"
)

// maxUnitLine leaves room for a longest content with every quote in it doubled.
const maxUnitLine = 3 * catalog.MaxContentSize

// Units reads a file of units in UTF-8, a byte order mark and CRLF allowed, once,
// as a stream. The file is CSV if its first line that is not blank is a header
// with a column content or use_date, in any letter case, separated by commas,
// semicolons or tabs, or if that line says "sep=;"; otherwise every line is the
// content of one unit, but for a first one that is only the name of a column. Blank
// lines are skipped.
//
// A *LineError speaks of one line, and reading goes on: a content that
// catalog.ParseContent refuses; a row that does not fit the header; a day that does
// not exist. A bad header is the last one. Any other error is that of r, or says
// that the file is no text, and the last.
func Units(r io.Reader) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		text, err := textOnly(r)
		if err != nil {
			yield(Unit{}, err)
			return
		}
		lines := newLineReader(text, maxUnitLine)
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
	first, err := lines.nextVisible()
	if err != nil {
		return plain, nil //nolint:nilerr // plain meets the same error
	}
	header, separator := first, ""
	if given, found := strings.CutPrefix(strings.TrimSpace(first.text), "sep="); found && len(given) == 1 {
		separator = given
		if header, err = lines.nextVisible(); err != nil {
			return plain, nil //nolint:nilerr // as above
		}
	}
	names, separator := unitColumns(header, separator)
	switch {
	case names != nil:
		columns, err := newColumns(header.number, names, []string{contentColumn, useDateColumn, expiresColumn}, contentColumn)
		if err != nil {
			return nil, err
		}
		rows := csvReader{lines: lines, separator: separator}
		return func() (Unit, error) { return nextUnitRow(rows, columns) }, nil
	case header != first, strings.ContainsAny(first.text, ",;\t") && catalog.IsHeader(first.text):
		return nil, &LineError{Line: header.number, Column: contentColumn, Reason: "is missing"}
	case isJSON(first.text):
		return nil, &LineError{Line: first.number, Reason: jsonHint}
	}
	return plainUnits(lines, first), nil
}

// plainUnits reads every line as a unit. What may be a header or a code is taken for
// a header where others follow it, as the first line of a list is what it is called;
// anywhere else it is a code.
func plainUnits(lines *lineReader, first line) func() (Unit, error) {
	plain := func() (Unit, error) { return nextPlainUnit(lines) }
	second, err := lines.nextVisible()
	if err == nil {
		lines.giveBack(second)
	}
	header := catalog.CheckFirst(first.text)
	if header == nil || err != nil {
		lines.giveBack(first)
		return plain
	}
	told := false
	return func() (Unit, error) {
		if told {
			return plain()
		}
		told = true
		return Unit{}, &LineError{Line: first.number, Reason: header.Error()}
	}
}

// unitColumns takes a header apart: by the separator, or when that is empty by the
// one with which it names a column of ours. Nil when there is none.
func unitColumns(header line, separator string) (names []string, by string) {
	candidates := []string{",", ";", "\t"}
	if separator != "" {
		candidates = []string{separator}
	}
	for _, by := range candidates {
		parser := recordParser{separator: by}
		if header.tooLong || parser.feed(header.text) != nil {
			continue
		}
		names := headerNames(parser.fields)
		if slices.Contains(names, contentColumn) || slices.Contains(names, useDateColumn) ||
			slices.Contains(names, expiresColumn) {
			return names, by
		}
	}
	return nil, ""
}

// jsonHint says what to do about lines that isJSON.
const jsonHint = "is JSON: give what one unit is on a line, as jq -r .NAME writes the values of NAME, " +
	"or CSV with a column content"

// isJSON reports whether a line is a JSON object, or a list of texts or objects.
// Goods that are JSON go into a column content.
func isJSON(text string) bool {
	text = strings.TrimSpace(text)
	list, isList := strings.CutPrefix(text, "[")
	if isList {
		list = strings.TrimSpace(list)
		isList = strings.HasPrefix(list, `"`) || strings.HasPrefix(list, "{")
	}
	return (isList || strings.HasPrefix(text, "{")) && json.Valid([]byte(text))
}

func nextPlainUnit(lines *lineReader) (Unit, error) {
	next, err := lines.nextVisible()
	switch {
	case err != nil:
		return Unit{}, err
	case next.tooLong:
		return Unit{}, tooLong(next.number, catalog.MaxContentSize)
	}
	if _, err := catalog.ParseContent(next.text); err != nil {
		return Unit{}, &LineError{Line: next.number, Reason: err.Error()}
	}
	if isJSON(next.text) {
		return Unit{}, &LineError{Line: next.number, Reason: jsonHint}
	}
	return Unit{Line: next.number, Content: next.text}, nil
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
	if _, err := catalog.ParseContent(unit.Content); err != nil {
		return Unit{}, &LineError{Line: row.line, Column: contentColumn, Reason: err.Error()}
	}
	if _, err := time.Parse(time.DateOnly, unit.UseDate); err != nil && unit.UseDate != "" {
		return Unit{}, &LineError{Line: row.line, Column: useDateColumn, Reason: "is not a day like 2026-12-31"}
	}
	if text := strings.TrimSpace(columns.value(row, expiresColumn)); text != "" {
		if unit.ExpiresAt, err = ParseExpiry(text); err != nil {
			return Unit{}, &LineError{Line: row.line, Column: expiresColumn, Reason: err.Error()}
		}
	}
	return unit, nil
}

// ParseExpiry reads when a unit expires: a day, which it is still good on, in UTC, or a
// time as RFC 3339 has it.
func ParseExpiry(text string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err == nil {
		at = at.AddDate(0, 0, 1)
	} else if at, err = time.Parse(time.RFC3339, text); err != nil {
		return time.Time{}, errors.New("is not a day like 2026-12-31 or a time like 2026-12-31T18:00:00Z")
	}
	if at, err = catalog.Expiry(expiresColumn, at); err != nil {
		return time.Time{}, errors.New("is not of the years 2000 to 9999")
	}
	return at, nil
}

// Expires is when it expires, nil when the file says nothing.
func (u *Unit) Expires() *time.Time {
	if u.ExpiresAt.IsZero() {
		return nil
	}
	return &u.ExpiresAt
}
