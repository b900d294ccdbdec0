package torture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// What overload must not do.
const (
	overloadFactor    = 20        // callers, as a multiple of those that bring the peak
	overloadMemory    = 300 << 20 // bytes
	overloadShare     = 0.8       // of the peak
	overloadPerSocket = 64        // gRPC callers that share a connection
)

// OverloadOptions say what to overload.
type OverloadOptions struct {
	Binary   string // as in Options
	Database string
	Phase    time.Duration // of each measurement; 0 for 4 s
	// Callers bring the peak; the highest of them is multiplied. Nil for 64,
	// 128 and 256.
	Callers []int
	Factor  int // 0 for 20
	Out     io.Writer
}

// Overloaded is what a hub did under too many callers.
type Overloaded struct {
	Peak, Served float64 // orders per second
	// The same per second of the processor time that the callers left: they run on
	// the same machine and cost more the more they are. For the reader, not judged.
	OwnPeak, OwnServed float64
	Shed               int // turned away with RESOURCE_EXHAUSTED and when to come back
	Slow               time.Duration
	Memory             int64 // bytes, the most the process had resident
	Odd                map[string]oddity
}

// oddity is an end of calls that nobody may meet.
type oddity struct {
	calls   int
	example error // of one of them
}

func (o oddity) String() string { return fmt.Sprintf("%d calls, one of them: %v", o.calls, o.example) }

// Problems are what breaks a promise.
func (o *Overloaded) Problems() []string {
	var problems []string
	if share := o.share(); share < overloadShare {
		problems = append(problems, fmt.Sprintf("it serves %.0f %% of its peak", 100*share))
	}
	return append(problems, o.Misbehaviour()...)
}

// share is what is left of the peak. The callers' own cost is not taken out: who
// is turned away costs the machine something whoever pays for it.
func (o *Overloaded) share() float64 { return o.Served / o.Peak }

// Misbehaviour is what breaks a promise on any machine, however busy.
func (o *Overloaded) Misbehaviour() []string {
	var problems []string
	if o.Shed == 0 {
		problems = append(problems, "nobody was turned away")
	}
	if o.Memory >= overloadMemory {
		problems = append(problems, fmt.Sprintf("%d MiB resident", o.Memory>>20))
	}
	for what, odd := range o.Odd {
		problems = append(problems, fmt.Sprintf("calls ended with %s: %s", what, odd))
	}
	return problems
}

// Overload measures how many orders a hub takes at its best, and how many, how
// fast and in how much memory when far more callers come.
func Overload(ctx context.Context, o OverloadOptions) (_ *Overloaded, err error) {
	if o.Out == nil {
		o.Out = io.Discard
	}
	o.Phase, o.Factor = cmp.Or(o.Phase, 4*time.Second), cmp.Or(o.Factor, overloadFactor)
	if o.Callers == nil {
		o.Callers = []int{64, 128, 256}
	}
	dir, err := os.MkdirTemp("", "overload-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.Binary == "" {
		if o.Binary, err = Build(ctx, dir); err != nil {
			return nil, err
		}
	}
	w, err := newWorld(ctx, &Options{Database: o.Database, Dir: dir}, 0, o.Binary)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close(false)) }()
	if err := w.provisionOverload(ctx); err != nil {
		return nil, err
	}
	result := &Overloaded{Odd: make(map[string]oddity)}
	for _, callers := range o.Callers {
		phase := w.measure(ctx, o.Out, callers, o.Phase)
		result.Peak = max(result.Peak, float64(phase.served)/o.Phase.Seconds())
		result.OwnPeak = max(result.OwnPeak, phase.perProcessor())
		result.count(phase)
	}
	many := slices.Max(o.Callers) * o.Factor
	phase := w.measure(ctx, o.Out, many, 2*o.Phase)
	result.count(phase)
	result.Served, result.Shed, result.Slow = float64(phase.served)/(2*o.Phase).Seconds(), phase.shed, phase.slow()
	result.OwnServed = phase.perProcessor()
	result.Memory = w.hubs[0].PeakMemory()
	fmt.Fprintf(
		o.Out,
		"%s: %.0f %% of the peak per second, %.0f %% per second of processor time that the callers left; "+
			"%d MiB resident at most\n",
		o.Database, 100*result.share(), 100*result.OwnServed/result.OwnPeak, result.Memory>>20,
	)
	_, err = w.command(ctx, "verify")
	return result, err
}

func (o *Overloaded) count(p *pressure) {
	for what, odd := range p.odd {
		odd.calls += o.Odd[what].calls
		o.Odd[what] = odd
	}
}

// provisionOverload makes more than can be sold.
func (w *world) provisionOverload(ctx context.Context) error {
	return w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
		for _, m := range w.merchants {
			_, err := orderhubv1.NewAdminServiceClient(conn).Deposit(ctx, &orderhubv1.DepositRequest{
				Merchant: m.name, Amount: "1000000000.00", Currency: string(currency), Reference: "overload",
			})
			if err != nil {
				return err
			}
		}
		_, err := orderhubv1.NewCatalogServiceClient(conn).SetAllotments(ctx, &orderhubv1.SetAllotmentsRequest{
			Product: skuTicket, Allotments: []*orderhubv1.Allotment{{UseDate: dayOf(0), Capacity: 1_000_000}},
		})
		return err
	})
}

