package torture

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestGuard has whatever works in a folder end with the pipe, as it does when the tool is killed: what runs in folders
// below, and what stands still.
func TestGuard(t *testing.T) {
	t.Parallel()
	guarded, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	elsewhere := t.TempDir()
	start := func(dir string) *exec.Cmd {
		cmd := exec.Command("sleep", "600")
		cmd.Dir = dir
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		return cmd
	}
	g, err := startGuard(t.Context(), guarded)
	require.NoError(t, err)
	inside, outside := start(guarded), start(elsewhere)
	require.NoError(t, signalAll(guarded, true, syscall.SIGSTOP))
	gone := make(chan error, 1)
	go func() { gone <- inside.Wait() }()
	require.NoError(t, g.pipe.Close())
	select {
	case err := <-gone:
		require.Error(t, err)
	case <-time.After(time.Minute):
		t.Fatal("it lives on")
	}
	require.NoError(t, g.cmd.Wait())
	require.NoDirExists(t, guarded)
	require.NoError(t, outside.Process.Signal(syscall.Signal(0)), "others are left alone")
}
