package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// Kind is a fault.
type Kind string

// The faults.
const (
	KillServer     Kind = "server"     // kill -9 of the hub
	KillTwice      Kind = "twice"      // and again while it recovers
	KillDatabase   Kind = "database"   // PostgreSQL crashes under a hub that lives
	KillBoth       Kind = "both"       // in either order
	KillOneOfTwo   Kind = "one-of-two" // kill -9 of one of two hubs on one database
	CutConnections Kind = "cut"        // connections to the database break in the middle of transactions
	Full           Kind = "full"       // the disk is full for a while
	Stop           Kind = "stop"       // SIGTERM: nothing may be cut off
	Upgrade        Kind = "upgrade"    // two hubs give way to two of the next version: no call may fail

	// Faults of the primary of a cluster, which make another server the primary.
	Machine    Kind = "machine"    // kill -9 of PostgreSQL and of Patroni
	Crash      Kind = "crash"      // kill -9 of PostgreSQL: Patroni finds out
	Orphan     Kind = "orphan"     // kill -9 of Patroni: PostgreSQL goes on, beside the new primary
	Freeze     Kind = "freeze"     // both stand still, and PostgreSQL goes on later as if nothing had happened
	Switchover Kind = "switchover" // by patronictl
	Isolate    Kind = "isolate"    // cut off from etcd
)

// recoverTimeout is how long a hub that lives may take to place orders again
// once its database is back.
const recoverTimeout = 20 * time.Second

// record is one order a caller wanted, with what it was told.
type record struct {
	round    int
	merchant *merchant
	order    *orderhubv1.Order // as sent
	placed   *orderhubv1.Order // as answered first; nil when it never was
	last     *failure          // of the last call; nil when that was answered with the order
	caller   int
	answered time.Time // when placed was; zero when it never was
}

// report is what a round came to.
type report struct {
	Totals
	round  int
	outage *outage // nil when no primary was replaced
	probes int
}

func (r *report) violate(class Class, format string, args ...any) {
	r.Violations = append(r.Violations, Violation{Round: r.round + 1, Class: class, Text: fmt.Sprintf(format, args...)})
}

func (r *report) verdict() string {
	if len(r.Violations) == 0 {
		return "ok"
	}
	return fmt.Sprintf("%d VIOLATIONS", len(r.Violations))
}

// round plays one round. The error is about the tool; what the hub did wrong is
// in the report.
func (w *world) round(ctx context.Context, n int, kind Kind, settle bool) (*report, error) {
	random := rand.New(rand.NewPCG(w.opts.Seed, uint64(n)))
	r := &report{round: n, Totals: Totals{Rounds: map[Kind]int{kind: 1}}}
	if err := w.provision(ctx, n); err != nil {
		return r, fmt.Errorf("provision: %w", err)
	}
	load := w.startLoad(ctx, n, kind, random)
	time.Sleep(between(random, 100, 1500))
	err := faults[kind](ctx, w, random, r)
	if err == nil && ctx.Err() == nil {
		w.awaitService(ctx, r)
		time.Sleep(between(random, 0, 300))
	}
	records := load.stop()
	if err != nil {
		return r, err
	}
	w.checkRecovery(r, kind, records)
	w.checkAnswers(r, kind, records)
	w.checkPlaced(ctx, r, kind, records)
	w.open = append(w.open, records...)
	w.checkClaims(ctx, r, load.claims)
	w.checkVisits(ctx, r, load)
	if settle && len(r.Violations) == 0 {
		w.settle(ctx, r)
	}
	w.verify(ctx, r)
	return r, ctx.Err()
}

func between(random *rand.Rand, low, high int) time.Duration {
	return time.Duration(low+random.IntN(high-low)) * time.Millisecond
}

