package gateway

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPathAt(t *testing.T) {
	tests := []struct{ document, at, want string }{
		{`{"a": 1}`, `"a"`, "a"},
		{`{"a": 1}`, `1`, "a"},
		{`{"a": {"b": [10, {"c": 2}]}}`, `2`, "a.b[1].c"},
		{`{"a": {"b": [10, {"c": 2}]}}`, `10`, "a.b[0]"},
		{`{"x": "}{][,\"", "b c": true}`, `true`, `["b c"]`},
		{`{"x": [[], {}], "b": true}`, `true`, "b"},
		{`{"x": [[], {}], "b": true}`, `"b"`, "b"},
		{`{"é": 3}`, `3`, `["é"]`},
		{`[1, [7]]`, `7`, "[1][0]"},
		{` {}`, `{}`, ""},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, pathAt([]byte(tt.document), strings.Index(tt.document, tt.at)), "%s at %s", tt.document, tt.at)
	}
}

func TestOffsetOf(t *testing.T) {
	data := []byte("a\néx\n")
	assert.Equal(t, 0, offsetOf(data, 1, 1))
	assert.Equal(t, 2, offsetOf(data, 2, 1))
	assert.Equal(t, 4, offsetOf(data, 2, 2))
	assert.Equal(t, len(data), offsetOf(data, 9, 9))
}
