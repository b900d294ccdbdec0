package admission

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Connections bound how many are open at once, so that what the process needs
// files for besides, its database above all, is never without.
type Connections struct {
	Most    int            // open at once at one listener; half of that from one network
	Proxies []netip.Prefix // that carry others' calls: a share does not hold for them
	Log     *slog.Logger
	Now     func() time.Time

	open    *prometheus.GaugeVec
	refused *prometheus.CounterVec
}

// Register offers the metrics of every listener. It comes before the first.
func (c *Connections) Register(registry prometheus.Registerer) error {
	c.open = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "orderhub_connections", Help: "Open connections, by listener.",
	}, []string{"listener"})
	c.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orderhub_connections_refused_total", Help: "Connections closed at once because too many were open.",
	}, []string{"listener"})
	return errors.Join(registry.Register(c.open), registry.Register(c.refused))
}

// Limit accepts what inner does while there is room, and closes the rest at once.
func (c *Connections) Limit(name string, inner net.Listener) net.Listener {
	return &listener{
		Listener: inner, name: name, connections: c, quota: NewQuota[netip.AddrPort](int64(c.Most), int64(max(1, c.Most/2))),
		open: c.open.WithLabelValues(name), refused: c.refused.WithLabelValues(name),
	}
}

type listener struct {
	net.Listener
	name        string
	connections *Connections
	quota       *Quota[netip.AddrPort]
	logged      atomic.Int64 // Unix time of the last line about a refusal

	open    prometheus.Gauge
	refused prometheus.Counter
}

// Accept waits for a connection that there is room for.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		user := l.userOf(conn)
		if l.quota.Acquire(user, 1) {
			l.open.Inc()
			return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { l.give(user) })}, nil
		}
		l.refuse(user)
		_ = conn.Close()
	}
}

// userOf is whose share a connection is part of. Each of a proxy's counts for
// itself.
func (l *listener) userOf(conn net.Conn) netip.AddrPort {
	from, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	address := from.Addr().Unmap()
	if slices.ContainsFunc(l.connections.Proxies, func(p netip.Prefix) bool { return p.Contains(address) }) {
		return from
	}
	return netip.AddrPortFrom(Network(address), 0)
}

func (l *listener) give(user netip.AddrPort) {
	l.quota.Give(user, 1)
	l.open.Dec()
}

// refuse counts, and logs once a second.
func (l *listener) refuse(user netip.AddrPort) {
	l.refused.Inc()
	now := l.connections.Now().Unix()
	if l.logged.Swap(now) == now {
		return
	}
	reason := "too many connections from one address"
	if l.quota.Full() {
		reason = "too many connections"
	}
	l.connections.Log.LogAttrs(context.Background(), slog.LevelWarn, "closing new connections: "+reason,
		slog.String("listener", l.name), slog.String("address", user.Addr().String()),
		slog.Int64("open", l.quota.Used()), slog.Int("most", l.connections.Most))
}

// limitedConn makes room when it is closed.
type limitedConn struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
