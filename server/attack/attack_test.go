package attack_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/attack"
)

// Every attack, for a moment each: the hub lives on in little memory and serves
// the merchant. How fast it is meanwhile `make attack` measures: a test would
// measure its neighbours.
func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	report, err := attack.Run(
		t.Context(), attack.Options{Dir: t.TempDir(), Phase: 3 * time.Second, Units: 20_000, Out: t.Output()},
	)
	require.NoError(t, err)
	require.Positive(t, report.Peace.Served)
	require.Len(t, report.Attacks, 5)
	for _, problem := range report.Misbehaviour() {
		t.Error(problem)
	}
}

func TestProblems(t *testing.T) {
	good := attack.Phase{Name: "a", Served: 100, Median: 9 * time.Millisecond, Memory: 100 << 20}
	slow, large, unserved := good, good, good
	slow.Median, large.Memory, unserved.Failed = 11*time.Millisecond, 301<<20, 6
	report := attack.Report{Attacks: []attack.Phase{good, slow, large, unserved}}
	require.Len(t, report.Misbehaviour(), 2)
	require.Len(t, report.Problems(), 3)
}
