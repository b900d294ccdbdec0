package admission_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"orderhub/server/admission"
)

// dial connects from the address; open tells whether the connection was kept.
func dial(t *testing.T, from, to string) (conn net.Conn, open bool) {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.DialContext(t.Context(), "tcp", to)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.ReadFull(conn, make([]byte, 1))
	return conn, err == nil
}

// greet accepts connections and writes a byte to each.
func greet(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, _ = conn.Write([]byte{1})
			_, _ = io.Copy(io.Discard, conn)
		}()
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	limits := &admission.Connections{
		Most: 4, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.9/32")},
		Now: func() time.Time { return time.Unix(1, 0) },
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	require.NoError(t, limits.Register(registry))
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listener := limits.Limit("test", inner)
	served := make(chan struct{})
	go func() {
		defer close(served)
		greet(listener)
	}()
	to := inner.Addr().String()

	first, open := dial(t, "127.0.0.2", to)
	require.True(t, open)
	_, open = dial(t, "127.0.0.2", to)
	require.True(t, open)
	_, open = dial(t, "127.0.0.2", to)
	require.False(t, open, "one address has half of them")
	for range 2 {
		_, open = dial(t, "127.0.0.9", to)
		require.True(t, open)
	}
	_, open = dial(t, "127.0.0.9", to)
	require.False(t, open, "all are taken")

	require.NoError(t, first.Close())
	require.Eventually(t, func() bool { _, open = dial(t, "127.0.0.9", to); return open }, time.Minute, time.Millisecond,
		"a proxy has no share of its own")
	require.NoError(t, inner.Close())
	<-served
	require.Equal(t, 1, strings.Count(log.String(), "closing new connections"), "one line a second")
	require.Contains(t, log.String(), "too many connections from one address")
	require.GreaterOrEqual(t, testutil.ToFloat64(counter(t, registry)), 2.0)
}

// counter is the number of connections refused.
func counter(t *testing.T, registry *prometheus.Registry) prometheus.Collector {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	sum := prometheus.NewCounter(prometheus.CounterOpts{Name: "sum"})
	for _, family := range families {
		if family.GetName() == "orderhub_connections_refused_total" {
			sum.Add(family.GetMetric()[0].GetCounter().GetValue())
		}
	}
	return sum
}
