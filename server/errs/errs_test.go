package errs_test

import (
	"strings"
	"testing"

	"orderhub/server/errs"
)

func TestOneOf(t *testing.T) {
	for want, names := range map[string][]string{
		"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"},
	} {
		if got := errs.OneOf(names); got != want {
			t.Errorf("%v: %q, want %q", names, got, want)
		}
	}
}

func TestEntry(t *testing.T) {
	for key, want := range map[string]string{
		"a b":                     `metadata["a b"]`,
		`"`:                       `metadata["\""]`,
		"é\x00\x1b[31m\u200b\xff": `metadata["é��[31m��"]`,
		strings.Repeat("é", 65):   `metadata["` + strings.Repeat("é", 64) + `…"]`,
	} {
		if got := errs.Entry("metadata", key); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
}
