package dialect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Shown are the names of what may be read in requests and answers: the way to a
// value in its JSON, such as "items.sku"; a list adds nothing to the
// way. Every other value is masked.
type Shown []string

// MaxMasked is how many bytes a text may have that is looked into.
const MaxMasked = 64 << 10

const (
	maxDepth   = 8
	maxEntries = 20 // of one list
)

var (
	// harmless is what a shown text looks like: a number, an id, an amount, a status
	// of a few words, a time. What separates the parts of goods is not in it.
	harmless = regexp.MustCompile(
		`^([A-Za-z0-9_.:+/-]{0,64}|[A-Za-z]{1,20}( [A-Za-z]{1,20}){1,3}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8})$`,
	)
	// memberName is what the name of something looks like; others may be values.
	memberName = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{0,39}$`)
)

// Mask is a body as it may be kept: JSON in which every value that is not shown is
// replaced by a mark with its length. Anything else is a mark as a whole.
func (s Shown) Mask(body []byte) string {
	switch {
	case len(body) == 0:
		return ""
	case len(body) > MaxMasked:
		return fmt.Sprintf("‹%d bytes›", len(body))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return fmt.Sprintf("‹%d bytes, no JSON›", len(body))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Sprintf("‹%d bytes, no JSON›", len(body))
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s.masked(value, "", 0)); err != nil {
		return fmt.Sprintf("‹%d bytes›", len(body))
	}
	return Clip(strings.TrimSuffix(out.String(), "\n"))
}

func (s Shown) masked(value any, at string, depth int) any {
	if depth > maxDepth {
		return "‹deeper›"
	}
	switch v := value.(type) {
	case map[string]any:
		return s.maskedObject(v, at, depth)
	case []any:
		entries := make([]any, 0, min(len(v), maxEntries))
		for i, entry := range v {
			if i == maxEntries {
				entries = append(entries, fmt.Sprintf("‹%d more›", len(v)-i))
				break
			}
			entries = append(entries, s.masked(entry, at, depth+1))
		}
		return entries
	case string:
		if slices.Contains(s, at) && harmless.MatchString(v) {
			return v
		}
		return Mark(v)
	case json.Number:
		if slices.Contains(s, at) && len(v) <= 32 {
			return v
		}
		return "‹number›"
	case bool:
		if slices.Contains(s, at) {
			return v
		}
		return "‹yes or no›"
	default:
		return nil
	}
}

func (s Shown) maskedObject(object map[string]any, at string, depth int) map[string]any {
	masked := make(map[string]any, len(object))
	for name, value := range object {
		way := strings.TrimPrefix(at+"."+name, ".")
		if !memberName.MatchString(name) && !slices.Contains(s, way) {
			way, name = "", fmt.Sprintf("‹name of %d›", utf8.RuneCountInString(name))
			if at == "" {
				way = name // not a way that is shown
			}
		}
		masked[name] = s.masked(value, way, depth+1)
	}
	return masked
}

// Mark stands for a text: it says how long that is.
func Mark(text string) string {
	return fmt.Sprintf("‹%d characters›", utf8.RuneCountInString(text))
}

// Clip bounds a text that is kept.
func Clip(text string) string {
	if len(text) <= MaxExchangeBytes {
		return text
	}
	const more = "…"
	text = text[:MaxExchangeBytes-len(more)]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + more
}
