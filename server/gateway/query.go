package gateway

import (
	"maps"
	"net/url"
	"slices"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// strictQuery reads query parameters like the runtime, but refuses those that
// the method does not have: a misspelled filter must not be no filter.
type strictQuery struct{}

func (*strictQuery) Parse(message proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	if fault := checkQuery(message, values, filter); fault != nil {
		return fault
	}
	return nil
}

// checkQuery is Parse that says which parameter is wrong.
func checkQuery(message proto.Message, values url.Values, filter *utilities.DoubleArray) *fieldError {
	var plain runtime.DefaultQueryParser
	seen := make(map[protoreflect.Name]bool, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		field := fieldNamed(message.ProtoReflect().Descriptor(), key)
		switch {
		case field == nil:
			return parameterError(key, "is not a known parameter")
		case filter.HasCommonPrefix([]string{string(field.Name())}):
			return parameterError(key, "belongs in the path or the body")
		case seen[field.Name()], len(values[key]) > 1 && !field.IsList():
			return parameterError(key, "is given twice")
		}
		seen[field.Name()] = true
		if plain.Parse(message, url.Values{key: values[key]}, filter) != nil {
			return parameterError(key, expectation(field, values.Get(key)))
		}
	}
	return nil
}

// fieldNamed finds a field by its name in JSON or in the contract.
func fieldNamed(message protoreflect.MessageDescriptor, key string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByJSONName(key); field != nil {
		return field
	}
	return message.Fields().ByName(protoreflect.Name(key))
}

func parameterError(key, message string) *fieldError {
	return &fieldError{Field: memberPath("", key), Message: message}
}
