package gateway

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// offsetOf finds the byte at a line and a column, both from 1, the column in
// characters.
func offsetOf(data []byte, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(data[offset:], '\n')
		if next < 0 {
			return len(data)
		}
		offset += next + 1
	}
	for ; column > 1 && offset < len(data); column-- {
		_, size := utf8.DecodeRune(data[offset:])
		offset += size
	}
	return offset
}

// level is one object or array around a place in a document.
type level struct {
	array bool
	index int
	key   string
	name  bool // of an object: a key comes next, not a value
}

// pathAt is the path of the value, or of the key, that begins at the offset of
// valid JSON, such as `lines[0].quantity`. "" at the top.
func pathAt(data []byte, offset int) string {
	var levels []level
	for i := 0; i < offset && i < len(data); i++ {
		var inside *level
		if len(levels) > 0 {
			inside = &levels[len(levels)-1]
		}
		switch c := data[i]; {
		case c == '{':
			levels = append(levels, level{name: true})
		case c == '[':
			levels = append(levels, level{array: true})
		case inside == nil: // white space
		case c == '}' || c == ']':
			levels = levels[:len(levels)-1]
		case c == ',' && inside.array:
			inside.index++
		case c == ',' || c == ':':
			inside.name = c == ','
		case c == '"':
			end := stringEnd(data, i)
			if inside.name {
				inside.key = unquote(data[i:end])
			}
			i = end - 1
		}
	}
	if n := len(levels); n > 0 && levels[n-1].name && offset < len(data) && data[offset] == '"' {
		levels[n-1].key = unquote(data[offset:stringEnd(data, offset)])
	}
	return pathOf(levels)
}

// stringEnd is where the string that begins at start has ended.
func stringEnd(data []byte, start int) int {
	for i := start + 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

func unquote(quoted []byte) string {
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}

// plainKey is a key that needs no quotes in a path.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// maxPath bounds what of a request an error repeats.
const maxPath = 200

func pathOf(levels []level) string {
	var path strings.Builder
	for i := range levels {
		switch l := &levels[i]; {
		case l.array:
			path.WriteString("[" + strconv.Itoa(l.index) + "]")
		case !plainKey.MatchString(l.key):
			path.WriteString("[" + strconv.Quote(l.key) + "]")
		case path.Len() > 0:
			path.WriteString("." + l.key)
		default:
			path.WriteString(l.key)
		}
		if path.Len() > maxPath {
			return strings.ToValidUTF8(path.String()[:maxPath], "") + "…"
		}
	}
	return path.String()
}
