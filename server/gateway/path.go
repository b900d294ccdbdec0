package gateway

import (
	"regexp"
	"strconv"
	"strings"

	"orderhub/server/errs"
)

// plainKey is a key that needs no quotes in a path.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// maxPath bounds what of a request an error repeats.
const maxPath = 200

// memberPath is the path of an object's member, such as `lines[0].quantity`.
func memberPath(at, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return bounded(errs.Entry(at, key))
	case at == "":
		return bounded(key)
	default:
		return bounded(at + "." + key)
	}
}

func elementPath(at string, index int) string { return bounded(at + "[" + strconv.Itoa(index) + "]") }

func bounded(path string) string {
	const more = "…"
	if len(path) <= maxPath || strings.HasSuffix(path, more) && len(path) <= maxPath+len(more) {
		return path
	}
	return strings.ToValidUTF8(path[:maxPath], "") + more
}
