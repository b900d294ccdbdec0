package nettest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Relay is an address that stays while the server behind it is started again at another one: a port that was given up
// for a moment might be somebody else's.
type Relay struct {
	Address string // host and port

	mu sync.Mutex
	to string
}

// Pass passes connections on to an address until the test ends.
func Pass(t testing.TB, to string) *Relay {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &Relay{Address: listener.Addr().String(), to: to}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go r.pass(t.Context(), client)
		}
	}()
	return r
}

// To has new connections passed on to another address. Those to one where nobody listens are closed.
func (r *Relay) To(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = address
}

// pass copies both ways until either side ends.
func (r *Relay) pass(ctx context.Context, client net.Conn) {
	defer client.Close()
	r.mu.Lock()
	to := r.to
	r.mu.Unlock()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close() // which ends the other way
	}()
	_, _ = io.Copy(client, server)
}
