package door

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Params are the parameters of a path, percent-decoded once, each a [Storable]
// text.
type Params map[string]string

// Get returns a parameter, "" when the route has none of that name.
func (p Params) Get(name string) string { return p[name] }

// Route is one endpoint. A segment of its path in braces is a parameter, which
// takes exactly one segment that is not empty.
type Route struct {
	Method string
	Path   string // such as "/api/v2/orders/{code}"
	Serve  func(w http.ResponseWriter, r *http.Request, p Params)
}

// Router finds a request's route. Unlike http.ServeMux it never redirects, does
// not clean paths up, and leaves the words of a refusal to the door.
type Router struct {
	Routes        []Route
	FoldCase      bool // letter case of paths does not count
	TrailingSlash bool // one slash at the end does not count
	// Refuse answers what has no route: ErrNoRoute or a *MethodError.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// ServeHTTP serves the route; HEAD is answered like GET.
func (o *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if o.TrailingSlash && len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	segments := strings.Split(path, "/")
	var allow []string
	for i := range o.Routes {
		params, ok := o.Routes[i].match(segments, o.FoldCase)
		if !ok {
			continue
		}
		method := o.Routes[i].Method
		if r.Method == method || (r.Method == http.MethodHead && method == http.MethodGet) {
			o.Routes[i].Serve(w, r, params)
			return
		}
		allow = append(allow, method)
	}
	if len(allow) > 0 {
		slices.Sort(allow)
		o.Refuse(w, r, &MethodError{Method: r.Method, Allow: strings.Join(slices.Compact(allow), ", ")})
		return
	}
	o.Refuse(w, r, ErrNoRoute)
}

// noCharacter stands for what cannot be stored. It is no character, so that nothing
// has it in its name.
const noCharacter = "\uFFFF"

// Storable is a name out of a path as it may be looked up: the name itself, or
// that of nothing where it has a NUL or is not UTF-8. So it is unknown, to who may
// ask, like any other name that nothing has.
func Storable(name string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(name, noCharacter), "\x00", noCharacter)
}

func (t *Route) match(segments []string, fold bool) (Params, bool) {
	wanted := strings.Split(t.Path, "/")
	if len(wanted) != len(segments) {
		return nil, false
	}
	params := Params{}
	for i, want := range wanted {
		got, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		got = Storable(got)
		name, isParameter := strings.CutPrefix(want, "{")
		switch {
		case isParameter && got != "":
			params[strings.TrimSuffix(name, "}")] = got
		case isParameter, got != want && (!fold || !strings.EqualFold(got, want)):
			return nil, false
		}
	}
	return params, true
}
