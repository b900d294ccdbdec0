package command

import (
	"bytes"
	"encoding/json"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/contract"
)

// message is one of the API's as --json prints it: its fields in the contract's order under their names in JSON. What
// is not set is left out, numbers are numbers, values of enumerations are the words that flags take.
type message struct{ m proto.Message }

func asMessage[M proto.Message](m M) message { return message{m} }

func (s message) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	err := writeMessage(&out, s.m.ProtoReflect())
	return out.Bytes(), err
}

// formerly is a message with the names that fields of it had before it was printed as the contract has it: scripts go
// by them.
type formerly struct {
	m   proto.Message
	had any // its fields go after those of the message, or take the place of one with the same name
}

func (f formerly) MarshalJSON() ([]byte, error) {
	had, err := json.Marshal(f.had)
	if err != nil {
		return nil, err
	}
	names := map[string]json.RawMessage{}
	if err := json.Unmarshal(had, &names); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := writeFields(&out, f.m.ProtoReflect(), names); err != nil {
		return nil, err
	}
	if len(names) > 0 {
		out.Truncate(out.Len() - len("}"))
		if out.Len() > len("{") {
			out.WriteByte(',')
		}
		out.Write(had[len("{"):])
	}
	return out.Bytes(), nil
}

func writeMessage(out *bytes.Buffer, m protoreflect.Message) error {
	// Times, durations and the like have a form of their own.
	if m.Descriptor().ParentFile().Package() == "google.protobuf" {
		text, err := protojson.Marshal(m.Interface())
		out.Write(text)
		return err
	}
	return writeFields(out, m, nil)
}

// writeFields writes the fields of a message, but those that are written otherwise.
func writeFields(out *bytes.Buffer, m protoreflect.Message, but map[string]json.RawMessage) error {
	out.WriteByte('{')
	fields, first := m.Descriptor().Fields(), true
	for i := range fields.Len() {
		field := fields.Get(i)
		if _, otherwise := but[field.JSONName()]; otherwise || !m.Has(field) {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		out.WriteString(strconv.Quote(field.JSONName()) + ":")
		if err := writeField(out, field, m.Get(field)); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func writeField(out *bytes.Buffer, field protoreflect.FieldDescriptor, value protoreflect.Value) error {
	switch {
	case field.IsMap():
		entries := map[string]string{} // all maps of the contract are of texts
		value.Map().Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
			entries[key.String()] = v.String()
			return true
		})
		return writeJSON(out, entries)
	case !field.IsList():
		return writeValue(out, field, value)
	}
	out.WriteByte('[')
	for i := range value.List().Len() {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeValue(out, field, value.List().Get(i)); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func writeValue(out *bytes.Buffer, field protoreflect.FieldDescriptor, value protoreflect.Value) error {
	switch field.Kind() {
	case protoreflect.MessageKind:
		return writeMessage(out, value.Message())
	case protoreflect.EnumKind:
		return writeJSON(out, contract.WordOf(field.Enum(), value.Enum()))
	default:
		return writeJSON(out, value.Interface())
	}
}

// writeJSON writes what is no message.
func writeJSON(out *bytes.Buffer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v) // its line break is taken away with the blanks between values
}
