package torture

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
)

// relay passes connections on to a server and cuts them when told: it stands
// for the network between a hub and its database.
type relay struct {
	listener net.Listener
	network  string
	target   string

	mu    sync.Mutex
	pipes map[*pipe]struct{}
	held  chan struct{} // nil while it passes on; closed when it does so again
}

// pipe is one connection through the relay.
type pipe struct{ client, server net.Conn }

func (p *pipe) close() {
	_ = p.client.Close()
	_ = p.server.Close()
}

// newRelay listens on a free port and passes on to the target of the network,
// such as "unix".
func newRelay(ctx context.Context, network, target string) (*relay, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener, network: network, target: target, pipes: make(map[*pipe]struct{})}
	go r.run(context.WithoutCancel(ctx))
	return r, nil
}

func (r *relay) address() string { return r.listener.Addr().String() }

func (r *relay) run(ctx context.Context) {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.pass(ctx, client)
	}
}

func (r *relay) pass(ctx context.Context, client net.Conn) {
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, r.network, r.target)
	if err != nil {
		_ = client.Close()
		return
	}
	p := &pipe{client: client, server: server}
	r.mu.Lock()
	r.pipes[p] = struct{}{}
	r.mu.Unlock()
	var copying sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		copying.Go(func() {
			_, _ = io.Copy(heldWriter{r, way[0]}, way[1])
			p.close() // both ways: half a connection is none
		})
	}
	copying.Wait()
	r.mu.Lock()
	delete(r.pipes, p)
	r.mu.Unlock()
}

// cut breaks each connection with the given probability, in the middle of
// whatever is on its way.
func (r *relay) cut(random *rand.Rand, probability float64) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for p := range r.pipes {
		if random.Float64() < probability {
			p.close()
			n++
		}
	}
	return n
}

// hold keeps all that is on its way, as a network does that loses everything, until release.
func (r *relay) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil {
		r.held = make(chan struct{})
	}
}

func (r *relay) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held != nil {
		close(r.held)
		r.held = nil
	}
}

// heldWriter writes when the relay passes on.
type heldWriter struct {
	r  *relay
	to net.Conn
}

func (w heldWriter) Write(p []byte) (int, error) {
	w.r.mu.Lock()
	held := w.r.held
	w.r.mu.Unlock()
	if held != nil {
		<-held
	}
	return w.to.Write(p)
}

func (r *relay) close() {
	_ = r.listener.Close()
	r.release()
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.pipes {
		p.close()
	}
}
