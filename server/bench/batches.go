package bench

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// BatchOrders is how many orders one call of [DialBatches] places.
const BatchOrders = 100

// batchClient places batches, each of one buyer.
type batchClient struct{ *grpcClient }

// DialBatches is [DialGRPC] for a client that places [BatchOrders] with each call.
func DialBatches(address string, inFlight int, b Buyers) (Client, error) {
	c, err := dialGRPC(address, inFlight, b)
	return &batchClient{c}, err
}

func (*batchClient) PerCall() int { return BatchOrders }

func (c *batchClient) Place(ctx context.Context, worker int) error {
	request := new(orderhubv1.BatchCreateOrdersRequest)
	var key string
	for i := range BatchOrders {
		d := c.orders.draft()
		if i == 0 {
			key = d.key
		}
		request.Orders = append(request.Orders, d.order())
	}
	var answer []byte
	err := c.conns[worker%len(c.conns)].Invoke(
		metadata.NewOutgoingContext(ctx, c.headers[key]), orderhubv1.BatchService_BatchCreateOrders_FullMethodName, request,
		&answer,
	)
	if err != nil {
		return err
	}
	placed, err := placedIn(answer)
	if err == nil && placed != BatchOrders {
		err = fmt.Errorf("of a batch of %d orders %d were placed", BatchOrders, placed)
	}
	return err
}

// placedIn reads from the answer to a batch how many orders it has, without decoding them.
func placedIn(answer []byte) (placed int, err error) {
	fields := (*orderhubv1.BatchCreateOrdersResponse)(nil).ProtoReflect().Descriptor().Fields()
	count := fields.ByName("order_count").Number()
	for len(answer) > 0 {
		number, kind, size := protowire.ConsumeTag(answer)
		if size < 0 {
			return 0, errors.New("the answer to a batch is no message")
		}
		answer = answer[size:]
		if number == count && kind == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(answer)
			placed = int(value)
		}
		if size = protowire.ConsumeFieldValue(number, kind, answer); size < 0 {
			return 0, errors.New("the answer to a batch is no message")
		}
		answer = answer[size:]
	}
	return placed, nil
}
