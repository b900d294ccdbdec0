package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that onlySend wraps
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// Buyers are whose orders are placed, and of what.
type Buyers struct {
	Keys []string // of one merchant each
	SKUs []string // two of them per order; one is enough
}

// draft is what the n-th order of a run is: two lines, a reference of its own.
type draft struct {
	key       string
	reference string
	skus      [2]string
}

// orders numbers the orders of a run and deals them out to the buyers in turn.
type orders struct {
	buyers Buyers
	prefix string
	next   atomic.Int64
}

func newOrders(b Buyers) *orders {
	return &orders{buyers: b, prefix: "bench-" + rand.Text()[:10] + "-"}
}

func (o *orders) draft() draft {
	n := int(o.next.Add(1))
	keys, skus := o.buyers.Keys, o.buyers.SKUs
	// The second product is not always the first one's neighbour.
	second := (n + 1 + n/len(skus)) % len(skus)
	return draft{
		key: keys[n%len(keys)], reference: o.prefix + strconv.Itoa(n),
		skus: [2]string{skus[n%len(skus)], skus[second]},
	}
}

// Client places orders for one worker after the other's call; a worker's calls
// do not overlap.
type Client interface {
	Place(ctx context.Context, worker int) error
	// PerCall is how many orders each call places.
	PerCall() int
	Close() error
}

// order is the draft as the contract has it.
func (d *draft) order() *orderhubv1.Order {
	return &orderhubv1.Order{
		ReferenceId: d.reference,
		Lines:       []*orderhubv1.OrderLine{{Sku: d.skus[0], Quantity: 1}, {Sku: d.skus[1], Quantity: 1}},
	}
}

// streamsPerConnection is for gRPC: one connection is enough for a few callers, and one for
// hundreds would make them wait for its lock.
const streamsPerConnection = 64

// grpcClient does not decode the answers: on a machine that the hub shares with
// its load, the load should be light. That the orders are there is checked by
// their number and by `orderhub verify`.
type grpcClient struct {
	orders  *orders
	conns   []*grpc.ClientConn
	headers map[string]metadata.MD // by key
}

// DialGRPC connects to the hub's gRPC address for so many callers.
func DialGRPC(address string, inFlight int, b Buyers) (Client, error) {
	return dialGRPC(address, inFlight, b)
}

func dialGRPC(address string, inFlight int, b Buyers) (*grpcClient, error) {
	c := &grpcClient{orders: newOrders(b), headers: make(map[string]metadata.MD)}
	for _, key := range b.Keys {
		c.headers[key] = metadata.Pairs("x-api-key", key)
	}
	for range (inFlight + streamsPerConnection - 1) / streamsPerConnection {
		conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(Undecoded()))
		if err != nil {
			_ = c.Close() // what failed says more
			return nil, err
		}
		c.conns = append(c.conns, conn)
	}
	return c, nil
}

func (*grpcClient) PerCall() int { return 1 }

func (c *grpcClient) Place(ctx context.Context, worker int) error {
	d := c.orders.draft()
	request := &orderhubv1.CreateOrderRequest{Order: d.order()}
	ctx = metadata.NewOutgoingContext(ctx, c.headers[d.key])
	var answer []byte
	err := c.conns[worker%len(c.conns)].Invoke(ctx, orderhubv1.OrderService_CreateOrder_FullMethodName, request, &answer)
	if err == nil && len(answer) == 0 {
		return fmt.Errorf("order %s: the answer is empty", d.reference)
	}
	return err
}

func (c *grpcClient) Close() error {
	for _, conn := range c.conns {
		_ = conn.Close() // nothing is lost
	}
	return nil
}

// Undecoded has a call leave its answer as bytes: it is given a *[]byte.
func Undecoded() grpc.CallOption { return grpc.ForceCodecV2(onlySend{encoding.GetCodecV2("proto")}) }

// onlySend encodes requests, and leaves answers as the bytes they are.
type onlySend struct{ encoding.CodecV2 }

func (onlySend) Unmarshal(data mem.BufferSlice, into any) error {
	*into.(*[]byte) = data.Materialize()
	return nil
}

// restClient writes its requests by hand, over one connection per worker: the
// client of net/http takes more of the machine than the hub's own side.
type restClient struct {
	orders  *orders
	address string
	workers []restWorker
}

type restWorker struct {
	conn    net.Conn
	answers *bufio.Reader
	request []byte
}

// callTimeout bounds one REST call; gRPC calls end with the hub's own limit.
const callTimeout = time.Minute

// DialREST prepares that many connections to the hub's HTTP address.
func DialREST(address string, inFlight int, b Buyers) Client {
	return &restClient{orders: newOrders(b), address: address, workers: make([]restWorker, inFlight)}
}

func (*restClient) PerCall() int { return 1 }

func (c *restClient) Place(ctx context.Context, worker int) error {
	w := &c.workers[worker]
	if w.conn == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.address)
		if err != nil {
			return err
		}
		w.conn, w.answers = conn, bufio.NewReader(conn)
	}
	err := w.place(c.address, c.orders.draft())
	if err != nil {
		_ = w.conn.Close() // where the next answer begins is not known
		w.conn = nil
	}
	return err
}

func (w *restWorker) place(host string, d draft) error {
	body := fmt.Sprintf(
		`{"referenceId":%q,"lines":[{"sku":%q,"quantity":1},{"sku":%q,"quantity":1}]}`, d.reference, d.skus[0], d.skus[1],
	)
	w.request = fmt.Appendf(
		w.request[:0],
		"POST /hub/v1/orders HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: "+
			"%d\r\n\r\n%s",
		host, d.key, len(body), body,
	)
	if err := w.conn.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return err
	}
	if _, err := w.conn.Write(w.request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(w.answers, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return fmt.Errorf("order %s: %s %s", d.reference, answer.Status, text)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func (c *restClient) Close() error {
	for i := range c.workers {
		if c.workers[i].conn != nil {
			_ = c.workers[i].conn.Close() // nothing is lost
		}
	}
	return nil
}
