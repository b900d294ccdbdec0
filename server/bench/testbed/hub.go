package testbed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"orderhub/server/bench"
)

// Hub is a running `orderhub serve`, with the limits it has by default.
type Hub struct {
	Ready time.Duration // from its start
	HTTP  string        // its address
	Conn  *grpc.ClientConn

	cmd           *exec.Cmd
	ended         chan struct{} // closed when the process has ended as exit says
	exit          error
	log           string // file
	grpc, metrics string
}

const (
	readyTimeout = 2 * time.Minute
	stopTimeout  = 30 * time.Second
)

// Serve starts a hub with further settings of the environment and waits until it is ready.
func (p Program) Serve(ctx context.Context, e Engine, database string, settings ...string) (*Hub, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	h := &Hub{
		HTTP: ports[0], grpc: ports[1], metrics: ports[2], log: filepath.Join(p.Logs, database+".log"),
		ended: make(chan struct{}),
	}
	h.cmd = exec.CommandContext(
		context.WithoutCancel(ctx), p.Path, "serve", "--http", h.HTTP, "--grpc", h.grpc, "--metrics", h.metrics,
	)
	h.cmd.Env = append(environment(e, database), settings...)
	began := time.Now()
	if err := h.start(); err != nil {
		return nil, err
	}
	if err := h.await(ctx); err != nil {
		return nil, errors.Join(err, h.Stop())
	}
	h.Ready = time.Since(began)
	h.Conn, err = grpc.NewClient("passthrough:///"+h.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, errors.Join(err, h.Stop())
	}
	return h, nil
}

// start starts the process and what notices its end.
func (h *Hub) start() error {
	log, err := os.OpenFile(h.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	h.cmd.Stderr = log
	if err := h.cmd.Start(); err != nil {
		return err
	}
	go func() {
		h.exit = h.cmd.Wait()
		close(h.ended)
	}()
	return nil
}

// await returns when /readyz says yes.
func (h *Hub) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.HTTP+"/readyz", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			_ = answer.Body.Close() // its status says enough
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-h.ended:
			return fmt.Errorf("the hub ended before it was ready: %w", h.exit)
		case <-ctx.Done():
			return h.Failure(fmt.Errorf("the hub is not ready: %w", ctx.Err()))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Failure is the error with the end of what the hub logged.
func (h *Hub) Failure(err error) error {
	log, _ := os.ReadFile(h.log) // without it the error says less
	return fmt.Errorf("%w: %s", err, tail(string(log)))
}

func (h *Hub) Stop() error {
	if h.Conn != nil {
		_ = h.Conn.Close() // nothing is lost
	}
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	kill := time.AfterFunc(stopTimeout, func() { _ = h.cmd.Process.Kill() })
	defer kill.Stop()
	<-h.ended
	if h.exit != nil {
		return h.Failure(fmt.Errorf("the hub ended: %w", h.exit))
	}
	return nil
}

// Usage is what the hub's process has used so far.
func (h *Hub) Usage(ctx context.Context) (bench.Usage, error) { return bench.ReadUsage(ctx, h.metrics) }

// Ask makes one call with the merchant's key, and leaves the answer as it is.
func (h *Hub) Ask(ctx context.Context, key, method string, request proto.Message) error {
	var answer []byte
	ctx = metadata.AppendToOutgoingContext(ctx, "x-api-key", key)
	err := h.Conn.Invoke(ctx, method, request, &answer, bench.Undecoded())
	if err == nil && len(answer) == 0 {
		return errors.New("the answer is empty")
	}
	return err
}

// Dial is a client for so many callers, over "grpc" or "rest", with "batches", or with calls that do nothing, "empty".
func (h *Hub) Dial(api string, inFlight int, b bench.Buyers) (bench.Client, error) {
	switch api {
	case "rest":
		return bench.DialREST(h.HTTP, inFlight, b), nil
	case "empty":
		return bench.DialEmpty(h.grpc, inFlight, b)
	case "batches":
		return bench.DialBatches(h.grpc, inFlight, b)
	default:
		return bench.DialGRPC(h.grpc, inFlight, b)
	}
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
