package api

import (
	"cmp"
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/errs"
)

const (
	// mostEntries is for lists and maps that the contract gives no bound of their
	// own, those of answers above all: requests may have them too.
	mostEntries = 1000
	// smallMessage is so small that it cannot have too much of anything.
	smallMessage = 2 << 10
)

// entryLimits are how many entries fields may have that are lists or maps. They
// are looked at before any entry is: a request of a few bytes an entry can have
// hundreds of thousands, and each would cost a hundred times that.
type entryLimits map[protoreflect.FullName]int

func newEntryLimits(messages []protoreflect.MessageDescriptor) entryLimits {
	limits := make(entryLimits)
	for _, m := range messages {
		limits.addMessage(m)
	}
	return limits
}

func (l entryLimits) addMessage(m protoreflect.MessageDescriptor) {
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		if _, seen := l[field.FullName()]; seen {
			continue
		}
		if field.IsList() || field.IsMap() {
			rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
			bound := max(rules.GetRepeated().GetMaxItems(), rules.GetMap().GetMaxPairs())
			l[field.FullName()] = cmp.Or(int(min(bound, 1<<20)), mostEntries)
		}
		if inner := messageOf(field); inner != nil && !field.ContainingMessage().IsMapEntry() {
			l[field.FullName()] += 0 // seen: messages may hold themselves
			l.addMessage(inner)
		}
	}
}

// messageOf is the type of a field's messages, those in a map included; nil for
// other fields.
func messageOf(field protoreflect.FieldDescriptor) protoreflect.MessageDescriptor {
	if field.IsMap() {
		return field.MapValue().Message()
	}
	return field.Message()
}

// excess is what is wrong with a field of n entries, "" for nothing.
func (l entryLimits) excess(field protoreflect.FieldDescriptor, n int) string {
	most, bounded := l[field.FullName()]
	if !bounded || n <= most {
		return ""
	}
	return "must have at most " + entries(uint64(most))
}

// checkBytes refuses an encoded message whose fields have too many entries,
// before there is a value for each of them. What cannot be decoded is left to
// the decoder. The error is an *errs.InvalidError.
func (v *validator) checkBytes(request proto.Message, data []byte) error {
	if len(data) <= smallMessage {
		return nil
	}
	m := request.ProtoReflect().Descriptor()
	if path, message := v.limits.excessIn(m, data); message != "" {
		return errs.Invalid(asWritten(path, "", v.bodies[m.FullName()]), "%s", message)
	}
	return nil
}

// excessIn is the path of a field with too many entries and what to say of it.
func (l entryLimits) excessIn(m protoreflect.MessageDescriptor, data []byte) (path, message string) {
	entries := make(map[protoreflect.FieldNumber]int)
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return "", ""
		}
		data = data[n:]
		length := protowire.ConsumeFieldValue(number, kind, data)
		if length < 0 {
			return "", ""
		}
		value := data[:length]
		data = data[length:]
		field := m.Fields().ByNumber(number)
		if field == nil {
			continue
		}
		if path, message := l.excessOf(field, kind, value, entries); message != "" {
			return path, message
		}
	}
	return "", ""
}

// excessOf counts one value of a field, and looks into it.
func (l entryLimits) excessOf(
	field protoreflect.FieldDescriptor, kind protowire.Type, value []byte, entries map[protoreflect.FieldNumber]int,
) (path, message string) {
	name, index := string(field.Name()), entries[field.Number()]
	content := value
	if kind == protowire.BytesType {
		content, _ = protowire.ConsumeBytes(value)
	}
	switch {
	case field.IsList() && kind == protowire.BytesType && isPackable(field):
		entries[field.Number()] += len(content) // an entry has a byte or more
	case field.IsList() || field.IsMap():
		entries[field.Number()]++
	}
	if message := l.excess(field, entries[field.Number()]); message != "" {
		return name, message
	}
	inner := field.Message()
	if inner == nil || kind != protowire.BytesType {
		return "", ""
	}
	path, message = l.excessIn(inner, content)
	switch {
	case message == "":
		return "", ""
	case field.IsMap():
		return name, message
	case field.IsList():
		return fmt.Sprintf("%s[%d].%s", name, index, path), message
	default:
		return name + "." + path, message
	}
}

func isPackable(field protoreflect.FieldDescriptor) bool {
	switch field.Kind() {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind, protoreflect.GroupKind:
		return false
	default:
		return true
	}
}
