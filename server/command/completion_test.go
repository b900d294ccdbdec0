package command_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// shellWith is a folder with the program, and the script by which a shell completes it. Without the shell the test is
// skipped, but in CI.
func shellWith(t *testing.T, shell string) (folder, script string) {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing", shell)
		}
		t.Skipf("%s is missing", shell)
	}
	own, err := os.Executable()
	require.NoError(t, err)
	folder = t.TempDir()
	program := filepath.Join(folder, "orderhub")
	calls := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProgram, own)
	require.NoError(t, os.WriteFile(program, []byte(calls), 0o700))
	script = filepath.Join(folder, "script")
	text := strings.ReplaceAll(do(t, "completion", shell), own, program)
	require.Contains(t, text, program)
	require.NoError(t, os.WriteFile(script, []byte(text), 0o600))
	return folder, script
}

// TestCompletionByTab presses the key in shells without settings of anybody's.
func TestCompletionByTab(t *testing.T) {
	for shell, args := range map[string][]string{"bash": {"--norc", "--noprofile", "-i"}, "zsh": {"-f", "-i"}} {
		t.Run(shell, func(t *testing.T) {
			folder, script := shellWith(t, shell)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			terminal := exec.CommandContext(ctx, shell, args...)
			terminal.Dir = folder
			terminal.Env = append(os.Environ(), "HOME="+folder, "PS1=> ", "TERM=dumb", "ZDOTDIR="+folder)
			screen, err := pty.Start(terminal)
			require.NoError(t, err)
			var shown lockedBuffer
			read := make(chan struct{})
			go func() {
				defer close(read)
				buffer := make([]byte, 4096)
				for {
					n, err := screen.Read(buffer)
					_, _ = shown.Write(buffer[:n])
					if err != nil {
						return
					}
				}
			}()
			defer func() { <-read }()
			defer func() { cancel(); _ = terminal.Wait(); _ = screen.Close() }() // a shell need not end by itself
			press := func(keys, until string) {
				t.Helper()
				_, err := screen.WriteString(keys)
				require.NoError(t, err)
				require.Eventually(t, func() bool { return strings.Contains(shown.String(), until) }, patience, pause, until)
			}
			press("PATH="+folder+":$PATH; . "+script+" && echo rea''dy\n", "ready\r\n")
			press("orderhub app\t", "orderhub approval ")
			press("list --sta\t", "--status ")
			press("pen\t", "pending ")
		})
	}
}

// TestCompletionByFish asks as fish does when the key is pressed.
func TestCompletionByFish(t *testing.T) {
	folder, script := shellWith(t, "fish")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "codes.txt"), nil, 0o600))
	for line, want := range map[string][]string{
		"orderhub app":                   {"approval"},
		"orderhub order list --st":       {"--status"},
		"orderhub attempts resolve 17 ":  {"inquire", "delivered", "failed", "elsewhere"},
		"orderhub units import CODE cod": {"codes.txt"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		asked := exec.CommandContext(ctx, "fish", "--no-config", "-c", "source "+script+"; complete -C '"+line+"'")
		asked.Dir = folder
		asked.Env = append(os.Environ(), "HOME="+folder)
		text, err := asked.CombinedOutput()
		cancel()
		require.NoError(t, err, string(text))
		require.Subset(t, strings.Fields(string(text)), want, line)
	}
}
