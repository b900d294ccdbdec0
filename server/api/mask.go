package api

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"orderhub/server/errs"
)

// fieldSet is the paths of a resource that an update takes over.
type fieldSet map[string]bool

// maskOf is what an update changes: the mask's paths, or without a mask every
// field that is set, of a part what is set in it. The error is an *errs.InvalidError on update_mask.
func maskOf(changes proto.Message, mask *fieldmaskpb.FieldMask) (fieldSet, error) {
	set := make(fieldSet)
	message := changes.ProtoReflect()
	if len(mask.GetPaths()) == 0 {
		set.populated(message, "")
		return set, nil
	}
	for _, path := range mask.GetPaths() {
		if path == "" {
			continue // how the gateway writes the mask of {}
		}
		canonical := canonicalPath(message.Descriptor(), path)
		if canonical == "" {
			return nil, errs.Invalid("update_mask", "must name fields of the resource")
		}
		set[canonical] = true
	}
	return set, nil
}

// populated adds the fields that are set.
func (s fieldSet) populated(m protoreflect.Message, at string) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if isWhole(field) {
			s[at+string(field.Name())] = true
		} else {
			s.populated(value.Message(), at+string(field.Name())+".")
		}
		return true
	})
}

// isWhole reports a field without parts: what has no fields of the contract, such
// as a map, is taken as a whole.
func isWhole(field protoreflect.FieldDescriptor) bool {
	return field.Message() == nil || field.IsMap() || field.IsList() ||
		field.Message().ParentFile().Package() != field.ParentFile().Package()
}

// canonicalPath has the contract's names for the fields of the path, which may
// also be named as in JSON. "" when there is no such field.
func canonicalPath(resource protoreflect.MessageDescriptor, path string) string {
	top, rest, nested := strings.Cut(path, ".")
	field := resource.Fields().ByName(protoreflect.Name(top))
	if field == nil {
		field = resource.Fields().ByJSONName(top)
	}
	if field == nil {
		return ""
	}
	if !nested || isWhole(field) {
		return string(field.Name())
	}
	if below := canonicalPath(field.Message(), rest); below != "" {
		return string(field.Name()) + "." + below
	}
	return ""
}

// has reports whether the field, or something in it, is to be taken over.
func (s fieldSet) has(field string) bool {
	for path := range s {
		if path == field || strings.HasPrefix(path, field+".") {
			return true
		}
	}
	return false
}

// takes reports whether a part of a field is to be taken over: alone, or with
// the whole field.
func (s fieldSet) takes(field, part string) bool { return s[field] || s[field+"."+part] }

// take takes a field over if it is among those.
func take[T any](s fieldSet, field string, into *T, value T) {
	if s.has(field) {
		*into = value
	}
}

// given is the value of a field, nil if it is not among those.
func given[T any](s fieldSet, field string, value T) *T {
	if !s.has(field) {
		return nil
	}
	return &value
}

// keeps adds a violation when a fixed field would get another value. An answer
// that is edited and sent back has it unchanged.
func (s fieldSet) keeps(bad *errs.InvalidError, field, value, current string) {
	if s.has(field) && value != current {
		bad.Add(field, "cannot be changed")
	}
}
