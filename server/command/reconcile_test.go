package command_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A statement is compared beside a hub and at one elsewhere, and the exit code says whether there is something to look
// at.
func TestReconcileCommands(t *testing.T) {
	_, beside, at := elsewhere(t)
	do(t, beside("provider", "create", "topups", "sim")...)
	mapping := file(t, "topups.json", `{
		"columns": {"reference": "ref", "provider_reference": "no", "time": "at", "amount": "sum"},
		"time_layout": "YYYY-MM-DD hh:mm", "currency": "THB"
	}`)
	good := file(t, "may.csv", "ref,no,at,sum\nord-1,T-1,2026-05-02 10:00,82.50\n,T-2,2026-05-03 10:00,5\n")
	compare := func(where func(...string) []string, name string, more ...string) result {
		t.Helper()
		args := []string{"provider", "reconcile", "topups", name, "--mapping", mapping}
		return run(t, "", where(append(args, more...)...)...)
	}
	bad := file(t, "bad.csv",
		"ref,no,at,sum\nord-1,T-1,2026-05-02 10:00,82.50\nord-2,,yesterday,1\n,,2026-05-02 10:00,1\n")
	r := compare(at, bad)
	require.Equal(t, 1, r.code)
	require.Contains(t, r.err, `line 3, column "at": "yesterday" is no time as the mapping says`)
	require.Contains(t, r.err, "line 4: reference must be there")
	require.Contains(t, r.err, "2 lines are bad; nothing was compared")
	require.NotContains(t, do(t, beside("provider", "reconciliations")...), "bad.csv")
	require.Equal(t, 1, compare(at, good, "--from", "May").code)
	ask := []string{"provider", "reconcile", "topups", "--from", "2026-05-01T00:00:00Z"}
	fails(t, "needs --from and --to", at(ask...)...)
	fails(t, "does not list what was bought", at(append(ask, "--to", "2026-06-01T00:00:00Z")...)...)
	fails(t, "--mapping: must say", at("provider", "reconcile", "topups", good)...)

	r = compare(at, good)
	require.Equal(t, 3, r.code, r.err)
	require.Contains(t, r.out, "2 rows about 0 attempts, 2 findings new; 2 findings of topups to look at.")
	require.Contains(t, r.out, "missing here")
	r = compare(beside, good)
	require.Equal(t, 3, r.code, r.err)
	require.Contains(t, r.out, "0 findings new; 2 findings of topups to look at.")
	r = compare(at, good, "--json", "--from", "2026-05-03T00:00:00Z", "--to", "2026-05-04T00:00:00Z")
	require.Equal(t, 3, r.code, r.err)
	var done struct{ RowsOutside, NewFindings int }
	require.NoError(t, json.Unmarshal([]byte(r.out), &done))
	require.Equal(t, 1, done.RowsOutside)

	require.Contains(t, do(t, at("finding", "list", "--provider", "topups")...), "T-2")
	fails(t, "nothing can be booked", beside("finding", "resolve", "1", "book", "--note", "x")...)
	fails(t, "there is no finding 9", at("finding", "resolve", "9", "accept", "--note", "x")...)
	fails(t, "the statement is no proof", at("finding", "settle", "1", "failed", "--evidence", "x")...)
	for _, id := range []string{"1", "2"} {
		require.Contains(t, do(t, at("finding", "resolve", id, "accept", "--note", "by hand")...), "is accepted.")
	}
	r = compare(at, good)
	require.Equal(t, 0, r.code, r.err)
	require.Contains(t, r.out, "0 findings new; 0 findings of topups to look at.")
	listed := do(t, at("finding", "list", "--status", "", "--json")...)
	require.Equal(t, 2, strings.Count(listed, `"accepted"`))
	listed = do(t, beside("provider", "reconciliations")...)
	require.Equal(t, 8, strings.Count(listed, "\n"))
	require.Regexp(t, `topups +THB +2 +2 +87\.50 +0\.00 +87\.50 +0\.00\n$`, listed)
	sums := []string{"provider", "reconciliations", "--provider", "topups", "--sums", "--json", "--from"}
	require.Regexp(t, `"chargedAmount": ?"5.00"`, do(t, at(append(sums, "2026-05-03T00:00:00Z")...)...))
	require.Empty(t, do(t, at(append(sums, "2026-05-04T00:00:00Z")...)...))
	fails(t, "--from: must be a time", at(append(sums, "May")...)...)
	require.Contains(t, do(t, beside("audit", "list")...), "ReconciliationService.ResolveFinding")
}
