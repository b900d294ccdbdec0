package api

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/contract"
	"orderhub/server/errs"
)

// validator checks messages against the rules in the contract.
type validator struct {
	rules protovalidate.Validator
	// bodies has, for every request of the contract, the field that is the whole
	// body in REST, or "". Its name is not part of a path as the caller wrote it.
	bodies map[protoreflect.FullName]string
	limits entryLimits
}

// mostViolations is how many of a request's faults are told at once.
const mostViolations = 32

// newValidator compiles the rules of every request, so that a broken rule is
// found at the start and no caller waits for it.
func newValidator() (*validator, error) {
	v := &validator{bodies: make(map[protoreflect.FullName]string)}
	var inputs []protoreflect.MessageDescriptor
	for _, method := range methods() {
		inputs = append(inputs, method.Input())
		rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
		v.bodies[method.Input().FullName()] = strings.TrimPrefix(rule.GetBody(), "*")
	}
	rules, err := protovalidate.New(protovalidate.WithMessageDescriptors(inputs...), protovalidate.WithDisableLazy())
	if err != nil {
		return nil, fmt.Errorf("compile the contract's rules: %w", err)
	}
	v.rules, v.limits = rules, newEntryLimits(inputs)
	return v, nil
}

// methods are all methods of the contract.
func methods() []protoreflect.MethodDescriptor {
	var all []protoreflect.MethodDescriptor
	for _, file := range contract.Files() {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				all = append(all, service.Methods().Get(j))
			}
		}
	}
	return all
}

// check returns an *errs.InvalidError with the violations, or with the one that
// keeps the rest from being looked at.
func (v *validator) check(request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return fmt.Errorf("request is a %T", request)
	}
	body, ours := v.bodies[message.ProtoReflect().Descriptor().FullName()]
	if !ours {
		return nil // of health or reflection, which have no rules
	}
	if path, why := v.limits.unfit(message.ProtoReflect()); why != "" {
		return errs.Invalid(asWritten(path, "", body), "%s", why)
	}
	err := v.rules.Validate(message)
	broken, ok := errors.AsType[*protovalidate.ValidationError](err)
	if !ok {
		return err // nil, or a rule that failed to run
	}
	bad := &errs.InvalidError{}
	for _, violation := range broken.Violations[:min(len(broken.Violations), mostViolations)] {
		path := pathOf(violation.Proto.GetField())
		said := wording(message.ProtoReflect().Descriptor(), violation)
		bad.Add(asWritten(path, violation.Proto.GetRuleId(), body), "%s", said)
	}
	return bad.OrNil()
}

// pathOf writes a path with the keys that callers made up fit to be shown.
func pathOf(path *validate.FieldPath) string {
	for _, element := range path.GetElements() {
		if key, ok := element.GetSubscript().(*validate.FieldPathElement_StringKey); ok {
			key.StringKey = errs.Shown(key.StringKey)
		}
	}
	return protovalidate.FieldPathString(path)
}

// asWritten is the path without the field that wraps the body. A rule on the
// wrapper itself is about the field in the middle of its id, as in
// "product.sku.required".
func asWritten(path, ruleID, body string) string {
	if body == "" {
		return path
	}
	if rest, found := strings.CutPrefix(path, body+"."); found {
		return rest
	}
	if parts := strings.Split(ruleID, "."); path == body && len(parts) == 3 && parts[0] == body {
		return parts[1]
	}
	return path
}

// unfit is the path of a field that has too many entries, or of a text that no
// database would take, and what is wrong with it; "" for nothing. A message from
// the gateway was never encoded, so nothing has checked it before.
func (l entryLimits) unfit(m protoreflect.Message) (path, why string) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if !m.Has(field) {
			continue
		}
		if at, why := l.unfitField(field, m.Get(field)); why != "" {
			return string(field.Name()) + at, why
		}
	}
	return "", ""
}

func (l entryLimits) unfitField(field protoreflect.FieldDescriptor, value protoreflect.Value) (at, why string) {
	switch {
	case field.IsList():
		return l.unfitList(field, value.List())
	case field.IsMap():
		return l.unfitMap(field, value.Map())
	default:
		return l.unfitItem(field, value)
	}
}

func (l entryLimits) unfitList(field protoreflect.FieldDescriptor, list protoreflect.List) (at, why string) {
	if why := l.excess(field, list.Len()); why != "" {
		return "", why
	}
	for i := range list.Len() {
		if at, why := l.unfitItem(field, list.Get(i)); why != "" {
			return fmt.Sprintf("[%d]%s", i, at), why
		}
	}
	return "", ""
}

func (l entryLimits) unfitMap(field protoreflect.FieldDescriptor, entries protoreflect.Map) (at, why string) {
	if why := l.excess(field, entries.Len()); why != "" {
		return "", why
	}
	entries.Range(func(key protoreflect.MapKey, item protoreflect.Value) bool {
		if _, why = l.unfitItem(field.MapKey(), key.Value()); why != "" {
			return false
		}
		if at, why = l.unfitItem(field.MapValue(), item); why != "" {
			at = errs.Entry("", key.String()) + at
		}
		return why == ""
	})
	return at, why
}

func (l entryLimits) unfitItem(field protoreflect.FieldDescriptor, value protoreflect.Value) (at, why string) {
	switch field.Kind() {
	case protoreflect.StringKind:
		if s := value.String(); strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
			return "", "must be valid UTF-8 without NUL"
		}
	case protoreflect.MessageKind:
		if at, why := l.unfit(value.Message()); why != "" {
			return "." + at, why
		}
	}
	return "", ""
}
