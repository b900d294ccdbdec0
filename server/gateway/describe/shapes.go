package main

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const reference = "#/components/schemas/"

// direction is which way a message goes; the schemas of one differ by it.
type direction string

const (
	answers  direction = ""        // has all fields but those that only callers set
	requests direction = "Input"   // has what callers may set
	changes  direction = "Changes" // is a request of which nothing has to be given
)

// within is the direction of the messages inside a message.
func (d direction) within() direction {
	if d == changes {
		return requests
	}
	return d
}

// shapes makes the document's schemas from the generated ones as they are asked
// for.
type shapes struct {
	generated object
	made      object // by name; what the direction adds is at its end
	types     *protoregistry.Files
}

// shape is a schema in one direction.
func (s *shapes) shape(schema object, d direction) (object, error) {
	shaped := maps.Clone(schema)
	delete(shaped, "readOnly")
	delete(shaped, "writeOnly")
	if wrapped := list(schema["allOf"]); len(wrapped) == 1 {
		// A reference may have a description beside it without being wrapped.
		delete(shaped, "allOf")
		maps.Copy(shaped, wrapped[0].(object))
	}
	if name, found := cutReference(shaped); found {
		made, err := s.make(name, d)
		shaped["$ref"] = reference + made
		return shaped, err
	}
	for _, key := range []string{"items", "additionalProperties"} {
		inner, ok := schema[key].(object)
		if !ok {
			continue
		}
		var err error
		if shaped[key], err = s.shape(inner, d.within()); err != nil {
			return nil, err
		}
	}
	return shaped, s.shapeProperties(shaped, d)
}

// shapeProperties keeps what the direction has.
func (s *shapes) shapeProperties(schema object, d direction) error {
	left := "readOnly"
	if d == answers {
		left = "writeOnly"
	}
	kept := object{}
	for name, property := range at(schema, "properties") {
		if property.(object)[left] == true {
			continue
		}
		var err error
		if kept[name], err = s.shape(property.(object), d.within()); err != nil {
			return err
		}
	}
	if schema["properties"] != nil {
		schema["properties"] = kept
	}
	setRequired(schema, slices.DeleteFunc(slices.Clone(list(schema["required"])), func(name any) bool {
		return kept[name.(string)] == nil || d == changes
	}))
	return nil
}

// make has the named schema made, once, and returns what it is named then.
func (s *shapes) make(name string, d direction) (string, error) {
	found, err := s.types.FindDescriptorByName(protoreflect.FullName(contractPackage + name))
	if err != nil {
		return "", err
	}
	message, isMessage := found.(protoreflect.MessageDescriptor)
	if !isMessage {
		s.made[name] = s.generated[name]
		return name, nil
	}
	named := name + string(d)
	if s.made[named] != nil {
		return named, nil
	}
	s.made[named] = object{} // ends a recursion
	shaped, err := s.shape(at(s.generated, name), d)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if d == answers {
		complete(shaped, message)
	}
	s.made[named] = shaped
	return named, nil
}

// complete says of an answer what it has in any case: every field, save those
// that are optional. A message that is not set is null.
func complete(schema object, message protoreflect.MessageDescriptor) {
	given := list(schema["required"])
	properties := at(schema, "properties")
	var always []any
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		field := message.Fields().ByJSONName(name)
		if field.ContainingOneof() != nil {
			continue
		}
		always = append(always, name)
		if field.Message() != nil && !field.IsList() && !field.IsMap() && !slices.Contains(given, any(name)) {
			properties[name] = orNull(at(properties, name))
		}
	}
	setRequired(schema, always)
}

func setRequired(schema object, names []any) {
	delete(schema, "required")
	if len(names) > 0 {
		schema["required"] = names
	}
}

func orNull(schema object) object {
	if _, found := cutReference(schema); !found {
		schema["type"] = []any{schema["type"], "null"}
		return schema
	}
	nullable := object{"anyOf": []any{object{"$ref": schema["$ref"]}, object{"type": "null"}}}
	if schema["description"] != nil {
		nullable["description"] = schema["description"]
	}
	return nullable
}
