package app_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
)

// Bodies that do not come take nobody's place, at whichever door they are sent.
func TestStalledBodiesStopNobody(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.MaxInFlight = 8
	h := startDemo(t, cfg)
	for round := range 5 { // a machine may be too busy to see it the first time
		stalled := stallEverywhere(t, h)
		for n := range 3 {
			require.Eventually(t, func() bool {
				status, _, _ := h.ask(
					t, "GameSO", gamesoOrderOf(fmt.Sprintf("stalled-%d-%d-%d", round, n, time.Now().UnixNano()), "DIAMOND_100", "1"),
				)
				return status == http.StatusOK
			}, time.Minute, 20*time.Millisecond)
		}
		if stands(t, stalled[0]) {
			return
		}
	}
	t.Error("orders are placed only once those that do not come are given up")
}

// stands reports whether nothing has come back over the connection.
func stands(t *testing.T, conn net.Conn) bool {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Millisecond)))
	_, err := conn.Read(make([]byte, 1))
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// stallEverywhere begins requests at every door, the first of which is the first to
// be given up.
func stallEverywhere(t *testing.T, h *hub) (stalled []net.Conn) {
	t.Helper()
	for _, head := range []string{
		"POST /Login/Customer/Api/Verify HTTP/1.1\r\n",
		"POST /Order/create HTTP/1.1\r\nX-API-Key: " + demo.ResellerKey + "\r\n",
		"POST /v1/orders HTTP/1.1\r\nX-API-Key: " + demo.MerchantKey + "\r\n",
		"POST /api/v2/orders HTTP/1.1\r\nX-API-Key: " + demo.MerchantKey + "\r\n",
		"POST /v1/channel/orders/day-ticket HTTP/1.1\r\nAuthorization: Token " + demo.ChannelKey + "\r\nChannel: Code " +
			demo.ChannelCode + "\r\n",
		"POST /callbacks/sim HTTP/1.1\r\n",
		"POST /hub/v1/orders HTTP/1.1\r\nX-API-Key: " + demo.MerchantKey + "\r\n",
	} {
		for range 12 {
			conn, err := net.Dial("tcp", h.Addresses().HTTP)
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			_, err = fmt.Fprintf(conn, "%sHost: hub\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", head)
			require.NoError(t, err)
			stalled = append(stalled, conn)
		}
	}
	return stalled
}

// Who signs in at a door, or speaks for a provider, is unknown until the body is there: many bodies that say to be
// large and do not come leave room for merchants' orders, whatever addresses they are of.
func TestStrangersBodiesLeaveRoom(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.MaxRequestBytes = 16 << 20
	h := startDemo(t, cfg)
	for address := range 6 {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 3, byte(address+1))}}
		for i := range 8 {
			conn, err := dialer.DialContext(t.Context(), "tcp", h.Addresses().HTTP)
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			path := []string{"/Login/Customer/Api/Verify", "/callbacks/sim"}[i%2]
			_, err = fmt.Fprintf(
				conn, "POST %s HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{",
				path, 1<<20,
			)
			require.NoError(t, err)
		}
	}
	for n := range 20 {
		status, _, body := h.ask(t, "GameSO", gamesoOrderOf(fmt.Sprint("room-", n), "DIAMOND_100", "1"))
		require.Equal(t, http.StatusOK, status, body)
	}
}

// Silent connections leave room for others', and files for the database.
func TestSilentConnections(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.MaxConnections = 20
	h := startDemo(t, cfg)
	for _, address := range []string{h.Addresses().HTTP, h.Addresses().GRPC} {
		for range 40 {
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.77")}}
			conn, err := dialer.DialContext(t.Context(), "tcp", address)
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	status, _, body := h.ask(t, "GameSO", gamesoOrderOf("silent-1", "DIAMOND_100", "1"))
	require.Equal(t, http.StatusOK, status, body)
	_, answer, _ := h.ask(t, "gRPC", request{body: "{}"})
	require.Equal(t, "InvalidArgument VALIDATION_FAILED", answer)
}
