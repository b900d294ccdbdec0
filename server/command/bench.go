package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"orderhub/server/bench"
	"orderhub/server/demo"
)

type benchCommand struct {
	jsonFlag
	GRPC        string        `name:"grpc" placeholder:"ADDRESS" default:"127.0.0.1:9090" help:"Address of the hub's gRPC (default: 127.0.0.1:9090)."`
	HTTP        string        `name:"http" placeholder:"ADDRESS" default:"127.0.0.1:8080" help:"Address of the hub's REST (default: 127.0.0.1:8080)."`
	Metrics     string        `placeholder:"ADDRESS" default:"127.0.0.1:9464" help:"Address of the hub's metrics, which count its allocations (default: 127.0.0.1:9464); \"off\" leaves them out."`
	Via         []string      `placeholder:"WAY" default:"grpc,rest" enum:"grpc,rest" help:"grpc, rest or both, with commas (default: both)."`
	InFlight    []int         `placeholder:"N" default:"1,16,64,256" help:"Orders in flight, with commas (default: 1,16,64,256)."`
	Duration    time.Duration `placeholder:"DURATION" default:"5s" help:"Time of one measurement (default: 5s)."`
	Key         []string      `env:"ORDERHUB_BENCH_KEY" placeholder:"KEY" help:"API keys of the merchants that buy, with commas."`
	SKU         []string      `name:"sku" placeholder:"SKU" help:"Products that they buy, with commas, two per order (default: those that --operator-key makes)."`
	OperatorKey string        `env:"ORDERHUB_BENCH_OPERATOR_KEY" placeholder:"KEY" help:"Instead of --key: an operator's key (default: the demo's), with which merchants, money and products are made for this run. They stay."`
	Wallets     int           `placeholder:"N" default:"100" help:"How many merchants to make (default: 100)."`
}

func (*benchCommand) Help() string {
	return `Places orders of two lines as fast as a running hub takes them, and prints the rate, the time of one call, and
what it cost the hub. The orders are real: they are charged, delivered and stay, so a hub with customers is not the
place for it. The benchmark that starts hubs of its own and compares them with the raw limit of their databases is "make
bench" in the repository.

Examples:

    orderhub demo --no-tour &
    orderhub bench
    orderhub bench --via grpc --in-flight 64 --wallets 1
    orderhub bench --grpc hub.internal:9090 --http hub.internal:8080 --metrics off --key "$KEY" --sku DIAMOND_100,DIAMOND_500`
}

func (c *benchCommand) Run(ctx context.Context, std *Streams) error {
	buyers, err := c.buyers(ctx)
	if err != nil {
		return err
	}
	var rows []jsonBench
	for _, inFlight := range c.InFlight {
		for _, via := range c.Via {
			fmt.Fprintf(std.Err, "%d in flight over %s, %s …\n", inFlight, via, spoken(c.Duration))
			row, err := c.measure(ctx, std, via, inFlight, buyers)
			if err != nil {
				return fmt.Errorf("%d in flight over %s: %w", inFlight, via, err)
			}
			rows = append(rows, row)
		}
	}
	if c.JSON {
		return printJSON(std.Out, rows)
	}
	printed := newTable(
		std.Out, "IN FLIGHT", "VIA", "ORDERS/S", "P50 MS", "P99 MS", "FAILED", "ALLOCATIONS/ORDER", "KIB/ORDER",
	)
	for _, r := range rows {
		allocations, kib := "-", "-"
		if r.AllocationsPerOrder > 0 {
			allocations, kib = fmt.Sprintf("%.0f", r.AllocationsPerOrder), fmt.Sprintf("%.1f", r.BytesPerOrder/1024)
		}
		printed.add(fmt.Sprint(r.InFlight), r.Via, fmt.Sprintf("%.0f", r.OrdersPerSecond), fmt.Sprintf("%.2f", r.P50Millis),
			fmt.Sprintf("%.2f", r.P99Millis), fmt.Sprint(r.Failures), allocations, kib)
	}
	return printed.flush()
}

// benchProducts is enough that no product is special.
const benchProducts = 100

// buyers are those named, or new ones.
func (c *benchCommand) buyers(ctx context.Context) (bench.Buyers, error) {
	if len(c.Key) > 0 {
		if len(c.SKU) == 0 {
			return bench.Buyers{}, errors.New("--sku is missing: what the merchants of --key buy")
		}
		return bench.Buyers{Keys: c.Key, SKUs: c.SKU}, nil
	}
	conn, err := grpc.NewClient("passthrough:///"+c.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return bench.Buyers{}, err
	}
	defer conn.Close()
	operator := c.OperatorKey
	if operator == "" {
		operator = demo.OperatorKey
	}
	name := fmt.Sprintf("bench-%d", time.Now().Unix())
	made, err := bench.Sow(
		ctx, conn, bench.Seeds{OperatorKey: operator, Name: name, Wallets: c.Wallets, Products: benchProducts},
	)
	if len(c.SKU) > 0 {
		made.SKUs = c.SKU
	}
	return made, err
}

// benchWarmup comes before each measurement.
const benchWarmup = 500 * time.Millisecond

type jsonBench struct {
	InFlight            int     `json:"inFlight"`
	Via                 string  `json:"via"`
	OrdersPerSecond     float64 `json:"ordersPerSecond"`
	P50Millis           float64 `json:"p50Millis"`
	P99Millis           float64 `json:"p99Millis"`
	Failures            int     `json:"failures"`
	AllocationsPerOrder float64 `json:"allocationsPerOrder,omitempty"`
	BytesPerOrder       float64 `json:"bytesPerOrder,omitempty"`
}

func (c *benchCommand) measure(ctx context.Context, std *Streams, via string, inFlight int, b bench.Buyers) (
	row jsonBench, err error,
) {
	client := bench.DialREST(c.HTTP, inFlight, b)
	if via == "grpc" {
		if client, err = bench.DialGRPC(c.GRPC, inFlight, b); err != nil {
			return row, err
		}
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	before, err := c.usage(ctx)
	if err != nil {
		return row, err
	}
	result, err := bench.Run(ctx, bench.Load{InFlight: inFlight, Warmup: benchWarmup, Duration: c.Duration}, client.Place)
	if err != nil {
		return row, err
	}
	after, err := c.usage(ctx)
	if err != nil {
		return row, err
	}
	if result.Failures > 0 {
		fmt.Fprintf(
			std.Err, "%s, the first one: %v\n", count(result.Failures, "order failed", "orders failed"), result.Failure,
		)
	}
	return jsonBench{
		InFlight: inFlight, Via: via, OrdersPerSecond: result.PerSecond(), Failures: result.Failures,
		P50Millis: result.P50.Seconds() * 1000, P99Millis: result.P99.Seconds() * 1000,
		AllocationsPerOrder: (after.Allocations - before.Allocations) / float64(result.All),
		BytesPerOrder:       (after.AllocatedBytes - before.AllocatedBytes) / float64(result.All),
	}, nil
}

func (c *benchCommand) usage(ctx context.Context) (bench.Usage, error) {
	if c.Metrics == "off" {
		return bench.Usage{}, nil
	}
	u, err := bench.ReadUsage(ctx, c.Metrics)
	if err != nil {
		return u, fmt.Errorf("%w (--metrics off leaves them out)", err)
	}
	return u, nil
}
