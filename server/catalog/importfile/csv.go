package importfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// csvReader reads CSV as RFC 4180 has it. Unlike encoding/csv it bounds what a
// record may hold and goes on after a bad one: a quote that is opened by mistake
// spoils its own line, not the rest of the file.
type csvReader struct {
	lines     *lineReader
	separator string // of fields; a comma when empty
}

// record is one row of a CSV file.
type record struct {
	line   int // where it begins
	fields []string
}

// blank reports whether every field is, as in the rows that spreadsheets append.
func (r record) blank() bool {
	return !slices.ContainsFunc(r.fields, func(field string) bool { return strings.TrimSpace(field) != "" })
}

// next returns the next record that is not blank. The error is a *LineError when
// reading may go on, otherwise that of lineReader.
func (r csvReader) next() (record, error) {
	for {
		first, err := r.lines.next()
		if err != nil {
			return record{}, err
		}
		if first.blank() {
			continue
		}
		next, err := r.from(first)
		if err != nil || !next.blank() {
			return next, err
		}
	}
}

// from reads the record that begins with this line.
func (r csvReader) from(first line) (record, error) {
	if first.tooLong {
		return record{}, tooLong(first.number, r.lines.limit)
	}
	parser := recordParser{separator: r.separator}
	err := parser.feed(first.text)
	size := len(first.text)
	var ahead []line
	for errors.Is(err, errOpenQuote) {
		more, readErr := r.lines.next()
		if readErr != nil {
			break
		}
		ahead = append(ahead, more)
		if size += len("\n") + len(more.text); more.tooLong || size > r.lines.limit {
			break
		}
		err = parser.feed("\n" + more.text)
	}
	if err != nil {
		r.lines.giveBack(ahead...)
		return record{}, &LineError{Line: first.number, Reason: err.Error()}
	}
	return record{line: first.number, fields: parser.fields}, nil
}

func tooLong(line, limit int) *LineError {
	return &LineError{Line: line, Reason: fmt.Sprintf("is longer than %d bytes", limit)}
}

var (
	errOpenQuote  = errors.New("has a quote that is not closed")
	errBareQuote  = errors.New(`has a quote inside a field: put the field in quotes and double the quote`)
	errAfterQuote = errors.New("has text between a closing quote and the next comma")
)

// recordParser takes a record apart, fed line by line.
type recordParser struct {
	separator string // a comma when empty
	fields    []string
	field     strings.Builder // the text so far of a field that spans lines
	quoted    bool            // a quote is open
}

// feed takes the first or, after errOpenQuote, the next line of the record. Nil
// means that the record is complete.
func (p *recordParser) feed(text string) error {
	for {
		if !p.quoted {
			if !strings.HasPrefix(text, `"`) {
				field, rest, more := strings.Cut(text, p.comma())
				if strings.Contains(field, `"`) {
					return errBareQuote
				}
				p.fields = append(p.fields, field)
				if !more {
					return nil
				}
				text = rest
				continue
			}
			p.quoted = true
			text = text[1:]
		}
		rest, err := p.feedQuoted(text)
		if err != nil {
			return err
		}
		if rest == "" {
			return nil
		}
		text = rest[1:] // after the comma another field begins, be it empty
	}
}

func (p *recordParser) comma() string { return cmp.Or(p.separator, ",") }

// feedQuoted reads on to the end of the quoted field. What it returns is empty or
// begins with a separator.
func (p *recordParser) feedQuoted(text string) (rest string, err error) {
	for {
		part, after, closed := strings.Cut(text, `"`)
		p.field.WriteString(part)
		if !closed {
			return "", errOpenQuote
		}
		if !strings.HasPrefix(after, `"`) {
			p.fields = append(p.fields, p.field.String())
			p.field.Reset()
			p.quoted = false
			if after != "" && !strings.HasPrefix(after, p.comma()) {
				return "", errAfterQuote
			}
			return after, nil
		}
		p.field.WriteByte('"') // doubled: one that is meant
		text = after[1:]
	}
}
