package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
)

// placing is what was measured with so many orders in flight: medians over the
// rounds, and of the ratios within each round.
type placing struct {
	InFlight int
	Raw      measured
	GRPC     measured // 100 wallets
	REST     measured
	HotGRPC  measured // one wallet
	HotREST  measured

	// GRPCToRaw is to the raw limit with one in flight where there is one in flight
	// here, elsewhere to the best raw limit there is.
	GRPCToRaw, RESTToGRPC, HotToMany, HotRESTToREST float64
}

// limits are what hand-written SQL reaches on a database.
type limits struct {
	Raw   float64       // orders per second, the best over all numbers in flight
	Group measured      // groupSize orders in each transaction
	Hot   measured      // the same of one wallet for each who writes
	Empty time.Duration // median of a call to the hub that does nothing
	Calls measured      // such calls, groupSize in flight
}

// Bound is the rate, in orders per second, of calls that do nothing and of the group commit after one another: of a hub
// that does nothing but these two, on a machine that all of it shares.
func (l *limits) Bound() float64 { return 1 / (1/l.Calls.PerSecond + 1/l.Group.PerSecond) }

// measured is one way of placing orders.
type measured struct {
	PerSecond   float64
	P50, P99    time.Duration
	Allocations float64 // objects per order in the hub's process
	Bytes       float64
	CPU         time.Duration // of the hub's process, per order
}

// way is one of the things to measure in turn.
type way struct {
	name string
	run  func(ctx context.Context) (measured, error)
}

// warmup comes before each measurement.
const warmup = 500 * time.Millisecond

// seeds are what the suite's databases have.
func (s *suite) seeds() bench.Seeds {
	return bench.Seeds{Name: "bench", Wallets: s.wallets, Products: 100}
}

