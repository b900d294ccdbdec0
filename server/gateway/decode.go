package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"

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

var errTooManyValues = errors.New("the body has too many values")

// NewDecoder reads a body. The generated code keeps no more of an error than its
// text; what the caller is told [route.fault] finds out.
func (*strictJSON) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if data, err = messageText(data); err != nil {
			return err
		}
		message, err := target(v)
		if err != nil {
			return err
		}
		return protojson.Unmarshal(data, message)
	})
}

// messageText is a body as it is decoded: one without anything is an empty message,
// so that the contract's rules say what is missing. errTooManyValues.
func messageText(body []byte) ([]byte, error) {
	if admission.TooManyValues(body, maxValues) {
		return nil, errTooManyValues
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return []byte("{}"), nil
	}
	return door.HalvesToNUL(body), nil
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
