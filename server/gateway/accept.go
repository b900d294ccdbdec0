package gateway

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"orderhub/server/door"
)

// chooseForm puts the form of the answer that the caller wants most, of those
// there are, in the place of everything that it accepts. Server-sent events have
// to be wanted by their own name, or alone; JSON is for whoever does not say.
func chooseForm(r *http.Request) {
	form := "application/json"
	if r.URL.Path == watchPath {
		events, named := acceptance(r.Header, eventStream)
		json, _ := acceptance(r.Header, form)
		if events > json || (named && events > 0 && events == json) {
			form = eventStream
		}
	}
	switch {
	case isExport(r):
		form = exportForm(r, form)
	case r.URL.Path == statementPath:
		form = pageFile
	}
	r.Header.Set("Accept", form)
}

// acceptance is how much a media type is wanted, from 0 to 1, as the most
// specific range that it is in says; named when that is the type itself.
func acceptance(h http.Header, mediaType string) (quality float64, named bool) {
	kind, _, _ := strings.Cut(mediaType, "/")
	ranges := []string{"*/*", kind + "/*", mediaType}
	specific := -1
	for accepted := range strings.SplitSeq(strings.Join(h.Values("Accept"), ","), ",") {
		// The parameters of a type, such as its charset, leave it the same type.
		sent, parameters, err := mime.ParseMediaType(accepted)
		if err != nil {
			continue
		}
		for i, of := range ranges {
			if sent == of && i > specific {
				specific, quality = i, qualityOf(parameters)
			}
		}
	}
	return quality, specific == len(ranges)-1
}

func qualityOf(parameters map[string]string) float64 {
	sent, found := parameters["q"]
	if !found {
		return 1
	}
	q, err := strconv.ParseFloat(sent, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// plainPath is the address with every segment of its path escaped no more than
// need be, so that the colon before a verb may come as %3A, and with names that
// nothing can have in the place of those that cannot be looked up.
func plainPath(u *url.URL) *url.URL {
	if u.RawPath == "" && door.Storable(u.Path) == u.Path && !strings.Contains(u.Path, "%") {
		return u // nearly always
	}
	segments := strings.Split(u.EscapedPath(), "/")
	for i, segment := range segments {
		name, err := url.PathUnescape(segment)
		if err != nil {
			return u
		}
		segments[i] = url.PathEscape(door.Storable(name))
	}
	plain := *u
	plain.RawPath = strings.Join(segments, "/")
	plain.Path, _ = url.PathUnescape(plain.RawPath) // every segment was escaped here
	return &plain
}
