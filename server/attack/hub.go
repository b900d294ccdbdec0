package attack

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
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/config"
	"orderhub/server/demo"
)

const startTimeout = 2 * time.Minute

// crowdedSKU is what the order that wants too many units is for.
const crowdedSKU = "EMAIL_BASIC"

// hub is a demo of the program as a child process.
type hub struct {
	HTTP string `json:"http"`
	GRPC string `json:"grpc"`

	cmd    *exec.Cmd
	log    string // file
	exited chan struct{}
}

// startHub starts the program and returns when it is ready.
func startHub(ctx context.Context, binary, database string) (*hub, error) {
	h := &hub{log: database + ".log", exited: make(chan struct{})}
	log, err := os.Create(h.log)
	if err != nil {
		return nil, err
	}
	// Not bound to ctx: whoever started it kills it.
	h.cmd = exec.CommandContext(context.WithoutCancel(ctx), binary, "demo", "--no-tour", "--log-level", "info",
		"--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off", "--database", "sqlite:"+database)
	h.cmd.Env = append(config.WithoutSettings(os.Environ()), memoryLimit)
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := h.cmd.StderrPipe()
	if err == nil {
		err = h.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	ready := make(chan hub, 1)
	go func() {
		defer close(h.exited)
		defer log.Close()
		follow(output, log, ready)
		_ = h.cmd.Wait() // what it says is in the log
	}()
	select {
	case found := <-ready:
		h.HTTP, h.GRPC = found.HTTP, found.GRPC
		return h, nil
	case <-h.exited:
		return nil, fmt.Errorf("the hub ended at its start; see %s", h.log)
	case <-time.After(startTimeout):
		h.kill()
		return nil, fmt.Errorf("the hub is not ready after %s; see %s", startTimeout, h.log)
	}
}

// follow copies the log and finds where the hub says it listens.
func follow(output io.Reader, log io.Writer, ready chan<- hub) {
	in := bufio.NewReader(output)
	for {
		line, err := in.ReadBytes('\n')
		_, _ = log.Write(line)
		if err != nil {
			return
		}
		var entry struct {
			Message string `json:"msg"`
			hub
		}
		if json.Unmarshal(line, &entry) == nil && entry.Message == "ready" {
			ready <- entry.hub
		}
	}
}

func (h *hub) kill() {
	_ = h.cmd.Process.Kill() // it may be gone already
	<-h.exited
}

func (h *hub) gone() bool {
	select {
	case <-h.exited:
		return true
	default:
		return false
	}
}

// peakMemory is the most that the hub has had resident, in bytes; 0 where the
// system does not tell.
func (h *hub) peakMemory() int64 {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(h.cmd.Process.Pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}

// dial connects to the hub's gRPC, from an address of this machine.
func (h *hub) dial(from string, more ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+h.GRPC, append(more,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dialerFrom(from)))...)
}

// stock adds units, as many calls as it takes.
func (h *hub) stock(ctx context.Context, units int) error {
	conn, err := h.dial("127.0.0.1")
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx = withKey(ctx, demo.OperatorKey)
	const atOnce = 10_000
	for next := 0; next < units; {
		in := &orderhubv1.ImportUnitsRequest{Product: crowdedSKU}
		for len(in.Contents) < atOnce && next < units {
			in.Contents = append(in.Contents, fmt.Sprintf("attacked%06d@example.com|P4SSW0RD", next))
			next++
		}
		if _, err := orderhubv1.NewCatalogServiceClient(conn).ImportUnits(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func withKey(ctx context.Context, key string) context.Context {
	return metadata.NewOutgoingContext(ctx, metadata.Pairs("x-api-key", key))
}