// faults play a kind under load and end with a hub that runs.
var faults = map[Kind]func(context.Context, *world, *rand.Rand, *report) error{
	KillServer: func(ctx context.Context, w *world, _ *rand.Rand, r *report) error {
		w.remove(0).Kill()
		w.verify(ctx, r) // what is durable agrees at any moment
		return w.start(ctx)
	},
	KillTwice: func(ctx context.Context, w *world, random *rand.Rand, _ *report) error {
		w.remove(0).Kill()
		if err := w.start(ctx); err != nil {
			return err
		}
		time.Sleep(between(random, 0, 400))
		w.remove(0).Kill()
		return w.start(ctx)
	},
	KillDatabase: func(ctx context.Context, w *world, random *rand.Rand, _ *report) error {
		if err := w.db.kill(random); err != nil {
			return err
		}
		time.Sleep(between(random, 0, 800))
		return w.db.restart(ctx)
	},
	KillBoth: func(ctx context.Context, w *world, random *rand.Rand, r *report) error {
		if random.IntN(2) == 0 {
			w.remove(0).Kill()
			if err := w.db.kill(random); err != nil {
				return err
			}
		} else {
			if err := w.db.kill(random); err != nil {
				return err
			}
			time.Sleep(between(random, 0, 100))
			w.remove(0).Kill()
		}
		if err := w.db.restart(ctx); err != nil {
			return err
		}
		w.verify(ctx, r)
		return w.start(ctx)
	},
	KillOneOfTwo: func(ctx context.Context, w *world, random *rand.Rand, _ *report) error {
		if err := w.start(ctx); err != nil {
			return err
		}
		time.Sleep(between(random, 200, 1000)) // callers spread
		w.remove(random.IntN(2)).Kill()
		return nil
	},
	CutConnections: func(_ context.Context, w *world, random *rand.Rand, _ *report) error {
		for range 5 + random.IntN(10) {
			w.db.cut(random)
			time.Sleep(between(random, 5, 200))
		}
		return nil
	},
	Full: func(ctx context.Context, w *world, random *rand.Rand, _ *report) error {
		if err := w.db.fill(ctx, random); err != nil {
			return err
		}
		time.Sleep(between(random, 300, 1000))
		return w.db.empty(ctx)
	},
	Stop: func(ctx context.Context, w *world, _ *rand.Rand, r *report) error {
		// Callers keep coming until the door is shut: what they are told then is
		// checked with the rest.
		w.mu.Lock()
		h := w.hubs[0]
		w.mu.Unlock()
		started := time.Now()
		if err := h.stop(w.opts.within(shutdownTimeout) + 5*time.Second); err != nil {
			r.violate(Stuck, "stopping in good order: %v", err)
		}
		if took := time.Since(started); took > w.opts.within(shutdownTimeout) {
			r.violate(Stuck, "stopping took %s of %s", took.Round(time.Millisecond), w.opts.within(shutdownTimeout))
		}
		w.remove(0)
		w.verify(ctx, r)
		return w.start(ctx)
	},
	Upgrade: upgrade,
}

// killsServer reports whether callers may lose their connection to the hub.
func (k Kind) killsServer() bool {
	switch k {
	case KillServer, KillTwice, KillBoth, KillOneOfTwo, Stop:
		return true
	}
	return false
}

// load is callers that order until they are stopped.
type load struct {
	halt    context.CancelFunc
	callers sync.WaitGroup
	mu      sync.Mutex
	records []*record
	claims  []*claimRecord
	visits  []*visit

	cancellations []*cancellation
}

