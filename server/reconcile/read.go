package reconcile

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// LineError says what is wrong with a line of a statement.
type LineError struct {
	Line   int64
	Column string // as the header has it; "" for the line as a whole
	Reason string
}

func (e *LineError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d, column %q: %s", e.Line, errs.Shown(e.Column), e.Reason)
}

const (
	maxFile = 64 << 20 // bytes of a statement
	maxLine = 64 << 10

	byteOrderMark = "\xef\xbb\xbf"
)

// errTooLarge: a statement has more bytes than it may.
var errTooLarge = fmt.Errorf("the statement is larger than %d MiB: compare it in parts of its time", maxFile>>20)

// Rows reads a statement row by row. A bad row comes as a *LineError, and reading goes
// on; any other error ends it.
func (m *Mapping) Rows(from io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r, err := m.open(from)
		if err != nil {
			yield(Row{}, err)
			return
		}
		for n := 0; ; {
			row, ignored, err := r.next()
			var bad *LineError
			switch {
			case err == io.EOF: //nolint:errorlint // ours, as it is
				return
			case err != nil && !errors.As(err, &bad):
				yield(Row{}, err)
				return
			case ignored:
				continue
			}
			if n++; n > MaxRows {
				yield(Row{}, fmt.Errorf("the statement has more than %d rows: compare it in parts of its time", MaxRows))
				return
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// reader reads a CSV file with a mapping.
type reader struct {
	*Mapping

	csv    *csv.Reader
	names  []string       // of the columns
	places map[string]int // by their names
	offset int64
}

// limited ends with an error where a file is too large.
type limited struct {
	io.Reader

	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

func (m *Mapping) open(from io.Reader) (*reader, error) {
	in := bufio.NewReader(&limited{from, maxFile})
	if mark, _ := in.Peek(3); string(mark) == byteOrderMark {
		_, _ = in.Discard(len(mark)) // they are there
	}
	r := &reader{Mapping: m, csv: csv.NewReader(in), places: make(map[string]int)}
	r.csv.FieldsPerRecord = -1
	if m.Separator != "" {
		r.csv.Comma, _ = utf8.DecodeRuneInString(m.Separator)
	}
	header, line, err := r.record()
	if err != nil {
		if err == io.EOF { //nolint:errorlint // the reader's own, as it is
			err = &LineError{Line: 1, Reason: "must be the header"}
		}
		return nil, err
	}
	for i, name := range header {
		name = strings.TrimSpace(name)
		r.names = append(r.names, name)
		if _, twice := r.places[name]; twice && m.uses(name) {
			return nil, &LineError{line, name, "is there twice in the header"}
		}
		r.places[name] = i
	}
	c := &m.Columns
	for _, name := range []string{c.Reference, c.ProviderReference, c.Time, c.State, c.Amount, c.Currency} {
		if _, found := r.places[name]; name != "" && !found {
			return nil, &LineError{line, name, "is missing: the header has " + shownNames(r.names)}
		}
	}
	return r, nil
}

// uses reports whether the mapping names a column.
func (m *Mapping) uses(name string) bool {
	c := &m.Columns
	return name == c.Reference || name == c.ProviderReference || name == c.Time || name == c.State ||
		name == c.Amount || name == c.Currency
}

// shownNames are the first names of a header.
func shownNames(names []string) string {
	const most = 30
	var shown []string
	for _, name := range names[:min(len(names), most)] {
		shown = append(shown, strconv.Quote(errs.Shown(name)))
	}
	return strings.Join(shown, ", ")
}

// record is the next record that is not empty, and its line.
func (r *reader) record() ([]string, int64, error) {
	fields, err := r.csv.Read()
	size := r.csv.InputOffset() - r.offset
	r.offset += size
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		return nil, 0, &LineError{Line: int64(bad.StartLine), Reason: "is no CSV: " + bad.Err.Error()}
	case err != nil:
		return nil, 0, err
	}
	first, _ := r.csv.FieldPos(0)
	line := int64(first)
	if size > maxLine {
		return nil, line, &LineError{Line: line, Reason: fmt.Sprintf("is longer than %d bytes", maxLine)}
	}
	for i, field := range fields {
		if !utf8.ValidString(field) {
			return nil, line, &LineError{Line: line, Reason: fmt.Sprintf("field %d is not UTF-8: save the file as UTF-8", i+1)}
		}
	}
	return fields, line, nil
}

// next is the next row. ignored says that it is about something else.
func (r *reader) next() (row Row, ignored bool, err error) {
	fields, line, err := r.record()
	if err != nil {
		return row, false, err
	}
	if blank(fields) {
		return row, true, nil
	}
	if len(fields) != len(r.names) {
		return row, false, &LineError{
			Line: line, Reason: fmt.Sprintf("has %d fields, the header has %d", len(fields), len(r.names)),
		}
	}
	value := func(column string) string {
		if column == "" {
			return ""
		}
		return strings.TrimSpace(fields[r.places[column]])
	}
	return r.row(line, value)
}

func blank(fields []string) bool {
	for _, field := range fields {
		if strings.TrimSpace(field) != "" {
			return false
		}
	}
	return true
}

func (m *Mapping) row(line int64, value func(string) string) (row Row, ignored bool, err error) {
	c := &m.Columns
	row = Row{Line: line, Reference: value(c.Reference), ProviderReference: value(c.ProviderReference), State: Purchased}
	if c.State != "" {
		state, ignored, known := m.States.state(value(c.State))
		switch {
		case !known:
			return row, false, &LineError{
				line, c.State, fmt.Sprintf("%q is no word of the mapping", errs.Shown(value(c.State))),
			}
		case ignored && row.Reference == "" && row.ProviderReference == "":
			return row, true, nil // about something else
		case ignored: // of a purchase, of which it says no more
			state = Other
		}
		row.State = state
	}
	if row.At, err = m.time(value(c.Time)); err != nil {
		return row, false, &LineError{
			line, c.Time, fmt.Sprintf("%q is no time as the mapping says", errs.Shown(value(c.Time))),
		}
	}
	if text := value(c.Amount); text != "" && row.State != Other {
		if err := m.sum(&row, text, value(c.Currency)); err != nil {
			return row, false, &LineError{line, c.Amount, err.Error()}
		}
	}
	if err := row.Check(); err != nil {
		return row, false, &LineError{Line: line, Reason: inWords(err)}
	}
	return row, false, nil
}

func (m *Mapping) time(text string) (at time.Time, err error) {
	switch m.TimeLayout {
	case "rfc3339":
		at, err = time.Parse(time.RFC3339, text)
	case "unix", "unix_ms":
		var n int64
		if n, err = strconv.ParseInt(text, 10, 64); m.TimeLayout == "unix" {
			at = time.Unix(n, 0)
		} else {
			at = time.UnixMilli(n)
		}
	default:
		at, err = time.ParseInLocation(m.layout, text, m.zone)
	}
	if at = at.UTC(); err == nil && (at.Year() < 2000 || at.Year() > 2999) {
		err = errors.New("out of range")
	}
	return at, err
}

// sum reads an amount, whose sign may say that a purchase is a credit.
func (m *Mapping) sum(row *Row, text, currency string) (err error) {
	currency = cmp.Or(currency, m.Currency)
	if row.Sum.Currency, err = money.ParseCurrency(strings.ToUpper(currency)); err != nil {
		return fmt.Errorf("%q is no currency", errs.Shown(currency))
	}
	minus := strings.HasPrefix(text, "-")
	plainText := strings.TrimLeft(text, "+-")
	if len(text)-len(plainText) > 1 {
		return errors.New("has more than one sign")
	}
	if plainText, err = m.number(plainText, row.Sum.Currency); err != nil {
		return err
	}
	if row.Sum.Amount, err = money.Parse(plainText, row.Sum.Currency); err != nil {
		return err
	}
	credit := minus == (m.Sign == CreditMinus)
	switch {
	case m.Sign == SignNone && minus && row.Sum.Amount > 0:
		return errors.New("is below zero, and the mapping does not say what that means")
	case m.Sign == SignNone || row.Sum.Amount == 0:
	case row.State == Purchased && credit:
		row.State = Credited
	case row.State == Credited && !credit:
		return errors.New("has the sign of a charge, and the row is a credit")
	}
	return nil
}

var errNumber = errors.New("is no amount as the mapping says, with its signs before decimals and between thousands")

// number is an amount as package money reads it. Thousands are groups of three: an amount
// written as in another country would be a hundred times as much.
func (m *Mapping) number(text string, c money.Currency) (string, error) {
	whole, decimals, _ := strings.Cut(text, m.Decimal)
	if m.Thousands != "" {
		groups := strings.Split(whole, m.Thousands)
		for i, group := range groups {
			if len(groups) > 1 && (len(group) > 3 || group == "" || (i > 0 && len(group) != 3)) {
				return "", errNumber
			}
		}
		whole = strings.Join(groups, "")
	}
	if strings.ContainsAny(whole+decimals, ".,' \u00a0\u202f") {
		return "", errNumber
	}
	// Files often have more decimals than the currency, which are zeros.
	for len(decimals) > c.Digits() && strings.HasSuffix(decimals, "0") {
		decimals = strings.TrimSuffix(decimals, "0")
	}
	if decimals != "" {
		whole += "." + decimals
	}
	return whole, nil
}
