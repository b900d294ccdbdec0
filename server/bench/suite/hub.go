package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"orderhub/server/bench"
)

// sealingKey seals what the benchmark's databases hold, which is nothing real.
var sealingKey = base64.StdEncoding.EncodeToString([]byte("orderhub benchmark: not a secret"))

// hub is a running `orderhub serve`.
type hub struct {
	cmd                 *exec.Cmd
	log                 string // file
	grpc, http, metrics string
	ready               time.Duration // from its start
	conn                *grpc.ClientConn
}

const (
	readyTimeout = 2 * time.Minute
	stopTimeout  = 30 * time.Second
)

// command runs another command of the program on the database and returns what
// it prints.
func (s *suite) command(ctx context.Context, e engine, database string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = append(os.Environ(), "ORDERHUB_DATABASE="+e.url(database), "ORDERHUB_KEY="+sealingKey)
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("orderhub %s: %w: %s", strings.Join(args, " "), err, tail(out.String()+failure.String()))
	}
	return out.String(), nil
}

// serve starts a hub and waits until it is ready.
func (s *suite) serve(ctx context.Context, e engine, database string) (*hub, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	h := &hub{http: ports[0], grpc: ports[1], metrics: ports[2], log: filepath.Join(s.dir, database+".log")}
	log, err := os.OpenFile(h.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	h.cmd = exec.CommandContext(
		context.WithoutCancel(ctx), s.program, "serve", "--http", h.http, "--grpc", h.grpc, "--metrics", h.metrics,
	)
	h.cmd.Env = append(os.Environ(), "ORDERHUB_DATABASE="+e.url(database), "ORDERHUB_KEY="+sealingKey)
	h.cmd.Stderr = log
	began := time.Now()
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	if err := h.await(ctx); err != nil {
		return nil, errors.Join(err, h.stop())
	}
	h.ready = time.Since(began)
	h.conn, err = grpc.NewClient("passthrough:///"+h.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, errors.Join(err, h.stop())
	}
	return h, nil
}

// await returns when /readyz says yes.
func (h *hub) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.http+"/readyz", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			_ = answer.Body.Close() // its status says enough
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		if h.cmd.Process.Signal(syscall.Signal(0)) != nil {
			return h.failure(errors.New("the hub ended"))
		}
		select {
		case <-ctx.Done():
			return h.failure(ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (h *hub) failure(err error) error {
	log, _ := os.ReadFile(h.log)
	return fmt.Errorf("the hub is not ready: %w: %s", err, tail(string(log)))
}

// stop ends the hub in good order.
func (h *hub) stop() error {
	if h.conn != nil {
		_ = h.conn.Close() // nothing is lost
	}
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	kill := time.AfterFunc(stopTimeout, func() { _ = h.cmd.Process.Kill() })
	defer kill.Stop()
	if err := h.cmd.Wait(); err != nil {
		return h.failure(err)
	}
	return nil
}

// usage is what the hub's process has used so far.
func (h *hub) usage(ctx context.Context) (bench.Usage, error) { return bench.ReadUsage(ctx, h.metrics) }

// prepare makes a database with an operator and returns the operator's key.
func (s *suite) prepare(ctx context.Context, e engine, database string) (operatorKey string, err error) {
	if err := e.create(ctx, database); err != nil {
		return "", err
	}
	for _, args := range [][]string{{"migrate"}, {"merchant", "create", "ops", "--operator"}} {
		if _, err := s.command(ctx, e, database, args...); err != nil {
			return "", err
		}
	}
	key, err := s.command(ctx, e, database, "key", "create", "ops")
	return strings.TrimSpace(key), err
}

// freePorts finds loopback addresses that nobody listens on.
func freePorts(n int) ([]string, error) {
	var found []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens for no time at all
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		found = append(found, listener.Addr().String())
	}
	return found, nil
}

func tail(text string) string {
	const most = 2000 // bytes
	return text[max(0, len(text)-most):]
}
