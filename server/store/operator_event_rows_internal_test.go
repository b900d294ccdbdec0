package store

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operatorevent"
)

// Data that has no form in JSON is told of, and is no reason to write nothing.
func TestOperatorEventData(t *testing.T) {
	for want, data := range map[string]map[string]any{
		`{}`:          nil,
		`{"days": 2}`: {"days": 2},
		`{"error": "json: unsupported value: NaN"}`: {"days": math.NaN()},
	} {
		require.JSONEq(t, want, operatorEventData(&operatorevent.Event{Data: data}))
	}
}
