package torture_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/store/pgtest"
	"orderhub/server/torture"
)

// folder is for what all tests share.
var folder string

// program builds the program once for all tests.
var program = sync.OnceValues(func() (string, error) {
	return torture.Build(context.Background(), folder)
})

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "torture-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

func run(t *testing.T, o torture.Options) torture.Totals {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	var err error
	o.Binary, err = program()
	require.NoError(t, err)
	o.Dir, o.Out, o.Clients = t.TempDir(), t.Output(), 16
	// On a busy machine everything takes longer, and fewer rounds must do.
	o.Patience, o.Until = 6, time.Now().Add(2*time.Minute)
	o.Seed = uint64(time.Now().UnixNano())
	t.Logf("seed %d", o.Seed)
	totals, err := torture.Run(t.Context(), o)
	switch {
	case errors.Is(err, torture.ErrNoMount), errors.Is(err, pgtest.ErrNotInstalled) && os.Getenv("CI") != "true":
		t.Skip(err)
	}
	require.NoError(t, err)
	for _, v := range totals.Violations {
		t.Errorf("round %d: %s: %s", v.Round, v.Class, v.Text)
	}
	require.Positive(t, totals.Answered)
	return totals
}

// A few rounds of what `make torture` plays by the hundred.
func TestTorture(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			kinds := torture.KindsOf(database)
			run(t, torture.Options{Database: database, Rounds: len(kinds), SettleEvery: len(kinds)})
		})
	}
}

// With the disk full nothing is placed and nothing lost, and it goes on by
// itself when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	totals := run(t, torture.Options{Database: "sqlite", Kinds: []torture.Kind{torture.Full}, Rounds: 2, SettleEvery: 2})
	require.Positive(t, totals.Unanswered, "somebody has met the full disk")
}

// Callers beyond what the hub serves are turned away at once. How fast it is
// meanwhile `make overload` measures: a test would measure its
// neighbours.
func TestOverload(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	binary, err := program()
	require.NoError(t, err)
	result, err := torture.Overload(t.Context(), torture.OverloadOptions{
		Binary: binary, Database: "sqlite", Phase: time.Second, Callers: []int{128}, Factor: 20, Out: t.Output(),
	})
	require.NoError(t, err)
	for _, problem := range result.Misbehaviour() {
		t.Error(problem)
	}
	t.Logf("%.0f of %.0f orders/s", result.Served, result.Peak)
}
