package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stall sends a request whose body never comes, and returns the answer.
func (h *hub) stall(verb, path, key string, length int) (status int, body string) {
	h.tb.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	require.NoError(h.tb, err)
	defer conn.Close()
	require.NoError(h.tb, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = fmt.Fprintf(
		conn, "%s %s HTTP/1.1\r\nHost: hub\r\nX-Api-Key: %s\r\nContent-Length: %d\r\n\r\n{", verb, path, key, length,
	)
	require.NoError(h.tb, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(h.tb, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(h.tb, err)
	return answer.StatusCode, string(text)
}

// Who has no key is told so before its body was read, and so is who asks for
// what there is not.
func TestKeyComesBeforeTheBody(t *testing.T) {
	h := startHub(t)
	status, body := h.stall("POST", "/hub/v1/orders", "wrong", 1000)
	require.Equal(t, 401, status)
	require.Contains(t, body, `"UNAUTHENTICATED"`)
	status, body = h.stall("POST", "/hub/v1/nothing", h.shopKey, 1000)
	require.Equal(t, 404, status)
	require.Contains(t, body, `"ROUTE_NOT_FOUND"`)
	status, _ = h.stall("DELETE", "/hub/v1/orders", h.shopKey, 1000)
	require.Equal(t, 405, status)
}

func TestSlowBody(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	t.Parallel()
	h := startHub(t)
	status, body := h.stall("POST", "/hub/v1/orders", h.shopKey, 1000)
	require.Equal(t, 408, status)
	require.Contains(t, body, `"REQUEST_TOO_SLOW"`)
}

func TestLargeBodies(t *testing.T) {
	h := startHub(t)
	status, body := h.stall("POST", "/hub/v1/orders", h.shopKey, 1<<20+1)
	require.Equal(t, 413, status)
	require.Contains(t, body, `"REQUEST_TOO_LARGE"`)
	wide := h.call("POST", "/hub/v1/orders", `{"lines": [`+strings.Repeat("{},", 300_000)+`{}]}`)
	require.Equal(t, 400, wide.Status)
	require.Contains(t, wide.Text, "more than 20000 values")

	h.Stocked("CODE", 1, 0)
	contents := make([]string, 1000)
	for i := range contents {
		contents[i] = fmt.Sprintf(`"%s-%d"`, strings.Repeat("x", 5000), i)
	}
	imported := h.asAdmin("POST", "/hub/v1/products/CODE/units:import", `{"contents": [`+strings.Join(contents, ",")+`]}`)
	require.Equal(t, 200, imported.Status, imported.Text)
	require.EqualValues(t, 1000, imported.Body["importedCount"])
}
