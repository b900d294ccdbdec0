package nettest_test

import (
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
