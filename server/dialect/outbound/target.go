package outbound

import (
	"regexp"
	"slices"
	"strings"

	"orderhub/server/dialect"
)

var (
	// pathWord is a part of a path that names what is asked for, not whom or which.
	pathWord  = regexp.MustCompile(`^([A-Za-z][a-z-]{0,39}|v[0-9])$`)
	queryName = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{0,39}$`)
)

// target is what was asked for: the method and the path without whom or which it
// is about, and without the values of a query.
func target(r *Request) string {
	parts := strings.Split(r.Path, "/")
	for i, part := range parts {
		if part != "" && !pathWord.MatchString(part) {
			parts[i] = dialect.Mark(part)
		}
	}
	names := make([]string, 0, len(r.Query))
	for name := range r.Query {
		if queryName.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	text := r.Method + " " + strings.Join(parts, "/")
	if len(names) > 0 {
		text += "?" + strings.Join(names, "=…&") + "=…"
	}
	return dialect.Clip(text)
}
