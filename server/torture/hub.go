package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"orderhub/server/bench/testbed"
)

// startTimeout bounds the start of a hub, recovery from a crash included.
const startTimeout = 30 * time.Second

// endpoints are where a hub is reached.
type endpoints struct {
	HTTP string `json:"http"`
	GRPC string `json:"grpc"`
}

// Hub is the program as a child process that serves.
type Hub struct {
	endpoints
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	err    error         // of the process, once it is
}

// StartHub starts a command that serves, and returns when it is ready: it must not take longer than within. Its log
// goes to logPath; each line of it is shown to logged, too. The command is not bound to ctx: whoever started it kills
// it.
func StartHub(
	ctx context.Context, serve *exec.Cmd, logPath string, within time.Duration, logged func(line []byte),
) (*Hub, error) {
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	h := &Hub{cmd: serve, exited: make(chan struct{})}
	// A group of its own: an interrupt at the terminal is the tool's alone.
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := h.cmd.StderrPipe()
	if err == nil {
		err = h.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	ready := make(chan endpoints, 1)
	go func() {
		defer close(h.exited)
		defer log.Close()
		follow(output, log, ready, logged)
		h.err = h.cmd.Wait()
	}()
	select {
	case h.endpoints = <-ready:
		return h, nil
	case <-h.exited:
		return nil, fmt.Errorf("the hub ended at its start: %w; see %s", h.err, logPath)
	case <-time.After(within):
		h.Kill()
		return nil, fmt.Errorf("the hub is not ready after %s; see %s", within, logPath)
	case <-ctx.Done():
		h.Kill()
		return nil, ctx.Err()
	}
}

// follow copies the log and finds where the hub says it listens.
func follow(output io.Reader, log io.Writer, ready chan<- endpoints, logged func(line []byte)) {
	in := bufio.NewReader(output)
	for found := false; ; {
		line, err := in.ReadBytes('\n')
		_, _ = log.Write(line)
		logged(line)
		if err != nil {
			return
		}
		var entry struct {
			Message string `json:"msg"`
			endpoints
		}
		if !found && json.Unmarshal(line, &entry) == nil && entry.Message == "ready" {
			found = true
			ready <- entry.endpoints
		}
	}
}

// Kill ends the process with SIGKILL and returns when it is gone.
func (h *Hub) Kill() {
	_ = h.cmd.Process.Kill() // it may be gone already
	<-h.exited
}

func (h *Hub) Gone() bool {
	select {
	case <-h.exited:
		return true
	default:
		return false
	}
}

// PeakMemory is the most that the process has had resident, in bytes; 0 where the system does not say.
func (h *Hub) PeakMemory() int64 { return testbed.ResidentAtMost(h.cmd.Process.Pid) }

// stop asks the process to end and reports how it did; it is killed when it
// takes longer than most.
func (h *Hub) stop(most time.Duration) error {
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-h.exited:
		return h.err
	case <-time.After(most):
		h.Kill()
		return fmt.Errorf("not stopped after %s", most)
	}
}
