package api

import (
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/errs"
)

// wording is what a rule of a request that was broken says to people. Of some
// the library speaks as programs do.
func wording(request protoreflect.MessageDescriptor, v *protovalidate.Violation) string {
	switch v.Proto.GetRuleId() {
	case "enum.defined_only", "enum.not_in":
		return MustBeNamed(fieldAt(request, v.Proto.GetField()))
	case "string.in":
		return "must be " + errs.OneOf(textsOf(v.RuleValue.List()))
	case "repeated.unique":
		return "must not have an entry twice"
	case "repeated.min_items":
		return "must have at least " + entries(v.RuleValue.Uint())
	default:
		return v.Proto.GetMessage()
	}
}

// fieldAt is the last field of a path. A violation only names it when it is about
// the field as a whole.
func fieldAt(m protoreflect.MessageDescriptor, path *validate.FieldPath) (field protoreflect.FieldDescriptor) {
	for _, element := range path.GetElements() {
		field = m.Fields().ByNumber(protoreflect.FieldNumber(element.GetFieldNumber()))
		m = messageOf(field)
	}
	return field
}

func textsOf(list protoreflect.List) []string {
	texts := make([]string, list.Len())
	for i := range texts {
		texts[i] = list.Get(i).String()
	}
	return texts
}

func entries(n uint64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// MustBeNamed says which values a field of an enumeration takes.
func MustBeNamed(field protoreflect.FieldDescriptor) string {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	refused := make(map[int32]bool)
	for _, number := range append(rules.GetEnum().GetNotIn(), rules.GetRepeated().GetItems().GetEnum().GetNotIn()...) {
		refused[number] = true
	}
	var names []string
	for i := range field.Enum().Values().Len() {
		value := field.Enum().Values().Get(i)
		if name := string(value.Name()); !refused[int32(value.Number())] && !strings.HasSuffix(name, "_UNSPECIFIED") {
			names = append(names, name)
		}
	}
	return "must be " + errs.OneOf(names)
}
