package attack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/torture"
)

const startTimeout = 2 * time.Minute

// crowdedSKU is what the order that wants too many units is for.
const crowdedSKU = "EMAIL_BASIC"

// hub is a demo of the program as a child process.
type hub struct {
	*torture.Hub
	log string // file
}

// startHub starts the program and returns when it is ready.
func startHub(ctx context.Context, binary, database string) (*hub, error) {
	serve := exec.CommandContext(context.WithoutCancel(ctx), binary, "demo", "--no-tour", "--log-level", "info",
		"--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off", "--database", "sqlite:"+database)
	serve.Env = append(config.WithoutSettings(os.Environ()), memoryLimit)
	log := database + ".log"
	h, err := torture.StartHub(ctx, serve, log, startTimeout, func([]byte) {})
	return &hub{h, log}, err
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
