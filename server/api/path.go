package api

import (
	"regexp"
	"strings"
)

// plainKey is a map key that needs no quotes in a path.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// jsonPath turns a path in proto names into the same path as JSON has it:
// `lines[0].unit_price` into `lines[0].unitPrice`, `metadata["a_key"]` into
// `metadata.a_key`. Keys keep their letters; odd ones keep their quotes.
func jsonPath(path string) string {
	var out strings.Builder
	for path != "" {
		name, rest := path, ""
		if i := strings.IndexByte(path, '['); i >= 0 {
			name, rest = path[:i], path[i:]
		}
		camel(&out, name)
		path = subscript(&out, rest)
	}
	return out.String()
}

// camel writes names in lowerCamelCase.
func camel(out *strings.Builder, names string) {
	upper := false
	for _, b := range []byte(names) {
		switch {
		case b == '_':
			upper = true
			continue
		case upper && b >= 'a' && b <= 'z':
			b -= 'a' - 'A'
		}
		upper = false
		out.WriteByte(b)
	}
}

// subscript writes the "[…]" that s begins with and returns what follows it.
func subscript(out *strings.Builder, s string) (rest string) {
	end := closing(s)
	inner := strings.TrimSuffix(strings.TrimPrefix(s[:end], "["), "]")
	if key := strings.Trim(inner, `"`); inner != key && plainKey.MatchString(key) {
		out.WriteString("." + key)
	} else {
		out.WriteString(s[:end])
	}
	return s[end:]
}

// closing is where what follows the bracket that s begins with starts; the end
// of s when it is not closed.
func closing(s string) int {
	quoted := false
	for i := 1; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i + 1
		}
	}
	return len(s)
}
