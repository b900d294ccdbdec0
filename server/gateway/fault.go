package gateway

import (
	"net/http"
	"net/url"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// fieldError says which field of a request cannot be read; Field is "" when it
// is the body as a whole.
type fieldError struct{ Field, Message string }

func (e *fieldError) Error() string { return e.Field + ": " + e.Message }

// fault is what keeps a request from being read, in the order in which it is:
// the body, the path, the query. Nil when nothing is known.
func (r *route) fault(request *http.Request, body []byte) *fieldError {
	if r.body != "" {
		if fault := bodyFault(body, r.bodyMessage()); fault != nil {
			return fault
		}
	}
	if fault := r.pathFault(request.URL); fault != nil {
		return fault
	}
	return r.queryFault(request.URL.RawQuery)
}

// bodyMessage is what the body is: the request, or one field of it.
func (r *route) bodyMessage() protoreflect.MessageDescriptor {
	if field := r.input.Fields().ByName(protoreflect.Name(r.body)); field != nil {
		return field.Message()
	}
	return r.input
}

// pathFault finds the parameter that is no number.
func (r *route) pathFault(u *url.URL) *fieldError {
	values := r.path.FindStringSubmatch(plainColons(u.EscapedPath()))
	for i, name := range r.parameters {
		field := r.input.Fields().ByName(protoreflect.Name(name))
		if field == nil || field.Kind() != protoreflect.Int64Kind || i+1 >= len(values) {
			continue
		}
		value, err := url.PathUnescape(values[i+1])
		if err == nil {
			_, err = runtime.Int64(value)
		}
		if err != nil {
			return &fieldError{name, "must be a number"}
		}
	}
	return nil
}

func (r *route) queryFault(query string) *fieldError {
	values, err := url.ParseQuery(query)
	if err != nil || r.body == "*" { // which leaves nothing for the query
		return nil //nolint:nilerr // the runtime says what is wrong with the whole
	}
	message, err := protoregistry.GlobalTypes.FindMessageByName(r.input.FullName())
	if err != nil {
		return nil //nolint:nilerr // every input is a message of the contract
	}
	var elsewhere [][]string
	for _, name := range append(r.parameters, r.body) {
		if name != "" {
			elsewhere = append(elsewhere, []string{name})
		}
	}
	return checkQuery(message.New().Interface(), values, utilities.NewDoubleArray(elsewhere))
}
