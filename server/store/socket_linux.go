package store

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged ends a connection over TCP whose peer acknowledges nothing of what was sent for so long. Probes
// of a connection that is idle do not see that: what was sent and not acknowledged is sent again, for a quarter of an
// hour.
func limitUnacknowledged(network, _ string, conn syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failure error
	err := conn.Control(func(fd uintptr) {
		failure = unix.SetsockoptInt(
			int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(postgresUnacknowledged.Milliseconds()),
		)
	})
	if err != nil {
		return err
	}
	return failure
}
