package app_test

import (
	"net/http"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
)

// provenFinding compares a statement that has a parked attempt as refused.
func provenFinding(e *examples) string {
	var attempt struct{ Reference, SubmitTime string }
	status := e.h.call(http.MethodGet, demo.OperatorKey, "/hub/v1/attempts/"+parkedAttempt(e), nil, &attempt)
	require.Equal(e.t, http.StatusOK, status)
	e.create("/hub/v1/providers/forgetful/reconciliations", map[string]any{"rows": []any{map[string]any{
		"line": "2", "reference": attempt.Reference, "time": attempt.SubmitTime, "state": "STATEMENT_STATE_REFUSED",
	}}})
	var found struct{ Findings []struct{ ID string } }
	e.h.call(http.MethodGet, demo.OperatorKey, "/hub/v1/findings?provider=forgetful", nil, &found)
	require.Len(e.t, found.Findings, 1)
	return found.Findings[0].ID
}
