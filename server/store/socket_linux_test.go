package store

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestUnacknowledged asks the kernel what a connection to the database has.
func TestUnacknowledged(t *testing.T) {
	t.Parallel()
	config, err := postgresConfig("postgres://localhost/hub", 0)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	conn, err := config.ConnConfig.DialFunc(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	var timeout int
	require.NoError(t, raw.Control(func(fd uintptr) {
		timeout, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
	}))
	require.NoError(t, err)
	require.Equal(t, int(postgresUnacknowledged.Milliseconds()), timeout)

	path := filepath.Join(t.TempDir(), "socket")
	local, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	require.NoError(t, err)
	defer local.Close()
	conn, err = config.ConnConfig.DialFunc(t.Context(), "unix", path)
	require.NoError(t, err, "which has no such limit")
	require.NoError(t, conn.Close())
}
