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
	"path/filepath"
	"syscall"
	"time"
)

// startTimeout bounds the start of a hub, recovery from a crash included.
const startTimeout = 30 * time.Second

// endpoints are where a hub is reached.
type endpoints struct {
	HTTP string `json:"http"`
	GRPC string `json:"grpc"`
}

// hub is one `orderhub serve` as a child process.
type hub struct {
	endpoints
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	err    error         // of the process, once it is
}

// startHub starts the program and returns when it is ready. Its log goes to
// logPath, in whose folder it works; each line of it is shown to logged, too.
func startHub(
	ctx context.Context, o *Options, program string, env []string, logPath string, logged func(line []byte),
) (*hub, error) {
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	// Not bound to ctx: whoever started it kills it.
	serve := exec.CommandContext(context.WithoutCancel(ctx), program, "serve")
	h := &hub{cmd: serve, exited: make(chan struct{})}
	h.cmd.Env, h.cmd.Dir = env, filepath.Dir(logPath)
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
		return nil, fmt.Errorf("serve ended at its start: %w; see %s", h.err, logPath)
	case <-time.After(o.within(startTimeout)):
		h.kill()
		return nil, fmt.Errorf("serve is not ready after %s; see %s", o.within(startTimeout), logPath)
	case <-ctx.Done():
		h.kill()
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

// kill ends the process with SIGKILL and returns when it is gone.
func (h *hub) kill() {
	_ = h.cmd.Process.Kill() // it may be gone already
	<-h.exited
}

// stop asks the process to end and reports how it did; it is killed when it
// takes longer than most.
func (h *hub) stop(most time.Duration) error {
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-h.exited:
		return h.err
	case <-time.After(most):
		h.kill()
		return fmt.Errorf("not stopped after %s", most)
	}
}
