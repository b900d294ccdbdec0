package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/bench/testbed"
)

// scripted is a duel whose blocks are given, again and again.
type scripted struct {
	blocks []block
	firsts []side // of the blocks asked for
	closed bool
}

func (d *scripted) block(_ context.Context, first side) (block, error) {
	if len(d.blocks) == 0 {
		return block{}, errors.New("the hub is gone")
	}
	b := d.blocks[len(d.firsts)%len(d.blocks)]
	d.firsts = append(d.firsts, first)
	return b, nil
}

func (d *scripted) close() { d.closed = true }

func of(was, is int) block {
	return block{
		{calls: was, orders: was, cpu: 0.5, allocations: 300 * float64(was)},
		{calls: is, orders: is, cpu: 0.25, allocations: 150 * float64(is)},
	}
}

func guardOf(duels ...*scripted) *guard {
	g := &guard{commit: "abc1234", began: time.Now(), options: options{
		limit: 0.07, duration: 10 * time.Second, window: 100 * time.Millisecond,
		databases: []string{"sqlite"}, apis: []string{"grpc"},
	}}
	for _, d := range duels {
		g.inFlight = append(g.inFlight, 16)
		g.done = append(g.done, &comparison{database: "SQLite", api: "grpc", inFlight: 16, duel: d})
	}
	return g
}

func TestMeasureGoesOnWithWhatIsUndecided(t *testing.T) {
	t.Parallel()
	equal := &scripted{blocks: []block{of(1000, 1000)}}
	slower := &scripted{blocks: []block{of(1000, 900)}}
	unsure := &scripted{blocks: []block{of(1000, 400), of(1000, 2200)}}
	g := guardOf(equal, slower, unsure)
	require.NoError(t, g.measure(t.Context(), g.done))

	require.Equal(t, 6, g.blocks(), "10 s of half a second for 3")
	require.Equal(t, []side{base, base, tree, base, tree, base, tree}, equal.firsts, "after one that warms up")
	require.Len(t, slower.firsts, 1+6)
	require.Len(t, unsure.firsts, 1+2*6)
	require.Equal(t, verdict{slower: false, certain: true}, g.done[0].verdict(g.limit))
	require.Equal(t, verdict{slower: true, certain: true}, g.done[1].verdict(g.limit))
	require.False(t, g.done[2].verdict(g.limit).certain)
	require.True(t, g.slower())
}

func TestMeasureEndsWithAHub(t *testing.T) {
	t.Parallel()
	g := guardOf(&scripted{})
	require.EqualError(t, g.measure(t.Context(), g.done), "SQLite, gRPC, 16 in flight: the hub is gone")
}

func TestWrite(t *testing.T) {
	t.Parallel()
	g := guardOf(&scripted{})
	for range 8 {
		g.done[0].blocks = append(g.done[0].blocks, of(1000, 2000))
	}
	var out strings.Builder
	require.NoError(t, g.write(&out))
	require.Contains(t, out.String(), "abc1234 (was) against the working tree (is)")
	_, row, _ := strings.Cut(out.String(), "verdict\n")
	require.Equal(t, []string{
		"SQLite", "gRPC", "16", "5000", "10000", "2.00", "(2.00–2.00)", "500", "125", "0.25", "(0.25–0.25)", "300", "150",
		"8", "not", "slower", "than", "7", "%",
	}, strings.Fields(row))
}

func TestAHubThatAnswersNothingIsSlower(t *testing.T) {
	t.Parallel()
	c := &comparison{}
	for range 8 {
		c.blocks = append(c.blocks, of(1000, 0))
	}
	require.Equal(t, verdict{slower: true, certain: true}, c.verdict(0.07))
}

func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"guard"})
	require.NoError(t, err)
	require.Equal(t, options{
		limit: 0.07, duration: 2 * time.Minute, window: 300 * time.Millisecond,
		databases: []string{"sqlite", "postgresql"}, apis: []string{"grpc"}, inFlight: []int{1, 16, 256},
		wallets: 100, products: 100,
	}, o)
	for _, args := range []string{
		"-db oracle", "-api soap", "-in-flight 0", "-in-flight 1,x", "-limit 0", "-limit 7", "-window 0s", "-duration 1ms",
	} {
		_, err := parse(append([]string{"guard"}, strings.Fields(args)...))
		require.Error(t, err, args)
	}
}

// commit writes a file and commits it.
func commit(t *testing.T, dir, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte(content), 0o600))
	for _, args := range [][]string{
		{"add", "file"},
		{
			"-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false",
			"commit", "-qm", content,
		},
	} {
		_, err := testbed.Git(t.Context(), dir, args...)
		require.NoError(t, err)
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	origin, clone := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	ctx := t.Context()
	find := func(dir, name string) string {
		found, err := findBase(ctx, dir, name)
		require.NoError(t, err)
		subject, err := testbed.Git(ctx, dir, "log", "-1", "--format=%s", found)
		require.NoError(t, err)
		return subject
	}
	_, err := testbed.Git(ctx, origin, "init", "-q", "-b", "main")
	require.NoError(t, err)
	commit(t, origin, "first")
	commit(t, origin, "second")
	require.Equal(t, "first", find(origin, ""), "without an origin it is the commit before")

	_, err = testbed.Git(ctx, ".", "clone", "-q", origin, clone)
	require.NoError(t, err)
	require.Equal(t, "first", find(clone, ""), "nothing differs from origin/main")
	commit(t, clone, "third")
	require.Equal(t, "second", find(clone, ""), "origin/main")
	require.Equal(t, "first", find(clone, "HEAD~2"), "as told")
	_, err = findBase(ctx, clone, "nothing")
	require.ErrorContains(t, err, "nothing^{commit}")

	exported := filepath.Join(t.TempDir(), "source")
	require.NoError(t, testbed.Export(ctx, clone, "HEAD~1", exported))
	content, err := os.ReadFile(filepath.Join(exported, "file"))
	require.NoError(t, err)
	require.Equal(t, "second", string(content))
}
