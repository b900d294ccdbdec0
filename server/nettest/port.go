// Package nettest gives tests ports that nobody else gets.
package nettest

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Port is a port of 127.0.0.1 that refuses every connection until somebody listens.
// It is bound all the while: a port that was only found to be free may be given to
// another test before it is used.
type Port struct {
	Address string // host and port
	socket  *os.File
}

// Reserve holds a port until the test ends.
func Reserve(t testing.TB) *Port {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	syscall.CloseOnExec(fd)
	socket := os.NewFile(uintptr(fd), "reserved port")
	t.Cleanup(func() { _ = socket.Close() })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	address := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: bound.(*syscall.SockaddrInet4).Port}
	return &Port{Address: address.String(), socket: socket}
}

// Listen lets connections in. Whoever asked for it closes the listener.
func (p *Port) Listen() (net.Listener, error) {
	if err := syscall.Listen(int(p.socket.Fd()), syscall.SOMAXCONN); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	return net.FileListener(p.socket)
}
