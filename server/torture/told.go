package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/clock"
	"orderhub/server/webhook/standard"
)

// toldTimeout is how long after the orders are final everybody may take to have
// been told: the work of the dead is taken up first.
const toldTimeout = 90 * time.Second

// audience is who follows a world's events from outside of its hubs: for each
// merchant a webhook receiver, which now and then fails or loses its answer, and
// a stream; and a stream of the operator's.
type audience struct {
	w       *world
	server  *http.Server
	address string
	halt    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	random   *rand.Rand
	secrets  map[string]string         // of the merchants' endpoints
	received map[string]map[int64]bool // sequences that a merchant's receiver has answered with 2xx
	checked  map[string]int64          // the last sequence that all are known to have
	streamed map[string]int64          // the last sequence of each stream; the operator's by "ops " and the merchant
	problems []Violation

	newest map[string]time.Time        // of each stream: when its last event was written
	jumps  map[string]bool             // streams that go on after events that are no longer kept
	types  map[string]map[int64]string // by merchant and sequence, of events that were streamed and are not checked yet
}

func newAudience(w *world, seed uint64) (*audience, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &audience{
		w: w, address: "http://" + listener.Addr().String(), random: rand.New(rand.NewPCG(seed, 7)),
		secrets: make(map[string]string), received: make(map[string]map[int64]bool), checked: make(map[string]int64),
		streamed: make(map[string]int64), newest: make(map[string]time.Time), jumps: make(map[string]bool),
		types: make(map[string]map[int64]string),
	}
	a.server = &http.Server{Handler: a, ReadHeaderTimeout: time.Minute}
	a.running.Go(func() { _ = a.server.Serve(listener) })
	return a, nil
}

// begin registers the receivers and opens the streams.
func (a *audience) begin(ctx context.Context) error {
	err := a.w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
		for _, m := range a.w.merchants {
			retries := int32(20)
			made, err := orderhubv1.NewWebhookServiceClient(conn).CreateEndpoint(ctx, &orderhubv1.CreateEndpointRequest{
				Merchant: m.name, Endpoint: &orderhubv1.WebhookEndpoint{
					Url: a.address + "/" + m.name, MaxRetries: &retries, RetryDelay: durationpb.New(time.Second),
				},
			})
			if err != nil {
				return fmt.Errorf("webhook endpoint: %w", err)
			}
			a.secrets[m.name], a.received[m.name] = made.GetEndpoint().GetSecret(), make(map[int64]bool)
			a.types[m.name] = make(map[int64]string)
		}
		return nil
	})
	if err != nil {
		return err
	}
	ctx, a.halt = context.WithCancel(context.WithoutCancel(ctx))
	for i, m := range a.w.merchants {
		a.running.Go(func() { a.follow(ctx, i, m.name, m.key) })
	}
	a.running.Go(func() { a.followAll(ctx) })
	return nil
}

func (a *audience) close() error {
	if a == nil {
		return nil
	}
	if a.halt != nil {
		a.halt()
	}
	err := a.server.Close()
	a.running.Wait()
	return err
}

func (a *audience) problem(class Class, format string, args ...any) {
	a.problems = append(a.problems, Violation{Class: class, Text: fmt.Sprintf(format, args...)})
}

// ServeHTTP is the receivers, by path.
func (a *audience) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // a hub that was killed while it posted
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := standard.Verify(a.secrets[name], r.Header.Get, body, time.Now()); err != nil {
		a.problem(Broken, "a webhook to %s: %v", name, err)
	}
	var told struct {
		Data struct {
			Event struct {
				Sequence int64 `json:",string"`
				Merchant string
			}
		}
	}
	if err := json.Unmarshal(body, &told); err != nil || told.Data.Event.Merchant != name {
		a.problem(Broken, "a webhook to %s is %s (%v)", name, body, err)
	}
	switch a.random.IntN(40) {
	case 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	case 1:
		a.received[name][told.Data.Event.Sequence] = true
		panic(http.ErrAbortHandler) // done, and the answer is lost
	default:
		a.received[name][told.Data.Event.Sequence] = true
	}
}

// follow reads a merchant's stream, from hub to hub, and insists on each event in
// its turn and once.
func (a *audience) follow(ctx context.Context, caller int, name, key string) {
	for ctx.Err() == nil {
		a.mu.Lock()
		last := a.streamed[name]
		a.mu.Unlock()
		err := watch(
			ctx, a.w.at(caller).GRPC, key, &orderhubv1.WatchOrdersRequest{AfterSequence: last},
			func(e *orderhubv1.OrderEvent) { a.next(name, e) },
		)
		if after, gone := noLongerKept(err); gone {
			a.passOver(name, sequenceOf(after))
		}
		sleep(ctx, 50*time.Millisecond)
	}
}

