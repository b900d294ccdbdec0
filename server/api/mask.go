package api

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"orderhub/server/fault"
)

// fieldSet is the paths of a resource that an update takes over.
type fieldSet map[string]bool

// maskOf is what an update changes: the mask's paths, or without a mask every
// field that is set. The error is an *fault.InvalidError on update_mask.
func maskOf(changes proto.Message, mask *fieldmaskpb.FieldMask) (fieldSet, error) {
	set := make(fieldSet)
	message := changes.ProtoReflect()
	if len(mask.GetPaths()) == 0 {
		message.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			set[string(field.Name())] = true
			return true
		})
		return set, nil
	}
	for _, path := range mask.GetPaths() {
		canonical := canonicalPath(message.Descriptor(), path)
		if canonical == "" {
			return nil, fault.Invalid("update_mask", "must name fields of the resource")
		}
		set[canonical] = true
	}
	return set, nil
}

// canonicalPath has the contract's name for the field that the path begins
// with, which may also be named as in JSON. "" when there is no such field.
func canonicalPath(resource protoreflect.MessageDescriptor, path string) string {
	top, rest, nested := strings.Cut(path, ".")
	field := resource.Fields().ByName(protoreflect.Name(top))
	if field == nil {
		field = resource.Fields().ByJSONName(top)
	}
	switch {
	case field == nil:
		return ""
	case nested:
		return string(field.Name()) + "." + rest
	default:
		return string(field.Name())
	}
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

// keeps adds a violation when a fixed field would get another value. An answer
// that is edited and sent back has it unchanged.
func (s fieldSet) keeps(bad *fault.InvalidError, field, value, current string) {
	if s.has(field) && value != current {
		bad.Add(field, "cannot be changed")
	}
}
