package importfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// objectLines reads products from one JSON object per line.
type objectLines struct {
	lines *lineReader
	index int
}

func (r *objectLines) next() (ProductRow, error) {
	next, err := r.lines.nextVisible()
	if err != nil {
		return ProductRow{}, err
	}
	r.index++
	if next.tooLong {
		return ProductRow{}, tooLong(next.number, MaxProductSize)
	}
	return decodeProduct([]byte(next.text), next.number, r.index)
}

// objectArray reads products from a JSON array of objects. It cuts the array into
// objects itself, because encoding/json neither bounds them nor goes on after a
// bad one.
type objectArray struct {
	in    *bufio.Reader
	line  int // that of the next byte, from 1
	index int
	ended bool // the array, or what can be read of it
}

func (r *objectArray) next() (ProductRow, error) {
	if r.ended {
		return ProductRow{}, io.EOF
	}
	if err := r.toObject(); err != nil {
		r.ended = true
		return ProductRow{}, err
	}
	r.index++
	line := r.line
	object, err := r.object()
	switch {
	case err != nil:
		r.ended = true
		return ProductRow{}, err
	case object == nil:
		return ProductRow{}, tooLong(line, MaxProductSize)
	}
	return decodeProduct(object, line, r.index)
}

// toObject reads up to the brace that begins the next object. The error is io.EOF
// after the end of the array.
func (r *objectArray) toObject() error {
	separator, err := r.readVisible() // "[" before the first object
	if err != nil {
		return err
	}
	if separator == ']' {
		return r.toEnd()
	}
	if separator != ',' && r.index > 0 {
		return &LineError{Line: r.line, Reason: "has no comma between two objects of the array"}
	}
	first, err := r.readVisible()
	switch {
	case err != nil:
		return err
	case first == ']' && r.index == 0:
		return r.toEnd()
	case first != '{':
		return &LineError{Line: r.line, Reason: "has something other than an object in the array"}
	}
	return r.in.UnreadByte()
}

// toEnd checks that nothing but space follows the array.
func (r *objectArray) toEnd() error {
	for {
		b, err := r.in.ReadByte()
		switch {
		case err == io.EOF:
			return io.EOF
		case err != nil:
			return r.failure(err)
		case b == '\n':
			r.line++
		case !isSpace(b):
			return &LineError{Line: r.line, Reason: "has text after the end of the array"}
		}
	}
}

// readVisible reads the next byte that is not space.
func (r *objectArray) readVisible() (byte, error) {
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return 0, r.failure(err)
		}
		if b == '\n' {
			r.line++
		}
		if !isSpace(b) {
			return b, nil
		}
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// object reads from a brace to the one that closes it. It returns nil for an object
// that is too large, having read past it.
func (r *objectArray) object() ([]byte, error) {
	begin := r.line
	var object []byte
	size := 0
	depth := 0
	inText := false
	escaped := false
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return nil, r.failure(err)
		}
		if size++; size <= MaxProductSize {
			object = append(object, b)
		}
		switch {
		case b == '\n' && inText:
			// Where this text was meant to end is anybody's guess.
			return nil, &LineError{Line: begin, Reason: "begins an object with a text that does not end on its line"}
		case b == '\n':
			r.line++
		case escaped:
			escaped = false
		case inText:
			escaped = b == '\\'
			inText = b != '"'
		case b == '"':
			inText = true
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if size > MaxProductSize {
		return nil, nil
	}
	return object, nil
}

// failure turns the end of the file inside the array, or a failure of its reader,
// into the last error.
func (r *objectArray) failure(err error) error {
	if err == io.EOF { //nolint:errorlint // as in yieldAll
		return &LineError{Line: r.line, Reason: "ends the file inside the array"}
	}
	return fmt.Errorf("read line %d: %w", r.line, err)
}

// decodeProduct reads one JSON object. The error is a *LineError.
func decodeProduct(object []byte, line, index int) (ProductRow, error) {
	if !utf8.Valid(object) {
		return ProductRow{}, &LineError{Line: line, Reason: "is not valid UTF-8"}
	}
	object = bytes.TrimSpace(object)
	if !json.Valid(object) || object[0] != '{' {
		return ProductRow{}, &LineError{Line: line, Reason: "is not a complete JSON object"}
	}
	product := ProductRow{Line: line, Index: index}
	// Member by member, because decoding into a struct would overlook letter case
	// and keys given twice, and into a map would lose their order.
	decoder := json.NewDecoder(bytes.NewReader(object))
	_, _ = decoder.Token() // the brace; the object is known to be valid
	for decoder.More() {
		key, _ := decoder.Token()
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return ProductRow{}, &LineError{Line: line, Reason: "is not a complete JSON object"}
		}
		if err := product.setJSON(key.(string), value); err != nil {
			return ProductRow{}, err
		}
	}
	return product.checked()
}

func (p *ProductRow) setJSON(column string, value json.RawMessage) error {
	if !slices.Contains(productColumns, column) {
		return unknownColumn(p.Line, column, productColumns)
	}
	if p.Has(column) {
		return &LineError{Line: p.Line, Column: column, Reason: "is given twice"}
	}
	text, ok := p.jsonText(column, value)
	if !ok {
		return &LineError{Line: p.Line, Column: column, Reason: "has a value of the wrong type"}
	}
	if reason := p.set(column, text); reason != "" {
		return &LineError{Line: p.Line, Column: column, Reason: reason}
	}
	return nil
}

// jsonText returns a JSON value as CSV would have it. A number keeps its digits: a
// price must not pass through a float. Null is empty. Not ok: a column that does
// not take this type.
func (p *ProductRow) jsonText(column string, value json.RawMessage) (text string, ok bool) {
	switch value[0] {
	case '"':
		err := json.Unmarshal(value, &text)
		return text, err == nil
	case 'n':
		return "", true
	}
	switch p.target(column).(type) {
	case *bool:
		ok = value[0] == 't' || value[0] == 'f'
	case *json.RawMessage:
		ok = value[0] == '['
	case *map[string]string:
		ok = value[0] == '{'
	case *int64, *time.Duration:
		ok = isNumber(value)
	case *string:
		ok = column == "price" && isNumber(value)
	}
	return string(value), ok
}

// isNumber reports whether a JSON value is one.
func isNumber(value json.RawMessage) bool {
	return value[0] == '-' || value[0] >= '0' && value[0] <= '9'
}