// pressure is what became of the calls of many callers.
type pressure struct {
	mu     sync.Mutex
	served int
	shed   int
	took   []time.Duration // of those served
	odd    map[string]oddity

	left time.Duration // of processor time, by the callers to hub and database
}

// perProcessor is orders per second of the processor time that was left.
func (p *pressure) perProcessor() float64 { return float64(p.served) / p.left.Seconds() }

func (p *pressure) slow() time.Duration {
	if len(p.took) == 0 {
		return 0
	}
	slices.Sort(p.took)
	return p.took[len(p.took)*99/100]
}

func (p *pressure) print(out io.Writer, callers int, phase time.Duration) {
	fmt.Fprintf(out, "%5d callers: %6.0f orders/s, p99 %5d ms, turned away %.0f/s\n", callers,
		float64(p.served)/phase.Seconds(), p.slow().Milliseconds(), float64(p.shed)/phase.Seconds())
	for what, odd := range p.odd {
		fmt.Fprintf(out, "      calls ended with %s: %s\n", what, odd)
	}
}

// measure presses and tells what came of it, and who used the processor for it:
// on one machine the callers have their share.
func (w *world) measure(ctx context.Context, out io.Writer, callers int, length time.Duration) *pressure {
	hub := w.hubs[0].cmd.Process.Pid
	hubBefore, ownBefore := processorTime(hub), processorTime(os.Getpid())
	phase := w.press(ctx, callers, length)
	phase.print(out, callers, length)
	own := processorTime(os.Getpid()) - ownBefore
	phase.left = time.Duration(runtime.NumCPU())*length - own
	fmt.Fprintf(out, "%15s the hub used %.1f s of processor time, its callers %.1f s\n", "",
		(processorTime(hub) - hubBefore).Seconds(), own.Seconds())
	return phase
}

// processorTime is what a process has used so far; 0 where the system does not
// tell.
func processorTime(pid int) time.Duration {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	const user, system, tick = 11, 12, 10 * time.Millisecond
	if len(fields) <= system {
		return 0
	}
	var ticks int64
	for _, field := range fields[user : system+1] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// press lets callers order without a pause, each coming back after it was turned
// away when it is told to.
func (w *world) press(ctx context.Context, callers int, length time.Duration) *pressure {
	p := &pressure{odd: make(map[string]oddity)}
	going, stop := context.WithTimeout(ctx, length)
	defer stop()
	shared := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: callTimeout}
	defer shared.CloseIdleConnections()
	conns := make([]*grpc.ClientConn, 1+callers/2/overloadPerSocket)
	for i := range conns {
		// Thousands connect at once, and a full queue of connections answers nobody
		// for a second or three.
		conn, err := dial(w.at(0).GRPC, callTimeout)
		if err != nil {
			p.odd["no connection"] = oddity{calls: callers, example: err}
			return p
		}
		defer conn.Close()
		conns[i] = conn
	}
	at := func() endpoints { return w.at(0) }
	var running sync.WaitGroup
	for i := range callers {
		m := w.merchants[i/2%len(w.merchants)]
		var c client = &restClient{at: at, key: m.key, http: shared}
		if i%2 == 0 {
			conn := conns[i/2%len(conns)]
			c = &grpcClient{at: at, key: m.key, timeout: callTimeout, conn: conn, connected: w.at(0).GRPC}
		}
		running.Go(func() { p.call(going, c, fmt.Sprintf("o%d-%d-%d", callers, time.Now().UnixNano(), i)) })
	}
	running.Wait()
	return p
}

func (p *pressure) call(going context.Context, c client, reference string) {
	for n := 0; going.Err() == nil; n++ {
		started := time.Now()
		_, failed := c.create(context.WithoutCancel(going), &orderhubv1.Order{
			ReferenceId: fmt.Sprintf("%s-%d", reference, n),
			Lines:       []*orderhubv1.OrderLine{{Sku: skuTicket, Quantity: 1, UseDate: dayOf(0)}},
		})
		p.note(failed, time.Since(started), going.Err() != nil)
		if failed == nil {
			continue
		}
		sleep(going, max(failed.retry, time.Second))
	}
}

// note counts a call. Orders that were served after the end do not count.
func (p *pressure) note(failed *failure, took time.Duration, late bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case failed == nil && !late:
		p.served++
		p.took = append(p.took, took)
	case failed == nil:
	case failed.code == codes.ResourceExhausted && failed.retry > 0:
		p.shed++
	default:
		what := strings.TrimSpace(failed.code.String() + " " + failed.reason)
		p.odd[what] = oddity{calls: p.odd[what].calls + 1, example: failed.err}
	}
}