func (s *suite) measurePlacing(ctx context.Context, e engine, r *results) (err error) {
	const hubDatabase, rawDatabase = "placing", "raw"
	s.say("%s: filling", r.Database)
	buyers, err := s.program.Seed(ctx, e, hubDatabase, s.seeds())
	if err != nil {
		return err
	}
	// The same database again, where deliveries go on.
	if err := e.Clone(ctx, hubDatabase, "delivering"); err != nil {
		return err
	}
	if err := testbed.Hold(ctx, e, hubDatabase); err != nil {
		return err
	}
	if err := e.Clone(ctx, hubDatabase, rawDatabase); err != nil {
		return err
	}
	for _, name := range []string{"silent", "telling", "settings"} {
		if err := e.Clone(ctx, hubDatabase, name); err != nil {
			return err
		}
	}
	h, err := s.program.Serve(ctx, e, hubDatabase)
	if err != nil {
		return err
	}
	for _, inFlight := range s.inFlight {
		p, err := s.compare(ctx, e, r, rawDatabase, h, buyers, inFlight)
		if err != nil {
			return errors.Join(fmt.Errorf("%d in flight: %w", inFlight, err), h.Stop())
		}
		r.Placing = append(r.Placing, p)
	}
	if err := s.measureLimits(ctx, e, r, rawDatabase, h, buyers); err != nil {
		return errors.Join(err, h.Stop())
	}
	if err := h.Stop(); err != nil {
		return err
	}
	if err := s.check(ctx, e, hubDatabase, r); err != nil {
		return err
	}
	if err := s.measureTelling(ctx, e, r, "silent", "telling", buyers); err != nil {
		return fmt.Errorf("telling: %w", err)
	}
	if err := s.measureCosts(ctx, e, r, "settings", buyers); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	most := &r.Placing[len(r.Placing)-1]
	if r.Delivered, err = s.deliver(ctx, e, r, "delivering", most.InFlight, buyers); err != nil {
		return err
	}
	r.Delivered.ToRaw = r.Delivered.Delivered / r.Limits.Raw
	if err := s.measureReading(ctx, e, r, "delivering", buyers); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

// measureLimits comes after everything that is compared with the limits.
func (s *suite) measureLimits(
	ctx context.Context, e engine, r *results, database string, h *testbed.Hub, b bench.Buyers,
) error {
	raw, err := e.raw(ctx, database, groupSize)
	if err != nil {
		return err
	}
	defer func() { _ = raw.close() }() // what it wrote does not matter
	load := bench.Load{Warmup: warmup, Duration: s.duration}
	var groups, calls []measured
	var empty []time.Duration
	for range s.rounds {
		m, err := groupCommit(ctx, load, raw)
		if err != nil {
			return fmt.Errorf("group commit: %w", err)
		}
		s.say("%s, raw, %d in a commit: %.0f orders/s", r.Database, groupSize, m.PerSecond)
		groups = append(groups, m)
		alone := load
		alone.InFlight = 1
		health := healthpb.NewHealthClient(h.Conn)
		m, err = run(ctx, alone, func(ctx context.Context, _ int) error {
			_, err := health.Check(ctx, new(healthpb.HealthCheckRequest))
			return err
		})
		if err != nil {
			return h.Failure(fmt.Errorf("an empty call: %w", err))
		}
		empty = append(empty, m.P50)
		many := load
		many.InFlight = groupSize
		if m, err = s.throughHub(ctx, h, many, "empty", b); err != nil {
			return fmt.Errorf("empty calls: %w", err)
		}
		s.say("%s, empty calls, %d in flight: %.0f/s", r.Database, groupSize, m.PerSecond)
		calls = append(calls, m)
	}
	r.Limits.Group, r.Limits.Empty, r.Limits.Calls = middle(groups), median(empty), middle(calls)
	raw.keep(raw.groupWriters())
	if r.Limits.Hot, err = groupCommit(ctx, load, raw); err != nil {
		return fmt.Errorf("group commit of one wallet: %w", err)
	}
	for _, p := range r.Placing {
		r.Limits.Raw = max(r.Limits.Raw, p.Raw.PerSecond)
	}
	for i := range r.Placing {
		if p := &r.Placing[i]; p.InFlight > 1 {
			p.GRPCToRaw = p.GRPC.PerSecond / r.Limits.Raw
		}
	}
	return nil
}

// compare measures every way in turn, as many rounds as asked for.
func (s *suite) compare(
	ctx context.Context, e engine, r *results, rawDatabase string, h *testbed.Hub, b bench.Buyers, inFlight int,
) (placing, error) {
	p := placing{InFlight: inFlight}
	raw, err := e.raw(ctx, rawDatabase, inFlight)
	if err != nil {
		return p, err
	}
	defer func() { _ = raw.close() }() // what it wrote does not matter
	load := bench.Load{InFlight: inFlight, Warmup: warmup, Duration: s.duration}
	ways := []way{
		{"raw", func(ctx context.Context) (measured, error) { return run(ctx, load, raw.place) }},
		{"gRPC", func(ctx context.Context) (measured, error) { return s.throughHub(ctx, h, load, "grpc", b) }},
		{"REST", func(ctx context.Context) (measured, error) { return s.throughHub(ctx, h, load, "rest", b) }},
		{
			"gRPC, one wallet",
			func(ctx context.Context) (measured, error) { return s.throughHub(ctx, h, load, "grpc", b.Hot()) },
		},
		{
			"REST, one wallet",
			func(ctx context.Context) (measured, error) { return s.throughHub(ctx, h, load, "rest", b.Hot()) },
		},
	}
	rounds := make([][]measured, len(ways))
	var ratios [4][]float64
	for range s.rounds {
		for i, way := range ways {
			m, err := way.run(ctx)
			if err != nil {
				return p, fmt.Errorf("%s: %w", way.name, err)
			}
			s.say(
				"%s, %d in flight, %s: %.0f orders/s, p50 %v, p99 %v", r.Database, inFlight, way.name, m.PerSecond, m.P50, m.P99,
			)
			rounds[i] = append(rounds[i], m)
		}
		last := len(rounds[0]) - 1
		rate := func(i int) float64 { return rounds[i][last].PerSecond }
		for i, ratio := range []float64{rate(1) / rate(0), rate(2) / rate(1), rate(3) / rate(1), rate(4) / rate(2)} {
			ratios[i] = append(ratios[i], ratio)
		}
	}
	p.Raw = middle(rounds[0])
	p.GRPC = middle(rounds[1])
	p.REST = middle(rounds[2])
	p.HotGRPC = middle(rounds[3])
	p.HotREST = middle(rounds[4])
	p.GRPCToRaw = median(ratios[0])
	p.RESTToGRPC = median(ratios[1])
	p.HotToMany = median(ratios[2])
	p.HotRESTToREST = median(ratios[3])
	return p, nil
}

func run(ctx context.Context, load bench.Load, call func(ctx context.Context, worker int) error) (measured, error) {
	result, err := bench.Run(ctx, load, call)
	if err == nil {
		err = result.Check()
	}
	if err != nil {
		return measured{}, err
	}
	return measured{PerSecond: result.PerSecond(), P50: result.P50, P99: result.P99}, nil
}

// throughHub places orders over gRPC or REST, or batches of them, whose latency is that of the whole call, or makes
// calls that do nothing.
func (s *suite) throughHub(ctx context.Context, h *testbed.Hub, load bench.Load, via string, b bench.Buyers) (
	m measured, err error,
) {
	client, err := h.Dial(via, load.InFlight, b)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	before, err := h.Usage(ctx)
	if err != nil {
		return m, err
	}
	result, err := bench.Run(ctx, load, client.Place)
	if err == nil {
		err = result.Check()
	}
	if err != nil {
		return m, h.Failure(err)
	}
	after, err := h.Usage(ctx)
	if err != nil {
		return m, err
	}
	perCall := float64(client.PerCall())
	orders := float64(result.All) * perCall
	return measured{
		PerSecond: result.PerSecond() * perCall, P50: result.P50, P99: result.P99,
		Allocations: (after.Allocations - before.Allocations) / orders,
		Bytes:       (after.AllocatedBytes - before.AllocatedBytes) / orders,
		CPU:         time.Duration((after.CPUSeconds - before.CPUSeconds) / orders * float64(time.Second)),
	}, nil
}

// middle takes the median of each figure.
func middle(rounds []measured) measured {
	pick := func(figure func(measured) float64) float64 {
		values := make([]float64, len(rounds))
		for i, m := range rounds {
			values[i] = figure(m)
		}
		return median(values)
	}
	return measured{
		PerSecond:   pick(func(m measured) float64 { return m.PerSecond }),
		P50:         time.Duration(pick(func(m measured) float64 { return float64(m.P50) })),
		P99:         time.Duration(pick(func(m measured) float64 { return float64(m.P99) })),
		Allocations: pick(func(m measured) float64 { return m.Allocations }),
		Bytes:       pick(func(m measured) float64 { return m.Bytes }),
		CPU:         time.Duration(pick(func(m measured) float64 { return float64(m.CPU) })),
	}
}

// delivering is placing while everything placed is bought and delivered too.
type delivering struct {
	InFlight  int
	Placed    measured
	Orders    int64
	Delivered float64 // orders per second, until the last one was final
	ToRaw     float64 // Delivered against the best raw limit
}

const deliverTimeout = 5 * time.Minute

// deliver places orders for a while and waits until all of them are final.
func (s *suite) deliver(
	ctx context.Context, e engine, r *results, database string, inFlight int, b bench.Buyers,
) (*delivering, error) {
	h, err := s.program.Serve(ctx, e, database)
	if err != nil {
		return nil, err
	}
	d := &delivering{InFlight: inFlight}
	began := time.Now()
	load := bench.Load{InFlight: d.InFlight, Warmup: warmup, Duration: 2 * s.duration}
	if d.Placed, err = s.throughHub(ctx, h, load, "grpc", b); err != nil {
		return nil, errors.Join(err, h.Stop())
	}
	s.say("%s, %d in flight, gRPC with delivery: %.0f orders/s placed", r.Database, d.InFlight, d.Placed.PerSecond)
	if d.Orders, err = e.Number(ctx, database, "SELECT count(*) FROM orders"); err != nil {
		return nil, errors.Join(err, h.Stop())
	}
	for open := int64(1); open > 0; {
		open, err = e.Number(ctx, database, "SELECT count(*) FROM orders WHERE status IN ('pending', 'processing')")
		if err == nil && time.Since(began) > deliverTimeout {
			err = fmt.Errorf("%d orders are not delivered after %v", open, deliverTimeout)
		}
		if err != nil {
			return nil, errors.Join(err, h.Stop())
		}
		time.Sleep(100 * time.Millisecond)
	}
	d.Delivered = float64(d.Orders) / time.Since(began).Seconds()
	s.say("%s: %d orders placed and delivered, %.0f/s", r.Database, d.Orders, d.Delivered)
	if err := h.Stop(); err != nil {
		return nil, err
	}
	return d, s.check(ctx, e, database, r)
}