// followAll reads the log of all merchants.
func (a *audience) followAll(ctx context.Context) {
	position := ""
	for ctx.Err() == nil {
		err := watch(
			ctx, a.w.at(0).GRPC, a.w.admin, &orderhubv1.WatchOrdersRequest{AfterPosition: position},
			func(e *orderhubv1.OrderEvent) {
				position = e.GetPosition()
				a.next("ops "+e.GetMerchant(), e)
			},
		)
		if after, gone := noLongerKept(err); gone {
			position = after["after_position"]
			a.passOverAll()
		}
		sleep(ctx, 50*time.Millisecond)
	}
}

func (a *audience) next(stream string, e *orderhubv1.OrderEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := a.streamed[stream] + 1
	if e.GetSequence() < next || e.GetSequence() > next && !a.jumps[stream] {
		a.problem(Lost, "the stream %s goes from event %d to %d", stream, a.streamed[stream], e.GetSequence())
	}
	delete(a.jumps, stream)
	a.streamed[stream], a.newest[stream] = e.GetSequence(), e.GetCreateTime().AsTime()
	if types := a.types[strings.TrimPrefix(stream, "ops ")]; a.w.forgets {
		types[e.GetSequence()] = e.GetType()
	}
}

// watch reads one stream until it breaks.
func watch(
	ctx context.Context, address, key string, from *orderhubv1.WatchOrdersRequest, told func(*orderhubv1.OrderEvent),
) error {
	conn, err := dial(address, connectTimeout)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(withKey(ctx, key))
	defer cancel()
	stream, err := orderhubv1.NewOrderServiceClient(conn).WatchOrders(ctx, from)
	for err == nil {
		var m *orderhubv1.WatchOrdersResponse
		if m, err = stream.Recv(); err == nil && m.GetEvent() != nil {
			told(m.GetEvent())
		}
	}
	return err
}

// sleep waits for so long, or until ctx ends: whoever goes on sees that itself.
func sleep(ctx context.Context, d time.Duration) { _ = clock.Sleep(ctx, d) }

// check waits until every receiver and stream has every event of the log, and
// tells what was wrong on the way.
func (a *audience) check(ctx context.Context, r *report) {
	for _, m := range a.w.merchants {
		events, err := a.log(ctx, m.name)
		if err != nil {
			if ctx.Err() == nil {
				r.violate(Unclear, "reading the log of %s: %v", m.name, err)
			}
			continue
		}
		missing, limit := "", a.w.opts.within(toldTimeout)
		for deadline := time.Now().Add(limit); ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
			if missing = a.missing(m.name, events); missing == "" || time.Now().After(deadline) {
				break
			}
		}
		if missing != "" && ctx.Err() == nil {
			r.violate(Lost, "%s after the orders are final: %s", limit, missing)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.problems {
		r.violate(p.Class, "%s", p.Text)
	}
	a.problems = nil
}

// missing says what somebody has not been told, "" when everybody has been told
// everything. What they have been told is then forgotten.
func (a *audience) missing(name string, events []*orderhubv1.OrderEvent) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range events {
		if !a.received[name][e.GetSequence()] && !strings.HasPrefix(e.GetType(), "attempt.") {
			return fmt.Sprintf("event %d (%s) has not come to the receiver of %s", e.GetSequence(), e.GetType(), name)
		}
		for _, stream := range []string{name, "ops " + name} {
			if a.streamed[stream] < e.GetSequence() {
				return fmt.Sprintf("event %d has not come to the stream %s", e.GetSequence(), stream)
			}
		}
		a.checked[name] = max(a.checked[name], e.GetSequence())
	}
	checked := func(sequence int64) bool { return sequence <= a.checked[name] }
	maps.DeleteFunc(a.received[name], func(sequence int64, _ bool) bool { return checked(sequence) })
	maps.DeleteFunc(a.types[name], func(sequence int64, _ string) bool { return checked(sequence) })
	return ""
}

// log is what a merchant's log has beyond what was checked.
func (a *audience) log(ctx context.Context, name string) (events []*orderhubv1.OrderEvent, err error) {
	a.mu.Lock()
	after := a.checked[name]
	a.mu.Unlock()
	err = a.w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
		for {
			page, err := orderhubv1.NewOrderServiceClient(conn).ListEvents(ctx, &orderhubv1.ListEventsRequest{
				Merchant: name, AfterSequence: after, PageSize: 1000,
			})
			if last, gone := noLongerKept(err); gone && a.w.forgets {
				events, after = append(events, a.remembered(name, after, sequenceOf(last))...), sequenceOf(last)
				continue
			}
			if err != nil {
				return err
			}
			events, after = append(events, page.GetEvents()...), page.GetNextAfterSequence()
			if !page.GetMore() {
				return nil
			}
		}
	})
	if err == nil && len(events) == 0 && ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	return events, err
}
