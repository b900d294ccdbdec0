package door

import (
	"cmp"
	"errors"
	"net/http"
)

// Body is what a partner's requests may send.
type Body struct {
	Most       int64 // bytes; 0 for MaxBodyBytes
	AnyType    bool  // whatever the request says that it is
	MayBeEmpty bool  // nothing is an object without fields
}

// TypeError: the request says that its body is no JSON.
type TypeError struct{ Said string }

func (e *TypeError) Error() string { return "the body is not said to be JSON" }

// ErrNotObject: the body is JSON, and no object.
var ErrNotObject = errors.New("the body is no JSON object")

// Value reads a body that has to be JSON. Errors: *TypeError, those of
// [ReadBodyWithin], ErrMalformed.
func (b Body) Value(r *http.Request) (Value, error) {
	if !b.AnyType && !IsJSON(r.Header) {
		return Value{}, &TypeError{r.Header.Get("Content-Type")}
	}
	body, err := ReadBodyWithin(r, cmp.Or(b.Most, MaxBodyBytes))
	switch {
	case err != nil:
		return Value{}, err
	case len(body) == 0 && b.MayBeEmpty:
		return Value{Kind: Object}, nil
	}
	return ParseJSON(body)
}

// Object is Value for a body that has to be an object. ErrNotObject.
func (b Body) Object(r *http.Request) (Value, error) {
	v, err := b.Value(r)
	if err == nil && v.Kind != Object {
		err = ErrNotObject
	}
	return v, err
}

// Read reads a body as a request of the partner.
func Read[T any](r *http.Request, b Body, from func(Value) (T, error)) (wanted T, err error) {
	v, err := b.Object(r)
	if err == nil {
		wanted, err = from(v)
	}
	return wanted, err
}

// Reader reads the fields of a body for a partner that tells only the first thing
// that is wrong with it.
type Reader struct {
	Fields

	wrong, broken *Refusal
}

// NewReader reads the object; refuse says what a complaint is told as.
func NewReader(v Value, s *Style, refuse func(*Complaint) *Refusal) *Reader {
	r := &Reader{}
	r.Fields = Fields{Object: v, Style: s, Complain: func(c Complaint) {
		if s.TypesFirst && !c.Wrong.BreaksRule() {
			r.wrong = cmp.Or(r.wrong, refuse(&c))
		} else {
			r.Break(refuse(&c))
		}
	}}
	return r
}

// Break tells of a rule of the partner's own that is broken.
func (r *Reader) Break(e *Refusal) { r.broken = cmp.Or(r.broken, e) }

// Err is a *Refusal, or nil.
func (r *Reader) Err() error {
	if first := cmp.Or(r.wrong, r.broken); first != nil {
		return first
	}
	return nil
}
