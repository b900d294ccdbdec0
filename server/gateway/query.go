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
type strictQuery struct{ runtime.DefaultQueryParser }

// Parse sets the fields that the parameters name. Errors are a *fieldError.
func (q *strictQuery) Parse(message proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	seen := make(map[protoreflect.Name]bool, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		field := fieldOf(message, key)
		switch {
		case field == nil:
			return parameterError(key, "is not a known parameter")
		case filter.HasCommonPrefix([]string{string(field.Name())}):
			return parameterError(key, "belongs in the path or the body")
		case seen[field.Name()]:
			return parameterError(key, "is given twice")
		}
		seen[field.Name()] = true
		if q.DefaultQueryParser.Parse(message, url.Values{key: values[key]}, filter) != nil {
			return parameterError(key, "has a value of the wrong form")
		}
	}
	return nil
}

// fieldOf finds a field by its name in JSON or in the contract.
func fieldOf(message proto.Message, key string) protoreflect.FieldDescriptor {
	fields := message.ProtoReflect().Descriptor().Fields()
	if field := fields.ByJSONName(key); field != nil {
		return field
	}
	return fields.ByName(protoreflect.Name(key))
}

func parameterError(key, message string) error {
	return &fieldError{Field: pathOf([]level{{key: key}}), Message: message}
}
