package axcloud

import (
	"net/http"
	"strings"

	"orderhub/server/door"
)

// maxReported bounds how much is said about one request, so that a small request
// cannot ask for a huge answer.
const maxReported = 100

// fieldErrors say what is wrong with a request, nested like it: a field has its
// texts ([]string), or what is wrong within it (fieldErrors, or []fieldErrors with
// an empty one for each good element of a list).
type fieldErrors map[string]any

// Error is for logs and tests; it repeats nothing of the request.
func (e fieldErrors) Error() string { return "the request has fields that are not valid" }

func (e fieldErrors) Refusal() *door.Refusal {
	return &door.Refusal{Status: http.StatusBadRequest, Details: e}
}

// A whole number may come as a text, and as 2.0.
var style = door.Style{Integers: door.Integers{Texts: true, ZeroPoint: true, Clamps: true}}

// object reads one JSON object of a request and gathers what is wrong with it.
type object struct {
	door.Fields

	wrong fieldErrors
	left  *int // how many more texts may be added, over the whole request
}

// readObject reads the body of a request. The error is fieldErrors, or
// door.ErrMalformed for a body that is no object.
func readObject(body door.Value, read func(o *object)) error {
	if body.Kind != door.Object {
		return door.ErrMalformed
	}
	left := maxReported
	o := newObject(body, &left)
	read(o)
	if len(o.wrong) > 0 {
		return o.wrong
	}
	return nil
}

func newObject(v door.Value, left *int) *object {
	o := &object{wrong: fieldErrors{}, left: left}
	complain := func(c door.Complaint) { o.fail(c.Field, sentenceOf(&c)) }
	o.Fields = door.Fields{Object: v, Style: &style, Complain: complain}
	return o
}

func (o *object) inner(v door.Value) *object { return newObject(v, o.left) }

func (o *object) fail(field, text string) {
	if *o.left == 0 {
		return
	}
	*o.left--
	texts, _ := o.wrong[field].([]string)
	o.wrong[field] = append(texts, text)
}

func (o *object) has(field string) bool {
	_, found := o.Get(field)
	return found
}

// oneOf returns which of two names for the same thing the object uses. With both
// the request is refused, with none the name is the usual one.
func (o *object) oneOf(usual, other string) string {
	if !o.has(other) {
		return usual
	}
	if o.has(usual) {
		o.fail(other, textBothNames)
		return usual
	}
	return other
}

func (o *object) nested(field string, read func(inner *object)) {
	v, ok := o.Required(field)
	if !ok {
		return
	}
	if v.Kind != door.Object {
		o.fail(field, notAnObject(v.Kind))
		return
	}
	inner := o.inner(v)
	read(inner)
	if len(inner.wrong) > 0 {
		o.wrong[field] = inner.wrong
	}
}

// list reads a required list of 1 to most objects.
func (o *object) list(field string, most int, read func(element *object)) {
	v, ok := o.Required(field)
	if !ok {
		return
	}
	elements, ok := o.ArrayOf(field, v, 1, most)
	if !ok {
		return
	}
	all, good := make([]fieldErrors, len(elements)), true
	for i, element := range elements {
		inner := o.inner(element)
		if element.Kind == door.Object {
			read(inner)
		} else {
			inner.fail("non_field_errors", notAnObject(element.Kind))
		}
		all[i], good = inner.wrong, good && len(inner.wrong) == 0
	}
	if !good {
		o.wrong[field] = all
	}
}

// texts reads a map of free names to texts, which must not be blank where
// filled is set. A null counts as absent.
func (o *object) texts(field string, v door.Value, filled bool) map[string]string {
	if v.Kind != door.Object {
		o.fail(field, notAnObject(v.Kind))
		return nil
	}
	inner, texts := o.inner(v), make(map[string]string, len(v.Members))
	for _, m := range v.Members {
		switch {
		case m.Value.Kind == door.Null && !filled:
			continue
		case door.HasNUL(m.Name):
			o.fail(field, textNUL)
			return nil
		case !inner.isText(m.Name, m.Value):
		case filled && strings.TrimSpace(m.Value.Text) == "":
			inner.fail(m.Name, textBlank)
		}
		texts[m.Name] = m.Value.Text
	}
	if len(inner.wrong) > 0 {
		o.wrong[field] = inner.wrong
	}
	return texts
}
