package bench

import (
	"context"
	"errors"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// emptyClient makes calls that do nothing: what a call costs before it does anything.
type emptyClient struct{ *grpcClient }

// DialEmpty is [DialGRPC] for a client whose calls place no order.
func DialEmpty(address string, inFlight int, b Buyers) (Client, error) {
	c, err := dialGRPC(address, inFlight, b)
	return &emptyClient{c}, err
}

func (c *emptyClient) Place(ctx context.Context, worker int) error {
	var answer []byte
	err := c.conns[worker%len(c.conns)].Invoke(
		ctx, healthpb.Health_Check_FullMethodName, new(healthpb.HealthCheckRequest), &answer,
	)
	if err == nil && len(answer) == 0 {
		return errors.New("the answer about the hub's health is empty")
	}
	return err
}
