package verification_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/audit"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// rulesOfTheRecord are broken here, and not with the others.
const rulesOfTheRecord = 5

// Whoever changes, removes or adds an entry of the record without the key is found out, with the entry.
func TestVerifyRecord(t *testing.T) {
	t.Parallel()
	const columns = `at, actor_kind, actor_id, actor_name, key_id, address, via, request_id, method, target_kind, target,
		reason, request, before, after, broken, hash`
	for _, tt := range []struct {
		name   string
		damage []string
		found  map[string]string // row by rule
	}{
		{"changed", []string{`UPDATE audit_entries SET actor_name = 'eve' WHERE id = 2`}, map[string]string{
			"record-entry": "audit entry 2",
		}},
		{"changed with its hash", []string{`UPDATE audit_entries SET hash = 'x' WHERE id = 2`}, map[string]string{
			"record-entry": "audit entry 2, audit entry 3",
		}},
		{
			"moved in time",
			[]string{`UPDATE audit_entries SET at = '2020-01-01 00:00:00+00:00' WHERE id = 1`},
			map[string]string{"record-entry": "audit entry 1"},
		},
		{"removed", []string{`DELETE FROM audit_entries WHERE id = 2`}, map[string]string{
			"record-gap": "audit entry 3",
		}},
		{"removed from the beginning", []string{`DELETE FROM audit_entries WHERE id < 3`}, map[string]string{
			"record-gap": "audit entry 3",
		}},
		{"cut off", []string{`DELETE FROM audit_entries WHERE id = 4`}, map[string]string{"record-end": "audit head"}},
		{"cut off, with the head moved", []string{
			`DELETE FROM audit_entries WHERE id = 4`,
			`UPDATE audit_heads SET entry_id = 3, hash = (SELECT hash FROM audit_entries WHERE id = 3)`,
		}, map[string]string{"record-head": "audit head"}},
		{"all removed", []string{`DELETE FROM audit_entries`}, map[string]string{"record-end": "audit head"}},
		{"put in", []string{
			`INSERT INTO audit_entries (id, ` + columns + `) SELECT 5, ` + columns + ` FROM audit_entries WHERE id = 4`,
		}, map[string]string{"record-entry": "audit entry 5", "record-end": "audit head"}},
		{"renumbered", []string{
			`UPDATE audit_entries SET id = 40 WHERE id = 2`, `UPDATE audit_entries SET id = 2 WHERE id = 3`,
			`UPDATE audit_entries SET id = 3 WHERE id = 40`,
		}, map[string]string{"record-entry": "audit entry 2, audit entry 3, audit entry 4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, open func() *stores.All) {
				s := open()
				for i := range 4 {
					act(t, s, fmt.Sprint("act ", i))
				}
				require.EqualValues(t, 4, storetest.RequireClean(t, s).Acts)
				for _, damage := range tt.damage {
					_, err := s.WriteDB.ExecContext(t.Context(), damage)
					require.NoError(t, err)
				}
				require.Equal(t, tt.found, findings(t, s))
			})
		})
	}
}

// Who moves the end of the record cannot hide it by waiting for the next act.
func TestMovedHeadIsRemembered(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		act(t, s, "one")
		act(t, s, "two")
		for _, damage := range []string{
			`DELETE FROM audit_entries WHERE id = 2`,
			`UPDATE audit_heads SET entry_id = 1, hash = (SELECT hash FROM audit_entries WHERE id = 1)`,
		} {
			_, err := s.WriteDB.ExecContext(t.Context(), damage)
			require.NoError(t, err)
		}
		act(t, s, "three")
		require.Equal(t, map[string]string{"record-broken": "audit entry 2"}, findings(t, s))
	})
}

func act(t *testing.T, s *stores.All, method string) {
	t.Helper()
	require.NoError(t, s.Records.Record(t.Context(), audit.New(audit.Entry{
		Actor: audit.Actor{Kind: audit.KindLocal, Name: "root"}, Address: audit.Local, Via: "command", Method: method,
	})))
}

// findings are the rows that Verify finds, by rule.
func findings(t *testing.T, s *stores.All) map[string]string {
	t.Helper()
	found := make(map[string]string)
	_, err := s.Verification.Verify(t.Context(), func(f verification.Finding) {
		if found[f.Rule] != "" {
			found[f.Rule] += ", "
		}
		found[f.Rule] += f.Row
	})
	require.NoError(t, err)
	return found
}
