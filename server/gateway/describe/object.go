package main

import "strings"

// object is a JSON object.
type object = map[string]any

// at is the object at the end of a path of keys; nil where there is none.
func at(o object, keys ...string) object {
	for _, key := range keys {
		o, _ = o[key].(object)
	}
	return o
}

func list(value any) []any {
	all, _ := value.([]any)
	return all
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

// cutReference is the name of the schema that a schema refers to.
func cutReference(schema object) (name string, found bool) {
	return strings.CutPrefix(text(schema["$ref"]), reference)
}
