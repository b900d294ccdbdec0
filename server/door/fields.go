package door

import (
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wrong is what can be wrong with a field.
type Wrong int

// What is missing or of another type than is wanted, then what breaks a rule.
const (
	Absent Wrong = iota
	IsNull
	Empty // a text, where one is required
	NotText
	NotInteger
	NotBool
	NotArray
	NotObject

	TooLong // a text, in characters
	HasControl
	HoldsNUL
	TooLow
	TooHigh
	TooFew // elements
	TooMany
)

// BreaksRule reports whether the field is there and of the type that is wanted.
func (w Wrong) BreaksRule() bool { return w >= TooLong }

// Complaint says what is wrong with one field.
type Complaint struct {
	Field string // its path, such as "items[0].sku"
	Wrong Wrong
	Bound int64 // that is broken, where there is one
	Got   Kind
}

// Put writes the complaint into a sentence that has {field} and {bound} where
// they go.
func (c *Complaint) Put(sentence string) string {
	return strings.NewReplacer("{field}", c.Field, "{bound}", strconv.FormatInt(c.Bound, 10)).Replace(sentence)
}

// Style is how a partner's clients write fields.
type Style struct {
	FoldCase bool // letter case of names does not count
	Integers Integers
	// TypesFirst has a [Reader] tell what is missing or of another type before what
	// breaks a rule, wherever they are.
	TypesFirst bool
}

// Fields reads the fields of one JSON object. It goes on after a mistake; the
// partner decides what it makes of the complaints.
type Fields struct {
	Object   Value
	Path     string // of the object, with a dot behind it; "" for the whole body
	Style    *Style
	Complain func(Complaint)
}

func (f *Fields) Wrong(name string, wrong Wrong, bound int64) {
	f.Complain(Complaint{Field: f.Path + name, Wrong: wrong, Bound: bound})
}

func (f *Fields) wrongKind(name string, wrong Wrong, v Value) {
	f.Complain(Complaint{Field: f.Path + name, Wrong: wrong, Got: v.Kind})
}

// Get finds a field that may be null.
func (f *Fields) Get(name string) (Value, bool) {
	if f.Style.FoldCase {
		return f.Object.GetFold(name)
	}
	return f.Object.Get(name)
}

// Optional finds a field; null counts as absent.
func (f *Fields) Optional(name string) (Value, bool) {
	v, found := f.Get(name)
	return v, found && v.Kind != Null
}

// Required finds a field that has to be there.
func (f *Fields) Required(name string) (Value, bool) {
	v, found := f.Get(name)
	switch {
	case !found:
		f.Wrong(name, Absent, 0)
	case v.Kind == Null:
		f.Wrong(name, IsNull, 0)
	default:
		return v, true
	}
	return v, false
}

// Text is an optional text, "" where there is none.
func (f *Fields) Text(name string) string {
	v, found := f.Optional(name)
	if !found {
		return ""
	}
	text, _ := f.TextOf(name, v)
	return text
}

// RequiredText is a text that is not "" unless that was complained about.
func (f *Fields) RequiredText(name string) (string, bool) {
	v, found := f.Required(name)
	if !found {
		return "", false
	}
	text, ok := f.TextOf(name, v)
	if ok && text == "" {
		f.Wrong(name, Empty, 0)
	}
	return text, text != ""
}

// TextOf is the text that a field's value is.
func (f *Fields) TextOf(name string, v Value) (string, bool) {
	if v.Kind != String {
		f.wrongKind(name, NotText, v)
		return "", false
	}
	return v.Text, true
}

// Storable reports whether a text has no NUL, which no database takes.
func (f *Fields) Storable(name, text string) bool {
	if HasNUL(text) {
		f.Wrong(name, HoldsNUL, 0)
		return false
	}
	return true
}

// Short bounds a text in characters.
func (f *Fields) Short(name, text string, most int) bool {
	if utf8.RuneCountInString(text) > most {
		f.Wrong(name, TooLong, int64(most))
		return false
	}
	return true
}

// Plain keeps control characters out of a text.
func (f *Fields) Plain(name, text string) bool {
	if strings.ContainsFunc(text, unicode.IsControl) {
		f.Wrong(name, HasControl, 0)
		return false
	}
	return true
}

// Integer is an optional whole number; false where there is none, or none that
// can be read.
func (f *Fields) Integer(name string) (int64, bool) {
	v, found := f.Optional(name)
	if !found {
		return 0, false
	}
	return f.IntegerOf(name, v)
}

// IntegerOf is the whole number that a field's value is.
func (f *Fields) IntegerOf(name string, v Value) (int64, bool) {
	n, ok := f.Style.Integers.Read(v)
	if !ok {
		f.wrongKind(name, NotInteger, v)
	}
	return n, ok
}

// Positive is a required whole number, of at least 1 unless that was complained
// about.
func (f *Fields) Positive(name string) int64 {
	v, found := f.Required(name)
	if !found {
		return 0
	}
	n, ok := f.IntegerOf(name, v)
	if ok && n < 1 {
		f.Wrong(name, TooLow, 1)
	}
	return n
}

// Within bounds a number.
func (f *Fields) Within(name string, n, low, high int64) bool {
	switch {
	case n < low:
		f.Wrong(name, TooLow, low)
	case n > high:
		f.Wrong(name, TooHigh, high)
	default:
		return true
	}
	return false
}

// BoolOf is the truth value that a field's value is.
func (f *Fields) BoolOf(name string, v Value) bool {
	if v.Kind != Bool {
		f.wrongKind(name, NotBool, v)
	}
	return v.Bool
}

// ArrayOf are the elements of an array of least to most; false after a complaint.
func (f *Fields) ArrayOf(name string, v Value, least, most int) ([]Value, bool) {
	switch {
	case v.Kind != Array:
		f.wrongKind(name, NotArray, v)
	case len(v.Elements) < least:
		f.Wrong(name, TooFew, int64(least))
	case len(v.Elements) > most:
		f.Wrong(name, TooMany, int64(most))
	default:
		return v.Elements, true
	}
	return nil, false
}

// ObjectsOf reads each object of an array of least to most of them.
func (f *Fields) ObjectsOf(name string, v Value, least, most int, read func(i int, element *Fields)) {
	elements, _ := f.ArrayOf(name, v, least, most)
	for i, element := range elements {
		path := name + "[" + strconv.Itoa(i) + "]"
		if element.Kind != Object {
			f.wrongKind(path, NotObject, element)
			continue
		}
		read(i, &Fields{Object: element, Path: f.Path + path + ".", Style: f.Style, Complain: f.Complain})
	}
}

// Integers is which spellings of a whole number are taken besides the digits of a
// JSON number.
type Integers struct {
	Texts     bool // "7"
	ZeroPoint bool // 7.0
	Exponents bool // 7e1, and with it 7.0
	// Clamps takes what is beyond 64 bits for the farthest number within.
	Clamps bool
}

// Read is the whole number that a value spells.
func (k Integers) Read(v Value) (int64, bool) {
	if v.Kind != Number && (!k.Texts || v.Kind != String) {
		return 0, false
	}
	if k.Exponents {
		n, ok := ParseRat(v.Text)
		if !ok || !n.IsInt() || !n.Num().IsInt64() {
			return 0, false
		}
		return n.Num().Int64(), true
	}
	whole, fraction, point := strings.Cut(v.Text, ".")
	digits := strings.TrimPrefix(whole, "-")
	broken := point && (!k.ZeroPoint || strings.Trim(fraction, "0") != "")
	if broken || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64) // beyond its range it gives the farthest number
	return n, err == nil || k.Clamps
}

// maxNumber bounds the literals that are looked at, and maxExponent their
// exponents: 1e999999999 must not become a number.
const (
	maxNumber   = 64
	maxExponent = 2 // digits
)

// ParseRat reads a decimal number that is short enough not to cost time.
func ParseRat(text string) (*big.Rat, bool) {
	_, power, _ := strings.Cut(strings.ToLower(text), "e")
	costly := len(text) > maxNumber || len(strings.TrimLeft(power, "+-0")) > maxExponent
	if costly || strings.Trim(text, "0123456789.eE+-") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
