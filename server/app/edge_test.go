package app_test

import (
	"fmt"
	"net"
	"net/http"
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
	for _, head := range []string{
		"POST /Login/Customer/Api/Verify HTTP/1.1\r\n",
		"POST /Order/create HTTP/1.1\r\nX-API-Key: " + demo.ResellerKey + "\r\n",
		"POST /v1/orders HTTP/1.1\r\nX-API-Key: " + demo.MerchantKey + "\r\n",
		"POST /api/v2/orders HTTP/1.1\r\nX-API-Key: " + demo.MerchantKey + "\r\n",
		"POST /v1/channel/orders/day-ticket HTTP/1.1\r\nAuthorization: Token " + demo.ChannelKey + "\r\nChannel: Code " + demo.ChannelCode + "\r\n",
		"POST /callbacks/sim HTTP/1.1\r\n",
		"POST /hub/v1/orders HTTP/1.1\r\nX-API-Key: " + demo.MerchantKey + "\r\n",
	} {
		for range 12 {
			conn, err := net.Dial("tcp", h.Addresses().HTTP)
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			_, err = fmt.Fprintf(conn, "%sHost: hub\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", head)
			require.NoError(t, err)
		}
	}
	began := time.Now()
	for n := range 3 {
		require.Eventually(t, func() bool {
			status, _, _ := h.ask(t, "GameSO", gamesoOrderOf(fmt.Sprint("stalled-", n, "-", time.Now().UnixNano()), "DIAMOND_100", "1"))
			return status == http.StatusOK
		}, 8*time.Second, 20*time.Millisecond)
	}
	require.Less(t, time.Since(began), 9*time.Second, "not only once the others are given up")
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
