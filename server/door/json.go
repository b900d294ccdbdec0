package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"orderhub/server/admission"
)

// maxDepth bounds how deep arrays and objects may be nested, and maxValues how
// many values and names there may be: more than any partner's largest request.
const (
	maxDepth  = 32
	maxValues = 100_000
)

// ErrMalformed: not one JSON value in UTF-8, nested too deep, or with too many
// values.
var ErrMalformed = errors.New("the body is not valid JSON")

// Kind is the type of a JSON value.
type Kind int

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Object
	Array
)

// Value is a JSON value as it was sent: numbers keep their digits, objects the
// order and the repetitions of their names.
type Value struct {
	Kind Kind
	// Text is that of a string, or the literal of a number. What no field can take
	// and no database store, a NUL or half of a surrogate pair, is a NUL here; see
	// [HasNUL].
	Text     string
	Bool     bool
	Members  []Member
	Elements []Value
}

// Member is one name of an object with its value.
type Member struct {
	Name  string
	Value Value
}

// ParseJSON reads a whole body. The error is ErrMalformed.
func ParseJSON(body []byte) (Value, error) {
	// The decoder mends broken UTF-8 silently, which would store what nobody sent.
	if admission.TooManyValues(body, maxValues) || !utf8.Valid(body) {
		return Value{}, ErrMalformed
	}
	decoder := json.NewDecoder(bytes.NewReader(HalvesToNUL(body)))
	decoder.UseNumber()
	v, err := parse(decoder, maxDepth)
	if err != nil {
		return Value{}, ErrMalformed
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Value{}, ErrMalformed
	}
	return v, nil
}

func parse(d *json.Decoder, depth int) (Value, error) {
	token, err := d.Token()
	if err != nil {
		return Value{}, err
	}
	switch token := token.(type) {
	case bool:
		return Value{Kind: Bool, Bool: token}, nil
	case json.Number:
		return Value{Kind: Number, Text: token.String()}, nil
	case string:
		return Value{Kind: String, Text: token}, nil
	case json.Delim:
		if depth == 0 {
			return Value{}, ErrMalformed
		}
		if token == '{' {
			return parseObject(d, depth-1)
		}
		return parseArray(d, depth-1)
	default:
		return Value{}, nil
	}
}

func parseObject(d *json.Decoder, depth int) (Value, error) {
	v := Value{Kind: Object}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return v, err
		}
		member := Member{Name: name.(string)} // the decoder lets nothing else be a name
		if member.Value, err = parse(d, depth); err != nil {
			return v, err
		}
		v.Members = append(v.Members, member)
	}
	_, err := d.Token()
	return v, err
}

func parseArray(d *json.Decoder, depth int) (Value, error) {
	v := Value{Kind: Array}
	for d.More() {
		element, err := parse(d, depth)
		if err != nil {
			return v, err
		}
		v.Elements = append(v.Elements, element)
	}
	_, err := d.Token()
	return v, err
}

// HasNUL reports whether a text has a character that cannot be stored.
func HasNUL(text string) bool { return strings.ContainsRune(text, 0) }

// Get returns the member with exactly this name, the last of several.
func (v Value) Get(name string) (Value, bool) {
	return v.find(func(member string) bool { return member == name })
}

// GetFold returns the member with this name in any letter case, the last of
// several.
func (v Value) GetFold(name string) (Value, bool) {
	return v.find(func(member string) bool { return strings.EqualFold(member, name) })
}

func (v Value) find(is func(name string) bool) (Value, bool) {
	for i := len(v.Members) - 1; i >= 0; i-- {
		if is(v.Members[i].Name) {
			return v.Members[i].Value, true
		}
	}
	return Value{}, false
}

// escape is the form of an escaped code unit.
const escape = `\uD800`

// HalvesToNUL writes a NUL for every escape in a JSON text that names half of a
// surrogate pair, which is no character: the decoders of this program either
// make one and the same character of all of them or refuse the whole text. A
// field then refuses it like a NUL that was sent.
func HalvesToNUL(body []byte) []byte {
	mended := body
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		r := escaped(body[i:])
		switch {
		case !utf16.IsSurrogate(r):
			i++ // whatever is escaped is no backslash of its own
			continue
		case utf16.DecodeRune(r, escaped(body[i+len(escape):])) != utf8.RuneError:
			i += 2*len(escape) - 1
			continue
		}
		if &mended[0] == &body[0] {
			mended = bytes.Clone(body)
		}
		copy(mended[i:], `\u0000`)
		i += len(escape) - 1
	}
	return mended
}

// escaped is the code unit of an escape such as \uD800, or 0.
func escaped(text []byte) rune {
	if len(text) < len(escape) || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(text[2:len(escape)]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(unit)
}
