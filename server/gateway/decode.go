package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"orderhub/server/admission"
	"orderhub/server/door"
)

// strictJSON is the gateway's JSON, except that it reads exactly one message
// and nothing it does not know.
type strictJSON struct{ runtime.JSONPb }

// maxValues is more than any request needs; each becomes a value in memory before
// the contract's rules are asked.
const maxValues = 20_000

// NewDecoder reads a body. Errors are a *fieldError. A body without anything is
// an empty message, so that the contract's rules say what is missing.
func (*strictJSON) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if admission.TooManyValues(data, maxValues) {
			return &fieldError{Message: fmt.Sprintf("the body has more than %d values", maxValues)}
		}
		data = door.HalvesToNUL(data)
		if len(bytes.TrimSpace(data)) == 0 {
			data = []byte("{}")
		}
		message, err := target(v)
		if err != nil {
			return err
		}
		if err := protojson.Unmarshal(data, message); err != nil {
			return explainJSON(data, err)
		}
		return nil
	})
}

// target is the message to decode into: v itself, or what v points to, made
// first.
func target(v any) (proto.Message, error) {
	if message, ok := v.(proto.Message); ok {
		return message, nil
	}
	pointer := reflect.ValueOf(v)
	if pointer.Kind() == reflect.Pointer && pointer.Elem().Kind() == reflect.Pointer {
		made := reflect.New(pointer.Elem().Type().Elem())
		if message, ok := made.Interface().(proto.Message); ok {
			pointer.Elem().Set(made)
			return message, nil
		}
	}
	return nil, fmt.Errorf("cannot decode a body into a %T", v)
}

// fieldError says which field of a request cannot be read; Field is "" when it
// is the body as a whole. The generated code keeps no more of an error than its
// text, so the text has both, see [splitFieldError].
type fieldError struct{ Field, Message string }

const fieldSeparator = "\x1f"

func (e *fieldError) Error() string { return e.Field + fieldSeparator + e.Message }

func splitFieldError(text string) (e fieldError, ok bool) {
	e.Field, e.Message, ok = strings.Cut(text, fieldSeparator)
	return e, ok
}

// position is how protojson says where it stopped: line and column from 1, the
// column in characters; then why.
var position = regexp.MustCompile(`(?s)\(line (\d+):(\d+)\): (.*)$`)

// explainJSON puts a protojson error in our words: where, and what belongs
// there, without what was sent.
func explainJSON(data []byte, err error) error {
	found := position.FindStringSubmatch(err.Error())
	if found == nil {
		return &fieldError{Message: "the body is nested too deeply or not of the expected form"}
	}
	if !json.Valid(data) {
		return &fieldError{Message: "the body is not valid JSON at line " + found[1] + ", column " + found[2]}
	}
	line, _ := strconv.Atoi(found[1])
	column, _ := strconv.Atoi(found[2])
	at := pathAt(data, offsetOf(data, line, column))
	message := expectation(found[3])
	switch {
	case !utf8.Valid(data):
		message = "must be valid UTF-8"
	case at == "":
		return &fieldError{Message: "the body must be one JSON object"}
	}
	return &fieldError{Field: at, Message: message}
}

// expectations by the beginning of protojson's reason.
var expectations = []struct{ reason, message string }{
	{"unknown field", "is not a known field"},
	{"duplicate field", "is given twice"},
	{"duplicate map key", "is given twice"},
	{"error parsing", "excludes another field that is given"},
	{"invalid value for int32", "must be a whole number of at most 32 bits"},
	{"invalid value for int64", "must be a whole number of at most 64 bits"},
	{"invalid value for string", "must be a string"},
	{"invalid value for bool", "must be true or false"},
	{"invalid value for enum", "must be one of the names the contract has for it"},
	{"invalid google.protobuf.Timestamp", "must be a time such as 2030-01-31T12:00:00Z"},
	{"google.protobuf.Timestamp", "must be a time from the year 1 to 9999"},
	{"invalid google.protobuf.Duration", `must be a duration such as "10s"`},
	{"google.protobuf.Duration", "must be a shorter duration"},
}

func expectation(reason string) string {
	for _, e := range expectations {
		if strings.HasPrefix(reason, e.reason) {
			return e.message
		}
	}
	return "has a value of the wrong type"
}
