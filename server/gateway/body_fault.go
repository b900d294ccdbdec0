package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"orderhub/server/api"
)

const (
	isUnknown = "is not a known field"
	isTwice   = "is given twice"
	wrongType = "has a value of the wrong type"
	notUTF8   = "must be valid UTF-8"
	// mostNested is how deep JSON may be nested for any of its readers.
	mostNested = 10_000
)

// bodyFault is where a body that protojson refused stops being the message, and
// what belongs there, without what was sent. Nil when it is the message.
func bodyFault(body []byte, message protoreflect.MessageDescriptor) *fieldError {
	data, err := messageText(body)
	if err != nil {
		return &fieldError{Message: fmt.Sprintf("the body has more than %d values", maxValues)}
	}
	var all json.RawMessage
	if broken, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(data, &all)); ok {
		return syntaxFault(data, int(broken.Offset))
	}
	w := &walk{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	w.decoder.UseNumber()
	if token, _ := w.next(); token != json.Delim('{') {
		return &fieldError{Message: "the body must be one JSON object"}
	}
	return w.message(message, "")
}

// syntaxFault says where a body stops being JSON: line and column from 1, the
// column in characters.
func syntaxFault(data []byte, offset int) *fieldError {
	if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > mostNested {
		return &fieldError{Message: "the body is nested too deeply or not of the expected form"}
	}
	before := data[:max(offset-1, 0)]
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	line := bytes.Count(before, []byte("\n")) + 1
	return &fieldError{Message: fmt.Sprintf("the body is not valid JSON at line %d, column %d", line, column)}
}

// walk goes through valid JSON along a message, up to the first value that does
// not fit. It always knows where it is.
type walk struct {
	data    []byte
	decoder *json.Decoder
}

// next reads a token, and how it was written.
func (w *walk) next() (token json.Token, written []byte) {
	from := w.decoder.InputOffset()
	token, _ = w.decoder.Token() // the text is valid
	return token, bytes.TrimLeft(w.data[from:w.decoder.InputOffset()], " \t\r\n,:")
}

// object visits the members of an object that has been begun.
func (w *walk) object(at string, member func(key, at string) *fieldError) *fieldError {
	given := make(map[string]bool)
	for w.decoder.More() {
		token, written := w.next()
		key, _ := token.(string)
		inside := memberPath(at, key)
		switch {
		case !utf8.Valid(written):
			return &fieldError{inside, notUTF8}
		case given[key]:
			return &fieldError{inside, isTwice}
		}
		given[key] = true
		if fault := member(key, inside); fault != nil {
			return fault
		}
	}
	_, _ = w.next() // its end
	return nil
}

// array visits the elements of an array that has been begun.
func (w *walk) array(at string, element func(at string) *fieldError) *fieldError {
	for i := 0; w.decoder.More(); i++ {
		if fault := element(elementPath(at, i)); fault != nil {
			return fault
		}
	}
	_, _ = w.next() // its end
	return nil
}

// message goes through a message whose object has been begun. A field has two
// names.
func (w *walk) message(m protoreflect.MessageDescriptor, at string) *fieldError {
	given := make(map[protoreflect.Name]bool)
	return w.object(at, func(key, at string) *fieldError {
		field := fieldNamed(m, key)
		switch {
		case field == nil:
			return &fieldError{at, isUnknown}
		case given[field.Name()]:
			return &fieldError{at, isTwice}
		}
		given[field.Name()] = true
		return w.field(field, at)
	})
}

func (w *walk) field(field protoreflect.FieldDescriptor, at string) *fieldError {
	token, written := w.next()
	switch {
	case token == nil: // null is no value
		return nil
	case field.IsMap() && token == json.Delim('{'):
		return w.object(at, func(_, at string) *fieldError { return w.read(field.MapValue(), at) })
	case field.IsList() && token == json.Delim('['):
		return w.array(at, func(at string) *fieldError { return w.read(field, at) })
	case field.IsMap(), field.IsList():
		return &fieldError{at, wrongType}
	default:
		return w.value(field, token, written, at)
	}
}

func (w *walk) read(field protoreflect.FieldDescriptor, at string) *fieldError {
	token, written := w.next()
	return w.value(field, token, written, at)
}

// value checks one value of a field.
func (w *walk) value(field protoreflect.FieldDescriptor, token json.Token, written []byte, at string) *fieldError {
	message := field.Message()
	switch {
	case message != nil && message.FullName() == "google.protobuf.Struct":
		if token != json.Delim('{') {
			return &fieldError{at, wrongType}
		}
		return w.free(token, written, at)
	case message != nil && message.ParentFile().Package() != "google.protobuf":
		if token != json.Delim('{') {
			return &fieldError{at, wrongType}
		}
		return w.message(message, at)
	case !utf8.Valid(written):
		return &fieldError{at, notUTF8}
	case !fits(field, token, written):
		return &fieldError{at, expectation(field, token)}
	default:
		return nil
	}
}

// free goes through a value that may be anything.
func (w *walk) free(token json.Token, written []byte, at string) *fieldError {
	switch {
	case token == json.Delim('{'):
		return w.object(at, func(_, at string) *fieldError {
			inner, written := w.next()
			return w.free(inner, written, at)
		})
	case token == json.Delim('['):
		return w.array(at, func(at string) *fieldError {
			inner, written := w.next()
			return w.free(inner, written, at)
		})
	case !utf8.Valid(written):
		return &fieldError{at, notUTF8}
	default:
		return nil
	}
}

// fits reports whether a value is one of the field. Texts, of which there may be
// many, are plain; of the rest protojson has the rules.
func fits(field protoreflect.FieldDescriptor, token json.Token, written []byte) bool {
	if _, begun := token.(json.Delim); begun {
		return false
	}
	if text, ok := token.(string); ok && field.Kind() == protoreflect.StringKind {
		return utf8.ValidString(text)
	}
	value := string(written)
	if field.IsList() {
		value = "[" + value + "]"
	}
	message := dynamicpb.NewMessage(field.ContainingMessage())
	return protojson.Unmarshal([]byte(`{"`+field.JSONName()+`":`+value+`}`), message) == nil
}

// expectations by the kind of a field.
var expectations = map[protoreflect.Kind]string{
	protoreflect.Int32Kind:  "must be a whole number of at most 32 bits",
	protoreflect.Int64Kind:  "must be a whole number of at most 64 bits",
	protoreflect.StringKind: "must be a string",
	protoreflect.BoolKind:   "must be true or false",
}

// expectation is what belongs where a value does not fit.
func expectation(field protoreflect.FieldDescriptor, token json.Token) string {
	if message, found := expectations[field.Kind()]; found {
		return message
	}
	if field.Enum() != nil {
		return api.MustBeNamed(field)
	}
	if field.Message() == nil { // a fraction or bytes, which no request has so far
		return wrongType
	}
	text, _ := token.(string)
	switch field.Message().FullName() {
	case "google.protobuf.Timestamp":
		if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return "must be a time from the year 1 to 9999"
		}
		return "must be a time such as 2030-01-31T12:00:00Z"
	case "google.protobuf.Duration":
		const most = 315_576_000_000 // seconds in 10,000 years
		seconds, err := strconv.ParseFloat(strings.TrimSuffix(text, "s"), 64)
		if err == nil && math.Abs(seconds) > most {
			return "must be a shorter duration"
		}
		return `must be a duration such as "10s"`
	default:
		return wrongType
	}
}
