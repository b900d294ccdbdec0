package nettest_test

import (
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/nettest"
)

func TestReserve(t *testing.T) {
	t.Parallel()
	port := nettest.Reserve(t)
	_, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", port.Address)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	_, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", port.Address)
	require.ErrorIs(t, err, syscall.EADDRINUSE, "nobody else gets it")

	listener, err := port.Listen()
	require.NoError(t, err)
	defer listener.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", port.Address)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

// Who holds the address of a relay does not notice that the server behind it is another one.
func TestRelay(t *testing.T) {
	t.Parallel()
	first, second := nettest.Reserve(t), nettest.Reserve(t)
	relay := nettest.Pass(t, first.Address)
	for _, port := range []*nettest.Port{first, second} {
		listener, err := port.Listen()
		require.NoError(t, err)
		defer listener.Close()
		relay.To(port.Address)
		client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", relay.Address)
		require.NoError(t, err)
		defer client.Close()
		server, err := listener.Accept()
		require.NoError(t, err)
		_, err = client.Write([]byte("hello"))
		require.NoError(t, err)
		heard := make([]byte, 5)
		_, err = io.ReadFull(server, heard)
		require.NoError(t, err)
		require.Equal(t, "hello", string(heard))
		require.NoError(t, server.Close())
		_, err = client.Read(heard)
		require.ErrorIs(t, err, io.EOF)
	}
}
