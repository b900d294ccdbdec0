package console

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Refusal is what a page says above its forms of why something was not done. What is said at a field is not said here.
func (v *view) Refusal() (lines []string) {
	p := v.Problem
	atFields := 0
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		if v.labels[name] != "" {
			atFields++
			continue
		}
		lines = append(lines, labelled(name)+": "+v.spoken(p.Fields[name]))
	}
	if len(p.Fields) == 0 {
		return []string{v.spoken(p.Text)}
	}
	if atFields > 0 {
		said, where := "This was not done", " below."
		if v.request.Method == http.MethodGet { // a search, which stands before the list
			said, where = "Nothing was looked for", " above."
		}
		look := said + ": look at the " + counted(int64(atFields), "field", "fields") + where
		lines = append([]string{look}, lines...)
	}
	return lines
}

// contractName is a name that only fields of the contract have: no word of a sentence has a capital within.
var contractName = regexp.MustCompile(`\b[a-z]+(?:[A-Z][a-z0-9]*)+\b`)

// spoken is a message of the contract with the labels of the page for the fields that it names.
func (v *view) spoken(message string) string {
	return contractName.ReplaceAllStringFunc(message, func(name string) string {
		if label := v.labels[name]; label != "" {
			return "“" + label + "”"
		}
		return name
	})
}

// labelled is the name of a field that the page has no label for, in words.
func labelled(name string) string {
	words := contractName.ReplaceAllStringFunc(name, func(name string) string {
		return capital.ReplaceAllStringFunc(name, func(c string) string { return " " + strings.ToLower(c) })
	})
	return strings.TrimSuffix(sentence(words), ".")
}

var capital = regexp.MustCompile("[A-Z]")
