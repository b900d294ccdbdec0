package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// guardScript waits on a pipe from the process that started it. A line, or the end of that process however it comes,
// kills whatever runs in the folders that it is given; the first of them stays only when the line says so.
const guardScript = `IFS= read -r order
for try in 1 2 3 4 5 6 7 8 9 10; do
	found=
	for process in /proc/[0-9]*; do
		at=$(readlink "$process/cwd" 2>/dev/null) || continue
		for dir; do
			case $at in
			"$dir" | "$dir/"* | "$dir (deleted)")
				kill -KILL "${process#/proc/}" 2>/dev/null
				found=yes
				;;
			esac
		done
	done
	[ "$found" ] || break
	sleep 0.1
done
[ "$order" = keep ] || rm -rf "$1"`

// guard ends the processes of some folders, even when this process is killed. Whatever they start works in these
// folders too: PostgreSQL's processes leave the group and the session of who started them, but not their folder.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// startGuard guards the folders. At the end the first is removed. They have absolute paths without symbolic links.
func startGuard(ctx context.Context, folders ...string) (*guard, error) {
	args := append([]string{"-c", guardScript, "sh"}, folders...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", args...)
	cmd.Dir = "/"
	// A group of its own: an interrupt at the terminal is the tool's alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the guard: %w", err)
	}
	return &guard{cmd: cmd, pipe: pipe}, nil
}

// end kills what is left and returns when it is gone.
func (g *guard) end(keep bool) error {
	order := "remove"
	if keep {
		order = "keep"
	}
	_, writeErr := io.WriteString(g.pipe, order+"\n")
	closeErr := g.pipe.Close()
	waitErr := g.cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](waitErr); exited {
		waitErr = nil // the status of its last command
	}
	return errors.Join(writeErr, closeErr, waitErr)
}

// processesIn are the processes that work in the folder itself, and with below those in folders under it too.
func processesIn(folder string, below bool) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("looking for processes: %w", err)
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		at, err := os.Readlink(filepath.Join("/proc", entry.Name(), "cwd"))
		if err != nil {
			continue // gone, or somebody else's
		}
		if at == folder || below && strings.HasPrefix(at, folder+"/") {
			found = append(found, pid)
		}
	}
	return found, nil
}

// signalAll sends a signal to all processes of a folder, those included that they start meanwhile.
func signalAll(folder string, below bool, signal syscall.Signal) error {
	told := make(map[int]bool)
	for {
		pids, err := processesIn(folder, below)
		if err != nil {
			return err
		}
		further := false
		for _, pid := range pids {
			if told[pid] {
				continue
			}
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("signal to process %d: %w", pid, err)
			}
			told[pid], further = true, true
		}
		if !further {
			return nil
		}
	}
}

// awaitNone returns when no process works in the folder any more.
func awaitNone(ctx context.Context, folder string, below bool) error {
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		pids, err := processesIn(folder, below)
		switch {
		case err != nil || len(pids) == 0:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("processes %v in %s do not end", pids, folder)
		}
	}
}