func (w *world) startLoad(ctx context.Context, round int, kind Kind, random *rand.Rand) *load {
	l := &load{}
	going, halt := context.WithCancel(ctx)
	l.halt = halt
	for caller := range w.opts.Clients {
		own := rand.New(rand.NewPCG(random.Uint64(), uint64(caller)))
		l.callers.Go(func() {
			if sendsBatches(caller, kind) {
				l.orderBatches(ctx, going, w, round, caller, own)
				return
			}
			m := w.merchants[own.IntN(len(w.merchants))]
			c := w.client(caller, m.key)
			holder := w.holder(caller, m.key, own)
			if holdsOrders(caller, kind) {
				c = holder
			}
			defer c.close()
			for i := 0; going.Err() == nil; i++ {
				if holdsOrders(caller, kind) && own.IntN(4) == 0 {
					holder.drop(ctx, w.newOrder(own, round, fmt.Sprintf("r%d-c%d-%d-dropped", round, caller, i)))
				}
				rec := &record{
					round: round, merchant: m, caller: caller,
					order: w.newOrder(own, round, fmt.Sprintf("r%d-c%d-%d", round, caller, i)),
				}
				rec.attempt(ctx, c, own)
				w.calls[caller].Add(1)
				l.mu.Lock()
				l.records = append(l.records, rec)
				l.mu.Unlock()
				pause := between(own, 0, 40)
				if caller%3 == 0 {
					pause = between(own, 0, 5) // so that there is always something under way
				}
				if rec.last != nil && rec.last.code == codes.Unavailable {
					pause = between(own, 100, 300)
				}
				time.Sleep(pause)
			}
		})
	}
	if kind != Upgrade { // the version before knows no claims, and no tickets that are used
		own := rand.New(rand.NewPCG(random.Uint64(), uint64(w.opts.Clients)))
		l.callers.Go(func() { l.claimGoods(ctx, going, w, round, own) })
		gate := rand.New(rand.NewPCG(random.Uint64(), uint64(w.opts.Clients+1)))
		l.callers.Go(func() { l.letIn(ctx, going, w, gate) })
	}
	return l
}

// attempt places the order; one in four callers that get no answer try again at
// once, as an impatient program does.
func (rec *record) attempt(ctx context.Context, c client, random *rand.Rand) {
	rec.create(ctx, c)
	if rec.last == nil || rec.last.code != codes.Unavailable || random.IntN(4) > 0 {
		return
	}
	time.Sleep(between(random, 1, 50))
	rec.create(ctx, c)
}

func (rec *record) create(ctx context.Context, c client) {
	if rec.placed, rec.last = c.create(ctx, rec.order); rec.placed != nil {
		rec.answered = time.Now()
	}
}

// stop ends the load once every call under way has ended.
func (l *load) stop() []*record {
	l.halt()
	l.callers.Wait()
	return l.records
}

// awaitService waits until every hub places orders again.
func (w *world) awaitService(ctx context.Context, r *report) {
	limit := w.opts.within(recoverTimeout)
	if r.outage != nil {
		limit = w.opts.within(failoverTimeout)
	}
	deadline := time.Now().Add(limit)
	for hub := range w.size() {
		if err := w.awaitOrder(ctx, r, hub, deadline); err != nil {
			r.violate(Stuck, "no orders are placed %s after the fault: %v", limit, err)
			return
		}
	}
}

// awaitOrder has that caller order until it gets something new.
func (w *world) awaitOrder(ctx context.Context, r *report, caller int, deadline time.Time) error {
	c := w.client(caller, w.merchants[1].key)
	defer c.close()
	r.probes++
	probe := &orderhubv1.Order{
		ReferenceId: fmt.Sprintf("r%d-probe-%d", r.round, r.probes),
		Lines:       []*orderhubv1.OrderLine{{Sku: skuAtOnce, Quantity: 1}},
	}
	for ; ; time.Sleep(20 * time.Millisecond) {
		placed, failed := c.create(ctx, probe)
		switch {
		case failed == nil:
			w.open = append(w.open, &record{round: r.round, merchant: w.merchants[1], order: probe, placed: placed})
			return nil
		case time.Now().After(deadline):
			return failed
		case ctx.Err() != nil:
			return nil
		}
	}
}

// verify runs the hub's own check of the books.
func (w *world) verify(ctx context.Context, r *report) {
	if _, err := w.command(ctx, "verify"); err != nil && ctx.Err() == nil {
		r.violate(Broken, "%s", strings.TrimSpace(err.Error()))
	}
}
